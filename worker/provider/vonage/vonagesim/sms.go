package vonagesim

import (
	"crypto/subtle"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// smsParameters are the parameters of the SMS API that a text message can have. One
// that is not among them is a mistake, which Vonage would ignore.
var smsParameters = []string{
	"api_key", "api_secret", "from", "to", "text", "type", "ttl", "status-report-req", "callback",
	"message-class", "client-ref", "account-ref", "entity-id", "content-id",
}

// The vendor's bounds, from the definition of the API.
const (
	minTTL       = 20_000
	maxTTL       = 604_800_000
	maxText      = 3200
	maxReference = 40
	maxCallback  = 100
)

// magicSMS are the statuses that recipients with a meaning are answered with.
var magicSMS = map[simulator.Magic]string{
	simulator.InvalidNumber: "33", simulator.NoRoute: "6", simulator.CountryBarred: "15", simulator.OptedOut: "7",
	simulator.NotCapable: "6", simulator.TooMany: "1", simulator.NoCredit: "9",
}

// problem is why a request is refused: the API's status, what Vonage says of it,
// and the reason that the look-alike counts. A zero problem is none.
type problem struct{ status, text, reason string }

func (s *Server) sms(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	form, p := parseForm(r, body)
	if p == (problem{}) {
		p = s.checkSMS(form)
	}
	if p != (problem{}) {
		s.Refuse("sms: " + p.reason)
		return smsAnswer([]smsMessage{{Status: p.status, ErrorText: p.text}})
	}
	if status, ok := magicSMS[simulator.MagicOf(form.Get("to"))]; ok {
		return smsAnswer([]smsMessage{{To: form.Get("to"), Status: status, ErrorText: "Refused for " + form.Get("to")}})
	}
	parts := Parts(form.Get("text"), form.Get("type") == "unicode")
	messages := make([]smsMessage, parts, parts+1)
	for i := range messages {
		messages[i] = taken(form)
	}
	if fault != nil {
		var none bool
		if messages, none = spoilSMS(messages, fault); none {
			return smsAnswer(messages)
		}
	}
	s.Take(simulator.Message{
		Reference: form.Get("client-ref"), ID: messages[0].ID, Channel: "sms", To: "+" + form.Get("to"), From: form.Get("from"),
		Text: form.Get("text"), Parts: len(messages), At: time.Now(), Callback: form.Get("callback"),
	})
	return smsAnswer(messages)
}

func parseForm(r *http.Request, body []byte) (url.Values, problem) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, problem{"2", "Missing api_key", "the content type is not application/x-www-form-urlencoded"}
	}
	if r.URL.RawQuery != "" {
		return nil, problem{"3", "Invalid parameters", "the address has a query, which ends up in logs"}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, problem{"3", "Invalid parameters", "the body is not a form"}
	}
	for name, values := range form {
		switch {
		case !slices.Contains(smsParameters, name):
			return nil, problem{"3", "Invalid parameters", "there is a parameter that the API does not have"}
		case len(values) != 1:
			return nil, problem{"3", "Invalid parameters", "a parameter is given twice"}
		case !utf8.ValidString(values[0]):
			return nil, problem{"3", "Invalid parameters", "a parameter is not UTF-8"}
		}
	}
	return form, problem{}
}

func (s *Server) checkSMS(form url.Values) problem {
	for _, name := range []string{"api_key", "api_secret", "from", "to", "text"} {
		if form.Get(name) == "" {
			return problem{"2", "Missing " + name + " param", name + " is missing"}
		}
	}
	switch unicode := form.Get("type") == "unicode"; {
	case len(form.Get("api_key")) != 8, !same(s.options.APIKey, form.Get("api_key")), !same(s.options.APISecret, form.Get("api_secret")):
		return problem{"4", "Bad Credentials", "the credentials are wrong"}
	case !validNumber(form.Get("to")):
		return problem{"3", "Invalid to param", "to is not 7 to 15 digits without a plus sign"}
	case !validSender(form.Get("from")):
		return problem{"3", "Invalid from param", "from is neither a number nor up to 11 letters and digits"}
	case form.Has("type") && !unicode && form.Get("type") != "text":
		return problem{"3", "Invalid type param", "type is neither text nor unicode"}
	case !unicode && !gsm(form.Get("text")):
		return problem{"3", "Invalid text param", "text needs type=unicode"}
	case utf8.RuneCountInString(form.Get("text")) > maxText:
		return problem{"12", "Message Too Long", "text is longer than 3,200 characters"}
	}
	return checkOptions(form)
}

func checkOptions(form url.Values) problem {
	switch {
	case form.Has("ttl") && !within(form.Get("ttl"), minTTL, maxTTL):
		return problem{"3", "Invalid ttl param", "ttl is not from 20,000 to 604,800,000"}
	case utf8.RuneCountInString(form.Get("client-ref")) > maxReference:
		return problem{"3", "Invalid client-ref param", "client-ref is longer than 40 characters"}
	case form.Has("status-report-req") && form.Get("status-report-req") != "true" && form.Get("status-report-req") != "false":
		return problem{"3", "Invalid status-report-req param", "status-report-req is neither true nor false"}
	case form.Has("callback") && (!webAddress(form.Get("callback")) || len(form.Get("callback")) > maxCallback):
		return problem{"23", "Invalid Callback Url", "callback is not an address of up to 100 characters"}
	case form.Has("message-class") && !within(form.Get("message-class"), 0, 3):
		return problem{"3", "Invalid message-class param", "message-class is not from 0 to 3"}
	}
	return problem{}
}

// smsMessage is one part in an answer, as Vonage writes it: every value a string.
type smsMessage struct {
	To        string `json:"to,omitempty"`
	ID        string `json:"message-id,omitempty"`
	Status    string `json:"status"`
	ErrorText string `json:"error-text,omitempty"`
	Balance   string `json:"remaining-balance,omitempty"`
	Price     string `json:"message-price,omitempty"`
	Network   string `json:"network,omitempty"`
	ClientRef string `json:"client-ref,omitempty"`
}

func taken(form url.Values) smsMessage {
	return smsMessage{
		To: form.Get("to"), ID: newSMSID(), Status: "0",
		Balance: "3.14159265", Price: "0.03330000", Network: "23410", ClientRef: form.Get("client-ref"),
	}
}

// smsIDLength is that of the SMS API's ids, 16 hexadecimal digits, which tell them from those of
// the other APIs.
const smsIDLength = 16

func newSMSID() string {
	return strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", ""))[:smsIDLength]
}

// spoilSMS acts on a fault. It returns the answer's messages, and whether none of
// them was taken.
func spoilSMS(messages []smsMessage, fault *simulator.Fault) (answer []smsMessage, none bool) {
	refused := smsMessage{To: messages[0].To, Status: fault.Code, ErrorText: "Refused for " + messages[0].To}
	switch fault.Kind {
	case Refuse:
		return []smsMessage{refused}, true
	case Throttle:
		return []smsMessage{{Status: "1", ErrorText: "Throughput Rate Exceeded - please wait [ 250 ] and retry"}}, true
	case NoParts:
		return []smsMessage{}, true
	case Partial:
		if refused.Status == "" {
			refused.Status = "5"
		}
		return append(messages[:1:1], refused), false
	default:
		return messages, false
	}
}

func smsAnswer(messages []smsMessage) simulator.Answer {
	body, _ := json.Marshal(map[string]any{"message-count": strconv.Itoa(len(messages)), "messages": messages})
	return simulator.Answer{Status: http.StatusOK, Body: body}
}

// same compares a credential with the one that is known, if one is.
func same(known, given string) bool {
	return known == "" || subtle.ConstantTimeCompare([]byte(known), []byte(given)) == 1
}

func validNumber(number string) bool {
	return len(number) >= 7 && len(number) <= 15 && number[0] != '0' && strings.Trim(number, "0123456789") == ""
}

func validSender(sender string) bool {
	if strings.Trim(sender, "0123456789") == "" {
		return len(sender) <= 15 && !strings.HasPrefix(sender, "00")
	}
	return len(sender) <= 11 && strings.Trim(sender, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func within(value string, low, high int) bool {
	n, err := strconv.Atoi(value)
	return err == nil && low <= n && n <= high
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
