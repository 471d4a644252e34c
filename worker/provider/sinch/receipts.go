package sinch

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// Receive implements provider.Receiver. Events of calls are signed always. Reports of SMS are signed
// where the vendor has enabled it, so that where a secret is configured they have to be; elsewhere
// they are believed at an address that was given out.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	if credentials, ok := credentials(callback.Header); ok {
		if err := c.application.verify(callback, credentials); err != nil {
			return provider.Reception{}, err
		}
		reports, err := readEvent(callback.Body)
		return provider.Reception{Signed: true, Reports: reports}, err
	}
	signed := len(c.webhook) > 0
	if signed {
		if err := verifyWebhook(c.webhook, callback); err != nil {
			return provider.Reception{}, err
		}
	} else if !callback.Trusted {
		return provider.Reception{}, provider.Forgery("there is no signature, and the address is not one that was given out")
	}
	reports, err := readReport(callback.Body)
	return provider.Reception{Signed: signed, Reports: reports}, err
}

// smsReport is a report of one recipient
// (developers.sinch.com/docs/sms/api-reference/sms/tag/Delivery-reports).
type smsReport struct {
	Type       string      `json:"type"`
	BatchID    string      `json:"batch_id"`
	Reference  string      `json:"client_reference"`
	Status     string      `json:"status"`
	Code       json.Number `json:"code"`
	At         lenient     `json:"at"`
	OperatorAt lenient     `json:"operator_status_at"`
	Operator   string      `json:"operator"`
}

// smsStatuses is what the statuses mean, from the same page. A message that is aborted never reached
// a network, one that is rejected was refused by it.
var smsStatuses = map[string]provider.Status{
	"Queued":     provider.Accepted,
	"Dispatched": provider.Sent,
	"Delivered":  provider.Delivered,
	"Aborted":    provider.Failed,
	"Cancelled":  provider.Failed,
	"Rejected":   provider.Undelivered,
	"Deleted":    provider.Undelivered,
	"Failed":     provider.Undelivered,
	"Expired":    provider.Expired,
	"Unknown":    provider.Unconfirmed,
}

// readReport reads a report of an SMS. Those about messages that came in, and summaries of a batch,
// are nobody's.
func readReport(body []byte) ([]provider.Report, error) {
	var r smsReport
	if json.Unmarshal(body, &r) != nil || r.Type == "" {
		return nil, provider.Malformation("it is not JSON with a type")
	}
	if r.Type != "recipient_delivery_report_sms" {
		return nil, nil
	}
	if r.BatchID == "" || r.Status == "" {
		return nil, provider.Malformation("it names no batch or no status")
	}
	report := provider.Report{
		Reference: r.Reference, ID: r.BatchID, Status: provider.Unconfirmed, At: time.Time(r.OperatorAt), Network: r.Operator,
	}
	if report.At.IsZero() {
		report.At = time.Time(r.At)
	}
	if status, ok := smsStatuses[r.Status]; ok {
		report.Status = status
	}
	switch report.Status {
	case provider.Undelivered, provider.Failed, provider.Expired:
		report.Code = r.Code.String()
		report.Reason = smsReasons[report.Code]
	case provider.Accepted, provider.Sent, provider.Delivered, provider.Unconfirmed:
	}
	return []provider.Report{report}, nil
}

// smsReasons is what the codes of reports mean, from the same page. Other codes are those of the
// networks.
var smsReasons = map[string]string{
	"402": "the network can't be reached from the vendor, and would not be another time",
	"403": "the vendor failed with the message in hand",
	"404": "the delivery failed for now, and may succeed another time",
	"405": "the text has a parameter without a value",
	"406": "the validity ended before the message reached the network",
	"407": "the message was cancelled",
	"408": "the vendor refused the message",
	"410": "the service plan has no default sender for the recipient",
	"411": "the text has more parts than are allowed",
	"412": "the account may not send to the recipient's region",
	"413": "the account is blocked, or has no credit",
}

// callEvent is the event at the end of a call
// (developers.sinch.com/docs/voice/api-reference/voice/tag/Callbacks).
type callEvent struct {
	Event     string  `json:"event"`
	CallID    string  `json:"callid"` // or callId: the decoder ignores the case
	Timestamp lenient `json:"timestamp"`
	Result    string  `json:"result"`
	Reason    string  `json:"reason"`
	Custom    string  `json:"custom"`
	Debit     struct {
		Currency string      `json:"currencyId"`
		Amount   json.Number `json:"amount"`
	} `json:"debit"`
}

// callResults is what the results of a call mean, from the same page.
var callResults = map[string]provider.Status{
	"ANSWERED": provider.Delivered,
	"BUSY":     provider.Undelivered,
	"NOANSWER": provider.Undelivered,
	"FAILED":   provider.Failed,
}

// callReasons says why a call ended, where it did not reach its phone, from the vendor's SDK for Node.
var callReasons = map[string]string{
	"TIMEOUT":         "nobody took the call in time",
	"CALLEEHANGUP":    "the phone did not take the call",
	"BLOCKED":         "the vendor does not call the number",
	"NOCREDITPARTNER": "the account has no credit",
	"CANCEL":          "the call was cancelled",
	"USERNOTFOUND":    "there is no such number",
	"GENERALERROR":    "the vendor failed with the call in hand",
}

// readEvent reads an event of a call. Only its end is a report.
func readEvent(body []byte) ([]provider.Report, error) {
	var e callEvent
	if json.Unmarshal(body, &e) != nil || e.Event == "" {
		return nil, provider.Malformation("it is not JSON with an event")
	}
	if e.Event != "dice" {
		return nil, nil
	}
	if e.CallID == "" || e.Result == "" {
		return nil, provider.Malformation("it names no call or no result")
	}
	report := provider.Report{ID: e.CallID, Status: provider.Unconfirmed, At: time.Time(e.Timestamp)}
	report.Reference, report.Tenant = readMark(e.Custom)
	if e.Debit.Currency != "" {
		report.Price, report.Currency = e.Debit.Amount.String(), e.Debit.Currency
	}
	if status, ok := callResults[e.Result]; ok {
		report.Status = status
	}
	if report.Status == provider.Undelivered || report.Status == provider.Failed {
		report.Code, report.Reason = e.Result, callReasons[e.Reason]
	}
	return []provider.Report{report}, nil
}

// lenient is a time as the vendor writes it: RFC 3339 in most places, and in some without a zone,
// which is UTC then. Any other is no time, and no reason to leave a report unread.
type lenient time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (l *lenient) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			*l = lenient(at.UTC())
			return nil
		}
	}
	return nil
}
