package esendexsim

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// magic are the statuses that recipients with a meaning are answered with.
var magic = map[simulator.Magic]int{
	simulator.InvalidNumber: http.StatusBadRequest, simulator.NoRoute: http.StatusBadRequest, simulator.CountryBarred: http.StatusBadRequest,
	simulator.OptedOut: http.StatusBadRequest, simulator.NotCapable: http.StatusBadRequest,
	simulator.TooMany: http.StatusTooManyRequests, simulator.NoCredit: http.StatusPaymentRequired,
}

func (s *Server) dispatch(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	batch, reason := read(r, body)
	if reason == "" {
		reason = checkBatch(batch)
	}
	if reason != "" {
		s.Refuse(reason)
		return refusal(http.StatusBadRequest)
	}
	if !same(s.options.AccountReference, batch.texts["accountreference"]) {
		s.Refuse("the user has no such account")
		return refusal(http.StatusForbidden)
	}
	m := batch.message.texts
	if reason := check(m); reason != "" {
		s.Refuse(reason)
		return refusal(http.StatusBadRequest)
	}
	if status, ok := magic[simulator.MagicOf(m["to"])]; ok {
		return refusal(status)
	}
	if fault != nil {
		switch fault.Kind {
		case Refuse:
			status, _ := strconv.Atoi(fault.Code)
			if status < http.StatusBadRequest || status > 599 {
				status = http.StatusBadRequest
			}
			return refusal(status)
		case Throttle:
			return refusal(http.StatusTooManyRequests)
		case NoMessages:
			return accepted("")
		default:
			// The base has acted on all others.
		}
	}
	taken := message(m)
	if address := s.reportTo.Load(); address != nil {
		taken.Callback = *address
	}
	s.Take(taken)
	return accepted(taken.ID)
}

func message(m map[string]string) simulator.Message {
	id := strings.ToUpper(uuid.NewString())
	taken := simulator.Message{
		Reference: id, ID: id, Channel: "sms", To: "+" + m["to"], From: m["from"], Text: m["body"], Language: m["lang"],
		Parts: parts(m["body"], m["characterset"] == "Unicode"), At: time.Now(),
	}
	if m["type"] == "Voice" {
		taken.Channel, taken.Parts = "voice", 1
	}
	return taken
}

func accepted(id string) simulator.Answer {
	header := ""
	if id != "" {
		header = fmt.Sprintf("  <messageheader uri=\"https://api.esendex.com/v1.0/messageheaders/%s\" id=\"%s\" />\r\n", id, id)
	}
	body := fmt.Sprintf("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<messageheaders batchid=\"%s\" xmlns=\"http://api.esendex.com/ns/\">\r\n%s</messageheaders>",
		strings.ToUpper(uuid.NewString()), header)
	return simulator.Answer{Status: http.StatusOK, Type: "application/xml; charset=utf-8", Body: []byte(body)}
}

// read reads the body, or says why it can't.
func read(r *http.Request, body []byte) (*element, string) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil || media != "application/xml":
		return nil, "the content type is not application/xml"
	case !utf8.Valid(body):
		return nil, "the body is not UTF-8"
	case r.URL.RawQuery != "":
		return nil, "the address has a query, which ends up in logs"
	}
	return parse(body)
}
