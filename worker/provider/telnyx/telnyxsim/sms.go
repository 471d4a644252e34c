package telnyxsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// message is the body of POST /v2/messages. The pointers tell what is absent from what is empty.
type message struct {
	From               *string  `json:"from"`
	To                 *string  `json:"to"`
	Text               *string  `json:"text"`
	Profile            *string  `json:"messaging_profile_id"`
	Type               *string  `json:"type"`
	Encoding           *string  `json:"encoding"`
	AutoDetect         *bool    `json:"auto_detect"`
	WebhookURL         *string  `json:"webhook_url"`
	WebhookFailoverURL *string  `json:"webhook_failover_url"`
	UseProfileWebhooks *bool    `json:"use_profile_webhooks"`
	SendAt             *string  `json:"send_at"`
	Subject            *string  `json:"subject"`
	MediaURLs          []string `json:"media_urls"`
}

// The vendor's bounds.
const (
	maxParts = 10
	maxURL   = 2000
)

var (
	number    = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	shortCode = regexp.MustCompile(`^[0-9]{3,8}$`)
	name      = regexp.MustCompile(`^[A-Za-z0-9 ]{1,11}$`)
	letter    = regexp.MustCompile(`[A-Za-z]`)
	toUS      = regexp.MustCompile(`^\+1`)
)

// magicSMS are the codes that recipients with a meaning are answered with.
var magicSMS = map[simulator.Magic]string{
	simulator.InvalidNumber: "40310", simulator.NoRoute: "40309", simulator.CountryBarred: "40309", simulator.OptedOut: "40300",
	simulator.NotCapable: "40301", simulator.TooMany: "10011", simulator.NoCredit: "20100",
}

func (s *Server) sms(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	var m message
	wrong := parse(r, body, &m)
	if wrong == (mistake{}) {
		wrong = m.check(s.options.Profile)
	}
	if wrong != (mistake{}) {
		s.Refuse("sms: " + wrong.reason)
		return problem(wrong.code, wrong.pointer)
	}
	if code, ok := magicSMS[simulator.MagicOf(*m.To)]; ok {
		return problem(code, "")
	}
	if refusal, refused := refuse(fault); refused {
		return refusal
	}
	id, parts := uuid.NewString(), m.parts()
	if fault != nil && fault.Kind == Inside {
		code := fault.Code
		if code == "" {
			code = "40008"
		}
		return answer(http.StatusOK, map[string]any{"data": m.payload(id, parts, "sending_failed", code)})
	}
	s.Take(simulator.Message{
		Reference: id, ID: id, Channel: "sms", To: *m.To, From: text(m.From), Text: *m.Text, Parts: parts, At: time.Now(),
		Callback: text(m.WebhookURL),
	})
	return answer(http.StatusOK, map[string]any{"data": m.payload(id, parts, "queued", "")})
}

// mistake is why a request is refused: the vendor's code, the parameter at fault, and the reason
// that the look-alike counts. A zero mistake is none.
type mistake struct{ code, pointer, reason string }

// parse reads the body, or says why it can't.
func parse(r *http.Request, body []byte, into any) mistake {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return mistake{"10029", "", "the content type is not application/json"}
	}
	if !utf8.Valid(body) {
		return mistake{"10028", "", "the body is not UTF-8"}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return mistake{"10023", "", "the body is not JSON, or has a field or a type that the API does not have"}
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return mistake{"10023", "", "there is more after the first JSON value"}
	}
	return mistake{}
}

// check says what is wrong with a message, or nothing.
func (m *message) check(profile string) mistake {
	switch {
	case m.To == nil:
		return mistake{"10004", "/to", "to is missing"}
	case !number.MatchString(*m.To):
		return mistake{"40310", "/to", "to is not a number in E.164"}
	case text(m.Text) == "":
		return mistake{"40316", "/text", "text is missing"}
	case m.Subject != nil || m.MediaURLs != nil || text(m.Type) != "" && *m.Type != "SMS":
		return mistake{"40304", "/type", "the message is no SMS"}
	case m.Profile != nil && profile != "" && *m.Profile != profile:
		return mistake{"10017", "/messaging_profile_id", "the messaging profile is another"}
	case m.SendAt != nil:
		return mistake{"10032", "/send_at", "the message is to be sent later"}
	}
	for pointer, address := range map[string]*string{"/webhook_url": m.WebhookURL, "/webhook_failover_url": m.WebhookFailoverURL} {
		if address != nil && !webAddress(*address) {
			return mistake{"10003", pointer, "a webhook's address is none, or longer than 2,000 characters"}
		}
	}
	if wrong := m.checkSender(); wrong != (mistake{}) {
		return wrong
	}
	return m.checkText()
}

func (m *message) checkSender() mistake {
	switch from := text(m.From); {
	case m.From == nil && text(m.Profile) == "":
		return mistake{"10004", "/from", "there is neither from nor messaging_profile_id"}
	case m.From == nil, number.MatchString(from), shortCode.MatchString(from):
		return mistake{}
	case !name.MatchString(from) || !letter.MatchString(from):
		return mistake{"40305", "/from", "from is neither a number in E.164, nor a short code, nor a name of up to 11 letters, digits and blanks"}
	case text(m.Profile) == "":
		return mistake{"40306", "/from", "from is a name and there is no messaging_profile_id"}
	case toUS.MatchString(*m.To):
		return mistake{"40319", "/to", "from is a name and to is in North America"}
	}
	return mistake{}
}

func (m *message) checkText() mistake {
	switch text(m.Encoding) {
	case "", "auto", "ucs2":
	case "gsm7":
		if !gsm(*m.Text) {
			return mistake{"10015", "/text", "text can't be encoded as gsm7"}
		}
	default:
		return mistake{"10032", "/encoding", "encoding is none of auto, gsm7 and ucs2"}
	}
	if m.parts() > maxParts {
		return mistake{"40302", "/text", "text has more than 10 parts"}
	}
	return mistake{}
}

// payload is a message as the vendor shows it, in answers and in webhooks.
func (m *message) payload(id string, parts int, status, code string) map[string]any {
	encoding := "GSM-7"
	if !m.sevenBits() {
		encoding = "UCS-2"
	}
	failures := []any{}
	if code != "" {
		failures = append(failures, map[string]any{"code": code, "title": "Refused", "detail": "Refused for " + *m.To})
	}
	now := time.Now().UTC()
	return map[string]any{
		"record_type": "message", "direction": "outbound", "id": id, "type": "SMS", "organization_id": uuid.NewString(),
		"messaging_profile_id": text(m.Profile), "from": map[string]string{"phone_number": text(m.From), "carrier": "Telnyx", "line_type": "Wireless"},
		"to": []any{map[string]string{"phone_number": *m.To, "status": status, "carrier": "Acme Mobile", "line_type": "Wireless"}},
		"cc": []any{}, "text": *m.Text, "subject": nil, "media": []any{}, "webhook_url": m.WebhookURL, "webhook_failover_url": nil,
		"encoding": encoding, "parts": parts, "num_chars": utf8.RuneCountInString(*m.Text), "tags": []any{},
		"cost": map[string]string{"amount": "0.0051", "currency": "USD"}, "received_at": now.Format(time.RFC3339Nano), "sent_at": nil,
		"completed_at": nil, "valid_until": now.Add(time.Hour).Format(time.RFC3339Nano), "wait_seconds": 0.0, "smart_encoding_applied": false,
		"errors": failures,
	}
}

func (m *message) sevenBits() bool { return text(m.Encoding) != "ucs2" && gsm(*m.Text) }

// text returns a string that may be absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= maxURL && u.Host != "" && strings.HasPrefix(u.Scheme, "http")
}
