package vonage

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

const (
	// maxSpoken is the vendor's bound of a talk action's text.
	maxSpoken = 1500
	// maxRinging is the vendor's own default, in seconds.
	maxRinging = 60
)

// callRequest is the body of POST /v1/calls, from the vendor's definition of the
// Voice API and developer.vonage.com/en/voice/voice-api/ncco-reference.
type callRequest struct {
	To           []endpoint `json:"to"`
	From         endpoint   `json:"from"`
	NCCO         []talk     `json:"ncco"`
	RingingTimer int        `json:"ringing_timer"`
	EventURL     []string   `json:"event_url,omitempty"`
}

type endpoint struct {
	Type   string `json:"type"`
	Number string `json:"number"`
}

type talk struct {
	Action   string `json:"action"`
	Text     string `json:"text"`
	Language string `json:"language"`
	Style    int    `json:"style"`
	Premium  bool   `json:"premium,omitempty"`
	Loop     int    `json:"loop"`
}

func (c *Client) call(ctx context.Context, m provider.Message, number string, left time.Duration) (provider.Receipt, error) {
	if c.key == nil {
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the account has no application_id and private_key, which calls need")
	}
	from, failure := m.VoiceSender(c.cfg.Voice.From)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text := speech.Plain(m.Text, m.Code)
	if utf8.RuneCountInString(text) > maxSpoken {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the text is too long to be spoken, which takes at most 1,500 characters")
	}
	body := callRequest{
		To:   []endpoint{{Type: "phone", Number: number}},
		From: endpoint{Type: "phone", Number: strings.TrimPrefix(from, "+")},
		NCCO: []talk{{
			Action: "talk", Text: text, Language: voices.For(m.Language, c.cfg.Voice.Language),
			Style: c.cfg.Voice.Style, Premium: c.cfg.Voice.Premium, Loop: speech.Times,
		}},
		RingingTimer: ringing(m, left),
	}
	if address := c.account.CallbackURL(m); address != "" {
		body.EventURL = []string{address}
	}
	request, err := provider.JSONRequest(ctx, c.calls, body)
	if err != nil {
		return provider.Receipt{}, err
	}
	if err := c.authorise(request); err != nil {
		return provider.Receipt{}, err
	}
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return provider.Receipt{}, err
	}
	return judgeCall(answer)
}

// ringing is for how many seconds the phone may ring: no longer than the message
// lives, since nobody should be woken for a code that is no longer good.
func ringing(m provider.Message, left time.Duration) int {
	if m.Expires.IsZero() {
		return maxRinging
	}
	return provider.Whole(left, time.Second, 1, maxRinging)
}
