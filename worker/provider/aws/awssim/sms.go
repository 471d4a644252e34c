package awssim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// common are the parameters that both operations have. The pointers tell what is absent from what is
// empty.
type common struct {
	DestinationPhoneNumber *string
	OriginationIdentity    *string
	MessageBody            *string
	ConfigurationSetName   *string
	ProtectConfigurationID *string `json:"ProtectConfigurationId"`
	Context                map[string]string
	TimeToLive             *int
	DryRun                 bool
	MessageFeedbackEnabled *bool
}

// message is the body of SendTextMessage.
type message struct {
	common

	MessageType                  *string
	MaxPrice                     *string
	Keyword                      *string
	DestinationCountryParameters map[string]string
}

// The forms and bounds of the API's model.
var (
	numbers    = regexp.MustCompile(`^\+?[1-9][0-9]{1,18}$`)
	identities = regexp.MustCompile(`^[A-Za-z0-9_:/+-]{1,256}$`)
	names      = regexp.MustCompile(`^[A-Za-z0-9_:/-]{1,256}$`)
	prices     = regexp.MustCompile(`^[0-9]{0,2}\.[0-9]{1,5}$`)
	words      = regexp.MustCompile(`^\S+$`)
	senderIDs  = regexp.MustCompile(`^[A-Za-z0-9_-]*[A-Za-z][A-Za-z0-9_-]*$`)
)

const (
	minTimeToLive, maxTimeToLive = 5, 259_200
	maxContext                   = 5
	maxContextKey                = 100
	maxContextValue              = 800
	maxText                      = 1600
	maxCountryValue              = 64
)

// mistake is why a request is refused: a code of the faults, and the reason that the look-alike
// counts. A zero mistake is none.
type mistake struct{ code, reason string }

func invalid(parameter, reason string) mistake {
	return mistake{"ValidationException INVALID_PARAMETER:" + parameter, reason}
}

// magicCodes are the codes that recipients with a meaning are answered with; End User Messaging has
// none for a number that takes no SMS.
var magicCodes = map[simulator.Magic]string{
	simulator.InvalidNumber: "ValidationException INVALID_PARAMETER:DestinationPhoneNumber",
	simulator.NoRoute:       "ConflictException NO_ORIGINATION_IDENTITIES_FOUND",
	simulator.CountryBarred: "ConflictException DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
	simulator.OptedOut:      "ConflictException DESTINATION_PHONE_NUMBER_OPTED_OUT",
	simulator.TooMany:       "ThrottlingException",
	simulator.NoCredit:      "ServiceQuotaExceededException MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
}

func (s *Server) sms(body []byte, fault *simulator.Fault) simulator.Answer {
	var m message
	wrong := parse(body, &m)
	if wrong == (mistake{}) {
		wrong = m.check()
	}
	if wrong != (mistake{}) {
		s.Refuse("sms: " + wrong.reason)
		return problemJSON(wrong.code, text(m.DestinationPhoneNumber))
	}
	if code, ok := magicCodes[simulator.MagicOf(*m.DestinationPhoneNumber)]; ok {
		return problemJSON(code, *m.DestinationPhoneNumber)
	}
	if code, ok := refused(fault, "ThrottlingException"); ok {
		return problemJSON(code, *m.DestinationPhoneNumber+" "+*m.MessageBody)
	}
	return s.take(&m.common, simulator.Message{Channel: "sms", Text: *m.MessageBody, Parts: parts(*m.MessageBody)})
}

// take records a message and answers with its id. What the vendor repeats in its reports is kept in
// the fragment of the address, which no request has.
func (s *Server) take(c *common, m simulator.Message) simulator.Answer {
	m.ID, m.To, m.From, m.At = uuid.NewString(), *c.DestinationPhoneNumber, text(c.OriginationIdentity), time.Now()
	if m.Reference = c.Context["reference"]; m.Reference == "" {
		m.Reference = m.ID
	}
	if address := s.address(); address != "" && c.ConfigurationSetName != nil {
		values := make(url.Values)
		for key, value := range c.Context {
			values.Set(key, value)
		}
		m.Callback = address + "#" + values.Encode()
	}
	s.Take(m)
	return answerJSON(http.StatusOK, map[string]string{"MessageId": m.ID})
}

// parse reads the body, or says why it can't.
func parse(body []byte, into any) mistake {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if !utf8.Valid(body) || decoder.Decode(into) != nil {
		return mistake{"ValidationException CANNOT_PARSE", "the body is not JSON in UTF-8, or has a field or a type that the API does not have"}
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return mistake{"ValidationException CANNOT_PARSE", "there is more after the first JSON value"}
	}
	return mistake{}
}

// check says what is wrong with a message, or nothing.
func (m *message) check() mistake {
	if wrong := m.common.check(); wrong != (mistake{}) {
		return wrong
	}
	switch {
	case utf8.RuneCountInString(*m.MessageBody) > maxText:
		return mistake{"ValidationException MAXIMUM_SIZE_EXCEEDED:MessageBody", "the text is longer than 1,600 characters"}
	case text(m.MessageType) != "TRANSACTIONAL":
		return invalid("MessageType", "the message is not transactional")
	case m.MaxPrice != nil && !prices.MatchString(*m.MaxPrice):
		return invalid("MaxPrice", "MaxPrice is no price")
	case m.Keyword != nil:
		return invalid("Keyword", "Keyword is of short codes that the look-alike does not have")
	case strings.HasPrefix(*m.DestinationPhoneNumber, "+1") && senderIDs.MatchString(text(m.OriginationIdentity)) && !isResource(text(m.OriginationIdentity)):
		return mistake{"ValidationException SENDER_ID_NOT_SUPPORTED:OriginationIdentity", "the sender is a name and the recipient is in North America"}
	}
	for key, value := range m.DestinationCountryParameters {
		if key != "IN_ENTITY_ID" && key != "IN_TEMPLATE_ID" || !words.MatchString(value) || len(value) > maxCountryValue {
			return invalid("DestinationCountryParameters", "a parameter of the country is none that there is, or empty or too long")
		}
	}
	return mistake{}
}

func (c *common) check() mistake {
	switch {
	case !numbers.MatchString(text(c.DestinationPhoneNumber)):
		return invalid("DestinationPhoneNumber", "the recipient is missing or no number")
	case c.OriginationIdentity != nil && !identities.MatchString(*c.OriginationIdentity):
		return invalid("OriginationIdentity", "the sender has something else than letters, digits and _:/+-")
	case c.OriginationIdentity != nil && !isResource(*c.OriginationIdentity) && len(strings.TrimPrefix(*c.OriginationIdentity, "+")) > 11 && !numbers.MatchString(*c.OriginationIdentity):
		return mistake{"ResourceNotFoundException sender-id", "the sender is a name of more than 11 characters"}
	case text(c.MessageBody) == "":
		return mistake{"ValidationException MISSING_PARAMETER:MessageBody", "there is no text"}
	case c.ConfigurationSetName != nil && !names.MatchString(*c.ConfigurationSetName):
		return invalid("ConfigurationSetName", "the configuration set is none")
	case c.ProtectConfigurationID != nil && !names.MatchString(*c.ProtectConfigurationID):
		return invalid("ProtectConfigurationId", "the protect configuration is none")
	case c.TimeToLive == nil:
		return mistake{"ValidationException MISSING_PARAMETER:TimeToLive", "there is no time to live, so that a code would be tried for 72 hours"}
	case *c.TimeToLive < minTimeToLive || *c.TimeToLive > maxTimeToLive:
		return invalid("TimeToLive", "the time to live is not from 5 s to 72 h")
	case c.DryRun || c.MessageFeedbackEnabled != nil:
		return invalid("DryRun", "the message is not to be sent, or waits for feedback")
	case len(c.Context) > maxContext:
		return invalid("Context", "there are more than 5 values in Context")
	}
	for _, key := range slices.Sorted(maps.Keys(c.Context)) {
		if value := c.Context[key]; !words.MatchString(key) || len(key) > maxContextKey || value == "" || len(value) > maxContextValue {
			return invalid("Context", "a key of Context is longer than 100, or a value empty or longer than 800")
		}
	}
	return mistake{}
}

// isResource says whether a sender is the vendor's name for one.
func isResource(identity string) bool {
	for _, prefix := range []string{"pool-", "phone-", "arn:aws:sms-voice:", "arn:aws-us-gov:sms-voice:"} {
		if strings.HasPrefix(identity, prefix) {
			return true
		}
	}
	return false
}

// parts returns how many SMS a text is sent as, for the look-alike's page: the vendor tells it in
// its reports alone.
func parts(text string) int {
	whole, part, units := 160, 153, utf8.RuneCountInString(text)
	if strings.IndexFunc(text, func(r rune) bool { return r > '\u007e' }) >= 0 {
		whole, part, units = 70, 67, len(utf16.Encode([]rune(text)))
	}
	if units <= whole {
		return 1
	}
	return (units + part - 1) / part
}

// text returns a string that may be absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
