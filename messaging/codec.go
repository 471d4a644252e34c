package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// EncodeMessage returns m as the JSON object that crosses the wire.
func EncodeMessage(m Message) ([]byte, error) {
	w := newJSONWriter(messageSize)
	w.text("id", m.ID)
	w.text("tenant", m.Tenant)
	w.text("channel", string(m.Channel))
	w.optional("action", string(m.Action))
	w.text("to", m.To)
	w.optional("to_hash", m.ToHash)
	w.optional("country", m.Country)
	w.optional("from", m.From)
	w.text("text", m.Text)
	w.optional("code", m.Code)
	w.optional("language", m.Language)
	w.time("received_at", m.ReceivedAt)
	w.time("expires", m.Expires)
	if m.Accept {
		w.key("accept")
		w.any(true)
	}
	w.attempts("earlier", m.Earlier)
	w.optional("ip", m.IP)
	w.optional("user_agent", m.UserAgent)
	if c := m.Client; c != nil {
		w.open("client", '{')
		w.optional("client_id", c.ID)
		w.optional("name", c.Name)
		w.raw("client_metadata", c.Metadata)
		w.close('}')
	}
	if u := m.User; u != nil {
		w.open("user", '{')
		w.optional("user_id", u.ID)
		w.optional("name", u.Name)
		w.optional("email", u.Email)
		w.raw("app_metadata", u.AppMetadata)
		w.raw("user_metadata", u.UserMetadata)
		w.close('}')
	}
	data, err := w.done()
	if err != nil {
		// The text of a json error can quote what it could not encode.
		return nil, &Error{Code: CodeInternal, Detail: "the message cannot be encoded"}
	}
	return data, nil
}

// The room that is made for an object at first: what one of usual size takes.
const (
	messageSize = 768
	outcomeSize = 384
	eventSize   = 768
)

// DecodeMessage reads what EncodeMessage wrote. Fields that this version does not
// know are ignored. The message is not validated.
func DecodeMessage(data []byte) (Message, error) {
	if m, ok := readMessage(data); ok {
		return m, nil
	}
	// A type without methods: for one with methods, encoding/json spends a tenth of
	// its time on finding out that none of them is for it.
	type plain Message
	var m plain
	if err := json.Unmarshal(data, &m); err != nil {
		return Message{}, fmt.Errorf("messaging: not a message: %w", scrub(err))
	}
	return Message(m), nil
}

// readMessage reads a message that this version wrote, and says whether it was one.
func readMessage(data []byte) (m Message, ok bool) {
	r := jsonReader{data: data}
	for r.next() {
		switch string(r.name) {
		case "id":
			m.ID = r.text()
		case "tenant":
			m.Tenant = r.text()
		case "channel":
			m.Channel = Channel(r.text())
		case "action":
			m.Action = Action(r.text())
		case "to":
			m.To = r.text()
		case "to_hash":
			m.ToHash = r.text()
		case "country":
			m.Country = r.text()
		case "from":
			m.From = r.text()
		case "text":
			m.Text = r.text()
		case "code":
			m.Code = r.text()
		case "language":
			m.Language = r.text()
		case "received_at":
			m.ReceivedAt = r.time()
		case "expires":
			m.Expires = r.time()
		case "accept":
			m.Accept = r.truth()
		case "earlier":
			r.any(&m.Earlier)
		case "ip":
			m.IP = r.text()
		case "user_agent":
			m.UserAgent = r.text()
		case "client":
			m.Client = readClient(&r)
		case "user":
			m.User = readUser(&r)
		default:
			r.failed = true
		}
	}
	return m, !r.failed
}

func readClient(outer *jsonReader) *Client {
	c := new(Client)
	r := jsonReader{data: outer.value}
	for r.next() {
		switch string(r.name) {
		case "client_id":
			c.ID = r.text()
		case "name":
			c.Name = r.text()
		case "client_metadata":
			c.Metadata = r.raw()
		default:
			r.failed = true
		}
	}
	outer.failed = outer.failed || r.failed
	return c
}

func readUser(outer *jsonReader) *User {
	u := new(User)
	r := jsonReader{data: outer.value}
	for r.next() {
		switch string(r.name) {
		case "user_id":
			u.ID = r.text()
		case "name":
			u.Name = r.text()
		case "email":
			u.Email = r.text()
		case "app_metadata":
			u.AppMetadata = r.raw()
		case "user_metadata":
			u.UserMetadata = r.raw()
		default:
			r.failed = true
		}
	}
	outer.failed = outer.failed || r.failed
	return u
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
	w := newJSONWriter(outcomeSize)
	w.text("code", CodeOf(r, err).String())
	w.optional("provider", r.Provider)
	w.optional("provider_message_id", r.ProviderMessageID)
	w.optional("worker", r.Worker)
	w.attempts("attempts", r.Attempts)
	if e := AsError(err); e != nil {
		w.failure(e)
	}
	return w.done()
}

// failure writes what the other side is told of an error besides its code.
func (w *jsonWriter) failure(e *Error) {
	w.optional("detail", e.Detail)
	w.optional("field", e.Field)
	if ms := e.RetryAfter.Milliseconds(); ms != 0 {
		w.number("retry_after_ms", ms)
	}
}

// readOutcome reads an outcome that this version wrote, and says whether it was one.
func readOutcome(data []byte) (out outcomeJSON, ok bool) {
	r := jsonReader{data: data}
	for r.next() {
		switch string(r.name) {
		case "code":
			out.Code = r.code()
		case "provider":
			out.Provider = r.text()
		case "provider_message_id":
			out.ProviderMessageID = r.text()
		case "worker":
			out.Worker = r.text()
		case "attempts":
			out.Attempts = readAttempts(&r)
		case "detail":
			out.Detail = r.text()
		case "field":
			out.Field = r.text()
		case "retry_after_ms":
			out.RetryAfterMS = r.number()
		default:
			r.failed = true
		}
	}
	return out, !r.failed
}

// readAttempts reads the one attempt that most outcomes have; several are rare enough
// for encoding/json.
func readAttempts(outer *jsonReader) []Attempt {
	list := outer.value
	one := jsonReader{data: list[min(1, len(list)):max(1, len(list)-1)]}
	var a Attempt
	for one.next() {
		switch string(one.name) {
		case "provider":
			a.Provider = one.text()
		case "code":
			a.Code = one.code()
		case "provider_code":
			a.ProviderCode = one.text()
		case "provider_message_id":
			a.ProviderMessageID = one.text()
		case "duration_ms":
			a.Duration = time.Duration(one.number()) * time.Millisecond
		default:
			one.failed = true
		}
	}
	if !one.failed && list[0] == '[' {
		return []Attempt{a}
	}
	var several []Attempt
	outer.any(&several)
	return several
}

// DecodeOutcome reads what EncodeOutcome wrote and returns it as a Sender would
// have. An outcome that can't be read is CodeUnknown: the message was handed
// over, and nobody can tell what became of it.
func DecodeOutcome(data []byte) (Receipt, error) {
	in, ok := readOutcome(data)
	if !ok {
		in = outcomeJSON{}
		if err := json.Unmarshal(data, &in); err != nil {
			return Receipt{}, unreadable(err)
		}
	}
	if in.Code == 0 {
		return Receipt{}, unreadable(nil)
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

func unreadable(err error) *Error {
	return &Error{Code: CodeUnknown, Detail: "the worker's answer could not be read", Cause: scrub(err)}
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
