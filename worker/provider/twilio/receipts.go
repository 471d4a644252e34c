package twilio

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// Receive implements provider.Receiver. The vendor signs every callback, so that where the token is
// configured it has to be signed, and then counts at any address. Without the token it is believed
// at an address that was given out. Every report names the number, which shows that none of it is
// missing.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	signed, fields, err := c.verifySignature(callback)
	switch {
	case err != nil:
		return provider.Reception{}, err
	case !signed && !callback.Trusted:
		return provider.Reception{}, provider.Forgery("there is no auth_token to check it with, and the address is not one that was given out")
	}
	reception := provider.Reception{Signed: signed}
	switch addressed := fields.Get("To") != ""; {
	case addressed && fields.Get("MessageSid") != "" && fields.Get("MessageStatus") != "":
		reception.Reports = []provider.Report{readSMS(fields)}
	case addressed && fields.Get("CallSid") != "" && fields.Get("CallStatus") != "":
		reception.Reports = []provider.Report{readCall(fields)}
	case fields.Get("SmsStatus") == "received":
		// A message that came in is nobody's report.
	default:
		return provider.Reception{}, provider.Malformation("it is neither of a message nor of a call, or lacks its number or status")
	}
	return reception, nil
}

// readJSON reads the parameters of a body that is JSON: those of a form, as strings.
func readJSON(body []byte) (url.Values, error) {
	var object map[string]string
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, err
	}
	fields := make(url.Values, len(object))
	for name, value := range object {
		fields.Set(name, value)
	}
	return fields, nil
}

// smsStatuses is what the statuses of a message mean
// (twilio.com/docs/messaging/api/message-resource, Message Status values). One to a group that
// some of it have is nothing that we send.
var smsStatuses = map[string]provider.Status{
	"accepted":    provider.Accepted,
	"scheduled":   provider.Accepted,
	"queued":      provider.Accepted,
	"sending":     provider.Accepted,
	"sent":        provider.Sent,
	"delivered":   provider.Delivered,
	"read":        provider.Delivered,
	"undelivered": provider.Undelivered,
	"failed":      provider.Failed,
	"canceled":    provider.Failed,
}

// expired is the code of a message whose validity period ended in the vendor's queue.
const expired = "30036"

// readSMS reads the report of a message
// (twilio.com/docs/messaging/guides/track-outbound-message-status). It has neither a price nor a
// time: RawDlrDoneDate is the network's, in a time zone that nobody knows.
func readSMS(fields url.Values) provider.Report {
	report := provider.Report{ID: fields.Get("MessageSid"), Status: provider.Unconfirmed}
	if status, ok := smsStatuses[fields.Get("MessageStatus")]; ok {
		report.Status = status
	}
	code := readCode(fields.Get("ErrorCode"))
	report.Code, report.Reason = string(code), codes[code].reason
	if code == expired && (report.Status == provider.Failed || report.Status == provider.Undelivered) {
		report.Status = provider.Expired
	}
	return report
}

// callStatuses is what the statuses of a call mean (twilio.com/docs/voice/api/call-resource, Call
// Status values). A call that is completed was answered, by a person or a machine.
var callStatuses = map[string]provider.Status{
	"queued":      provider.Accepted,
	"initiated":   provider.Accepted,
	"ringing":     provider.Sent,
	"in-progress": provider.Delivered,
	"completed":   provider.Delivered,
	"busy":        provider.Undelivered,
	"no-answer":   provider.Undelivered,
	"failed":      provider.Failed,
	"canceled":    provider.Failed,
}

// readCall reads the report of a call. Its time is in the form of RFC 2822.
func readCall(fields url.Values) provider.Report {
	given := fields.Get("CallStatus")
	report := provider.Report{ID: fields.Get("CallSid"), Status: provider.Unconfirmed}
	if status, ok := callStatuses[given]; ok {
		report.Status = status
	}
	if report.Status == provider.Undelivered || report.Status == provider.Failed {
		report.Code = given
	}
	if at, err := time.Parse(time.RFC1123Z, fields.Get("Timestamp")); err == nil {
		report.At = at
	}
	return report
}
