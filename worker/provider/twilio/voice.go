package twilio

import (
	"context"
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

const (
	// minRinging is what a call is given at least, in seconds. The vendor states no bound, and
	// adds five seconds itself in some cases, so that no phone can ring to the second.
	minRinging = 5
	// maxRinging is within the vendor's 600 s: who does not take a call in a minute does not take it.
	maxRinging = 60
	// maxInstructions is the vendor's bound of the parameter Twiml, in characters. Its bounds of
	// what is said are 3,000 characters for the voices of Polly without markup and 5,000 for those
	// of Google (twilio.com/docs/api/errors/13521): a text within this one can break neither,
	// unless it has more than 3,000 bytes.
	maxInstructions = 4000
	maxSpoken       = 3000
)

// reportedEvents are those of a call that the vendor is to report, each as a parameter of its own.
var reportedEvents = []string{"ringing", "answered", "completed"}

// response and say are the instructions for a call (twilio.com/docs/voice/twiml/say). What is said
// is markup: pauses in the words.
type response struct {
	XMLName xml.Name `xml:"Response"`
	Say     say
}

type say struct {
	Language string `xml:"language,attr"`
	Voice    string `xml:"voice,attr"`
	Loop     int    `xml:"loop,attr"`
	Marked   string `xml:",innerxml"`
}

// call posts to the resource Calls (twilio.com/docs/voice/api/call-resource). The vendor queues what
// exceeds the account's calls a second and has no validity period for that time.
func (c *Client) call(ctx context.Context, m provider.Message, to string, left time.Duration) (provider.Receipt, error) {
	from, failure := m.VoiceSender(c.cfg.Voice.From)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	script, failure := instructions(m, voices.For(m.Language, c.cfg.Voice.Language))
	if failure != nil {
		return provider.Receipt{}, failure
	}
	form := url.Values{
		"To": {to}, "From": {provider.Plus(from)}, "Twiml": {script},
		"Timeout": {strconv.Itoa(provider.Whole(left, time.Second, minRinging, maxRinging))},
	}
	if callback := c.account.CallbackURL(m); callback != "" {
		form["StatusCallback"], form["StatusCallbackEvent"] = []string{callback}, reportedEvents
	}
	answer, err := c.exchange(ctx, c.calls, form)
	if err != nil {
		return provider.Receipt{}, err
	}
	return judgeCall(answer)
}

// instructions says a message as often as it is to be said.
func instructions(m provider.Message, language string) (string, *provider.Error) {
	marked := strings.TrimSpace(speech.Marked(m.Text, m.Code))
	if marked == "" {
		return "", provider.Fail(provider.Refused, "", "there is no text")
	}
	script, err := xml.Marshal(response{Say: say{Language: language, Voice: voiceOf(language), Loop: speech.Times, Marked: marked}})
	switch {
	case err != nil:
		return "", provider.Fail(provider.Misconfigured, "", "the request could not be made")
	case utf8.RuneCount(script) > maxInstructions || len(speech.Plain(m.Text, m.Code)) > maxSpoken:
		return "", provider.Fail(provider.Refused, "", "the text is too long to be spoken, which takes at most 3,000 bytes and less where it has many digits")
	}
	return string(script), nil
}

// judgeCall reads an answer of 2xx.
func judgeCall(a *provider.Answer) (provider.Receipt, error) {
	var answer struct {
		SID    string `json:"sid"`
		Status string `json:"status"`
	}
	if !a.Decode(&answer) || answer.SID == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	switch answer.Status {
	// The states of a call that is over before anybody could have heard it.
	case "failed", "busy", "no-answer", "canceled":
		return provider.Receipt{}, provider.Fail(provider.Unavailable, "status "+answer.Status, "the call ended before it was answered")
	}
	return provider.Receipt{ID: answer.SID, Parts: 1}, nil
}
