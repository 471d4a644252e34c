package webhooksim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// states are Acme's words for what became of a message.
var states = map[simulator.Report]string{
	simulator.Sent: "SENT", simulator.Delivered: "DELIVERED", simulator.Undelivered: "UNDELIVERABLE",
	simulator.Failed: "FAILED", simulator.Expired: "EXPIRED",
}

// reasons are its codes for why.
var reasons = map[simulator.Report]int{simulator.Undelivered: 101, simulator.Failed: 102, simulator.Expired: 103}

// receipt makes the request that reports what became of a message.
func (s *Server) receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	content := map[string]any{"id": m.ID, "reference": m.Reference, "state": states[report], "at": time.Now().UTC().Format(time.RFC3339)}
	if reason, ok := reasons[report]; ok {
		content["reason"] = reason
	}
	body, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, m.Callback, bytes.NewReader(body)) //nolint:noctx // the base gives it a context
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(s.options.SigningKey))
	_, _ = mac.Write(body) // never fails
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Acme-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return request, nil
}
