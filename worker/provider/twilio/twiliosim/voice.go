package twiliosim

import (
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The parameters of a call that the look-alike knows, and the vendor's bounds.
const (
	callParameters = "To From Twiml Timeout TimeLimit StatusCallback StatusCallbackMethod StatusCallbackEvent*"
	maxTwiML       = 4000
	maxTimeout     = 600
)

// magicCalls are the codes that recipients with a meaning are answered with; Twilio has none for the
// others. The first four are those of the vendor's credentials for tests.
var magicCalls = map[simulator.Magic]string{
	simulator.InvalidNumber: "21217", simulator.NoRoute: "21214", simulator.CountryBarred: "21215", simulator.OptedOut: "21216",
	simulator.TooMany: "10004", simulator.NoCredit: "20005",
}

func (s *Server) voice(account string, form url.Values, fault *simulator.Fault) simulator.Answer {
	wrong := checkCall(form)
	var said say
	if wrong == (mistake{}) {
		said, wrong = readTwiML(form.Get("Twiml"))
	}
	if wrong != (mistake{}) {
		wrong.reason = "voice: " + wrong.reason
		return s.refuse(wrong)
	}
	to, from := form.Get("To"), form.Get("From")
	if refused, ok := refusal(to, magicCalls, fault); ok {
		return refused
	}
	id := newSID("CA")
	s.Take(simulator.Message{
		Reference: id, ID: id, Channel: "voice", To: to, From: from, Text: said.text, Language: said.language, Parts: 1, At: time.Now(),
		Callback: form.Get("StatusCallback"),
	})
	path := "/2010-04-01/Accounts/" + account + "/Calls/" + id
	return answer(http.StatusCreated, map[string]any{
		"account_sid": account, "answered_by": nil, "api_version": "2010-04-01", "caller_name": nil, "date_created": nil, "date_updated": nil,
		"direction": "outbound-api", "duration": nil, "end_time": nil, "forwarded_from": nil, "from": from, "from_formatted": from, "group_sid": nil,
		"parent_call_sid": nil, "phone_number_sid": newSID("PN"), "price": nil, "price_unit": "USD", "queue_time": "0", "sid": id, "start_time": nil,
		"status": "queued", "subresource_uris": map[string]string{"events": path + "/Events.json"}, "to": to, "to_formatted": to, "uri": path + ".json",
	})
}

// checkCall says what is wrong with a call besides its instructions, or nothing.
func checkCall(form url.Values) mistake {
	switch {
	case unknown(form, callParameters):
		return mistake{"20001", "there is a parameter that the API does not have, or one twice"}
	case !form.Has("To"):
		return mistake{"21201", "To is missing"}
	case !number.MatchString(form.Get("To")):
		return mistake{"21211", "To is not a number in E.164"}
	case !form.Has("From"):
		return mistake{"21213", "From is missing"}
	case !number.MatchString(form.Get("From")):
		return mistake{"21212", "From is not a number in E.164"}
	case !form.Has("Twiml"):
		return mistake{"21205", "there are no instructions"}
	case utf8.RuneCountInString(form.Get("Twiml")) > maxTwiML:
		return mistake{"20422", "Twiml is longer than 4,000 characters"}
	case !within(form, "Timeout", 1, maxTimeout):
		return mistake{"20422", "Timeout is not from 1 to 600"}
	case !within(form, "TimeLimit", 1, 24*60*60):
		return mistake{"20422", "TimeLimit is not of a day at most"}
	case !callback(form):
		return mistake{"21609", "StatusCallback is no address"}
	case form.Has("StatusCallbackMethod") && form.Get("StatusCallbackMethod") != http.MethodPost && form.Get("StatusCallbackMethod") != http.MethodGet:
		return mistake{"20422", "StatusCallbackMethod is neither GET nor POST"}
	}
	for _, event := range form["StatusCallbackEvent"] {
		if !slices.Contains([]string{"initiated", "ringing", "answered", "completed"}, event) {
			return mistake{"20422", "StatusCallbackEvent is no event"}
		}
	}
	return mistake{}
}
