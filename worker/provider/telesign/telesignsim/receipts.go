package telesignsim

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// smsReports and callReports are the statuses of notifications. Of a call that nobody answers in
// time it is said that nobody answered.
var (
	smsReports = map[simulator.Report]int{
		simulator.Sent: 203, simulator.Delivered: 200, simulator.Undelivered: 210, simulator.Failed: 505, simulator.Expired: 221,
	}
	callReports = map[simulator.Report]int{
		simulator.Sent: 103, simulator.Delivered: 100, simulator.Undelivered: 107, simulator.Failed: 106, simulator.Expired: 101,
	}
)

// magicReports are the statuses of SMS to recipients with a meaning that TeleSign finds out when it has
// taken them already.
var magicReports = map[simulator.Magic]int{
	simulator.NoRoute: 220, simulator.CountryBarred: 237, simulator.OptedOut: 510, simulator.NotCapable: 222,
}

// receipt makes a notification, signed as the vendor signs them, with both headers.
func (s *Server) receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	external := m.Reference
	if external == m.ID {
		external = ""
	}
	status, found := magicReports[simulator.MagicOf(m.To)]
	if !found {
		status = smsReports[report]
	}
	content := transaction(m.ID, status, external)
	if m.Channel == "voice" {
		content = transaction(m.ID, callReports[report], external)
		content["sub_resource"] = "call"
	} else {
		content["sub_resource"] = "sms"
		content["additional_info"] = map[string]any{"mcc": "310", "mnc": "004", "price": "0.0051", "currency": "USD", "message_parts_count": m.Parts}
	}
	content["submit_timestamp"], content["errors"] = m.At.UTC().Format("2006-01-02T15:04:05.000000Z"), []any{}
	body, _ := json.Marshal(content)                                                    // nothing in it fails
	request, err := http.NewRequest(http.MethodPost, m.Callback, bytes.NewReader(body)) //nolint:noctx // the base gives it a context
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if len(s.key) > 0 {
		request.Header.Set("Authorization", "TSA "+s.options.CustomerID+":"+s.mac(body))
		request.Header.Set("X-Ts-Authorization", s.mac(body))
	}
	return request, nil
}
