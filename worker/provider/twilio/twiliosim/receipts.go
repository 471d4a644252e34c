package twiliosim

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's choice
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// smsReports are the statuses of a message with their codes.
var smsReports = map[simulator.Report][2]string{
	simulator.Sent: {"sent", ""}, simulator.Delivered: {"delivered", ""}, simulator.Undelivered: {"undelivered", "30005"},
	simulator.Failed: {"failed", "30007"}, simulator.Expired: {"failed", "30036"},
}

// callReports are the statuses of a call. One whose time is over was not answered.
var callReports = map[simulator.Report]string{
	simulator.Sent: "ringing", simulator.Delivered: "completed", simulator.Undelivered: "busy", simulator.Failed: "failed", simulator.Expired: "no-answer",
}

// receipt makes a status callback of a message or a call, signed with the account's token.
func (s *Server) receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	form := s.smsForm(m, smsReports[report])
	if m.Channel == "voice" {
		form = s.callForm(m, callReports[report])
	}
	address, media, body := m.Callback, "application/x-www-form-urlencoded; charset=UTF-8", []byte(form.Encode())
	signed := address + inOrder(form)
	if s.options.JSONReports {
		media, body = "application/json", object(form)
		sum := sha256.Sum256(body)
		address += "?bodySHA256=" + hex.EncodeToString(sum[:])
		signed = address
	}
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(string(body))) //nolint:noctx // the base gives it one
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", media)
	request.Header.Set("User-Agent", "TwilioProxy/1.1")
	if s.options.AuthToken != "" {
		mac := hmac.New(sha1.New, []byte(s.options.AuthToken))
		mac.Write([]byte(signed))
		request.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return request, nil
}

// inOrder writes the parameters one after the other, by their names.
func inOrder(form url.Values) string {
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(form)) {
		all.WriteString(name + form.Get(name))
	}
	return all.String()
}

func object(form url.Values) []byte {
	fields := make(map[string]string, len(form))
	for name := range form {
		fields[name] = form.Get(name)
	}
	body, _ := json.Marshal(fields) // nothing in it fails
	return body
}

func (s *Server) smsForm(m simulator.Message, report [2]string) url.Values {
	form := url.Values{
		"AccountSid": {s.options.AccountSID}, "ApiVersion": {"2010-04-01"}, "From": {m.From}, "MessageSid": {m.ID}, "MessageStatus": {report[0]},
		"SmsSid": {m.ID}, "SmsStatus": {report[0]}, "To": {m.To},
	}
	if report[1] != "" {
		form.Set("ErrorCode", report[1])
	}
	if report[0] == "delivered" || report[0] == "undelivered" {
		form.Set("RawDlrDoneDate", time.Now().UTC().Format("0601021504"))
	}
	return form
}

func (s *Server) callForm(m simulator.Message, status string) url.Values {
	form := url.Values{
		"AccountSid": {s.options.AccountSID}, "ApiVersion": {"2010-04-01"}, "CallSid": {m.ID}, "CallStatus": {status}, "Called": {m.To}, "Caller": {m.From},
		"CallbackSource": {"call-progress-events"}, "Direction": {"outbound-api"}, "From": {m.From}, "SequenceNumber": {"1"},
		"Timestamp": {time.Now().UTC().Format(time.RFC1123Z)}, "To": {m.To},
	}
	if status == "completed" {
		form.Set("CallDuration", "12")
		form.Set("Duration", "1")
	}
	return form
}
