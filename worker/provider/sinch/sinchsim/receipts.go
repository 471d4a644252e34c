package sinchsim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// smsReports are what is reported of an SMS: the status and the code.
var smsReports = map[simulator.Report]struct {
	status string
	code   int
}{
	simulator.Sent:        {"Dispatched", 401},
	simulator.Delivered:   {"Delivered", 0},
	simulator.Undelivered: {"Failed", 404},
	simulator.Failed:      {"Aborted", 403},
	simulator.Expired:     {"Expired", 406},
}

// callReports are what is reported of a call: its result and why it ended. Nothing is reported while
// the phone rings, where there is an event that is nobody's report.
var callReports = map[simulator.Report]struct{ event, result, reason string }{
	simulator.Sent:        {event: "ace"},
	simulator.Delivered:   {"dice", "ANSWERED", "MANAGERHANGUP"},
	simulator.Undelivered: {"dice", "BUSY", "CALLEEHANGUP"},
	simulator.Failed:      {"dice", "FAILED", "GENERALERROR"},
	simulator.Expired:     {"dice", "NOANSWER", "TIMEOUT"},
}

// timeForm is how the vendor writes times.
const timeForm = "2006-01-02T15:04:05.000Z"

// receipt makes a report of an SMS, or an event of a call.
func (s *Server) receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	address, kept, _ := strings.Cut(m.Callback, "#")
	custom, err := url.QueryUnescape(kept)
	if err != nil {
		return nil, err
	}
	body := s.reportOf(m, custom, report)
	request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body)) //nolint:noctx // the base gives it one
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if m.Channel == "voice" {
		if len(s.secret) > 0 {
			at := time.Now().UTC().Format(time.RFC3339Nano)
			request.Header.Set("X-Timestamp", at)
			request.Header.Set("Authorization", "application "+s.options.ApplicationKey+":"+
				s.sign(http.MethodPost, body, "application/json", at, request.URL.EscapedPath()))
		}
		return request, nil
	}
	if s.options.WebhookSecret != "" {
		nonce, at := newID(), strconv.FormatInt(time.Now().Unix(), 10)
		hash := hmac.New(sha256.New, []byte(s.options.WebhookSecret))
		_, _ = hash.Write([]byte(string(body) + "." + nonce + "." + at)) // never fails
		request.Header.Set("X-Sinch-Webhook-Signature", base64.StdEncoding.EncodeToString(hash.Sum(nil)))
		request.Header.Set("X-Sinch-Webhook-Signature-Nonce", nonce)
		request.Header.Set("X-Sinch-Webhook-Signature-Timestamp", at)
		request.Header.Set("X-Sinch-Webhook-Signature-Algorithm", "HmacSHA256")
	}
	return request, nil
}

func (s *Server) reportOf(m simulator.Message, custom string, report simulator.Report) []byte {
	now := time.Now().UTC().Format(timeForm)
	if m.Channel != "voice" {
		one := smsReports[report]
		body, _ := json.Marshal(map[string]any{ // nothing in it fails
			"type": "recipient_delivery_report_sms", "batch_id": m.ID, "recipient": m.To, "status": one.status, "code": one.code,
			"at": now, "operator_status_at": now, "client_reference": m.Reference, "operator": "23430",
		})
		return body
	}
	one := callReports[report]
	event := map[string]any{"event": one.event, "callid": m.ID, "timestamp": now, "version": 1, "custom": custom, "applicationKey": s.options.ApplicationKey}
	if one.event == "dice" {
		event["result"], event["reason"], event["duration"], event["from"] = one.result, one.reason, 12, m.From
		event["to"] = map[string]any{"type": "number", "endpoint": m.To}
		event["debit"] = map[string]any{"currencyId": "EUR", "amount": 0.1758}
	}
	body, _ := json.Marshal(event) // nothing in it fails
	return body
}
