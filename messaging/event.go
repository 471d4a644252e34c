package messaging

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// EventType is the kind of thing that happened to a message.
type EventType string

// The types of event. The list grows; who reads events passes over those that it
// does not know.
const (
	// EventQueued: the message came to the durable queue, or was put back there
	// after attempts that failed.
	EventQueued EventType = "queued"
	// EventOutcome: the work on the message has ended.
	EventOutcome EventType = "outcome"
	// EventCancelled: the message was taken out of the durable queue.
	EventCancelled EventType = "cancelled"
	// EventReport: a provider reported what became of a message that it had taken. It has
	// no Code, and of the message only what the report tells.
	EventReport EventType = "report"
)

// Event is something that happened to a message. It holds neither code nor text, and of
// the number only its ends and a keyed hash.
type Event struct {
	Type   EventType `json:"type"`
	At     time.Time `json:"at"`
	ID     string    `json:"id"`
	Tenant string    `json:"tenant"`

	Channel Channel `json:"channel,omitempty"`
	Action  Action  `json:"action,omitempty"`
	// To is masked; see MaskNumber.
	To         string    `json:"to,omitempty"`
	ToHash     string    `json:"to_hash,omitempty"`
	Country    string    `json:"country,omitempty"`
	ReceivedAt time.Time `json:"received_at,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`

	// Code to Attempts are what a Sender returned. Of an EventQueued the attempts
	// are those so far.
	Code              Code      `json:"code,omitempty"`
	Detail            string    `json:"detail,omitempty"`
	Field             string    `json:"field,omitempty"`
	RetryAfterMS      int64     `json:"retry_after_ms,omitempty"`
	Provider          string    `json:"provider,omitempty"`
	ProviderMessageID string    `json:"provider_message_id,omitempty"`
	Attempts          []Attempt `json:"attempts,omitempty"`
	// Worker is the worker that did it, empty where it was a gateway.
	Worker string `json:"worker,omitempty"`
	// Delivery is there in an EventReport, and nowhere else.
	Delivery *Delivery `json:"delivery,omitempty"`
}

// EventOf returns the event that a Sender's results are: EventQueued where the message
// came to the durable queue, EventOutcome otherwise.
func EventOf(m Message, r Receipt, err error) Event {
	e := Event{
		Type: EventOutcome, At: time.Now(), ID: m.ID, Tenant: m.Tenant,
		Channel: m.Channel, Action: m.Action, To: MaskNumber(m.To), ToHash: m.ToHash, Country: m.Country,
		ReceivedAt: m.ReceivedAt, Expires: m.Expires,
		Code: CodeOf(r, err), Provider: r.Provider, ProviderMessageID: r.ProviderMessageID,
		Attempts: r.Attempts, Worker: r.Worker,
	}
	if len(m.Earlier) > 0 {
		e.Attempts = append(append([]Attempt(nil), m.Earlier...), r.Attempts...)
	}
	if e.Code == CodePending {
		e.Type = EventQueued
	}
	if failure := AsError(err); failure != nil {
		e.Detail, e.Field, e.RetryAfterMS = failure.Detail, failure.Field, failure.RetryAfter.Milliseconds()
	}
	return e
}

// Result returns what the Sender had returned, less the Cause.
func (e Event) Result() (Receipt, error) {
	r := Receipt{Provider: e.Provider, ProviderMessageID: e.ProviderMessageID, Attempts: e.Attempts, Worker: e.Worker}
	if e.Code == CodeSent || e.Code == CodePending {
		r.Code = e.Code
		return r, nil
	}
	return r, &Error{Code: e.Code, Detail: e.Detail, Field: e.Field, RetryAfter: time.Duration(e.RetryAfterMS) * time.Millisecond}
}

// EncodeEvent returns e as the JSON object that is kept.
func EncodeEvent(e Event) ([]byte, error) { return AppendEvent(make([]byte, 0, eventSize), e) }

// AppendEvent appends to dst what EncodeEvent returns. After an error, what it returns is
// good for nothing but its room.
func AppendEvent(dst []byte, e Event) ([]byte, error) {
	w := jsonWriter{buf: append(dst, '{')}
	w.text("type", string(e.Type))
	w.time("at", e.At)
	w.text("id", e.ID)
	w.text("tenant", e.Tenant)
	w.optional("channel", string(e.Channel))
	w.optional("action", string(e.Action))
	w.optional("to", e.To)
	w.optional("to_hash", e.ToHash)
	w.optional("country", e.Country)
	if !e.ReceivedAt.IsZero() {
		w.time("received_at", e.ReceivedAt)
	}
	if !e.Expires.IsZero() {
		w.time("expires", e.Expires)
	}
	if e.Code != 0 {
		w.text("code", e.Code.String())
	}
	w.failure(&Error{Detail: e.Detail, Field: e.Field, RetryAfter: time.Duration(e.RetryAfterMS) * time.Millisecond})
	w.optional("provider", e.Provider)
	w.optional("provider_message_id", e.ProviderMessageID)
	w.attempts("attempts", e.Attempts)
	w.optional("worker", e.Worker)
	if e.Delivery != nil { // reports are few beside outcomes, and not worth a writer of their own
		w.key("delivery")
		w.any(e.Delivery)
	}
	return w.done()
}

// DecodeEvent reads what EncodeEvent wrote. Fields that this version does not know are
// ignored.
func DecodeEvent(data []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(data, &e); err != nil {
		return Event{}, fmt.Errorf("messaging: not an event: %w", scrub(err))
	}
	return e, nil
}

// Format implements fmt.Formatter with the type and the id alone.
func (e Event) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "event "+string(e.Type)+" of message "+e.ID)
}

// The digits of a number that stay readable: the country code, which has one to three
// and is public anyway, and two more for a person to recognise their own number by.
const (
	shownFirst = 3 // with the plus sign
	shownLast  = 2
)

// MaskNumber hides all of a number in E.164 but its first two and last two digits:
// +1*******55.
func MaskNumber(number string) string {
	if len(number) <= shownFirst+shownLast {
		return strings.Repeat("*", len(number))
	}
	hidden := len(number) - shownFirst - shownLast
	return number[:shownFirst] + strings.Repeat("*", hidden) + number[len(number)-shownLast:]
}

// NumberKey hashes numbers, so that events can be found by number although they have
// none. Without the key nobody can find a number by trying all of them.
type NumberKey []byte

// hashBytes are kept of a hash: with 64 bits, two of a billion numbers share one with
// a probability of 3 %, and who reads events compares the masked number as well.
const hashBytes = 8

// Hash returns the hash of a tenant's number as hexadecimal digits. The same number
// has another hash for another tenant, so hashes tell nothing across tenants.
func (k NumberKey) Hash(tenant, number string) string {
	if len(k) == 0 {
		return ""
	}
	mac := hmac.New(sha256.New, k)
	_, _ = io.WriteString(mac, tenant+" "+number) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil)[:hashBytes])
}
