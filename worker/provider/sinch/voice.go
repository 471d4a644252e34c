package sinch

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider"
)

// callout is the body of POST /calling/v1/callouts
// (developers.sinch.com/docs/voice/api-reference/voice/callouts). It has no place for the address of
// reports, which is the application's own, and none for how long the phone is to ring.
type callout struct {
	Method string     `json:"method"`
	TTS    ttsCallout `json:"ttsCallout"`
}

type ttsCallout struct {
	Destination destination `json:"destination"`
	CLI         string      `json:"cli"`
	Domain      string      `json:"domain"`
	Locale      string      `json:"locale"`
	Text        string      `json:"text,omitempty"`
	Prompts     string      `json:"prompts,omitempty"`
	EnableDice  bool        `json:"enableDice"`
	Custom      string      `json:"custom"`
}

type destination struct {
	Type     string `json:"type"`
	Endpoint string `json:"endpoint"`
}

// fits says whether a text is within the vendor's bound.
func fits(text string) bool { return utf8.RuneCountInString(text) <= maxSpoken }

func (c *Client) call(ctx context.Context, m provider.Message, to string) (provider.Receipt, error) {
	if c.application.key == "" {
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the account has no section voice, which calls need")
	}
	from, failure := m.VoiceSender(c.cfg.Voice.From)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	language := voices.For(m.Language, c.cfg.Voice.Language)
	said, ok := newScript(m.Text, m.Code, language)
	if !ok {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the text is too long to be spoken, which takes at most 600 characters")
	}
	request, err := c.calloutRequest(ctx, callout{Method: "ttsCallout", TTS: ttsCallout{
		Destination: destination{Type: "number", Endpoint: to}, CLI: provider.Plus(from), Domain: "pstn",
		Locale: language, Text: said.text, Prompts: said.prompts, EnableDice: true, Custom: mark(m),
	}})
	if err != nil {
		return provider.Receipt{}, err
	}
	answer, err := c.exchange(request, voiceCode)
	if err != nil {
		return provider.Receipt{}, err
	}
	var taken struct {
		ID string `json:"callId"`
	}
	if !answer.Decode(&taken) || taken.ID == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	return provider.Receipt{ID: taken.ID, Parts: 1}, nil
}

// calloutRequest makes a signed request for a call.
func (c *Client) calloutRequest(ctx context.Context, body callout) (*http.Request, error) {
	request, err := provider.JSONRequest(ctx, c.callouts, body)
	if err != nil {
		return nil, err
	}
	content, err := request.GetBody()
	if err != nil {
		return nil, provider.Fail(provider.Misconfigured, "", "the request could not be made")
	}
	var sent bytes.Buffer
	_, _ = sent.ReadFrom(content) // from memory, which never fails
	c.application.authorise(request, calloutsPath, sent.Bytes(), time.Now())
	return request, nil
}

// separator stands between the reference and the tenant in what is repeated to us. Neither has it.
const separator = "/"

// mark is what the vendor repeats in the event of a call.
func mark(m provider.Message) string { return m.Reference + separator + m.Tenant }

// readMark reads a mark. Another's has no separator, and is none.
func readMark(custom string) (reference, tenant string) {
	reference, tenant, ok := strings.Cut(custom, separator)
	if !ok {
		return "", ""
	}
	return reference, tenant
}
