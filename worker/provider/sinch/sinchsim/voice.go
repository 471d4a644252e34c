package sinchsim

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the vendor signs the body's MD5
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// callout is the body of POST /calling/v1/callouts, as far as speaking a text needs it.
type callout struct {
	Method string `json:"method"`
	TTS    struct {
		Destination struct {
			Type     string `json:"type"`
			Endpoint string `json:"endpoint"`
		} `json:"destination"`
		CLI         string `json:"cli"`
		Domain      string `json:"domain"`
		DTMF        string `json:"dtmf"`
		Locale      string `json:"locale"`
		Text        string `json:"text"`
		Prompts     string `json:"prompts"`
		EnableAce   bool   `json:"enableAce"`
		EnableDice  bool   `json:"enableDice"`
		EnablePie   bool   `json:"enablePie"`
		Custom      string `json:"custom"`
		Duration    int    `json:"maxDuration"`
		CallHeaders []any  `json:"callHeaders"`
	} `json:"ttsCallout"`
}

// maxSpoken is the vendor's bound of a text and of prompts.
const maxSpoken = 600

// locales are those of developers.sinch.com/docs/voice/api-reference/voice-locales.
var locales = strings.Fields(`en-US en-GB en-GB-WLS en-AU en-IN en-NZ en-ZA arb ca-ES cmn-CN cy-GB da-DK de-DE de-AT es-ES es-MX es-US
	fi-FI fr-FR fr-CA hi-IN is-IS it-IT ja-JP ko-KR nb-NO nl-NL pl-PL pt-BR pt-PT ro-RO ru-RU sv-SE tr-TR az-AZ cs-CZ el-GR et-EE
	fil-PH hr-HR hu-HU id-ID ka-GE lt-LT lv-LV ms-MY mt-MT sk-SK sl-SI th-TH uk-UA uz-UZ vi-VN zh-HK`)

// prompts are one or several of text or of SSML.
var prompts = regexp.MustCompile(`^#(tts|ssml)\[[^\[\];]*\](;#(tts|ssml)\[[^\[\];]*\])*$`)

func (s *Server) call(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	if code, reason := s.authorise(r, body, time.Now()); code != "" {
		s.Refuse("voice: " + reason)
		return voiceProblem(code, reason)
	}
	var c callout
	if wrong := parse(r, body, &c); wrong != "" {
		s.Refuse("voice: " + wrong)
		return voiceProblem("40003", wrong)
	}
	if code, reason := c.check(); code != "" {
		s.Refuse("voice: " + reason)
		return voiceProblem(code, reason)
	}
	to := c.TTS.Destination.Endpoint
	switch magic := simulator.MagicOf(to); {
	case magic == simulator.InvalidNumber:
		return voiceProblem("40001", to)
	case magic == simulator.NoRoute:
		return voiceProblem("42201", to)
	case magic == simulator.NoCredit:
		return voiceProblem("40200", "")
	case magic == simulator.TooMany || fault != nil && fault.Kind == Throttle:
		return voiceProblem("42900", "")
	case fault != nil && fault.Kind == Refuse:
		return voiceProblem(fault.Code, c.TTS.Text+c.TTS.Prompts)
	}
	id := newID()
	m := simulator.Message{
		Reference: orElse(reference(c.TTS.Custom), id), ID: id, Channel: "voice", To: to, From: c.TTS.CLI, Text: c.TTS.Text + c.TTS.Prompts,
		Language: c.TTS.Locale, Parts: 1, At: time.Now(),
	}
	if address := s.reportTo.Load(); address != nil && c.TTS.EnableDice {
		m.Callback = *address + "#" + url.QueryEscape(c.TTS.Custom) // which is no part of what is asked for
	}
	s.Take(m)
	return answer(http.StatusOK, map[string]any{"callId": id})
}

// reference is what stands before the first slash of what a sender adds.
func reference(custom string) string {
	before, _, _ := strings.Cut(custom, "/")
	return before
}

// signatureLife is for how long a signed request is good. The vendor's own time is in none of its
// pages.
const signatureLife = 5 * time.Minute

// authorise returns the code and the reason of what is wrong with the signature, or nothing.
func (s *Server) authorise(r *http.Request, body []byte, now time.Time) (code, reason string) {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	key, signature, ok := strings.Cut(rest, ":")
	at := r.Header.Get("X-Timestamp")
	signed, err := time.Parse(time.RFC3339, at)
	switch {
	case !ok || key == "" || !strings.EqualFold(scheme, "application"):
		return "40100", "there are no credentials of an application"
	case err != nil || now.Sub(signed).Abs() > signatureLife:
		return "40101", "the request's time is missing or long ago"
	case len(s.secret) == 0:
		return "", ""
	case key != s.options.ApplicationKey:
		return "40004", "there is no application with this key"
	case signature != s.sign(r.Method, body, r.Header.Get("Content-Type"), at, r.URL.EscapedPath()):
		return "40102", "the signature is wrong"
	}
	return "", ""
}

// sign makes the signature of a request.
func (s *Server) sign(verb string, body []byte, media, at, path string) string {
	sum := md5.Sum(body) //nolint:gosec // the vendor signs it
	hash := hmac.New(sha256.New, s.secret)
	_, _ = hash.Write([]byte(strings.Join([]string{verb, base64.StdEncoding.EncodeToString(sum[:]), media, "x-timestamp:" + at, path}, "\n"))) // never fails
	return base64.StdEncoding.EncodeToString(hash.Sum(nil))
}

// check returns the code and the reason of what is wrong with a call, or nothing.
func (c *callout) check() (code, reason string) {
	spoken := c.TTS.Text + c.TTS.Prompts
	switch {
	case c.Method != "ttsCallout":
		return "40003", "method is not ttsCallout"
	case c.TTS.Destination.Type != "number":
		return "40003", "the destination is no number"
	case !strings.HasPrefix(c.TTS.Destination.Endpoint, "+"):
		return "40005", "the destination lacks its plus sign"
	case !number.MatchString(c.TTS.Destination.Endpoint):
		return "40001", "the destination is not a number"
	case !number.MatchString(c.TTS.CLI):
		return "40001", "cli is missing or not a number, so that the call would not reach its phone"
	case c.TTS.Domain != "" && c.TTS.Domain != "pstn":
		return "40001", "the domain is not that of phones"
	case spoken == "":
		return "40002", "text is missing"
	case c.TTS.Text != "" && c.TTS.Prompts != "":
		return "40003", "there are both a text and prompts"
	case utf8.RuneCountInString(spoken) > maxSpoken:
		return "40001", "the text is longer than 600 characters"
	case c.TTS.Prompts != "" && !prompts.MatchString(c.TTS.Prompts):
		return "40001", "prompts can't be read"
	case !slices.Contains(locales, c.TTS.Locale):
		return "40001", "locale is none of the vendor's"
	case c.TTS.EnableAce || c.TTS.EnablePie:
		return "40001", "events are asked for that nobody answers"
	}
	return "", ""
}
