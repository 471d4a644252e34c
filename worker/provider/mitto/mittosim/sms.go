package mittosim

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

// message is the body of POST /sms. The pointers tell what is absent from what is empty.
type message struct {
	From      *string `json:"from"`
	To        *string `json:"to"`
	Text      *string `json:"text"`
	Type      *string `json:"type"`
	Reference *string `json:"reference"`
	UDH       *string `json:"udh"`
	Validity  *int    `json:"validity"`
	PID       *int    `json:"pid"`
	Flash     *bool   `json:"flash"`
	Test      *bool   `json:"test"`
	Callback  *string `json:"callback"`
}

// maxValidity is the vendor's default, above which its pages say nothing.
const maxValidity = 2880

var (
	number      = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)
	numeric     = regexp.MustCompile(`^[0-9]+$`)
	shortNumber = regexp.MustCompile(`^[0-9]{3,14}$`)
	name        = regexp.MustCompile(`^[ -~]{3,11}$`)
)

// magic are the answers to recipients with a meaning; Mitto has none for the others.
var magic = map[simulator.Magic]simulator.Answer{
	simulator.InvalidNumber: problem(http.StatusBadRequest, "8"),
	simulator.TooMany:       {Status: http.StatusTooManyRequests},
}

func (s *Server) sms(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	var m message
	wrong := parse(r, body, &m)
	if wrong == (mistake{}) {
		wrong = m.check()
	}
	if wrong != (mistake{}) {
		s.Refuse(wrong.reason)
		return problem(http.StatusBadRequest, wrong.code)
	}
	if refusal, ok := magic[simulator.MagicOf(*m.To)]; ok {
		return refusal
	}
	if fault != nil {
		switch fault.Kind {
		case Refuse:
			return problem(http.StatusBadRequest, orElse(fault.Code, "1"))
		case Inside:
			return problem(http.StatusOK, orElse(fault.Code, "1"))
		case Throttle:
			return simulator.Answer{Status: http.StatusTooManyRequests}
		default:
			// The base has acted on all others.
		}
	}
	return s.take(&m)
}

func (s *Server) take(m *message) simulator.Answer {
	length := utf8.RuneCountInString(*m.Text)
	if m.Test != nil && *m.Test {
		return answer(http.StatusOK, map[string]any{"timestamp": now(), "responseCode": 0, "responseText": texts["0"], "textLength": length, "test": true})
	}
	id := strings.ReplaceAll(uuid.NewString(), "-", "")
	s.Take(simulator.Message{
		Reference: orElse(text(m.Reference), id), ID: id, Channel: "sms", To: "+" + *m.To, From: *m.From, Text: *m.Text,
		Parts: parts(*m.Text, text(m.Type) == "Unicode"), At: time.Now(), Callback: text(m.Callback),
	})
	return answer(http.StatusOK, map[string]any{
		"id": id, "timestamp": now(), "to": *m.To, "responseCode": 0, "responseText": texts["0"], "textLength": length,
	})
}

// mistake is why a request is refused: the vendor's code and the reason that the look-alike counts.
// A zero mistake is none.
type mistake struct{ code, reason string }

// parse reads the body, or says why it can't. The vendor has no code for what is not JSON; that of
// an internal error stands in for one.
func parse(r *http.Request, body []byte, into any) mistake {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil || media != "application/json":
		return mistake{"1", "the content type is not application/json"}
	case !utf8.Valid(body):
		return mistake{"1", "the body is not UTF-8"}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return mistake{"1", "the body is not JSON, or has a field or a type that the API does not have"}
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return mistake{"1", "there is more after the first JSON value"}
	}
	return mistake{}
}

// check says what is wrong with a message, or nothing.
func (m *message) check() mistake {
	switch from, to := text(m.From), text(m.To); {
	case from == "":
		return mistake{"5", "from is missing"}
	case numeric.MatchString(from) && !shortNumber.MatchString(from), !name.MatchString(from) && !numeric.MatchString(from):
		return mistake{"6", "from is neither 3 to 14 digits nor 3 to 11 characters"}
	case to == "":
		return mistake{"7", "to is missing"}
	case !number.MatchString(to):
		return mistake{"8", "to is not 7 to 15 digits without a plus sign"}
	case text(m.Text) == "":
		return mistake{"3", "text is missing"}
	case m.UDH != nil || m.PID != nil || m.Flash != nil:
		return mistake{"1", "the message has udh, pid or flash, which no code needs"}
	case m.Validity != nil && (*m.Validity < 1 || *m.Validity > maxValidity):
		return mistake{"1", "validity is not 1 to 2,880 minutes"}
	case m.Callback != nil && !webAddress(*m.Callback):
		return mistake{"1", "callback is no address"}
	}
	switch kind := orElse(text(m.Type), "GSM"); {
	case kind != "GSM" && kind != "Unicode":
		return mistake{"2", "type is neither GSM nor Unicode"}
	case kind == "GSM" && !gsm(*m.Text):
		return mistake{"4", "text needs the type Unicode"}
	}
	return mistake{}
}

// text returns a string that may be absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "http")
}
