package messaging

import "time"

// Summary is what its events say of a message.
type Summary struct {
	ID      string
	Tenant  string
	Channel Channel
	Action  Action
	// To is masked, and ToHash is the hash of the whole number.
	To, ToHash string
	Country    string
	ReceivedAt time.Time
	Expires    time.Time
	// Code is what has become of the message: CodePending while it is in the
	// durable queue, CodeExpired once its life ended there.
	Code              Code
	Detail            string
	Provider          string
	ProviderMessageID string
	// Attempts are all that are known, in their order.
	Attempts []Attempt
	// Delivery is what the providers reported, or nil.
	Delivery *DeliverySummary
	// UpdatedAt is when the newest of all this was recorded.
	UpdatedAt time.Time
}

// Summarise returns what the events of one message, the oldest first, add up to. It
// returns false where there are none.
//
// The newest event tells, with two exceptions. A gateway that gave up waiting
// knows less than the worker that had the message, whichever was recorded first. And
// what a worker could not send in its call's time is not lost if it has come to the
// durable queue meanwhile: only the end of its life ends it there.
func Summarise(events []Event, now time.Time) (Summary, bool) {
	var told, reported Event
	for _, e := range events {
		if e.Type == EventReport {
			reported = e
			continue
		}
		guess := e.Type == EventOutcome && e.Worker == ""
		late := e.Type == EventOutcome && e.Code.Retryable() && e.At.Before(e.Expires)
		if guess && told.Worker != "" || late && told.Type == EventQueued {
			continue
		}
		told = e
	}
	if told.ID == "" {
		if reported.ID == "" {
			return Summary{}, false
		}
		// Its outcome is not recorded, but a provider that reports on it has taken it.
		told = Event{ID: reported.ID, Tenant: reported.Tenant, Code: CodeSent, Provider: reported.Provider, ProviderMessageID: reported.ProviderMessageID, At: reported.At}
	}
	s := Summary{
		ID: told.ID, Tenant: told.Tenant, Channel: told.Channel, Action: told.Action,
		To: told.To, ToHash: told.ToHash, Country: told.Country, ReceivedAt: told.ReceivedAt, Expires: told.Expires,
		Code: told.Code, Detail: told.Detail, Provider: told.Provider, ProviderMessageID: told.ProviderMessageID,
		Attempts: told.Attempts, UpdatedAt: told.At,
	}
	if s.Delivery = summariseDelivery(events); s.Delivery != nil {
		if took := s.Delivery.At.Sub(s.ReceivedAt); !s.ReceivedAt.IsZero() && took > 0 {
			s.Delivery.After = took
		}
		if reported.At.After(s.UpdatedAt) {
			s.UpdatedAt = reported.At
		}
	}
	if told.Type == EventCancelled {
		s.Code = CodeCancelled
	}
	if s.Code == CodePending && now.After(s.Expires) {
		s.Code, s.Detail = CodeExpired, "its life ended in the queue"
	}
	return s, true
}
