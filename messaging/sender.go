package messaging

import (
	"context"
	"time"
)

// Sender hands one message over and reports what became of it.
//
// Send blocks until the outcome is known or ctx ends, and gives up no later than
// ctx's deadline; a call without a deadline is refused with CodeInternal. It is
// safe for concurrent use. An error is, or wraps, an *Error, and even then the
// Receipt tells which attempts were made. With CodeUnknown the message may have
// been sent; with every other error code it certainly was not.
type Sender interface {
	Send(ctx context.Context, m Message) (Receipt, error)
}

// SenderFunc is a function that is a Sender.
type SenderFunc func(ctx context.Context, m Message) (Receipt, error)

// Send calls f.
func (f SenderFunc) Send(ctx context.Context, m Message) (Receipt, error) { return f(ctx, m) }

// Receipt says who took a message.
type Receipt struct {
	// Code is CodeSent or CodePending; zero where the message was not sent.
	Code Code
	// Provider is the configured name of the provider that took the message,
	// and ProviderMessageID the name which that provider gave it.
	Provider          string
	ProviderMessageID string
	// Attempts are all that were made, in their order, the successful one last.
	Attempts []Attempt
	// Worker is the id of the worker that answered.
	Worker string
}

// Attempt is one call of one provider. As JSON its duration is in whole milliseconds.
type Attempt struct {
	Provider string
	// Code is CodeSent, CodeRejected, CodeUnavailable, CodeRateLimited (the
	// provider throttled), CodeUnknown or CodeMisconfigured.
	Code Code
	// ProviderCode is the provider's own code for a failure, as its
	// documentation lists it.
	ProviderCode string
	// ProviderMessageID is the provider's name for the message, if it took it.
	ProviderMessageID string
	Duration          time.Duration
}
