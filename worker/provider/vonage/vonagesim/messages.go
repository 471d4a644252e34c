package vonagesim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// message is the body of POST /v1/messages, as far as a text by SMS needs it. The pointers tell
// what is absent from what is zero.
type message struct {
	Type           string  `json:"message_type"`
	Channel        string  `json:"channel"`
	To             string  `json:"to"`
	From           string  `json:"from"`
	Text           string  `json:"text"`
	ClientRef      string  `json:"client_ref"`
	TTL            *int    `json:"ttl"`
	WebhookURL     *string `json:"webhook_url"`
	WebhookVersion *string `json:"webhook_version"`
	SMS            struct {
		EncodingType string `json:"encoding_type"`
		EntityID     string `json:"entity_id"`
		ContentID    string `json:"content_id"`
	} `json:"sms"`
}

// The vendor's bounds, from the definition of the API.
const (
	maxMessageText = 1000
	maxClientRef   = 100
)

// magicMessages are the codes that recipients with a meaning are answered with.
var magicMessages = map[simulator.Magic]string{
	simulator.InvalidNumber: "1430", simulator.NoRoute: "1040", simulator.CountryBarred: "1120", simulator.OptedOut: "1050",
	simulator.NotCapable: "1040", simulator.TooMany: "1000", simulator.NoCredit: "1070",
}

func (s *Server) messages(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	if reason := s.checkMessagesAuth(r); reason != "" {
		s.Refuse("messages: " + reason)
		return unauthorized()
	}
	m, code, reason := parseMessage(r, body)
	if reason == "" {
		code, reason = m.check()
	}
	if reason != "" {
		s.Refuse("messages: " + reason)
		return messagesProblem(code)
	}
	if code, ok := magicMessages[simulator.MagicOf(m.To)]; ok {
		return messagesProblem(code)
	}
	switch {
	case fault != nil && fault.Kind == Throttle:
		return messagesProblem("1000")
	case fault != nil && fault.Kind == Refuse:
		return messagesProblem(fault.Code)
	case fault != nil && fault.Kind == NoParts:
		return simulator.Answer{Status: http.StatusAccepted, Body: []byte("{}")}
	}
	id, callback := uuid.NewString(), ""
	if m.WebhookURL != nil {
		callback = *m.WebhookURL
	}
	reference := m.ClientRef
	if reference == "" {
		reference = id
	}
	s.Take(simulator.Message{
		Reference: reference, ID: id, Channel: "sms", To: "+" + m.To, From: m.From, Text: m.Text,
		Parts: Parts(m.Text, m.SMS.EncodingType == "unicode"), At: time.Now(), Callback: callback,
	})
	answer, _ := json.Marshal(map[string]string{"message_uuid": id}) // nothing in it fails
	return simulator.Answer{Status: http.StatusAccepted, Body: answer}
}

// checkMessagesAuth returns why a request may not send messages, or nothing.
func (s *Server) checkMessagesAuth(r *http.Request) string {
	key, secret, ok := r.BasicAuth()
	if !ok {
		return s.checkToken(r.Header.Get("Authorization"), time.Now())
	}
	if len(key) != 8 || secret == "" || !same(s.options.APIKey, key) || !same(s.options.APISecret, secret) {
		return "the credentials are wrong"
	}
	return ""
}

// parseMessage reads the body, or says what is wrong with it and with which code.
func parseMessage(r *http.Request, body []byte) (m message, code, reason string) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return m, "1150", "the content type is not application/json"
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, "1150", "the body is not JSON, or has a field that the API does not have"
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return m, "1150", "there is more after the first JSON value"
	}
	return m, "", ""
}

// check says what is wrong with a message and with which code, or nothing.
func (m *message) check() (code, reason string) {
	switch {
	case m.Type != "text" || m.Channel != "sms":
		return "1020", "it is no text by SMS"
	case m.To == "":
		return "1010", "to is missing"
	case !validNumber(m.To):
		return "1430", "to is not 7 to 15 digits without a plus sign"
	case m.From == "":
		return "1010", "from is missing"
	case !validSender(m.From):
		return "1420", "from is neither a number nor up to 11 letters and digits"
	case m.Text == "":
		return "1010", "text is missing"
	case utf8.RuneCountInString(m.Text) > maxMessageText:
		return "1090", "text is longer than 1,000 characters"
	case utf8.RuneCountInString(m.ClientRef) > maxClientRef:
		return "1020", "client_ref is longer than 100 characters"
	case m.TTL != nil && (*m.TTL < minTTL/1000 || *m.TTL > maxTTL/1000):
		return "1130", "ttl is not from 20 to 604,800"
	case !slices.Contains([]string{"", "auto", "text", "unicode"}, m.SMS.EncodingType):
		return "1020", "encoding_type is none of auto, text and unicode"
	case m.SMS.EncodingType == "text" && !gsm(m.Text):
		return "1020", "text needs the encoding_type unicode"
	case m.WebhookURL != nil && !webAddress(*m.WebhookURL):
		return "1020", "webhook_url is not an address"
	case m.WebhookVersion != nil && *m.WebhookVersion != "v1" && *m.WebhookVersion != "v0.1":
		return "1020", "webhook_version is neither v0.1 nor v1"
	}
	return "", ""
}

// messagesStatuses are the HTTP statuses of the codes that are not answered with 422.
var messagesStatuses = map[string]int{"1000": http.StatusTooManyRequests, "1030": http.StatusInternalServerError, "1060": http.StatusForbidden, "1070": http.StatusPaymentRequired}

func messagesProblem(code string) simulator.Answer {
	status, ok := messagesStatuses[code]
	if !ok {
		status = http.StatusUnprocessableEntity
	}
	body, _ := json.Marshal(map[string]string{ // nothing in it fails
		"type": "https://developer.vonage.com/api-errors/messages#" + code, "title": "Refused",
		"detail": "The request is refused for what it says", "instance": uuid.NewString(),
	})
	return simulator.Answer{Status: status, Type: "application/problem+json", Body: body}
}
