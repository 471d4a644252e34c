package telesign

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// report is a status notification
// (developer.telesign.com/enterprise/docs/transaction-callback-service, and
// developer.telesign.com/enterprise/reference/smsdeliveryreports for SMS). additional_info is there
// for accounts that asked for it. That those of calls have the same form is not confirmed at the
// vendor.
type report struct {
	transaction
	Reference string `json:"external_id"`
	Product   string `json:"sub_resource"`
	Info      struct {
		MCC      text `json:"mcc"`
		MNC      text `json:"mnc"`
		Price    text `json:"price"`
		Currency text `json:"currency"`
	} `json:"additional_info"`
}

// incoming begins the name of the product that passes on what people write to the account.
const incoming = "mo_"

// Receive implements provider.Receiver. The vendor signs every notification.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	if err := c.signer.verify(callback); err != nil {
		return provider.Reception{}, err
	}
	var r report
	if json.Unmarshal(callback.Body, &r) != nil {
		return provider.Reception{}, provider.Malformation("it is no object of JSON, or has a type that the vendor's have not")
	}
	if strings.HasPrefix(r.Product, incoming) {
		return provider.Reception{Signed: true}, nil
	}
	found, class, listed := r.verdict()
	if r.ID == "" || found == 0 {
		return provider.Reception{}, provider.Malformation("it does not say which message it is about and what became of that")
	}
	one := provider.Report{
		Reference: r.Reference, ID: r.ID, Status: provider.Unconfirmed, At: r.at(),
		Price: r.Info.Price.of(digits + "."), Currency: r.Info.Currency.of(capitals), Network: r.Info.MCC.of(digits) + r.Info.MNC.of(digits),
	}
	if listed {
		one.Status, one.Reason = class.status, class.reason
	}
	if one.Reason != "" || !listed {
		one.Code = strconv.Itoa(int(found))
	}
	return provider.Reception{Signed: true, Reports: []provider.Report{one}}, nil
}

// at is when it happened, or zero where the vendor's time is none: its own examples have a month 31.
func (t *transaction) at() time.Time {
	at, err := time.Parse(time.RFC3339, t.Status.Updated)
	if err != nil {
		return time.Time{}
	}
	return at
}

const (
	digits   = "0123456789"
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// text is a string, or a number where the vendor writes one; anything else is empty, and no reason to
// leave a report unread.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(data []byte) error {
	*t = text(strings.Trim(string(data), `"`))
	return nil
}

// of returns a text of which every character is one of these, and nothing for any other.
func (t text) of(characters string) string {
	if strings.Trim(string(t), characters) != "" {
		return ""
	}
	return string(t)
}
