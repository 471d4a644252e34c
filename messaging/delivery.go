package messaging

import (
	"cmp"
	"time"
)

// DeliveryStatus is what has become of a message after a provider took it, in one vocabulary for
// all providers.
type DeliveryStatus string

// The statuses of delivery. Those from DeliveryDelivered on are final.
const (
	DeliveryAccepted    DeliveryStatus = "accepted"
	DeliverySent        DeliveryStatus = "sent"
	DeliveryUnknown     DeliveryStatus = "unknown"
	DeliveryDelivered   DeliveryStatus = "delivered"
	DeliveryUndelivered DeliveryStatus = "undelivered"
	DeliveryFailed      DeliveryStatus = "failed"
	DeliveryExpired     DeliveryStatus = "expired"
)

// Final says whether nothing further will be reported.
func (s DeliveryStatus) Final() bool {
	switch s {
	case DeliveryDelivered, DeliveryUndelivered, DeliveryFailed, DeliveryExpired:
		return true
	case DeliveryAccepted, DeliverySent, DeliveryUnknown:
	}
	return false
}

// Delivery is what a provider reported of a message that it had taken.
type Delivery struct {
	Status DeliveryStatus `json:"status"`
	// Code is the provider's own code for the reason, as its documentation lists it, and
	// Reason says it in our words. Both may be empty.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	// At is when it happened by the provider's clock, or when the report came.
	At time.Time `json:"at"`
	// Price is what the message cost, a decimal number in Currency (ISO 4217), and
	// Network the mobile network. All may be empty.
	Price    string `json:"price,omitempty"`
	Currency string `json:"currency,omitempty"`
	Network  string `json:"network,omitempty"`
}

// DeliverySummary is what the reports on a message add up to.
type DeliverySummary struct {
	Delivery

	// Provider is the configured name of the one that reported it.
	Provider string
	// After is how long after the message was received that happened; 0 where the
	// clocks don't agree.
	After time.Duration
}

// rank orders the statuses that one message of a provider can pass through: a later report does not
// take back what a higher one said, in whatever order they come.
func (s DeliveryStatus) rank() int {
	switch s {
	case DeliveryAccepted:
		return 1
	case DeliverySent:
		return 2
	case DeliveryUnknown:
		return 3
	case DeliveryExpired, DeliveryUndelivered, DeliveryFailed:
		return 4
	case DeliveryDelivered:
		return 5
	}
	return 0
}

// worth orders providers: if one delivered the message, it is delivered.
func (s DeliveryStatus) worth() int {
	if s.Final() && s != DeliveryDelivered {
		return 0
	}
	return s.rank()
}

// summariseDelivery returns what the reports among events add up to, or nil. Of each part of each
// provider's message the report of the highest rank counts. A provider's message is as good as
// its worst part, and the whole as its best provider.
func summariseDelivery(events []Event) *DeliverySummary {
	type part struct{ provider, id string }
	best := make(map[part]Event)
	var order []part // so that ties are decided alike every time
	for _, e := range events {
		if e.Type != EventReport || e.Delivery == nil {
			continue
		}
		key := part{e.Provider, e.ProviderMessageID}
		known, seen := best[key]
		if !seen {
			order = append(order, key)
		}
		if !seen || e.Delivery.Status.rank() > known.Delivery.Status.rank() {
			best[key] = e
		}
	}
	worst := make(map[string]Event)
	var providers []string
	for _, key := range order {
		e := best[key]
		known, seen := worst[key.provider]
		if !seen {
			providers = append(providers, key.provider)
		}
		if !seen || worse(e, known) {
			worst[key.provider] = e
		}
	}
	var told *Event
	for _, name := range providers {
		if e := worst[name]; told == nil || e.Delivery.Status.worth() > told.Delivery.Status.worth() {
			told = &e
		}
	}
	if told == nil {
		return nil
	}
	return &DeliverySummary{Delivery: *told.Delivery, Provider: told.Provider}
}

// worse says whether a part's report is worse news than another's: a failure that is final first,
// then whatever has come less far; of the same, the later one, since the message is complete then.
func worse(a, b Event) bool {
	if order := cmp.Compare(a.Delivery.Status.worth(), b.Delivery.Status.worth()); order != 0 {
		return order < 0
	}
	return a.Delivery.At.After(b.Delivery.At)
}
