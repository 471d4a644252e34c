package esendex

import (
	"context"
	"encoding/xml"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// ReportsByID implements provider.ReporterByID.
func (c *Client) ReportsByID() bool { return true }

// push is a notification of the vendor's
// (developers.esendex.com/APIs/Push-Notifications): MessageDelivered or MessageFailed.
type push struct {
	XMLName    xml.Name
	MessageID  string `xml:"MessageId"`
	OccurredAt string `xml:"OccurredAt"`
	Failure    *struct {
		Code      string `xml:"Code"`
		Permanent string `xml:"PermanentFailure"`
	} `xml:"FailureReason"`
}

// Receive implements provider.Receiver. The vendor signs nothing, so a notification is believed only
// at the address that was given out.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	if !callback.Trusted {
		return provider.Reception{}, provider.Forgery("the vendor signs nothing, and the address is not one that was given out")
	}
	var p push
	if !decode(callback.Body, &p) {
		return provider.Reception{}, provider.Malformation("it is not one document of XML")
	}
	report := provider.Report{ID: canonical(p.MessageID), At: occurred(p.OccurredAt)}
	if report.ID == "" {
		return provider.Reception{}, provider.Malformation("it does not say which message it is about")
	}
	switch p.XMLName.Local {
	case "MessageDelivered":
		report.Status = provider.Delivered
	case "MessageFailed":
		// There is no table of the codes, so that a message which the network could not
		// deliver and one whose validity ended are not told apart.
		report.Status, report.Reason = provider.Undelivered, p.why()
		if p.Failure != nil {
			report.Code = code(p.Failure.Code)
		}
	default:
		return provider.Reception{}, provider.Malformation("it is neither about a message that was delivered nor about one that failed")
	}
	return provider.Reception{Reports: []provider.Report{report}}, nil
}

// why says why a message failed, as far as the vendor tells.
func (p *push) why() string {
	switch {
	case p.Failure == nil:
		return "the vendor does not say why"
	case strings.EqualFold(strings.TrimSpace(p.Failure.Permanent), "true"):
		return "the vendor says that it would fail again"
	}
	return "the vendor says that it may not fail again"
}

// maxCode bounds a failure's code; the one that is documented, 102, has three digits.
const maxCode = 10

// code returns a failure's code, and nothing where it is no number.
func code(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxCode || strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}

// occurred reads the time of a notification: UTC, without saying so.
func occurred(text string) time.Time {
	text = strings.TrimSpace(text)
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339} { // either takes fractions
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	return time.Time{}
}
