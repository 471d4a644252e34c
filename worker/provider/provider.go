// Package provider says what a provider of phone messages must do: make one
// attempt, and say truthfully what became of it.
//
// Retrying, failing over and dividing the time belong to the worker's dispatcher
// alone. A provider sees a [Message] of its own, never the caller's request, and
// returns a [Receipt] or an [*Error] of one [Kind]. The package providertest has
// the suite that every provider passes.
package provider

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Channel is the way in which a message reaches its phone.
type Channel string

// The channels that exist.
const (
	SMS   Channel = "sms"
	Voice Channel = "voice"
)

// Provider delivers messages through one account at one vendor.
type Provider interface {
	// Send makes one attempt to deliver m. It returns no later than shortly
	// after ctx ends, never panics, is safe for concurrent use, and keeps the
	// code, the text, the number and the credentials out of its errors. Every
	// error is an *Error.
	Send(ctx context.Context, m Message) (Receipt, error)
}

// ServiceSender is a Provider whose vendor has pools of senders.
type ServiceSender interface {
	Provider
	// SendsFromService says whether the account takes Message.Service.
	SendsFromService() bool
}

// Message is what a provider is asked to deliver.
type Message struct {
	// Reference identifies the message towards the vendor and in its receipts.
	Reference string
	// Tenant is on whose behalf the message is sent.
	Tenant  string
	Channel Channel
	// To is the recipient in E.164 with its plus sign.
	To string
	// Country is To's, as ISO 3166-1 alpha-2 has it, or empty where it belongs to none.
	Country string
	// From is the sender to use instead of the configured one, or empty: a number
	// in E.164, a short code or an alphanumeric name.
	From string
	// Service is the vendor's name for a pool of senders ("messaging service") to
	// choose the sender from, or empty. Only a ServiceSender is given one.
	Service string
	// Text is what the SMS says or the call speaks.
	Text string
	// Code is the one-time code within Text, or empty where it isn't known.
	Code string
	// Language is a BCP 47 tag, or empty.
	Language string
	// Expires is the end of the message's life. A vendor that takes a validity
	// period is given what is left of it.
	Expires time.Time
}

// Format implements fmt.Formatter for every verb with the reference and the
// channel alone, so that a message printed by mistake reveals nothing.
func (m Message) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "message "+m.Reference+" ("+string(m.Channel)+")")
}

// Receipt says that the vendor took the message.
type Receipt struct {
	// ID is the vendor's name for the message. Where a long SMS went as several
	// parts, it is the first part's.
	ID string
	// Parts is the number of messages that the vendor made of it, at least 1
	// where the vendor tells, else 0.
	Parts int
}

// Kind is what a failed attempt means for the next one.
type Kind uint8

// The kinds of failure. Their order has no meaning.
const (
	// Refused: the number or the message is at fault; no vendor would take it.
	Refused Kind = iota + 1
	// Throttled: the vendor asks for fewer messages; it did not take this one.
	Throttled
	// Unavailable: the message was certainly not taken; it may be sent again.
	Unavailable
	// Unknown: the request or part of it went out and no complete answer came
	// back. The message may have been taken.
	Unknown
	// Misconfigured: the account, a credential or our request is at fault.
	Misconfigured
	// Unroutable: this vendor does not send from this sender, to this country or
	// to this network; another one may. It did not take the message.
	Unroutable
)

// String returns the kind in lower case.
func (k Kind) String() string {
	switch k {
	case Refused:
		return "refused"
	case Throttled:
		return "throttled"
	case Unavailable:
		return "unavailable"
	case Unknown:
		return "unknown"
	case Misconfigured:
		return "misconfigured"
	case Unroutable:
		return "unroutable"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Error is a failed attempt.
type Error struct {
	Kind Kind
	// Code is the vendor's own code, as its documentation lists it ("status 9",
	// "HTTP 401"), or empty.
	Code string
	// Detail says in our words what happened. The vendor's words stay out: they
	// can quote the message.
	Detail string
	// RetryAfter is how long the vendor asked us to wait; zero says nothing.
	RetryAfter time.Duration
	// Cause is the error below, free of addresses and of the message.
	Cause error
}

// Error returns the kind, the code, the detail and the cause.
func (e *Error) Error() string {
	text := e.Kind.String()
	if e.Code != "" {
		text += " (" + e.Code + ")"
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }
