package messagebird

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// Receive implements provider.Receiver. Where a signing key is configured a report has to be signed;
// elsewhere it is believed at an address that was given out.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	signed := len(c.signing) > 0
	if signed {
		if err := c.verify(callback); err != nil {
			return provider.Reception{}, err
		}
	} else if !callback.Trusted {
		return provider.Reception{}, provider.Forgery("there is no signing key, and the address is not one that was given out")
	}
	report, err := readReport(callback.URL)
	if err != nil {
		return provider.Reception{}, err
	}
	return provider.Reception{Signed: signed, Reports: []provider.Report{report}}, nil
}

// statuses is what the statuses of a recipient mean, from the types of the vendor's SDK for Node.js:
// those of messages, and those of calls. Of calls the vendor reserves the last two; one that nobody
// takes is failed.
var statuses = map[string]provider.Status{
	"scheduled":       provider.Accepted,
	"buffered":        provider.Accepted,
	"sent":            provider.Sent,
	"delivered":       provider.Delivered,
	"delivery_failed": provider.Undelivered,
	"expired":         provider.Expired,

	"calling":  provider.Sent,
	"answered": provider.Delivered,
	"failed":   provider.Undelivered,
	"busy":     provider.Undelivered,
	"machine":  provider.Undelivered,
}

// readReport reads a report, whose parameters the vendor puts behind the address that it was given
// (developers.messagebird.com/api/sms-messaging, "Handle a status report"). That reports of calls have
// the same ones, and the names of those of the price, are not confirmed at the vendor.
func readReport(address string) (provider.Report, error) {
	_, query, _ := strings.Cut(address, "?")
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return provider.Report{}, provider.Malformation("its parameters can't be read")
	}
	id, status := parameters.Get("id"), parameters.Get("status")
	if id == "" || status == "" {
		return provider.Report{}, provider.Malformation("it names no message or no status")
	}
	report := provider.Report{
		Reference: parameters.Get("reference"), ID: id, Status: provider.Unconfirmed, At: readTime(parameters.Get("statusDatetime")),
		Price: parameters.Get("price[amount]"), Currency: parameters.Get("price[currency]"), Network: parameters.Get("mccmnc"),
	}
	if known, ok := statuses[status]; ok {
		report.Status = known
	}
	explain(&report, parameters.Get("statusReason"), parameters.Get("statusErrorCode"))
	return report, nil
}

// explain says why a message was not delivered. The code of the network says more than the vendor's
// text, of which several codes have one.
func explain(report *provider.Report, text, code string) {
	if report.Status != provider.Undelivered && report.Status != provider.Expired {
		return
	}
	end := endings[strings.ReplaceAll(strings.ToLower(text), "_", " ")]
	report.Reason = end.reason
	if end.status != "" {
		report.Status = end.status
	}
	if !isCode(code) {
		return
	}
	report.Code = code
	if class, ok := networkCodes[code]; ok && code != "0" {
		report.Reason = class.reason
	}
}

// isCode says whether a text is a number of the length that codes have, since no other text of the
// vendor's is passed on.
func isCode(text string) bool {
	return text != "" && len(text) <= 5 && strings.Trim(text, "0123456789") == ""
}

// readTime reads a time in RFC 3339, or none. Its plus sign comes as a blank where the vendor did not
// escape it.
func readTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339, strings.ReplaceAll(text, " ", "+"))
	if err != nil {
		return time.Time{}
	}
	return at
}
