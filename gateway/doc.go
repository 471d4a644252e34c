// Package gateway is the public face of phonehook: it takes the blocking calls of
// identity platforms, hands each message to a messaging.Sender and answers, within the
// caller's time, with what became of it.
//
// A [Server] has two listeners. The public one serves the doors, now
// POST /hooks/send-phone-message. The private one serves /healthz and /readyz for
// whatever runs the process, and the console for whoever operates it.
//
// Every error of either listener is a problem document (RFC 9457) whose status comes
// from the one table in package messaging. The exception is the reply mode envelope,
// in which a hook call is always answered 200 with the envelope that the runtime of
// Auth0's Hooks used.
//
// No code, no text, no credential and no phone number reaches a log line or an error.
package gateway
