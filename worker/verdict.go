package worker

import (
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
)

// verdict is what failed attempts add up to.
type verdict struct {
	last *provider.Error
	// lastBy is the configured name of the provider that made the last attempt.
	lastBy string

	refused, unknown, misconfigured, others bool
	// retryAfter is the soonest at which a provider wants to be asked again.
	retryAfter time.Duration
	// timeOver says that targets were left when the time was used up.
	timeOver bool
}

func (v *verdict) add(by string, failure *provider.Error) {
	v.last, v.lastBy = failure, by
	switch failure.Kind {
	case provider.Refused:
		v.refused = true
	case provider.Misconfigured:
		v.misconfigured = true
	case provider.Throttled, provider.Unavailable:
		v.others = true
	case provider.Unknown:
		v.unknown = true
	default:
		v.unknown = true // a kind that this version doesn't know promises nothing
	}
	if after := failure.RetryAfter; after > 0 && (v.retryAfter == 0 || after < v.retryAfter) {
		v.retryAfter = after
	}
}

// err returns the outcome. An attempt that may have gone out decides whatever
// came after it; then a refusal does. A provider that throttles is no limit of
// the tenant's, so to the caller it is unavailable.
func (v *verdict) err() *messaging.Error {
	e := &messaging.Error{}
	if v.last != nil {
		e.Cause = &attemptError{v.lastBy, v.last}
	}
	switch {
	case v.unknown:
		e.Code = messaging.CodeUnknown
		e.Detail = "a provider did not answer properly"
	case v.refused:
		e.Code = messaging.CodeRejected
		e.Detail = "the provider refused the message"
		if v.last.Detail != "" {
			e.Detail += ": " + v.last.Detail
		}
	case v.others:
		e.Code = messaging.CodeUnavailable
		e.Detail = "no provider could take the message; it was not sent"
		e.RetryAfter = v.retryAfter
	case v.misconfigured && !v.timeOver:
		e.Code = messaging.CodeMisconfigured
		e.Detail = "no provider for this message is set up properly; it was not sent"
	case v.misconfigured:
		e.Code = messaging.CodeUnavailable
		e.Detail = "time ran out before every provider was tried; the message was not sent"
	default:
		e.Code = messaging.CodeExpired
		e.Detail = "too little time was left for an attempt"
	}
	return e
}

// attemptError is a provider's failure under the provider's name.
type attemptError struct {
	name    string
	failure *provider.Error
}

func (e *attemptError) Error() string { return e.name + ": " + e.failure.Error() }

func (e *attemptError) Unwrap() error { return e.failure }

// codeOf is the code under which an attempt of this kind is reported.
func codeOf(k provider.Kind) messaging.Code {
	switch k {
	case provider.Refused:
		return messaging.CodeRejected
	case provider.Throttled:
		return messaging.CodeRateLimited
	case provider.Unavailable:
		return messaging.CodeUnavailable
	case provider.Misconfigured:
		return messaging.CodeMisconfigured
	case provider.Unknown:
		return messaging.CodeUnknown
	}
	return messaging.CodeUnknown
}
