package telnyxsim

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// smsReport is what a webhook says of a message.
type smsReport struct{ event, status, code string }

var smsReports = map[simulator.Report]smsReport{
	simulator.Sent:        {"message.sent", "sent", ""},
	simulator.Delivered:   {"message.finalized", "delivered", ""},
	simulator.Undelivered: {"message.finalized", "delivery_failed", "40008"},
	simulator.Failed:      {"message.finalized", "sending_failed", "40015"},
	simulator.Expired:     {"message.finalized", "sending_failed", "40014"},
}

// callStatuses are those of status callbacks. A call whose time is over was not answered.
var callStatuses = map[simulator.Report]string{
	simulator.Sent: "ringing", simulator.Delivered: "completed", simulator.Undelivered: "busy", simulator.Failed: "failed", simulator.Expired: "no-answer",
}

// receipt makes a webhook about a message, or a status callback of a call.
func (s *Server) receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	media, body, signed := "application/json", smsWebhook(m, smsReports[report]), true
	if m.Channel == "voice" {
		media, body, signed = "application/x-www-form-urlencoded", []byte(s.callForm(m, callStatuses[report]).Encode()), s.options.SignCalls
	}
	request, err := http.NewRequest(http.MethodPost, m.Callback, strings.NewReader(string(body))) //nolint:noctx // the base gives it one
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", media)
	request.Header.Set("User-Agent", "telnyx-webhooks")
	if s.options.PrivateKey != nil && signed {
		at := strconv.FormatInt(time.Now().Unix(), 10)
		signature := ed25519.Sign(s.options.PrivateKey, []byte(at+"|"+string(body)))
		request.Header.Set("telnyx-timestamp", at)
		request.Header.Set("telnyx-signature-ed25519", base64.StdEncoding.EncodeToString(signature))
	}
	return request, nil
}

func smsWebhook(taken simulator.Message, report smsReport) []byte {
	m := message{From: &taken.From, To: &taken.To, Text: &taken.Text, WebhookURL: &taken.Callback}
	payload := m.payload(taken.ID, taken.Parts, report.status, report.code)
	now := time.Now().UTC()
	payload["sent_at"] = taken.At.UTC().Format("2006-01-02T15:04:05.000+00:00")
	if report.event == "message.finalized" {
		payload["completed_at"] = now.Format("2006-01-02T15:04:05.000+00:00")
	}
	body, _ := json.Marshal(map[string]any{ // nothing in it fails
		"data": map[string]any{
			"event_type": report.event, "id": uuid.NewString(), "occurred_at": now.Format("2006-01-02T15:04:05.000+00:00"),
			"payload": payload, "record_type": "event",
		},
		"meta": map[string]any{"attempt": 1, "delivered_to": taken.Callback},
	})
	return body
}

func (s *Server) callForm(m simulator.Message, status string) url.Values {
	form := url.Values{
		"AccountSid": {s.options.AccountSID}, "CallSid": {m.ID}, "CallSidLegacy": {m.ID}, "CallStatus": {status},
		"CallbackSource": {"call-progress-events"}, "From": {m.From}, "To": {m.To}, "SequenceNumber": {"1"},
		"Timestamp": {time.Now().UTC().Format("2006-01-02 15:04:05.000000Z")},
	}
	if status != "ringing" {
		form.Set("CallDuration", "12")
		form.Set("HangupSource", "callee")
	}
	return form
}
