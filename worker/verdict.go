package worker

import (
	"errors"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
)

// verdict is what failed attempts add up to.
type verdict struct {
	last *provider.Error
	// lastBy is the configured name of the provider that made the last attempt.
	lastBy string

	refused, unroutable, unknown, misconfigured, others bool
	// earlier says that an attempt before this work may have gone out.
	earlier bool
	// limited and paused say that a provider was left out because it was at its
	// limit, or because it fails.
	limited, paused bool
	// retryAfter is the soonest at which a provider wants to be asked again.
	retryAfter time.Duration
	// timeOver says that candidates were left when the time was used up.
	timeOver bool
	// lost is why the message is no longer this worker's.
	lost *messaging.Error
}

func (v *verdict) add(by string, failure *provider.Error) {
	v.last, v.lastBy = failure, by
	switch failure.Kind {
	case provider.Refused:
		v.refused = true
	case provider.Unroutable:
		v.unroutable = true
	case provider.Misconfigured:
		v.misconfigured = true
	case provider.Throttled, provider.Unavailable:
		v.others = true
	case provider.Unknown:
		v.unknown = true
	default:
		v.unknown = true // a kind that this version doesn't know promises nothing
	}
	v.retry(failure.RetryAfter)
}

// mayHaveGone says whether the message may have been delivered already.
func (v *verdict) mayHaveGone() bool { return v.unknown || v.earlier }

// retry takes note that a provider may be asked again after a while.
func (v *verdict) retry(after time.Duration) {
	if after > 0 && (v.retryAfter == 0 || after < v.retryAfter) {
		v.retryAfter = after
	}
}

// onlyUnfit says whether no attempt told anything but that its provider is no way for
// this message at all.
func (v *verdict) onlyUnfit() bool { return !v.unknown && !v.refused && !v.others && !v.limited }

// err returns the outcome. An attempt that may have gone out decides whatever
// came after it; then a refusal does. A provider that throttles is no limit of
// the tenant's, so to the caller it is unavailable.
func (v *verdict) err() *messaging.Error {
	var cause error
	if v.last != nil {
		cause = &attemptError{v.lastBy, v.last}
	}
	if v.lost != nil {
		cause = errors.Join(cause, v.lost) // whoever looks can tell that it is another's
	}
	switch {
	case v.unknown:
		return &messaging.Error{Code: messaging.CodeUnknown, Detail: "a provider did not answer properly", Cause: cause}
	case v.earlier:
		return &messaging.Error{Code: messaging.CodeUnknown, Detail: "an earlier attempt may have delivered the message", Cause: cause}
	case v.refused:
		return &messaging.Error{Code: messaging.CodeRejected, Detail: v.because("the provider refused the message"), Cause: cause}
	case v.lost != nil:
		return v.lost
	}
	code, detail := v.unsent()
	e := &messaging.Error{Code: code, Detail: detail, Cause: cause}
	if code == messaging.CodeUnavailable {
		e.RetryAfter = v.retryAfter
	}
	return e
}

// unsent is the outcome of a message that certainly was not sent.
func (v *verdict) unsent() (code messaging.Code, detail string) {
	switch {
	case v.limited && !v.others && !v.paused:
		return messaging.CodeUnavailable, "every provider that could take the message is at its limit; it was not sent"
	case v.others || v.limited || v.paused:
		return messaging.CodeUnavailable, "no provider could take the message; it was not sent"
	case (v.misconfigured || v.unroutable) && v.timeOver:
		return messaging.CodeUnavailable, "time ran out before every provider was tried; the message was not sent"
	case v.misconfigured:
		return messaging.CodeMisconfigured, "no provider for this message is set up properly; it was not sent"
	case v.unroutable:
		return messaging.CodeRejected, v.because("no provider of the route sends from this sender to this number's country or network; the message was not sent")
	}
	return messaging.CodeExpired, "too little time was left for an attempt"
}

// because adds the last provider's reason, in our words.
func (v *verdict) because(detail string) string {
	if v.last.Detail == "" {
		return detail
	}
	return detail + ": " + v.last.Detail
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
	case provider.Refused, provider.Unroutable:
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
