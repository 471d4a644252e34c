package plivo

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// Receive implements provider.Receiver: the vendor asks what a call is to say, or reports what became
// of a message or a call. All of these are signed. Where the signature covers the address alone, the
// request is believed at an address that was given out and only about a message.
//
// The answer to what a call is to say reports nothing, although somebody has answered the call: a
// report that could not be stored would leave that person without the text, and the one of the
// hangup comes anyway.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	fields, malformed := url.ParseQuery(string(callback.Body))
	if malformed != nil || callback.Method != http.MethodPost {
		return provider.Reception{}, provider.Malformation("it is not a form")
	}
	signed, err := c.verify(callback, fields)
	switch {
	case err != nil:
		return provider.Reception{}, err
	case !signed && (!callback.Trusted || callback.Speech != nil || !fields.Has("MessageUUID")):
		return provider.Reception{}, provider.Forgery("the signature does not cover what it says")
	case callback.Speech != nil:
		return answer(callback.Speech)
	}
	report, err := read(fields)
	if err != nil {
		return provider.Reception{}, err
	}
	return provider.Reception{Reports: []provider.Report{report}, Signed: signed}, nil
}

// answer says what a call is to say.
func answer(sealed []byte) (provider.Reception, error) {
	var s script
	if json.Unmarshal(sealed, &s) != nil || polly[s.Language] == "" {
		return provider.Reception{}, provider.Malformation("its address has no text of a call in it")
	}
	return provider.Reception{Signed: true, Type: "application/xml", Body: s.document()}, nil
}

func read(fields url.Values) (provider.Report, error) {
	switch {
	case fields.Get("MessageUUID") != "" && fields.Get("Status") != "":
		return readMessage(fields), nil
	case requestOf(fields) != "" && fields.Get("CallStatus") != "":
		return readCall(fields), nil
	}
	return provider.Report{}, provider.Malformation("it is neither of a message nor of a call")
}

// messageStatuses is what the statuses of a message mean
// (docs.plivo.com/docs/messaging/api/message/message-status-callbacks). The last is of the vendor's
// older pages and is kept for accounts that still get it.
var messageStatuses = map[string]provider.Status{
	"queued":      provider.Accepted,
	"sent":        provider.Sent,
	"delivered":   provider.Delivered,
	"undelivered": provider.Undelivered,
	"failed":      provider.Failed,
	"rejected":    provider.Failed, // formerly
}

// readMessage reads a report of an SMS. The price has no currency beside it: it is in that of the
// account. The vendor does not say which zone its times are in, so that none is read.
func readMessage(fields url.Values) provider.Report {
	report := provider.Report{
		ID: fields.Get("MessageUUID"), Status: provider.Unconfirmed,
		Price: price(fields.Get("TotalAmount")), Network: only(digits, fields.Get("MCC")) + only(digits, fields.Get("MNC")),
	}
	if status, ok := messageStatuses[fields.Get("Status")]; ok {
		report.Status = status
	}
	if report.Code = code(fields.Get("ErrorCode")); report.Code == "" {
		return report
	}
	report.Reason = messageCodes[report.Code]
	if report.Code == expired && (report.Status == provider.Failed || report.Status == provider.Undelivered) {
		report.Status = provider.Expired
	}
	return report
}

// callStatuses is what the statuses of a call mean
// (docs.plivo.com/docs/voice/xml/request and www.plivo.com/docs/account/api/application). A call that
// is completed was answered, unless its hangup code says otherwise.
var callStatuses = map[string]provider.Status{
	"ringing":     provider.Sent,
	"in-progress": provider.Delivered,
	"completed":   provider.Delivered,
	"busy":        provider.Undelivered,
	"no-answer":   provider.Undelivered,
	"timeout":     provider.Undelivered,
	"failed":      provider.Failed,
	"cancel":      provider.Failed,
}

// readCall reads a report of a call. Its times are in a zone that the console has, so that none is
// read.
func readCall(fields url.Values) provider.Report {
	report := provider.Report{ID: requestOf(fields), Status: provider.Unconfirmed, Price: price(fields.Get("TotalCost"))}
	if status, ok := callStatuses[fields.Get("CallStatus")]; ok {
		report.Status = status
	}
	if report.Code = code(fields.Get("HangupCauseCode")); report.Code != "" {
		found := causes[report.Code]
		if report.Reason = found.reason; found.status != "" {
			report.Status = found.status
		}
	} else if report.Status == provider.Undelivered || report.Status == provider.Failed {
		report.Code = fields.Get("CallStatus")
	}
	return report
}

// requestOf returns the id that the vendor gave a call when it took the request for it.
func requestOf(fields url.Values) string {
	return orElse(fields.Get("RequestUUID"), orElse(fields.Get("ALegRequestUUID"), fields.Get("CallUUID")))
}

// code returns a code of the vendor's, or nothing where there is none: "000" stands for success.
func code(text string) string {
	if len(text) > 4 || strings.Trim(text, "0") == "" {
		return ""
	}
	return only(digits, text)
}

// price returns a decimal number, or nothing.
func price(text string) string { return only(digits+".", text) }

// only returns a text that has these characters alone, and else nothing.
func only(characters, text string) string {
	if strings.Trim(text, characters) != "" {
		return ""
	}
	return text
}
