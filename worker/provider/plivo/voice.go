package plivo

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

const (
	// minRinging lets a phone ring a little longer than its message lives, if that has less left.
	// maxRinging is below the vendor's own 120 s: who does not take a call in a minute does not
	// take it.
	minRinging = 5
	maxRinging = 60
	// noEnd is how long a message without an end may wait for its call, since calls above an
	// account's rate are queued.
	noEnd = 10 * time.Minute
	// asking is for how long after the message's life its text can still be asked for: the phone
	// may be taken at the last moment, and then the vendor tries for 60 s.
	asking = time.Minute
	// maxAddress bounds the address that has the text in it. It is the bound of the vendor's audio
	// streams; of answer_url none is stated, so that this is not confirmed at the vendor.
	maxAddress = 2048
)

// callRequest is the body of POST /v1/Account/{auth_id}/Call/
// (docs.plivo.com/docs/voice/api/call/make-a-call). The fallback is asked where the answer could not
// be had, so it is the same address again.
type callRequest struct {
	From           string `json:"from"`
	To             string `json:"to"`
	AnswerURL      string `json:"answer_url"`
	AnswerMethod   string `json:"answer_method"`
	FallbackURL    string `json:"fallback_url"`
	FallbackMethod string `json:"fallback_method"`
	RingURL        string `json:"ring_url"`
	RingMethod     string `json:"ring_method"`
	HangupURL      string `json:"hangup_url"`
	HangupMethod   string `json:"hangup_method"`
	RingTimeout    int    `json:"ring_timeout"`
}

// callAnswer is what is read of an answer of 2xx. The vendor's SDK for Go leaves open what type
// the id has, since calls to several numbers have several.
type callAnswer struct {
	ID json.RawMessage `json:"request_uuid"`
}

func (c *Client) call(ctx context.Context, m provider.Message, to string) (provider.Receipt, error) {
	left, failure := m.Left(noEnd)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	from, failure := m.VoiceSender(c.cfg.Voice.From)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	number, _ := provider.Digits(from) // a sender that calls is a number
	answerAt, failure := c.answerURL(m, time.Now().Add(left+asking))
	if failure != nil {
		return provider.Receipt{}, failure
	}
	reportAt := c.account.CallbackURL(m)
	answer, err := c.exchange(ctx, c.calls, callRequest{
		From: number, To: to,
		AnswerURL: answerAt, AnswerMethod: "POST", FallbackURL: answerAt, FallbackMethod: "POST",
		RingURL: reportAt, RingMethod: "POST", HangupURL: reportAt, HangupMethod: "POST",
		RingTimeout: provider.Whole(left, time.Second, minRinging, maxRinging),
	})
	if err != nil {
		return provider.Receipt{}, err
	}
	return judgeCall(answer)
}

// answerURL returns the address at which the vendor asks what the call is to say.
func (c *Client) answerURL(m provider.Message, until time.Time) (string, *provider.Error) {
	if c.account.Addresses == nil {
		return "", provider.Fail(provider.Misconfigured, "", "calls need the section receipts in the worker's file: the vendor asks the gateway what to say")
	}
	sealed, err := json.Marshal(script{Language: voices.For(m.Language, c.cfg.Voice.Language), Code: m.Code, Text: m.Text})
	if err != nil {
		return "", provider.Fail(provider.Misconfigured, "", "the request could not be made")
	}
	address := c.account.Addresses.ForSpeech(c.account.Kind, c.account.Name, m.Tenant, m.Reference, sealed, until)
	switch {
	case address == "":
		return "", provider.Fail(provider.Misconfigured, "", "the tenant or the reference can't stand in the address of a call")
	case len(address) > maxAddress:
		return "", provider.Fail(provider.Refused, "", "the text is too long to be spoken: with it, the address of the call is longer than 2,048 characters")
	}
	return address, nil
}

func judgeCall(a *provider.Answer) (provider.Receipt, error) {
	var answer callAnswer
	if !a.Decode(&answer) {
		return provider.Receipt{}, provider.Unreadable()
	}
	var one string
	var several []string
	switch {
	case json.Unmarshal(answer.ID, &one) == nil:
	case json.Unmarshal(answer.ID, &several) == nil && len(several) == 1:
		one = several[0]
	}
	if one == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	return provider.Receipt{ID: one, Parts: 1}, nil
}

// script is what is sealed into the address of a call. The document is made of it when the vendor
// asks, because with its pauses it is several times as long.
type script struct {
	Language string `json:"l"`
	Code     string `json:"c,omitempty"`
	Text     string `json:"t"`
}

// document returns the instructions for a call: say the text twice and hang up
// (plivo.com/docs/voice/xml/audio-output).
func (s *script) document() []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?><Response><Speak voice="Polly.` + polly[s.Language] + `" language="` + s.Language +
		`" loop="` + strconv.Itoa(speech.Times) + `">` + speech.Marked(s.Text, s.Code) + `</Speak></Response>`)
}
