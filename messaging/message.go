package messaging

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Channel is the way in which a message reaches its phone.
type Channel string

// The channels that exist. A Message has exactly one of them.
const (
	SMS   Channel = "sms"
	Voice Channel = "voice"
)

// Action is the reason for which the identity platform sends the message, in
// one vocabulary for all platforms. It is empty when the caller gave none.
type Action string

// The actions that platforms name. Enrollment and SecondFactor are those of the
// send-phone-message extensibility point; Passwordless is a sign-in without a
// password; the others carry no one-time code.
const (
	Enrollment     Action = "enrollment"
	SecondFactor   Action = "second-factor-authentication"
	Passwordless   Action = "passwordless"
	BlockedAccount Action = "blocked_account"
	ChangePassword Action = "change_password"
	PasswordBreach Action = "password_breach"
)

// Message is one phone message to deliver: what every door decodes its caller's
// request into, and what a worker is given.
type Message struct {
	// ID is a UUIDv7 in its canonical text form, made by the gateway. It is
	// the caller's MessageID, the providers' client reference and the key of
	// every log line about this message.
	ID string `json:"id"`
	// Tenant is the name that the caller's credential stands for.
	Tenant  string  `json:"tenant"`
	Channel Channel `json:"channel"`
	Action  Action  `json:"action,omitempty"`
	// To is the recipient in E.164 with its plus sign.
	To string `json:"to"`
	// ToHash is the keyed hash of To by which events about the message can be
	// found; see NumberKey. It is empty where no events are kept.
	ToHash string `json:"to_hash,omitempty"`
	// Country is the ISO 3166-1 alpha-2 code of To, upper case, or empty where
	// a number belongs to none (satellite and international services).
	Country string `json:"country,omitempty"`
	// From is the sender that the caller asked for; empty leaves it to the
	// provider's configuration.
	From string `json:"from,omitempty"`
	// Text is what the SMS says or the call speaks.
	Text string `json:"text"`
	// Code is the one-time code within Text, where the caller told it apart.
	// A voice provider speaks it digit by digit.
	Code string `json:"code,omitempty"`
	// Language is a BCP 47 tag, or empty where the caller had none to give.
	Language string `json:"language,omitempty"`

	// ReceivedAt is when the gateway had the whole request, by its clock.
	ReceivedAt time.Time `json:"received_at"`
	// Expires is the end of the message's life: nothing is attempted after it.
	Expires time.Time `json:"expires"`

	// Accept says that the caller would rather have the message in the durable
	// queue, answered with CodePending, than a failure that a later try may mend.
	Accept bool `json:"accept,omitempty"`
	// Earlier are the attempts that were made before the message came to the
	// durable queue, or before it was put back there.
	Earlier []Attempt `json:"earlier,omitempty"`

	// IP and UserAgent are those of the person who signs in, as the caller
	// reported them; Client and User likewise. All may be empty.
	IP        string  `json:"ip,omitempty"`
	UserAgent string  `json:"user_agent,omitempty"`
	Client    *Client `json:"client,omitempty"`
	User      *User   `json:"user,omitempty"`
}

// Client is the application that a person signs in to.
type Client struct {
	ID       string          `json:"client_id,omitempty"`
	Name     string          `json:"name,omitempty"`
	Metadata json.RawMessage `json:"client_metadata,omitempty"`
}

// User is the person who signs in. Linked identities, which can hold access
// tokens, are left behind at the door.
type User struct {
	ID           string          `json:"user_id,omitempty"`
	Name         string          `json:"name,omitempty"`
	Email        string          `json:"email,omitempty"`
	AppMetadata  json.RawMessage `json:"app_metadata,omitempty"`
	UserMetadata json.RawMessage `json:"user_metadata,omitempty"`
}

// Format implements fmt.Formatter for every verb, %#v included, with the id,
// the tenant, the channel and the country, so that a message printed by mistake
// reveals neither code nor text nor number.
func (m Message) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "message "+m.ID+" ("+m.Tenant+", "+string(m.Channel)+", "+m.Country+")")
}

// LogValue implements slog.LogValuer with the same few facts as Format.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", m.ID),
		slog.String("tenant", m.Tenant),
		slog.String("channel", string(m.Channel)),
		slog.String("country", m.Country),
	)
}
