package telesignsim

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The parameters of the two APIs. Those that no code needs are not taken.
var (
	smsFields  = []string{"phone_number", "message", "message_type", "external_id", "callback_url", "sender_id"}
	callFields = []string{"phone_number", "message", "message_type", "external_id", "callback_url", "voice"}
)

// The vendor's bounds, in characters.
const (
	maxText     = 1600
	maxExternal = 100
)

var (
	number = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)
	sender = regexp.MustCompile(`^([0-9]{3,15}|[0-9A-Za-z +_&.-]{1,11})$`)
	ascii  = regexp.MustCompile(`^[ -~]*$`)
)

// voices are those that the vendor lists.
var voices = strings.Fields(`f-zh-HK f-zh-CN f-zh-TW f-da-DK f-nl-NL f-en-AU f-en-GB f-en-US f-en-CA f-en-IN f-fi-FI f-fr-FR f-fr-CA f-de-DE
	f-it-IT f-ja-JP f-ko-KR f-nb-NO f-pl-PL f-pt-BR f-pt-PT f-ru-RU f-es-MX f-es-ES f-ca-ES f-sv-SE`)

// magic are the codes that recipients with a meaning are answered with. What the others mean TeleSign
// finds out later, and its notifications say.
var magic = map[simulator.Magic]int{simulator.InvalidNumber: 11000, simulator.TooMany: 10019, simulator.NoCredit: 10030}

// parse reads the form, or says why it can't.
func parse(r *http.Request, body []byte, isCall bool) (url.Values, mistake) {
	known := smsFields
	if isCall {
		known = callFields
	}
	switch {
	case r.Header.Get("Content-Type") != "application/x-www-form-urlencoded":
		return nil, mistake{12000, "the content type is not that of a form"}
	case r.URL.RawQuery != "":
		return nil, mistake{12000, "the address has a query, which ends up in logs"}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, mistake{12000, "the body is no form"}
	}
	for name, values := range form {
		switch {
		case !slices.Contains(known, name):
			return form, mistake{-10001, "there is a parameter that the API does not have"}
		case len(values) != 1 || values[0] == "":
			return form, mistake{-10001, "a parameter is empty, or given twice"}
		case !utf8.ValidString(values[0]):
			return form, mistake{-10001, "a parameter is not UTF-8"}
		}
	}
	return form, mistake{}
}

// check says what is wrong with a message, or nothing.
func check(form url.Values, isCall bool) mistake {
	callback := form.Get("callback_url")
	switch {
	case !form.Has("phone_number"):
		return mistake{12000, "phone_number is missing"}
	case !number.MatchString(form.Get("phone_number")):
		return mistake{11000, "phone_number is not 7 to 15 digits without a plus sign"}
	case !form.Has("message"):
		return mistake{12009, "message is missing"}
	case utf8.RuneCountInString(form.Get("message")) > maxText:
		return mistake{11009, "message is longer than 1,600 characters"}
	case !form.Has("message_type"):
		return mistake{12017, "message_type is missing"}
	case form.Get("message_type") != "OTP":
		return mistake{11017, "message_type is not OTP"}
	case len(form.Get("external_id")) > maxExternal || !ascii.MatchString(form.Get("external_id")):
		return mistake{11016, "external_id is longer than 100 characters or not ASCII"}
	case form.Has("sender_id") && !sender.MatchString(form.Get("sender_id")):
		return mistake{11013, "sender_id is neither digits nor a name of up to 11 characters"}
	case callback != "" && !webAddress(callback):
		return mistake{11004, "callback_url is no address"}
	case isCall && !slices.Contains(voices, form.Get("voice")):
		return mistake{-10001, "voice is missing or none of the vendor's"}
	}
	return mistake{}
}

// take takes a message, and says that it is on its way.
func (s *Server) take(form url.Values, isCall bool) simulator.Answer {
	id := reference()
	taken := simulator.Message{
		Reference: form.Get("external_id"), ID: id, Channel: "sms", To: "+" + form.Get("phone_number"), From: form.Get("sender_id"),
		Text: form.Get("message"), Parts: parts(form.Get("message")), At: time.Now(), Callback: form.Get("callback_url"),
	}
	if taken.Reference == "" {
		taken.Reference = id
	}
	if address := s.reportTo.Load(); address != nil && taken.Callback == "" {
		taken.Callback = *address
	}
	code := 290
	if isCall {
		taken.Channel, taken.Language, taken.Parts, code = "voice", strings.TrimPrefix(form.Get("voice"), "f-"), 1, 103
	}
	s.Take(taken)
	body := transaction(id, code, form.Get("external_id"))
	if isCall {
		body["voice"] = map[string]string{"caller_id": "+15550100199"}
	}
	return answer(http.StatusOK, body)
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "http")
}
