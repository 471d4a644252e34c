package plivosim

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// call is the body of POST /v1/Account/{auth_id}/Call/, as far as a call to one number needs it.
type call struct {
	From             string `json:"from"`
	To               string `json:"to"`
	AnswerURL        string `json:"answer_url"`
	AnswerMethod     string `json:"answer_method"`
	RingURL          string `json:"ring_url"`
	RingMethod       string `json:"ring_method"`
	HangupURL        string `json:"hangup_url"`
	HangupMethod     string `json:"hangup_method"`
	FallbackURL      string `json:"fallback_url"`
	FallbackMethod   string `json:"fallback_method"`
	CallerName       string `json:"caller_name"`
	TimeLimit        *int   `json:"time_limit"`
	HangupOnRing     *int   `json:"hangup_on_ring"`
	RingTimeout      *int   `json:"ring_timeout"`
	MachineDetection string `json:"machine_detection"`
}

// phone is a number in E.164, with or without its plus sign.
var phone = regexp.MustCompile(`^\+?[1-9][0-9]{6,14}$`)

// What a call says that nobody told what to say.
const (
	unreached  = "(nothing: the answer URL gave no document)"
	notAWord   = "(nothing: the document of the answer URL is not valid)"
	notAsked   = "(the answer URL was not asked)"
	maxCaller  = 50
	sessionFmt = "2006-01-02 15:04:05.000000"
)

func (s *Server) voice(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	var c call
	wrong := parse(r, body, &c)
	if wrong == "" {
		wrong = c.check()
	}
	if wrong != "" {
		s.Refuse("voice: " + wrong)
		return problem(http.StatusBadRequest, wrong+": "+string(body))
	}
	if refusal, refused := refuse(c.To, fault); refused {
		return refusal
	}
	id := uuid.NewString()
	said := speak{text: notAsked}
	if !s.options.Unasked {
		said = s.ask(&c, id)
	}
	s.Take(simulator.Message{
		Reference: id, ID: id, Channel: "voice", To: c.To, From: c.From, Text: said.text, Language: said.language, Parts: 1, At: time.Now(),
		Callback: c.HangupURL,
	})
	return answer(http.StatusCreated, map[string]string{"api_id": uuid.NewString(), "message": "call fired", "request_uuid": id})
}

// check says what is wrong with a call, or nothing.
func (c *call) check() string {
	switch {
	case !phone.MatchString(c.To):
		return "to is not one number in E.164"
	case !phone.MatchString(c.From):
		return "from is not a number in E.164"
	case !webAddress(c.AnswerURL):
		return "answer_url is missing or no address"
	case c.HangupURL != "" && !webAddress(c.HangupURL), c.FallbackURL != "" && !webAddress(c.FallbackURL):
		return "hangup_url or fallback_url is no address"
	case c.RingURL != "" && c.RingURL != c.HangupURL:
		return "ring_url is not hangup_url, which is the one address that the look-alike reports to"
	case utf8.RuneCountInString(c.CallerName) > maxCaller:
		return "caller_name is longer than 50 characters"
	case !positive(c.TimeLimit) || !positive(c.HangupOnRing) || !positive(c.RingTimeout):
		return "time_limit, hangup_on_ring or ring_timeout is not above 0"
	case !slices.Contains([]string{"", "true", "hangup"}, c.MachineDetection):
		return "machine_detection is neither true nor hangup"
	}
	for _, method := range []string{c.AnswerMethod, c.RingMethod, c.HangupMethod, c.FallbackMethod} {
		if method != "" && method != "POST" {
			return "a method is not POST, which is the one that the look-alike uses"
		}
	}
	return ""
}

func positive(value *int) bool { return value == nil || *value > 0 }

// ask asks the answer URL what to say, and the fallback URL where that gives no document.
func (s *Server) ask(c *call, id string) speak {
	form := callForm(id, c.From, c.To, "StartApp", "in-progress")
	form.Set("SessionStart", time.Now().UTC().Format(sessionFmt))
	for _, address := range []string{c.AnswerURL, c.FallbackURL} {
		if address == "" {
			continue
		}
		request, err := s.post(address, form, true)
		if err != nil {
			continue
		}
		document, err := s.Fetch(request)
		if err != nil || len(document) == 0 {
			continue
		}
		said, wrong := readDocument(document)
		if wrong != "" {
			s.Refuse("voice: " + wrong)
			return speak{text: notAWord}
		}
		return said
	}
	s.Refuse("voice: the answer URL gave no document")
	return speak{text: unreached}
}

// callForm is what every request about a call has in it.
func callForm(id, from, to, event, status string) url.Values {
	return url.Values{
		"From": {from}, "To": {to}, "RequestUUID": {id}, "ALegRequestUUID": {id}, "CallUUID": {id}, "ALegUUID": {id},
		"Direction": {"outbound"}, "Event": {event}, "CallStatus": {status}, "STIRAttestation": {"A"},
	}
}
