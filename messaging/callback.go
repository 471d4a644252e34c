package messaging

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Callback is a request of a provider to the gateway, on its way to a worker as it came: the
// gateway has no provider's code and no secret to judge it by.
type Callback struct {
	// Kind, Account and Token are the parts of the path: /receipts/<kind>/<account>/<token>.
	// The token can be empty.
	Kind    string `json:"kind"`
	Account string `json:"account"`
	Token   string `json:"token,omitempty"`

	Method string `json:"method"`
	// URI is the path with its query, as the request had it.
	URI    string              `json:"uri"`
	Header map[string][]string `json:"header,omitempty"`
	Body   []byte              `json:"body,omitempty"`
	// ReceivedAt is when the gateway had the whole request, by its clock.
	ReceivedAt time.Time `json:"received_at"`
}

// Format implements fmt.Formatter with the kind and the account alone: the rest has numbers and
// signatures in it.
func (c Callback) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "callback of "+c.Kind+" for "+c.Account)
}

// CallbackAnswer is what a provider is answered with status 200.
type CallbackAnswer struct {
	// Type is the content type of Body; both are empty where the provider reads nothing.
	Type string `json:"type,omitempty"`
	Body []byte `json:"body,omitempty"`
}

// Callbacks take providers' requests. Call returns once what the request told is kept. An error
// is, or wraps, an *Error: with CodeUnavailable the provider is to try again, with
// CodeUnauthorized, CodeInvalidRequest and CodeNotFound it need not. It is safe for concurrent use.
type Callbacks interface {
	Call(ctx context.Context, c Callback) (CallbackAnswer, error)
}

// Feedback is what a platform learnt of a code that a provider delivered.
type Feedback struct {
	// Account is the configured name of the provider, and ProviderMessageID its name for
	// the message.
	Account           string `json:"account"`
	ProviderMessageID string `json:"provider_message_id"`
	// Worked says that the person could use the code.
	Worked bool `json:"worked"`
}

// Feedbacks take feedback to the providers that want it. The error is, or wraps, an *Error:
// CodeConflict where the provider wants none, CodeRejected where it does not want this one,
// CodeUnavailable where it can be tried again. It is safe for concurrent use.
type Feedbacks interface {
	Feedback(ctx context.Context, f Feedback) error
}

// CallbacksFunc is a function that is Callbacks.
type CallbacksFunc func(ctx context.Context, c Callback) (CallbackAnswer, error)

// Call calls f.
func (f CallbacksFunc) Call(ctx context.Context, c Callback) (CallbackAnswer, error) {
	return f(ctx, c)
}

// callbackOutcome is the JSON of what Callbacks returned.
type callbackOutcome struct {
	CallbackAnswer

	Code         Code   `json:"code,omitempty"`
	Detail       string `json:"detail,omitempty"`
	RetryAfterMS int64  `json:"retry_after_ms,omitempty"`
}

// EncodeCallback returns c as the JSON object that crosses the wire.
func EncodeCallback(c Callback) ([]byte, error) {
	type plain Callback
	data, err := json.Marshal(plain(c))
	if err != nil {
		return nil, &Error{Code: CodeInternal, Detail: "the callback cannot be encoded"}
	}
	return data, nil
}

// DecodeCallback reads what EncodeCallback wrote. Fields that this version does not know are
// ignored.
func DecodeCallback(data []byte) (Callback, error) {
	type plain Callback
	var c plain
	if err := json.Unmarshal(data, &c); err != nil {
		return Callback{}, fmt.Errorf("messaging: not a callback: %w", scrub(err))
	}
	return Callback(c), nil
}

// EncodeCallbackOutcome returns what Callbacks returned as the JSON object that crosses the wire,
// less an error's cause.
func EncodeCallbackOutcome(a CallbackAnswer, err error) ([]byte, error) {
	o := callbackOutcome{CallbackAnswer: a}
	if failure := AsError(err); failure != nil {
		o = callbackOutcome{Code: failure.Code, Detail: failure.Detail, RetryAfterMS: failure.RetryAfter.Milliseconds()}
	}
	data, err := json.Marshal(o)
	if err != nil {
		return nil, &Error{Code: CodeInternal, Detail: "the answer to a callback cannot be encoded"}
	}
	return data, nil
}

// DecodeCallbackOutcome returns what Callbacks had returned.
func DecodeCallbackOutcome(data []byte) (CallbackAnswer, error) {
	var o callbackOutcome
	if err := json.Unmarshal(data, &o); err != nil {
		return CallbackAnswer{}, &Error{Code: CodeInternal, Detail: "a worker's answer to a callback can't be understood", Cause: scrub(err)}
	}
	if o.Code != 0 {
		return CallbackAnswer{}, &Error{Code: o.Code, Detail: o.Detail, RetryAfter: time.Duration(o.RetryAfterMS) * time.Millisecond}
	}
	return o.CallbackAnswer, nil
}
