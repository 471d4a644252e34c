package vonage

import (
	"context"
	"encoding/json"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// Receive implements provider.Receiver. What the vendor asks for calls and for messages of the
// Messages API is JSON with a token, and a receipt of the SMS API a list of parameters, which are
// signed only for accounts that asked for it.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	if parameters, ok := smsParameters(callback); ok {
		return c.receiveSMS(callback, parameters)
	}
	signed, err := c.verifyToken(callback)
	if err != nil {
		return provider.Reception{}, err
	}
	if !signed && (len(c.signing) > 0 || !callback.Trusted) {
		return provider.Reception{}, unsigned(callback)
	}
	var e event
	if json.Unmarshal(callback.Body, &e) != nil {
		return provider.Reception{}, provider.Malformation("it is neither a form nor JSON")
	}
	reception := provider.Reception{Signed: signed}
	switch {
	case e.MessageID != "" && e.Status != "":
		reception.Reports = []provider.Report{e.ofMessage()}
	case e.CallID != "" && e.Status != "":
		reception.Reports = []provider.Report{e.ofCall()}
	case e.Conversation != "":
		// Something about a call that is not what became of it.
	default:
		return provider.Reception{}, provider.Malformation("it is neither of a message nor of a call")
	}
	return reception, nil
}

func unsigned(callback provider.Callback) error {
	if callback.Trusted {
		return provider.Forgery("the signature is missing")
	}
	return provider.Forgery("there is no signature, and the address is not one that was given out")
}

// event is what the vendor says of a message (developer.vonage.com/en/api/messages, message
// status) or of a call (developer.vonage.com/en/voice/voice-api/webhook-reference).
type event struct {
	MessageID    string `json:"message_uuid"`
	ClientRef    string `json:"client_ref"`
	CallID       string `json:"uuid"`
	Conversation string `json:"conversation_uuid"`

	Status    string `json:"status"`
	Timestamp string `json:"timestamp"`

	Usage struct {
		Price    string `json:"price"`
		Currency string `json:"currency"`
	} `json:"usage"`
	Destination struct {
		Network string `json:"network_code"`
	} `json:"destination"`
	Error struct {
		Type string `json:"type"`
	} `json:"error"`
	// Price and Network are a call's.
	Price   string `json:"price"`
	Network string `json:"network"`
}

// messageStatuses are those of a message.
var messageStatuses = map[string]provider.Status{
	"submitted":     provider.Accepted,
	"delivered":     provider.Delivered,
	"read":          provider.Delivered,
	"rejected":      provider.Failed,
	"undeliverable": provider.Undelivered,
}

func (e *event) ofMessage() provider.Report {
	report := provider.Report{
		Reference: e.ClientRef, ID: e.MessageID, Status: statusIn(messageStatuses, e.Status), At: timeIn(time.RFC3339, e.Timestamp),
		Price: e.Usage.Price, Currency: e.Usage.Currency, Network: e.Destination.Network, Code: messageCode(e.Error.Type),
	}
	report.Reason = messageCodes[report.Code].detail
	return report
}

// callStatuses are those of a call. One that is completed was answered, and so was one that a
// machine took: what was said is on it.
var callStatuses = map[string]provider.Status{
	"started":    provider.Accepted,
	"ringing":    provider.Sent,
	"answered":   provider.Delivered,
	"human":      provider.Delivered,
	"machine":    provider.Delivered,
	"completed":  provider.Delivered,
	"busy":       provider.Undelivered,
	"timeout":    provider.Undelivered,
	"unanswered": provider.Undelivered,
	"rejected":   provider.Undelivered,
	"cancelled":  provider.Failed,
	"failed":     provider.Failed,
}

func (e *event) ofCall() provider.Report {
	report := provider.Report{
		ID: e.CallID, Status: statusIn(callStatuses, e.Status), At: timeIn(time.RFC3339, e.Timestamp), Price: e.Price, Network: e.Network,
	}
	if report.Status == provider.Undelivered || report.Status == provider.Failed {
		report.Code = e.Status
	}
	return report
}

// statusIn reads a status. One that is in no list says nothing of what became of a message.
func statusIn(list map[string]provider.Status, status string) provider.Status {
	if known, ok := list[status]; ok {
		return known
	}
	return provider.Unconfirmed
}

// timeIn reads a time. One that can't be read is no reason to leave a report unread.
func timeIn(layout, text string) time.Time {
	at, err := time.Parse(layout, text)
	if err != nil {
		return time.Time{}
	}
	return at
}
