package messaging

import (
	"errors"
	"time"
)

// Error says why a message was not sent, or that nobody can tell whether it was.
//
// Detail is for the caller and must hold no code, no text, no secret and no
// phone number. Where there is a Field, it goes on with the sentence that the field
// begins: "must be sms or voice". Cause is for this process's operator alone: it never crosses the
// wire between gateway and worker, and no door shows it.
type Error struct {
	Code   Code
	Detail string
	// Field is the place in the caller's own request that is wrong, as dotted
	// names ("context.message_type"), or empty.
	Field string
	// RetryAfter is how long the caller should wait before a retry; zero says
	// nothing.
	RetryAfter time.Duration
	Cause      error
}

// Error returns the code and the detail, and the cause where there is one.
func (e *Error) Error() string {
	text := e.Code.String()
	if e.Field != "" {
		text += ": " + e.Field
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap makes both the code and the cause visible to errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.Cause}
}

// AsError returns err as an *Error. An error of any other type becomes one with
// CodeInternal, its text kept from callers as the Cause; nil stays nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if code, ok := errors.AsType[Code](err); ok {
		return &Error{Code: code, Cause: err}
	}
	return &Error{Code: CodeInternal, Detail: "an unexpected error", Cause: err}
}

// CodeOf returns the outcome that a Sender's results stand for: the receipt's
// code when err is nil, and otherwise the error's.
func CodeOf(r Receipt, err error) Code {
	if err != nil {
		return AsError(err).Code
	}
	return r.Code
}
