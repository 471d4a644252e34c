package receipts

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// noticeBody is what a tenant's server is sent: the payload that Standard Webhooks recommends
// (github.com/standard-webhooks/standard-webhooks, "Payload structure").
type noticeBody struct {
	// Type is "message." and the status.
	Type      string     `json:"type"`
	Timestamp time.Time  `json:"timestamp"`
	Data      noticeData `json:"data"`
}

type noticeData struct {
	MessageID         string                   `json:"message_id"`
	Status            messaging.DeliveryStatus `json:"status"`
	Provider          string                   `json:"provider"`
	ProviderMessageID string                   `json:"provider_message_id,omitempty"`
	Code              string                   `json:"code,omitempty"`
	Reason            string                   `json:"reason,omitempty"`
	Price             string                   `json:"price,omitempty"`
	Currency          string                   `json:"currency,omitempty"`
	Network           string                   `json:"network,omitempty"`
}

// newNotice makes a notice of a report. Its id is made of the fact, so a report that comes twice
// is told under one id.
func newNotice(e messaging.Event) (messaging.Notice, error) {
	d := e.Delivery
	body, err := json.Marshal(noticeBody{
		Type: "message." + string(d.Status), Timestamp: d.At,
		Data: noticeData{
			MessageID: e.ID, Status: d.Status, Provider: e.Provider, ProviderMessageID: e.ProviderMessageID,
			Code: d.Code, Reason: d.Reason, Price: d.Price, Currency: d.Currency, Network: d.Network,
		},
	})
	if err != nil {
		return messaging.Notice{}, &messaging.Error{Code: messaging.CodeInternal, Detail: "the notice can't be encoded"}
	}
	fact := sha256.Sum256([]byte(strings.Join([]string{e.Tenant, e.ID, e.Provider, e.ProviderMessageID, string(d.Status), d.Code}, "\n")))
	return messaging.Notice{ID: "msg_" + base64.RawURLEncoding.EncodeToString(fact[:15]), Tenant: e.Tenant, Body: body, At: e.At}, nil
}
