package door

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/phonehook/phonehook/messaging"
)

// noLanguage is what Classic Universal Login sends where it knows no language.
const noLanguage = "N/A"

type hookJSON struct {
	Recipient string      `json:"recipient"`
	Text      string      `json:"text"`
	From      string      `json:"from,omitempty"`
	Context   contextJSON `json:"context"`
}

type contextJSON struct {
	MessageType messaging.Channel `json:"message_type"`
	Action      messaging.Action  `json:"action,omitempty"`
	Language    string            `json:"language"`
	Code        string            `json:"code"`
	IP          string            `json:"ip"`
	UserAgent   string            `json:"user_agent"`
	Client      *messaging.Client `json:"client,omitempty"`
	User        messaging.User    `json:"user"`
}

// EncodeHook returns m as the body of the Hook send-phone-message, which Decode reads
// back into the same message. What the body has no place for is left out: the ID, the
// tenant, the country and the times.
func EncodeHook(m messaging.Message) ([]byte, error) {
	body := hookJSON{Recipient: m.To, Text: m.Text, From: m.From, Context: contextJSON{
		MessageType: m.Channel,
		Action:      m.Action,
		Language:    cmp.Or(m.Language, noLanguage),
		Code:        m.Code,
		IP:          m.IP,
		UserAgent:   m.UserAgent,
		Client:      m.Client,
	}}
	if m.User != nil {
		body.Context.User = *m.User
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("door: metadata of the client or the user is not JSON")
	}
	return data, nil
}
