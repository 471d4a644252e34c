package telnyxsim

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// call is the body of POST /v2/texml/Accounts/{account}/Calls, as far as a call whose instructions
// go with it needs it.
type call struct {
	ApplicationSid       *string `json:"ApplicationSid"`
	To                   *string `json:"To"`
	From                 *string `json:"From"`
	Texml                *string `json:"Texml"`
	Timeout              *int    `json:"Timeout"`
	TimeLimit            *int    `json:"TimeLimit"`
	CallerID             *string `json:"CallerId"`
	StatusCallback       *string `json:"StatusCallback"`
	StatusCallbackMethod *string `json:"StatusCallbackMethod"`
	StatusCallbackEvent  *string `json:"StatusCallbackEvent"`
	SipRegion            *string `json:"SipRegion"`
}

// The vendor's bounds, in seconds and characters. That of a text is the one of its commands for
// calls.
const (
	minTimeout, maxTimeout = 5, 120
	minLimit, maxLimit     = 30, 14_400
	maxLoop                = 10
	maxSpoken              = 3000
)

// languages are those of the voice alice.
var languages = strings.Fields(`arb cmn-CN cy-GB da-DK de-DE en-AU en-GB en-GB-WLS en-IN en-US es-ES es-MX es-US fr-CA fr-FR hi-IN
	is-IS it-IT ja-JP ko-KR nb-NO nl-NL pl-PL pt-BR pt-PT ro-RO ru-RU sv-SE tr-TR`)

// magicCalls are the codes that recipients with a meaning are answered with; Telnyx has none for
// the others.
var magicCalls = map[simulator.Magic]string{
	simulator.InvalidNumber: "10016", simulator.TooMany: "90041", simulator.NoCredit: "20100",
}

func (s *Server) voice(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	var c call
	var said say
	wrong := parse(r, body, &c)
	if wrong == (mistake{}) {
		wrong = c.check(s.options.ApplicationID)
	}
	if wrong == (mistake{}) {
		said, wrong = readTeXML(*c.Texml)
	}
	if wrong != (mistake{}) {
		s.Refuse("voice: " + wrong.reason)
		return problem(wrong.code, wrong.pointer)
	}
	if code, ok := magicCalls[simulator.MagicOf(*c.To)]; ok {
		return problem(code, "/To")
	}
	if refusal, refused := refuse(fault); refused {
		return refusal
	}
	id := "v3:" + uuid.NewString()
	s.Take(simulator.Message{
		Reference: id, ID: id, Channel: "voice", To: *c.To, From: *c.From, Text: said.text, Language: said.language, Parts: 1, At: time.Now(),
		Callback: text(c.StatusCallback),
	})
	return answer(http.StatusOK, map[string]string{"from": *c.From, "to": *c.To, "status": "queued", "call_sid": id})
}

// check says what is wrong with a call, or nothing.
func (c *call) check(application string) mistake {
	switch {
	case text(c.ApplicationSid) == "" || application != "" && *c.ApplicationSid != application:
		return mistake{"10005", "/ApplicationSid", "the application is missing or another"}
	case !number.MatchString(text(c.To)):
		return mistake{"10016", "/To", "To is not a number in E.164"}
	case !number.MatchString(text(c.From)):
		return mistake{"10016", "/From", "From is not a number in E.164"}
	case text(c.Texml) == "":
		return mistake{"10004", "/Texml", "there are no instructions"}
	case !within(c.Timeout, minTimeout, maxTimeout):
		return mistake{"10033", "/Timeout", "Timeout is not from 5 to 120"}
	case !within(c.TimeLimit, minLimit, maxLimit):
		return mistake{"10033", "/TimeLimit", "TimeLimit is not from 30 to 14,400"}
	case c.StatusCallback != nil && !webAddress(*c.StatusCallback):
		return mistake{"10003", "/StatusCallback", "StatusCallback is no address"}
	case !slices.Contains([]string{"", "GET", "POST"}, text(c.StatusCallbackMethod)):
		return mistake{"10032", "/StatusCallbackMethod", "StatusCallbackMethod is neither GET nor POST"}
	case utf8.RuneCountInString(text(c.CallerID)) > 128:
		return mistake{"10025", "/CallerId", "CallerId is longer than 128 characters"}
	case !slices.Contains([]string{"", "US", "Europe", "Canada", "Australia", "Middle East"}, text(c.SipRegion)):
		return mistake{"10032", "/SipRegion", "SipRegion is none of the regions"}
	}
	for event := range strings.SplitSeq(text(c.StatusCallbackEvent), " ") {
		if c.StatusCallbackEvent != nil && !slices.Contains([]string{"initiated", "ringing", "answered", "completed"}, event) {
			return mistake{"10032", "/StatusCallbackEvent", "StatusCallbackEvent has something that is no event"}
		}
	}
	return mistake{}
}

func within(value *int, low, high int) bool { return value == nil || low <= *value && *value <= high }

// say is what a call says.
type say struct{ text, language string }

// readTeXML reads instructions of which the only one is to say something.
func readTeXML(document string) (said say, wrong mistake) {
	broken := mistake{"10015", "/Texml", "the instructions are not well-formed, or have more in them than one Say"}
	decoder := xml.NewDecoder(strings.NewReader(document))
	var open []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return said, broken
		}
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, t.Name.Local)
			switch path := strings.Join(open, "/"); {
			case path == "Response" && len(t.Attr) == 0:
			case path == "Response/Say" && said == (say{}):
				if said.language, wrong = checkSay(t.Attr); wrong != (mistake{}) {
					return said, wrong
				}
			default:
				return said, broken
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 2 {
				said.text += string(t)
			} else if strings.TrimSpace(string(t)) != "" {
				return said, broken
			}
		}
	}
	switch {
	case strings.TrimSpace(said.text) == "":
		return said, mistake{"10015", "/Texml", "there is nothing to say"}
	case utf8.RuneCountInString(said.text) > maxSpoken:
		return said, mistake{"10025", "/Texml", "the text is longer than 3,000 characters"}
	}
	return said, mistake{}
}

// checkSay reads the attributes of Say.
func checkSay(attributes []xml.Attr) (language string, wrong mistake) {
	language, voice := "en-US", "man"
	for _, a := range attributes {
		switch a.Name.Local {
		case "voice":
			voice = a.Value
		case "language":
			language = a.Value
		case "loop":
			if n, err := strconv.Atoi(a.Value); err != nil || n < 1 || n > maxLoop {
				return "", mistake{"10033", "/Texml", "loop never ends, or is above 10"}
			}
		default:
			return "", mistake{"10015", "/Texml", "Say has an attribute that there is not"}
		}
	}
	switch {
	case voice == "alice" && !slices.Contains(languages, language):
		return "", mistake{"90013", "/Texml", "the voice does not speak the language"}
	case (voice == "man" || voice == "woman") && language != "en-US":
		return "", mistake{"90013", "/Texml", "the voice ignores the language"}
	case voice != "alice" && voice != "man" && voice != "woman":
		return "", mistake{"90012", "/Texml", "the voice is not one that the look-alike has"}
	}
	return language, mistake{}
}
