package telnyx

import (
	"context"
	"encoding/xml"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

const (
	// minRinging is the vendor's least time, so that a phone can ring a little longer than its
	// message lives, if that has less left. maxRinging is within the vendor's 120 s: who does
	// not take a call in a minute does not take it.
	minRinging = 5
	maxRinging = time.Minute
	// maxSpoken is the vendor's bound of a text to speak in the commands for calls. For TeXML
	// none is stated, so that this is not confirmed at the vendor.
	maxSpoken = 3000
)

// callRequest is the body of POST /v2/texml/Accounts/{account}/Calls, from the parameters of the
// vendor's SDK for Go.
type callRequest struct {
	Application    string `json:"ApplicationSid"`
	From           string `json:"From"`
	To             string `json:"To"`
	TeXML          string `json:"Texml"`
	Timeout        int    `json:"Timeout"`
	Callback       string `json:"StatusCallback,omitempty"`
	CallbackEvent  string `json:"StatusCallbackEvent,omitempty"`
	CallbackMethod string `json:"StatusCallbackMethod,omitempty"`
}

// reportedEvents are those of a call that the vendor is to report.
const reportedEvents = "ringing answered completed"

// response and say are the instructions for a call
// (developers.telnyx.com/docs/voice/programmable-voice/texml-verbs/say). The voice alice alone
// heeds the language. It is not said there whether it takes SSML, so that it is given plain text.
type response struct {
	XMLName xml.Name `xml:"Response"`
	Say     say
}

type say struct {
	Voice    string `xml:"voice,attr"`
	Language string `xml:"language,attr"`
	Loop     int    `xml:"loop,attr"`
	Text     string `xml:",chardata"`
}

// spokenLanguages are those of the voice alice, as the vendor's SDK for Go lists them for the
// command speak; for TeXML there is no list of its own, so that this one is not confirmed at the
// vendor. Its Welsh English is no language that anybody asks for. The order matters within a
// language: the first is who speaks it when the region is not listed.
const spokenLanguages = `en-US en-GB en-AU en-IN ar=arb zh-CN=cmn-CN cy-GB da-DK de-DE es-ES es-MX es-US fr-FR fr-CA
	hi-IN is-IS it-IT ja-JP ko-KR nb-NO nl-NL pl-PL pt-BR pt-PT ro-RO ru-RU sv-SE tr-TR`

// voices speak them.
var voices = speech.NewVoices(spokenLanguages)

// callAnswer is what is read of an answer of 2xx. The vendor's SDK knows the status and the two
// numbers; the id under either name is not confirmed at the vendor, and a call without one is
// known by the address of its reports.
type callAnswer struct {
	Status  string `json:"status"`
	CallSID string `json:"call_sid"`
	SID     string `json:"sid"`
}

func (c *Client) call(ctx context.Context, m provider.Message, to string, left time.Duration) (provider.Receipt, error) {
	if c.cfg.Voice.ApplicationID == "" {
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the account has no section voice, which calls need")
	}
	from, failure := m.VoiceSender(c.cfg.Voice.From)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text := speech.Plain(m.Text, m.Code)
	if utf8.RuneCountInString(text) > maxSpoken {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the text is too long to be spoken, which takes at most 3,000 characters")
	}
	body := callRequest{
		Application: c.cfg.Voice.ApplicationID, From: provider.Plus(from), To: to,
		Timeout: provider.Whole(left, time.Second, minRinging, int(maxRinging/time.Second)),
	}
	script, err := xml.Marshal(response{Say: say{Voice: "alice", Language: voices.For(m.Language, c.cfg.Voice.Language), Loop: speech.Times, Text: text}})
	if err != nil {
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the request could not be made")
	}
	body.TeXML = string(script)
	if body.Callback = c.account.CallbackURL(m); body.Callback != "" {
		body.CallbackEvent, body.CallbackMethod = reportedEvents, "POST"
	}
	answer, err := c.exchange(ctx, c.calls, body)
	if err != nil {
		return provider.Receipt{}, err
	}
	return judgeCall(answer)
}

func judgeCall(a *provider.Answer) (provider.Receipt, error) {
	var answer callAnswer
	if !a.Decode(&answer) || answer.Status == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	switch answer.Status {
	// The states of a call that is over before anybody could have heard it.
	case "failed", "busy", "no-answer", "canceled":
		return provider.Receipt{}, provider.Fail(provider.Unavailable, "status "+answer.Status, "the call ended before it was answered")
	}
	return provider.Receipt{ID: orElse(answer.CallSID, answer.SID), Parts: 1}, nil
}
