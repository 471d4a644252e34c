package infobipsim

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// callBody is the body of POST /tts/3/advanced, as far as a text to speak needs it.
type callBody struct {
	Messages []callMessage `json:"messages"`
}

type callMessage struct {
	From         *string       `json:"from"`
	Destinations []destination `json:"destinations"`
	Text         *string       `json:"text"`
	Language     *string       `json:"language"`
	Voice        *struct {
		Name   *string `json:"name"`
		Gender *string `json:"gender"`
	} `json:"voice"`
	SpeechRate           *float64 `json:"speechRate"`
	ValidityPeriod       *int     `json:"validityPeriod"`
	RingTimeout          *int     `json:"ringTimeout"`
	CallTimeout          *int     `json:"callTimeout"`
	Pause                *int     `json:"pause"`
	NotifyURL            *string  `json:"notifyUrl"`
	NotifyContentType    *string  `json:"notifyContentType"`
	NotifyContentVersion *int     `json:"notifyContentVersion"`
	CallbackData         *string  `json:"callbackData"`
}

// The vendor's bounds. A phone that should ring for longer than a minute and a half is cut off by most
// networks.
const (
	maxSpoken        = 1400
	maxMinutes       = 48 * 60
	maxRinging       = 90
	maxCall          = 4 * 60 * 60
	maxVoiceCallback = 700
	maxPause         = 10
)

// languages are those that the vendor's SDKs list for its voice APIs.
var languages = strings.Fields(`ar bn bg ca zh-cn zh-tw hr cs da nl en en-au en-gb en-ca en-in en-ie en-gb-wls epo fil-ph fi fr fr-ca fr-ch
	de de-at de-ch el gu he hi hu is id it ja kn kk-kz ko ms ml no pl pt-pt pt-br ro ru sk sl es es-ar es-gl es-mx sv ta te th tr uk uz-uz
	vi wls ar-ma ur-pk mr-in sw-ke sw-tz`)

func (s *Server) voice(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	var b callBody
	wrong := parse(r, body, &b)
	if wrong == (mistake{}) && len(b.Messages) != 1 {
		wrong = mistake{"messages", "", "there is not one message"}
	}
	if wrong == (mistake{}) {
		wrong = b.Messages[0].check()
	}
	if wrong != (mistake{}) {
		s.Refuse("voice: " + wrong.reason)
		if wrong.status == "" {
			return problem("BAD_REQUEST", wrong.property)
		}
		return spoken("", text(b.Messages[0].Destinations[0].To), outcomeOf(wrong.status))
	}
	m := &b.Messages[0]
	to := m.Destinations[0]
	refusal, refused, status := decide(*to.To, true, fault)
	if refused {
		return refusal
	}
	id := text(to.MessageID)
	if id == "" {
		id = uuid.NewString()
	}
	if status.group == 1 {
		s.Take(simulator.Message{
			Reference: id, ID: id, Channel: "voice", To: *to.To, From: *m.From, Text: *m.Text, Language: text(m.Language), Parts: 1, At: time.Now(),
			Callback: text(m.NotifyURL),
		})
	}
	return spoken(id, *to.To, status)
}

// spoken shows what became of the message. The vendor names a bulk only where there are several.
func spoken(id, to string, status outcome) simulator.Answer {
	return answer(http.StatusOK, map[string]any{
		"messages": []any{map[string]any{"to": to, "status": status.show(to), "messageId": id}},
	})
}

// check says what is wrong with a message, or nothing.
func (m *callMessage) check() mistake {
	if wrong := checkDestinations(m.Destinations); wrong != (mistake{}) {
		return wrong
	}
	if !number.MatchString(text(m.From)) {
		return mistake{"messages[0].from", "", "from is not a number of digits alone"}
	}
	if wrong := m.checkSpeech(); wrong != (mistake{}) {
		return wrong
	}
	switch {
	case !within(m.ValidityPeriod, 1, maxMinutes):
		return mistake{"messages[0].validityPeriod", "", "validityPeriod is not from 1 minute to 48 hours"}
	case !within(m.RingTimeout, 1, maxRinging):
		return mistake{"", "60", "ringTimeout is not from 1 to 90"}
	case !within(m.CallTimeout, 1, maxCall):
		return mistake{"", "61", "callTimeout is not from 1 s to 4 hours"}
	case !within(m.Pause, 0, maxPause):
		return mistake{"messages[0].pause", "", "pause is not from 0 to 10"}
	case m.NotifyURL != nil && !webAddress(*m.NotifyURL):
		return mistake{"", "56", "notifyUrl is no address"}
	case !slices.Contains(mediaTypes, text(m.NotifyContentType)):
		return mistake{"", "57", "notifyContentType is not application/json"}
	case !within(m.NotifyContentVersion, 2, 2):
		return mistake{"messages[0].notifyContentVersion", "", "notifyContentVersion is not 2"}
	case utf8.RuneCountInString(text(m.CallbackData)) > maxVoiceCallback:
		return mistake{"messages[0].callbackData", "", "callbackData is longer than 700 characters"}
	}
	return mistake{}
}

func (m *callMessage) checkSpeech() mistake {
	said := text(m.Text)
	switch {
	case strings.TrimSpace(said) == "":
		return mistake{"", "55", "there is no text"}
	case strings.IndexFunc(said, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) < 0:
		return mistake{"messages[0].text", "", "text is punctuation alone"}
	case utf8.RuneCountInString(said) > maxSpoken:
		return mistake{"messages[0].text", "", "text is longer than 1,400 characters"}
	case strings.Contains(said, "<speak"):
		return mistake{"", "91", "text is SSML, which the look-alike's voices don't understand"}
	case m.Language != nil && !slices.Contains(languages, *m.Language):
		return mistake{"", "54", "the language is not one of the vendor's"}
	case m.SpeechRate != nil && (*m.SpeechRate < 0.5 || *m.SpeechRate > 2):
		return mistake{"messages[0].speechRate", "", "speechRate is not from 0.5 to 2"}
	case m.Voice != nil && !slices.Contains([]string{"", "male", "female"}, text(m.Voice.Gender)):
		return mistake{"messages[0].voice.gender", "", "the voice's gender is neither male nor female"}
	}
	return mistake{}
}
