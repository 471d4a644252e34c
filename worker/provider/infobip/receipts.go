package infobip

import (
	"context"
	"encoding/json"
	"math/big"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// report is one of the reports that the vendor makes: of an SMS
// (infobip.com/docs/api/channels/sms, "Receive outbound SMS message reports") or of a call
// (infobip.com/docs/api/channels/voice, "Receive voice delivery reports").
type report struct {
	ID     string `json:"messageId"`
	Status status `json:"status"`
	Error  struct {
		ID *int `json:"id"`
	} `json:"error"`
	SentAt lenient `json:"sentAt"`
	DoneAt lenient `json:"doneAt"`
	Price  struct {
		PerMessage json.Number `json:"pricePerMessage"`
		PerSecond  json.Number `json:"pricePerSecond"`
		Currency   string      `json:"currency"`
	} `json:"price"`
	Parts   int    `json:"messageCount"`
	Network string `json:"mccMnc"`
	// Call is absent in the report of an SMS.
	Call *struct {
		StartTime lenient `json:"startTime"`
		EndTime   lenient `json:"endTime"`
		Charged   int     `json:"chargedDuration"`
	} `json:"voiceCall"`
}

// Receive implements provider.Receiver. The vendor signs nothing that it reports to an address of a
// message's own; only its subscriptions, which are set up apart from messages, can have an HMAC.
// So a report is believed only at an address that was given out. One request can have several
// reports in it, by default up to 100.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	if !callback.Trusted {
		return provider.Reception{}, provider.Forgery("the vendor signs nothing, and the address is not one that was given out")
	}
	var body struct {
		Results []report `json:"results"`
	}
	if json.Unmarshal(callback.Body, &body) != nil || len(body.Results) == 0 {
		return provider.Reception{}, provider.Malformation("it is not JSON with results")
	}
	reception := provider.Reception{Reports: make([]provider.Report, len(body.Results))}
	for i := range body.Results {
		r := &body.Results[i]
		if r.ID == "" || r.Status.Group == nil {
			return provider.Reception{}, provider.Malformation("it does not say which message it is about and what became of that")
		}
		reception.Reports[i] = r.read()
	}
	return reception, nil
}

// groups are what the groups of statuses mean.
var groups = map[int]provider.Status{
	accepted:      provider.Accepted,
	pending:       provider.Accepted,
	undeliverable: provider.Undelivered,
	delivered:     provider.Delivered,
	expired:       provider.Expired,
	rejected:      provider.Failed,
}

// read returns a report in everybody's words. The vendor's id of a message is our reference.
func (r *report) read() provider.Report {
	out := provider.Report{
		ID: r.ID, Reference: r.ID, Status: r.status(), At: r.at(),
		Price: r.price(), Currency: currency(r.Price.Currency), Network: network(r.Network),
	}
	if s := out.Status; s == provider.Accepted || s == provider.Sent || s == provider.Delivered {
		return out // the error of these is none, or that a call was answered
	}
	if r.Error.ID != nil && *r.Error.ID != 0 {
		out.Code, out.Reason = numbered("error ", r.Error.ID), reasons[*r.Error.ID]
	} else {
		out.Code = r.Status.code()
	}
	if out.Reason == "" && r.Status.ID != nil {
		out.Reason = statuses[*r.Status.ID].reason
	}
	return out
}

func (r *report) status() provider.Status {
	if r.Status.ID != nil {
		if s := statuses[*r.Status.ID].report; s != "" {
			return s
		}
	}
	if s, ok := groups[*r.Status.Group]; ok {
		return s
	}
	return provider.Unconfirmed
}

// at is when it happened: the last of the times that there are.
func (r *report) at() time.Time {
	times := []lenient{r.DoneAt, r.SentAt}
	if r.Call != nil {
		times = []lenient{r.Call.EndTime, r.Call.StartTime, r.SentAt}
	}
	for _, t := range times {
		if at := time.Time(t); !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// price is what all of a message cost: the vendor tells that of each part of an SMS, and that of a
// second of a call.
func (r *report) price() string {
	if r.Call != nil {
		return product(r.Price.PerSecond, r.Call.Charged)
	}
	return product(r.Price.PerMessage, max(r.Parts, 1))
}

const (
	// maxPrice bounds the digits of a price, so that it is multiplied in no time.
	maxPrice = 20
	// priceDigits are those after the point; the vendor's own prices have up to six.
	priceDigits = 6
)

// product returns so many times a price, or nothing where it is none.
func product(price json.Number, times int) string {
	if price == "" || len(price) > maxPrice || strings.Trim(price.String(), "0123456789.") != "" || times < 0 {
		return ""
	}
	one, ok := new(big.Rat).SetString(price.String())
	if !ok {
		return ""
	}
	text := one.Mul(one, big.NewRat(int64(times), 1)).FloatString(priceDigits)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// currency returns a currency of ISO 4217, and nothing where it is none.
func currency(code string) string {
	if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return code
}

// network returns an MCC and an MNC, of 5 or 6 digits together, and nothing where it is none.
func network(code string) string {
	if len(code) < 5 || len(code) > 6 || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	return code
}

// vendorTime is how the vendor writes its times, such as 2019-11-09T16:00:00.000+0000.
const vendorTime = "2006-01-02T15:04:05.999-0700"

// lenient is a time as the vendor writes it. Any other is no time, and no reason to leave a report
// unread.
type lenient time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (l *lenient) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return nil //nolint:nilerr // null and the like are no time
	}
	for _, layout := range []string{vendorTime, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			*l = lenient(at)
			return nil
		}
	}
	return nil
}
