package messagebirdsim

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// message is the body of POST /messages.
type message struct {
	common

	Type        *string        `json:"type"`
	Validity    *int           `json:"validity"`
	Gateway     *int           `json:"gateway"`
	TypeDetails map[string]any `json:"typeDetails"`
	DataCoding  *string        `json:"datacoding"`
	Class       *int           `json:"mclass"`
	ShortenURLs *bool          `json:"shortenUrls"`
	GroupIDs    []string       `json:"groupIds"`
}

// The vendor's bounds: of a text, in parts, and of a validity period, in seconds.
const (
	maxParts    = 9
	maxValidity = 172_800
)

// originator is a number without its plus sign, a short code, or a name with a letter in it.
var originator = regexp.MustCompile(`^([1-9][0-9]{6,14}|[0-9]{3,6}|[A-Za-z0-9 .&_+-]{0,10}[A-Za-z][A-Za-z0-9 .&_+-]{0,10})$`)

func (s *Server) sms(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	var m message
	wrong := parse(r, body, &m)
	if wrong == (mistake{}) {
		wrong = m.check()
	}
	if wrong != (mistake{}) {
		s.Refuse("sms: " + wrong.reason)
		return problem(wrong.code, wrong.parameter)
	}
	if answered, ok := magic(m.Recipients[0]); ok {
		return answered
	}
	if refusal, refused := refuse(fault); refused {
		return refusal
	}
	id := newID()
	if fault != nil && fault.Kind == Inside {
		return answer(http.StatusCreated, m.object(id, map[string]any{
			"status": "delivery_failed", "statusReason": "generic delivery failure", "statusErrorCode": networkCode(fault.Code),
		}))
	}
	s.Take(simulator.Message{
		Reference: orElse(text(m.Reference), id), ID: id, Channel: "sms", To: m.Recipients[0], From: *m.Originator, Text: *m.Body, Parts: m.parts(),
		At: time.Now(), Callback: text(m.ReportURL),
	})
	return answer(http.StatusCreated, m.object(id, map[string]any{"status": "sent", "messagePartCount": m.parts()}))
}

func networkCode(code string) int {
	n, err := strconv.Atoi(code)
	if err != nil {
		return 34
	}
	return n
}

// check says what is wrong with a message, or nothing.
func (m *message) check() mistake {
	if wrong := m.common.check(); wrong != (mistake{}) {
		return wrong
	}
	switch {
	case !originator.MatchString(*m.Originator) || len(*m.Originator) > 11 && !number.MatchString(*m.Originator):
		return mistake{"10", "originator", "originator is neither a number without a plus sign, nor a short code, nor a name of up to 11 characters"}
	case m.Type != nil && *m.Type != "sms":
		return mistake{"10", "type", "type is not sms"}
	case m.GroupIDs != nil:
		return mistake{"10", "groupIds", "the message is to a group"}
	case m.Validity != nil && (*m.Validity < 1 || *m.Validity > maxValidity):
		return mistake{"10", "validity", "validity is not from 1 to 172,800"}
	case m.Class != nil && *m.Class != 1:
		return mistake{"10", "mclass", "the message is to flash up"}
	}
	switch text(m.DataCoding) {
	case "auto", "unicode":
	case "", "plain":
		if !gsm(*m.Body) {
			return mistake{"10", "body", "body has characters that plain would replace"}
		}
	default:
		return mistake{"10", "datacoding", "datacoding is none of plain, unicode and auto"}
	}
	if m.parts() > maxParts {
		return mistake{"10", "body", "body has more than 9 parts"}
	}
	return mistake{}
}

// object is a message as the vendor shows it.
func (m *message) object(id string, recipient map[string]any) map[string]any {
	coding := "plain"
	if !m.sevenBits() {
		coding = "unicode"
	}
	shown := m.common.object(id, messagesPath, recipient)
	shown["direction"], shown["type"], shown["validity"], shown["gateway"] = "mt", "sms", m.Validity, 10
	shown["typeDetails"], shown["datacoding"], shown["mclass"] = map[string]any{}, coding, 1
	return shown
}

func (m *message) sevenBits() bool { return text(m.DataCoding) != "unicode" && gsm(*m.Body) }

// The characters of GSM 03.38. Those of the extended table count twice.
const (
	standard = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	extended = "^{}\\[~]|€"
)

func gsm(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(standard+extended, r) }) < 0
}

// parts returns how many SMS a message is sent as. No character is split.
func (m *message) parts() int {
	whole, part, width := 160, 153, septets
	if !m.sevenBits() {
		whole, part, width = 70, 67, utf16.RuneLen
	}
	total, parts, room := 0, 1, part
	for _, r := range *m.Body {
		w := max(width(r), 1)
		total += w
		if w > room {
			parts, room = parts+1, part
		}
		room -= w
	}
	if total <= whole {
		return 1
	}
	return parts
}

func septets(r rune) int {
	if strings.ContainsRune(extended, r) {
		return 2
	}
	return 1
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
