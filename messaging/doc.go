// Package messaging is the contract between the gateway, which is asked to
// deliver a phone message, and the worker, which delivers it.
//
// Both sides program to one interface, [Sender]: the gateway holds one, the
// worker's dispatcher is one, and package natsrpc carries the calls of the one
// to the other. Tests connect them directly.
//
// Three things are lost at that boundary, on purpose: the Go type of an error,
// its Cause, and everything in a context but its deadline. What crosses is a
// [Message] one way and an [Outcome] the other, both JSON, both with unknown
// fields ignored by the receiver, so that either side can be upgraded first.
//
// The package imports only the standard library. A [Message] carries a one-time
// code, the text that holds it and a phone number; its formatting methods print
// none of them, whatever the verb.
package messaging
