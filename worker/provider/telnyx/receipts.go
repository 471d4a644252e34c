package telnyx

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// Receive implements provider.Receiver. Webhooks about SMS are signed always, so that where a
// public key is configured they have to be. Whether the status callbacks of calls are signed no
// page of the vendor's says, so that those are believed at an address that was given out, and by
// their signature where they have one.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	signed, err := c.verify(callback)
	switch {
	case err != nil:
		return provider.Reception{}, err
	case !signed && !callback.Trusted:
		return provider.Reception{}, provider.Forgery("there is no signature, and the address is not one that was given out")
	}
	reception := provider.Reception{Signed: signed}
	var event webhook
	if json.Unmarshal(callback.Body, &event) == nil && event.Data.EventType != "" {
		if c.public != nil && !signed {
			return provider.Reception{}, provider.Forgery("the signature is missing")
		}
		reception.Reports, err = event.reports()
		return reception, err
	}
	report, err := readCall(callback.Body)
	if err != nil {
		return provider.Reception{}, err
	}
	reception.Reports = []provider.Report{report}
	return reception, nil
}

// webhook is a webhook about a message
// (developers.telnyx.com/docs/messaging/messages/receiving-webhooks).
type webhook struct {
	Data struct {
		EventType  string    `json:"event_type"`
		OccurredAt lenient   `json:"occurred_at"`
		Payload    smsReport `json:"payload"`
	} `json:"data"`
}

type smsReport struct {
	ID string `json:"id"`
	To []struct {
		Status  string `json:"status"`
		Carrier string `json:"carrier"`
	} `json:"to"`
	CompletedAt lenient    `json:"completed_at"`
	Errors      []apiError `json:"errors"`
	Cost        struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	} `json:"cost"`
}

// smsStatuses is what the statuses of a recipient mean, from the same page. The last is of the
// vendor's older pages and is kept for accounts that still get it.
var smsStatuses = map[string]provider.Status{
	"queued":               provider.Accepted,
	"sending":              provider.Accepted,
	"sent":                 provider.Sent,
	"delivered":            provider.Delivered,
	"sending_failed":       provider.Failed,
	"delivery_failed":      provider.Undelivered,
	"delivery_unconfirmed": provider.Unconfirmed,
	"expired":              provider.Expired, // formerly
}

// reports reads a webhook. Those about messages that came in are nobody's report.
func (w *webhook) reports() ([]provider.Report, error) {
	if w.Data.EventType != "message.sent" && w.Data.EventType != "message.finalized" {
		return nil, nil
	}
	p := &w.Data.Payload
	if p.ID == "" || len(p.To) != 1 || p.To[0].Status == "" {
		return nil, provider.Malformation("it has no message with one recipient and its status")
	}
	report := provider.Report{
		ID: p.ID, Status: provider.Unconfirmed, At: time.Time(p.CompletedAt),
		Price: p.Cost.Amount, Currency: p.Cost.Currency, Network: p.To[0].Carrier,
	}
	if status, ok := smsStatuses[p.To[0].Status]; ok {
		report.Status = status
	}
	if report.At.IsZero() {
		report.At = time.Time(w.Data.OccurredAt)
	}
	if len(p.Errors) > 0 {
		report.Code, report.Reason = string(p.Errors[0].Code), codes[p.Errors[0].Code].reason
		failed := report.Status == provider.Failed || report.Status == provider.Undelivered
		if expired := report.Code == "40005" || report.Code == "40014"; expired && failed {
			report.Status = provider.Expired
		}
	}
	return []provider.Report{report}, nil
}

// callReport is a status callback of a call
// (developers.telnyx.com/docs/voice/programmable-voice/texml-verbs/hangup). The page shows it as
// JSON, while the vendor's guides say that it is a form, so that both are read.
type callReport struct {
	ID        string `json:"CallSid"`
	Status    string `json:"CallStatus"`
	To        string `json:"To"`
	Timestamp string `json:"Timestamp"`
}

// callStatuses is what the statuses of a call mean, from the same page and from that of the
// request's events. A call that is completed was answered.
var callStatuses = map[string]provider.Status{
	"queued":      provider.Accepted,
	"initiated":   provider.Accepted,
	"ringing":     provider.Sent,
	"in-progress": provider.Delivered,
	"answered":    provider.Delivered,
	"completed":   provider.Delivered,
	"busy":        provider.Undelivered,
	"no-answer":   provider.Undelivered,
	"failed":      provider.Failed,
	"canceled":    provider.Failed,
}

// callTime is how a status callback writes its time.
const callTime = "2006-01-02 15:04:05.999999999Z07:00"

// readCall reads a status callback. Every one names its call, the number called and a status.
func readCall(body []byte) (provider.Report, error) {
	var r callReport
	if json.Unmarshal(body, &r) != nil {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return provider.Report{}, provider.Malformation("it is neither JSON nor a form")
		}
		r = callReport{ID: form.Get("CallSid"), Status: form.Get("CallStatus"), To: form.Get("To"), Timestamp: form.Get("Timestamp")}
	}
	if r.ID == "" || r.Status == "" || r.To == "" {
		return provider.Report{}, provider.Malformation("it is neither of a message nor of a call")
	}
	report := provider.Report{ID: r.ID, Status: provider.Unconfirmed}
	if status, ok := callStatuses[r.Status]; ok {
		report.Status = status
	}
	if report.Status == provider.Undelivered || report.Status == provider.Failed {
		report.Code = r.Status
	}
	if at, err := time.Parse(callTime, r.Timestamp); err == nil {
		report.At = at
	}
	return report, nil
}

// lenient is a time as the vendor writes it: RFC 3339 in most places. Any other is no time, and no
// reason to leave a report unread.
type lenient time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (l *lenient) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return nil //nolint:nilerr // null and the like are no time
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		*l = lenient(at)
	}
	return nil
}
