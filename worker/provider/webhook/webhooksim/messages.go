package webhooksim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// request is the body of a request. The pointers tell what is absent from what is empty.
type request struct {
	Type      string  `json:"type"`
	To        string  `json:"to"`
	From      string  `json:"from"`
	Text      string  `json:"text"`
	Encoding  *string `json:"encoding"`
	Language  *string `json:"language"`
	Validity  *int    `json:"validity"`
	Reference string  `json:"reference"`
	ReportURL *string `json:"report_url"`
}

// Acme's bounds.
const (
	maxText     = 1600
	minValidity = 30
	maxValidity = 86_400
)

var (
	number    = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	name      = regexp.MustCompile(`^[A-Za-z0-9]{1,11}$`)
	language  = regexp.MustCompile(`^[a-z]{2}-[A-Z]{2}$`)
	reference = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

// statuses are the HTTP statuses of Acme's codes; any other is answered with 422.
var statuses = map[int]int{
	2001: http.StatusBadRequest, 3001: http.StatusPaymentRequired, 3002: http.StatusUnauthorized,
	4290: http.StatusTooManyRequests, 5001: http.StatusServiceUnavailable,
}

// magic are the codes that recipients with a meaning are answered with.
var magic = map[simulator.Magic]int{
	simulator.InvalidNumber: 1001, simulator.NoRoute: 1002, simulator.CountryBarred: 1002, simulator.OptedOut: 1003,
	simulator.NotCapable: 1003, simulator.TooMany: 4290, simulator.NoCredit: 3001,
}

func (s *Server) messages(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	m, reason := parse(r, body)
	if reason == "" {
		reason = m.check()
	}
	if reason != "" {
		s.Refuse(reason)
		code := 2001
		if reason == "to is not a number in E.164" {
			code = 1001
		}
		return problem(statusOf(code), code)
	}
	if code, ok := magic[simulator.MagicOf(m.To)]; ok {
		return problem(statusOf(code), code)
	}
	parts, state := 1+(utf8.RuneCountInString(m.Text)-1)/153, "queued"
	if m.Type == "voice" {
		parts = 1
	}
	if fault != nil {
		code, _ := strconv.Atoi(fault.Code) // no code is 0, which Acme does not have
		switch fault.Kind {
		case Refuse:
			return problem(statusOf(code), code)
		case Throttle:
			return problem(statusOf(4290), 4290)
		case Inside:
			return problem(http.StatusOK, code)
		case Partial:
			state = "partial"
		default:
			// The base has acted on all others.
		}
	}
	taken := m.message(parts)
	s.Take(taken)
	return answer(http.StatusAccepted, map[string]any{"message": map[string]any{"id": taken.ID, "state": state, "parts": parts}})
}

func (m *request) message(parts int) simulator.Message {
	taken := simulator.Message{
		Reference: m.Reference, ID: "acme-" + uuid.NewString(), Channel: m.Type, To: m.To, From: m.From, Text: m.Text, Parts: parts, At: time.Now(),
	}
	if m.Language != nil {
		taken.Language = *m.Language
	}
	if m.ReportURL != nil {
		taken.Callback = *m.ReportURL
	}
	return taken
}

// parse reads the body, or says why it can't.
func parse(r *http.Request, body []byte) (m request, reason string) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return m, "the content type is not application/json"
	}
	if !utf8.Valid(body) {
		return m, "the body is not UTF-8"
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, "the body is not JSON, or has a field or a type that the API does not have"
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return m, "there is more after the first JSON value"
	}
	return m, ""
}

// check says why a message is refused, or nothing.
func (m *request) check() string {
	sms := m.Type == "sms"
	switch {
	case !sms && m.Type != "voice":
		return "type is neither sms nor voice"
	case !number.MatchString(m.To):
		return "to is not a number in E.164"
	case !number.MatchString(m.From) && !(sms && name.MatchString(m.From)):
		return "from is neither a number in E.164 nor, for sms, up to 11 letters and digits"
	case m.Text == "" || utf8.RuneCountInString(m.Text) > maxText:
		return "text is not 1 to 1,600 characters"
	case !reference.MatchString(m.Reference):
		return "reference is not 1 to 64 letters, digits and hyphens"
	case m.Validity != nil && (*m.Validity < minValidity || *m.Validity > maxValidity):
		return "validity is not from 30 to 86,400"
	case m.ReportURL != nil && !web(*m.ReportURL):
		return "report_url is not an address"
	case sms && m.Language != nil || !sms && m.Encoding != nil:
		return "there is a field that is for the other type"
	case sms:
		return m.checkEncoding()
	case m.Language == nil || !language.MatchString(*m.Language):
		return "language is missing or not such as en-GB"
	}
	return ""
}

func (m *request) checkEncoding() string {
	switch {
	case m.Encoding == nil || (*m.Encoding != "gsm" && *m.Encoding != "unicode"):
		return "encoding is neither gsm nor unicode"
	case *m.Encoding == "gsm" && strings.ContainsFunc(m.Text, func(r rune) bool { return !strings.ContainsRune(alphabet, r) }):
		return "text has characters that need encoding unicode"
	}
	return ""
}

// alphabet is that of encoding gsm, extensions included (3GPP TS 23.038, section 6.2.1).
const alphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
	"abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"

func web(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func statusOf(code int) int {
	if status, ok := statuses[code]; ok {
		return status
	}
	return http.StatusUnprocessableEntity
}

func problem(status, code int) simulator.Answer {
	return answer(status, map[string]any{"error": map[string]any{"code": code, "text": fmt.Sprintf("The message was refused for reason %d.", code)}})
}

func answer(status int, value any) simulator.Answer {
	body, _ := json.Marshal(value) // maps of strings and numbers
	return simulator.Answer{Status: status, Body: body}
}
