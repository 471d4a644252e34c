package mitto

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// Receive implements provider.Receiver. The vendor signs nothing, so a report is believed only at
// an address that was given out.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	if !callback.Trusted {
		return provider.Reception{}, provider.Forgery("the vendor signs nothing, and the address is not one that was given out")
	}
	fields := read(callback)
	report := provider.Report{ID: fields["msgid"], Reference: fields["reference"], Status: provider.Unconfirmed, Code: reason(fields["errorcode"])}
	status := strings.ToUpper(fields["status"])
	if report.ID == "" || status == "" {
		return provider.Reception{}, provider.Malformation("it does not say which message it is about and what became of that")
	}
	if known, ok := statuses[status]; ok {
		report.Status = known
	}
	if report.Status == provider.Delivered {
		report.Code = ""
	}
	return provider.Reception{Reports: []provider.Report{report}}, nil
}

// statuses are what became of a message. The first six are those that the WordPress plugin WP SMS
// reads, whose authors have tried it; the others are those that SMPP has besides (SMPP 3.4, section
// 5.2.28), since the vendor's networks speak it. None of them is confirmed at the vendor.
var statuses = map[string]provider.Status{
	"BUFFERED":    provider.Accepted,
	"SENT":        provider.Sent,
	"DELIVERED":   provider.Delivered,
	"UNDELIVERED": provider.Undelivered,
	"FAILED":      provider.Failed,
	"EXPIRED":     provider.Expired,

	"ACCEPTED":      provider.Accepted,
	"UNDELIVERABLE": provider.Undelivered,
	"REJECTED":      provider.Failed,
	"DELETED":       provider.Failed,
	"UNKNOWN":       provider.Unconfirmed,
}

// read returns the fields of a report by their names in lower case. The vendor asks each customer
// whether to call with GET or with POST (docs.mitto.ch/sms-api): the fields are in the address's
// query, in a form, or in JSON. What is none of these has no fields. Their names are those of the
// same plugin, and but for reference not confirmed at the vendor.
func read(callback provider.Callback) map[string]string {
	fields := make(map[string]string)
	_, query, _ := strings.Cut(callback.URL, "?")
	add(fields, query)
	var object map[string]any
	switch {
	case len(callback.Body) == 0:
	case json.Unmarshal(callback.Body, &object) != nil:
		add(fields, string(callback.Body))
	default:
		for name, value := range object {
			switch v := value.(type) {
			case string:
				fields[strings.ToLower(name)] = v
			case float64:
				number, _ := json.Marshal(v) // nothing in it fails
				fields[strings.ToLower(name)] = string(number)
			}
		}
	}
	return fields
}

// add adds the fields of a form, if it is one.
func add(fields map[string]string, form string) {
	values, err := url.ParseQuery(form)
	if err != nil {
		return
	}
	for name := range values {
		fields[strings.ToLower(name)] = values.Get(name)
	}
}

// reason returns the code of why a message failed, and nothing where it is no number. There is no
// table of them; 0 says that nothing went wrong.
func reason(code string) string {
	if code == "0" || len(code) > maxCode || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	return code
}
