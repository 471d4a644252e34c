package awssim

import (
	"encoding/xml"
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

// attribute is what one attribute of an SMS has to be.
type attribute struct {
	data   string
	values *regexp.Regexp
}

// attributes are those of SMS (docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html).
var attributes = map[string]attribute{
	"AWS.SNS.SMS.SMSType":          {"String", regexp.MustCompile(`^Transactional$`)},
	"AWS.SNS.SMS.SenderID":         {"String", regexp.MustCompile(`^[A-Za-z0-9_-]{0,10}[A-Za-z][A-Za-z0-9_-]{0,10}$`)},
	"AWS.SNS.SMS.MaxPrice":         {"Number", regexp.MustCompile(`^[0-9]*(\.[0-9]+)?$`)},
	"AWS.MM.SMS.OriginationNumber": {"String", regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|[0-9]{3,8})$`)},
	"AWS.MM.SMS.EntityId":          {"String", regexp.MustCompile(`^[A-Za-z0-9]{1,50}$`)},
	"AWS.MM.SMS.TemplateId":        {"String", regexp.MustCompile(`^[A-Za-z0-9]{1,50}$`)},
}

// e164 is a number as SNS wants it.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// magicSNS are the codes that recipients with a meaning are answered with; SNS has none for the
// others.
var magicSNS = map[simulator.Magic]string{
	simulator.InvalidNumber: "InvalidParameter:PhoneNumber", simulator.OptedOut: "OptedOut", simulator.TooMany: "Throttling",
}

func (s *Server) publish(form url.Values, fault *simulator.Fault) simulator.Answer {
	given, wrong := readAttributes(form)
	to, said := form.Get("PhoneNumber"), form.Get("Message")
	switch {
	case wrong != (mistake{}):
	case !e164.MatchString(to):
		wrong = mistake{"InvalidParameter:PhoneNumber", "the recipient is missing or no number"}
	case said == "" || !utf8.ValidString(said):
		wrong = mistake{"InvalidParameter:Message", "there is no text in UTF-8"}
	case utf8.RuneCountInString(said) > maxText:
		wrong = mistake{"InvalidParameter:Message", "the text is longer than 1,600 characters"}
	case given["AWS.SNS.SMS.SMSType"] == "":
		wrong = mistake{"InvalidParameter:AWS.SNS.SMS.SMSType", "the message is not transactional"}
	}
	if wrong != (mistake{}) {
		s.Refuse("sns: " + wrong.reason)
		return problemXML(wrong.code, to)
	}
	if code, ok := magicSNS[simulator.MagicOf(to)]; ok {
		return problemXML(code, to)
	}
	if code, ok := refused(fault, "Throttling"); ok {
		return problemXML(code, to+" "+said)
	}
	id := uuid.NewString()
	s.Take(simulator.Message{
		Reference: id, ID: id, Channel: "sms", To: to, From: given["AWS.SNS.SMS.SenderID"] + given["AWS.MM.SMS.OriginationNumber"],
		Text: said, Parts: parts(said), At: time.Now(),
	})
	return answerXML(http.StatusOK, struct {
		XMLName   xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ PublishResponse"`
		MessageID string   `xml:"PublishResult>MessageId"`
		RequestID string   `xml:"ResponseMetadata>RequestId"`
	}{MessageID: id, RequestID: uuid.NewString()})
}

// readAttributes reads the attributes of a form, and says what is wrong with it.
func readAttributes(form url.Values) (map[string]string, mistake) {
	given := make(map[string]string)
	left := len(form)
	for _, key := range []string{"Action", "Version", "PhoneNumber", "Message"} {
		if form.Has(key) {
			left--
		}
	}
	for i := 1; ; i++ {
		entry := "MessageAttributes.entry." + strconv.Itoa(i) + "."
		name := form.Get(entry + "Name")
		if name == "" {
			break
		}
		value, data := form.Get(entry+"Value.StringValue"), form.Get(entry+"Value.DataType")
		known, ok := attributes[name]
		if !ok || data != known.data || !known.values.MatchString(value) {
			return nil, mistake{"InvalidParameter:" + strings.TrimSuffix(name, "."), "an attribute is none that there is, or its type or value is wrong"}
		}
		given[name] = value
		left -= 3
	}
	if left != 0 {
		return nil, mistake{"InvalidParameter:", "there is a parameter that the API does not have"}
	}
	return given, mistake{}
}
