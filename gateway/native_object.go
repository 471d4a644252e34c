package gateway

import (
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// messageJSON is a message as the native API shows it.
type messageJSON struct {
	ID                string            `json:"id"`
	Status            messaging.Code    `json:"status"`
	Detail            string            `json:"detail,omitempty"`
	Channel           messaging.Channel `json:"channel,omitempty"`
	Action            messaging.Action  `json:"action,omitempty"`
	To                string            `json:"to,omitempty"`
	Country           string            `json:"country,omitempty"`
	Provider          string            `json:"provider,omitempty"`
	ProviderMessageID string            `json:"provider_message_id,omitempty"`
	Attempts          []attemptJSON     `json:"attempts"`
	Delivery          *deliveryJSON     `json:"delivery,omitempty"`
	CreatedAt         time.Time         `json:"created_at,omitzero"`
	ExpiresAt         time.Time         `json:"expires_at,omitzero"`
	UpdatedAt         time.Time         `json:"updated_at,omitzero"`
}

// deliveryJSON is what the provider has reported of a message since it took it.
type deliveryJSON struct {
	Status messaging.DeliveryStatus `json:"status"`
	At     time.Time                `json:"at"`
	// AfterMS is how long after the message was received that was.
	AfterMS  int64  `json:"after_ms,omitempty"`
	Provider string `json:"provider"`
	Code     string `json:"code,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Price    string `json:"price,omitempty"`
	Currency string `json:"currency,omitempty"`
	Network  string `json:"network,omitempty"`
}

// attemptJSON is one call of one provider.
type attemptJSON struct {
	Provider          string         `json:"provider,omitempty"`
	Outcome           messaging.Code `json:"outcome"`
	DurationMS        int64          `json:"duration_ms"`
	ProviderMessageID string         `json:"provider_message_id,omitempty"`
	ProviderCode      string         `json:"provider_code,omitempty"`
}

// newMessageJSON returns what is shown of a message, but for when it changed last.
func newMessageJSON(s messaging.Summary) messageJSON {
	attempts := make([]attemptJSON, 0, len(s.Attempts)) // never null
	for _, a := range s.Attempts {
		attempts = append(attempts, attemptJSON{
			Provider: a.Provider, Outcome: a.Code, DurationMS: a.Duration.Milliseconds(),
			ProviderMessageID: a.ProviderMessageID, ProviderCode: a.ProviderCode,
		})
	}
	var delivery *deliveryJSON
	if d := s.Delivery; d != nil {
		delivery = &deliveryJSON{
			Status: d.Status, At: shown(d.At), AfterMS: d.After.Milliseconds(), Provider: d.Provider,
			Code: d.Code, Reason: d.Reason, Price: d.Price, Currency: d.Currency, Network: d.Network,
		}
	}
	return messageJSON{
		ID: s.ID, Status: s.Code, Detail: s.Detail, Channel: s.Channel, Action: s.Action, To: s.To, Country: s.Country,
		Provider: s.Provider, ProviderMessageID: s.ProviderMessageID, Attempts: attempts, Delivery: delivery,
		CreatedAt: shown(s.ReceivedAt), ExpiresAt: shown(s.Expires),
	}
}

// shown returns a time as the API writes it: in UTC and to the millisecond, whatever
// clock and zone it comes from.
func shown(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
