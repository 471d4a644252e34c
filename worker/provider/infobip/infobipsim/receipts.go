package infobipsim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// reported is what a report says: a status, and the network's error.
type reported struct {
	status string
	id     int
	name   string
	// group is the error's.
	group string
}

var smsReports = map[simulator.Report]reported{
	simulator.Sent:        {"7", 0, "NO_ERROR", "OK"},
	simulator.Delivered:   {"5", 0, "NO_ERROR", "OK"},
	simulator.Undelivered: {"9", 27, "EC_ABSENT_SUBSCRIBER", "HANDSET_ERRORS"},
	simulator.Failed:      {"6", 592, "EC_ACCOUNT_NOT_PROVISIONED_FOR_CHANNEL", "OPERATOR_ERRORS"},
	simulator.Expired:     {"15", 4101, "EC_VALIDITY_EXPIRED", "USER_ERRORS"},
}

// callReports are those of calls, which the vendor reports once, at their end.
var callReports = map[simulator.Report]reported{
	simulator.Delivered:   {"5", 5000, "VOICE_ANSWERED", "OK"},
	simulator.Undelivered: {"97", 10201, "BUSY", "USER_ERRORS"},
	simulator.Failed:      {"19", 10300, "FORBIDDEN", "OPERATOR_ERRORS"},
	simulator.Expired:     {"15", 4100, "EC_MESSAGE_CANCELED", "USER_ERRORS"},
}

// vendorTime is how the vendor writes its times.
const vendorTime = "2006-01-02T15:04:05.000-0700"

// receipt makes the request that reports of a message.
func receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	reports := smsReports
	if m.Channel == "voice" {
		reports = callReports
	}
	said, ok := reports[report]
	if !ok {
		return nil, nil //nolint:nilnil // the base takes it for no report
	}
	result := said.result(m)
	if m.Channel == "voice" {
		addCall(result, m, said)
	} else {
		result["sender"], result["doneAt"], result["messageCount"] = m.From, time.Now().UTC().Format(vendorTime), m.Parts
		result["price"] = map[string]any{"pricePerMessage": 0.01, "currency": "EUR"}
	}
	body, err := json.Marshal(map[string]any{"results": []any{result}})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, m.Callback, bytes.NewReader(body)) //nolint:noctx // the base gives it one
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return request, nil
}

// result is what the reports of both channels have.
func (r reported) result(m simulator.Message) map[string]any {
	return map[string]any{
		"bulkId": uuid.NewString(), "messageId": m.ID, "to": m.To, "sentAt": m.At.UTC().Format(vendorTime), "mccMnc": "23410", "callbackData": nil,
		"status": outcomeOf(r.status).show(m.To),
		"error":  map[string]any{"groupName": r.group, "id": r.id, "name": r.name, "description": r.name + " for " + m.To, "permanent": r.id != 0},
	}
}

// addCall adds what the report of a call has besides.
func addCall(result map[string]any, m simulator.Message, said reported) {
	call := map[string]any{
		"feature": "Voice-message", "startTime": m.At.UTC().Format(vendorTime), "answerTime": nil, "endTime": time.Now().UTC().Format(vendorTime),
		"duration": 0, "chargedDuration": 0, "fileDuration": 12.3, "dtmfCodes": nil, "ivr": nil,
	}
	if said.status == "5" {
		call["answerTime"], call["duration"], call["chargedDuration"] = call["startTime"], 12, 30
	}
	result["from"], result["voiceCall"] = m.From, call
	result["price"] = map[string]any{"pricePerSecond": 0.01, "currency": "EUR"}
}
