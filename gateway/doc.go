// Package gateway is the public face of phonehook: it takes the blocking calls of
// identity platforms, hands each message to a messaging.Sender and answers, within the
// caller's time, with what became of it.
//
// A [Server] has two listeners. The public one serves the doors: the hooks, now
// POST /hooks/send-phone-message, and the native API under /v1, which openapi.yaml
// describes. The private one serves /healthz, /readyz and /status for whatever runs the
// process, and the console for whoever operates it.
//
// Every door carries a request out once: what comes again, with its Idempotency-Key or with
// the same code for the same phone within seconds, is given the first answer. Package
// dedupe is how.
//
// Every error of either listener is a problem document (RFC 9457) whose status comes
// from the one table in package messaging. The exceptions are hooks: in the reply mode
// envelope, a call is always answered 200 with the envelope that the runtime of
// Auth0's Hooks used, and in either mode a message that is pending is answered as one that
// was sent.
//
// What becomes of a message is recorded by the worker that had it. The gateway records
// only what no worker can: that it queued a message, or that no worker told its outcome.
//
// No code, no text, no credential and no phone number reaches a log line, an event or an
// error.
package gateway
