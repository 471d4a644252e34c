package twiliosim

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The parameters of a message that the look-alike knows, and the vendor's bounds.
const (
	smsParameters = "To From MessagingServiceSid Body ValidityPeriod StatusCallback"
	maxBody       = 1600
	maxValidity   = 36_000
)

var (
	shortCode = regexp.MustCompile(`^[0-9]{3,6}$`)
	name      = regexp.MustCompile(`^[A-Za-z0-9 +_&-]{1,11}$`)
	letter    = regexp.MustCompile(`[A-Za-z]`)
	toUS      = regexp.MustCompile(`^\+1`)
)

// magicSMS are the codes that recipients with a meaning are answered with. The first five are those
// of the vendor's credentials for tests.
var magicSMS = map[simulator.Magic]string{
	simulator.InvalidNumber: "21211", simulator.NoRoute: "21612", simulator.CountryBarred: "21408", simulator.OptedOut: "21610",
	simulator.NotCapable: "21614", simulator.TooMany: "20429", simulator.NoCredit: "20005",
}

func (s *Server) sms(account string, form url.Values, fault *simulator.Fault) simulator.Answer {
	if wrong := s.checkSMS(form); wrong != (mistake{}) {
		wrong.reason = "sms: " + wrong.reason
		return s.refuse(wrong)
	}
	to, text, from := form.Get("To"), form.Get("Body"), form.Get("From")
	if refused, ok := refusal(to, magicSMS, fault); ok {
		return refused
	}
	m := simulator.Message{
		ID: newSID("SM"), Channel: "sms", To: to, From: from, Text: text, Parts: parts(text), At: time.Now(), Callback: form.Get("StatusCallback"),
	}
	m.Reference = m.ID
	resource := s.message(account, form, m)
	if fault != nil && fault.Kind == Inside {
		code, err := strconv.Atoi(fault.Code)
		if err != nil {
			code = 30007
		}
		resource["status"], resource["error_code"], resource["error_message"] = "failed", code, "Failed for "+to
		return answer(http.StatusCreated, resource)
	}
	s.Take(m)
	return answer(http.StatusCreated, resource)
}

// checkSMS says what is wrong with a message, or nothing.
func (s *Server) checkSMS(form url.Values) mistake {
	switch {
	case unknown(form, smsParameters):
		return mistake{"20001", "there is a parameter that the API does not have, or one twice"}
	case !form.Has("To"):
		return mistake{"21604", "To is missing"}
	case !number.MatchString(form.Get("To")):
		return mistake{"21211", "To is not a number in E.164"}
	case !form.Has("Body"):
		return mistake{"21602", "Body is missing"}
	case utf8.RuneCountInString(form.Get("Body")) > maxBody:
		return mistake{"21617", "Body is longer than 1,600 characters"}
	case !within(form, "ValidityPeriod", 1, maxValidity):
		return mistake{"90007", "ValidityPeriod is not from 1 to 36,000"}
	case !callback(form):
		return mistake{"21609", "StatusCallback is no address"}
	case form.Has("MessagingServiceSid") && !is(s.options.MessagingServiceSID, "MG", form.Get("MessagingServiceSid")):
		return mistake{"21701", "the messaging service is another"}
	}
	return checkSender(form)
}

func checkSender(form url.Values) mistake {
	switch from := form.Get("From"); {
	case from == "" && !form.Has("MessagingServiceSid"):
		return mistake{"21603", "there is neither From nor MessagingServiceSid"}
	case from == "", number.MatchString(from), shortCode.MatchString(from):
		return mistake{}
	case !name.MatchString(from) || !letter.MatchString(from):
		return mistake{"21212", "From is neither a number in E.164, nor a short code, nor a name of up to 11 characters"}
	case toUS.MatchString(form.Get("To")):
		return mistake{"21612", "From is a name and To is in North America"}
	}
	return mistake{}
}

// message is the resource as the vendor shows it. A messaging service has yet to choose the sender,
// so that there is none and no number of parts.
func (s *Server) message(account string, form url.Values, m simulator.Message) map[string]any {
	now := time.Now().UTC().Format(time.RFC1123Z)
	path := "/2010-04-01/Accounts/" + account + "/Messages/" + m.ID
	resource := map[string]any{
		"account_sid": account, "api_version": "2010-04-01", "body": m.Text, "date_created": now, "date_sent": nil, "date_updated": now,
		"direction": "outbound-api", "error_code": nil, "error_message": nil, "from": m.From, "messaging_service_sid": nil, "num_media": "0",
		"num_segments": strconv.Itoa(m.Parts), "price": nil, "price_unit": "USD", "sid": m.ID, "status": "queued",
		"subresource_uris": map[string]string{"media": path + "/Media.json"}, "to": m.To, "uri": path + ".json",
	}
	if service := form.Get("MessagingServiceSid"); service != "" {
		resource["messaging_service_sid"], resource["status"], resource["num_segments"] = service, "accepted", "0"
		if m.From == "" {
			resource["from"] = nil
		}
	}
	return resource
}
