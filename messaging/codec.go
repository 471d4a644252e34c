package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// EncodeMessage returns m as the JSON object that crosses the wire.
func EncodeMessage(m Message) ([]byte, error) {
	data, err := json.Marshal(m)
	if err != nil {
		// The text of a json error can quote what it could not encode.
		return nil, &Error{Code: CodeInternal, Detail: "the message cannot be encoded"}
	}
	return data, nil
}

// DecodeMessage reads what EncodeMessage wrote. Fields that this version does not
// know are ignored. The message is not validated.
func DecodeMessage(data []byte) (Message, error) {
	// A type without methods: for one with methods, encoding/json spends a tenth of
	// its time on finding out that none of them is for it.
	type plain Message
	var m plain
	if err := json.Unmarshal(data, &m); err != nil {
		return Message{}, fmt.Errorf("messaging: not a message: %w", scrub(err))
	}
	return Message(m), nil
}

// outcomeJSON is an outcome on the wire: what a Sender returned, less the Cause.
type outcomeJSON struct {
	Code              Code      `json:"code"`
	Provider          string    `json:"provider,omitempty"`
	ProviderMessageID string    `json:"provider_message_id,omitempty"`
	Worker            string    `json:"worker,omitempty"`
	Attempts          []Attempt `json:"attempts,omitempty"`
	Detail            string    `json:"detail,omitempty"`
	Field             string    `json:"field,omitempty"`
	RetryAfterMS      int64     `json:"retry_after_ms,omitempty"`
}

type attemptJSON struct {
	Provider          string `json:"provider"`
	Code              Code   `json:"code"`
	ProviderCode      string `json:"provider_code,omitempty"`
	ProviderMessageID string `json:"provider_message_id,omitempty"`
	DurationMS        int64  `json:"duration_ms"`
}

// MarshalJSON writes the attempt as it crosses the wire and stands in events.
func (a Attempt) MarshalJSON() ([]byte, error) {
	return json.Marshal(attemptJSON{a.Provider, a.Code, a.ProviderCode, a.ProviderMessageID, a.Duration.Milliseconds()})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (a *Attempt) UnmarshalJSON(data []byte) error {
	var in attemptJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*a = Attempt{in.Provider, in.Code, in.ProviderCode, in.ProviderMessageID, time.Duration(in.DurationMS) * time.Millisecond}
	return nil
}

// EncodeOutcome returns a Sender's results as the JSON object that crosses the
// wire. The error's Cause is left behind.
func EncodeOutcome(r Receipt, err error) ([]byte, error) {
	out := outcomeJSON{
		Code:              CodeOf(r, err),
		Provider:          r.Provider,
		ProviderMessageID: r.ProviderMessageID,
		Worker:            r.Worker,
		Attempts:          r.Attempts,
	}
	if e := AsError(err); e != nil {
		out.Detail = e.Detail
		out.Field = e.Field
		out.RetryAfterMS = e.RetryAfter.Milliseconds()
	}
	return json.Marshal(out)
}

// DecodeOutcome reads what EncodeOutcome wrote and returns it as a Sender would
// have. An outcome that can't be read is CodeUnknown: the message was handed
// over, and nobody can tell what became of it.
func DecodeOutcome(data []byte) (Receipt, error) {
	var in outcomeJSON
	if err := json.Unmarshal(data, &in); err != nil || in.Code == 0 {
		return Receipt{}, &Error{
			Code:   CodeUnknown,
			Detail: "the worker's answer could not be read",
			Cause:  scrub(err),
		}
	}
	r := Receipt{Provider: in.Provider, ProviderMessageID: in.ProviderMessageID, Worker: in.Worker, Attempts: in.Attempts}
	if in.Code == CodeSent || in.Code == CodePending {
		r.Code = in.Code
		return r, nil
	}
	return r, &Error{
		Code:       in.Code,
		Detail:     in.Detail,
		Field:      in.Field,
		RetryAfter: time.Duration(in.RetryAfterMS) * time.Millisecond,
	}
}

// scrub keeps the place of a JSON error and drops its text, which can quote the
// document.
func scrub(err error) error {
	if err == nil {
		return nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("syntax error at byte %d", syntax.Offset)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("wrong type in field %q at byte %d", wrong.Field, wrong.Offset)
	}
	return errors.New("malformed JSON")
}
