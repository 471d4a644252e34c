package messagebirdsim

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// call is the body of POST /voicemessages.
type call struct {
	common

	Language       *string `json:"language"`
	Voice          *string `json:"voice"`
	Repeat         *int    `json:"repeat"`
	IfMachine      *string `json:"ifMachine"`
	MachineTimeout *int    `json:"machineTimeout"`
}

// The vendor's bounds, in characters and times.
const (
	maxSpoken = 1000
	maxRepeat = 10
)

// languages are those of developers.messagebird.com/docs/voice-messaging.
var languages = strings.Fields(`cy-gb da-dk de-de el-gr en-au en-gb en-gb-wls en-in en-us es-es es-mx es-us fr-ca fr-fr id-id is-is it-it
	ja-jp ko-kr ms-my nb-no nl-nl pl-pl pt-br pt-pt ro-ro ru-ru sv-se ta-in th-th tr-tr vi-vn zh-cn zh-hk`)

func (s *Server) voice(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	var c call
	wrong := parse(r, body, &c)
	if wrong == (mistake{}) {
		wrong = c.check()
	}
	if wrong != (mistake{}) {
		s.Refuse("voice: " + wrong.reason)
		return problem(wrong.code, wrong.parameter)
	}
	if answered, ok := magic(c.Recipients[0]); ok {
		return answered
	}
	if refusal, refused := refuse(fault); refused {
		return refusal
	}
	id := newID()
	if fault != nil && fault.Kind == Inside {
		return answer(http.StatusCreated, c.object(id, "failed"))
	}
	s.Take(simulator.Message{
		Reference: orElse(text(c.Reference), id), ID: id, Channel: "voice", To: c.Recipients[0], From: *c.Originator, Text: *c.Body,
		Language: c.language(), Parts: 1, At: time.Now(), Callback: text(c.ReportURL),
	})
	return answer(http.StatusCreated, c.object(id, "calling"))
}

// check says what is wrong with a call, or nothing.
func (c *call) check() mistake {
	if wrong := c.common.check(); wrong != (mistake{}) {
		return wrong
	}
	switch {
	case !number.MatchString(*c.Originator):
		return mistake{"10", "originator", "originator is not a number without a plus sign"}
	case utf8.RuneCountInString(*c.Body) > maxSpoken:
		return mistake{"10", "body", "body is longer than 1,000 characters"}
	case !slices.Contains(languages, c.language()):
		return mistake{"10", "language", "language is none of the vendor's"}
	case c.Voice != nil && *c.Voice != "male" && *c.Voice != "female":
		return mistake{"10", "voice", "voice is neither male nor female"}
	case c.Repeat != nil && (*c.Repeat < 1 || *c.Repeat > maxRepeat):
		return mistake{"10", "repeat", "repeat is not from 1 to 10"}
	case text(c.IfMachine) != "continue":
		return mistake{"10", "ifMachine", "ifMachine is not continue, so that a person would hear nothing at first"}
	case c.MachineTimeout != nil:
		return mistake{"10", "machineTimeout", "there is a machineTimeout and nothing listens for a machine"}
	}
	return mistake{}
}

func (c *call) language() string { return orElse(text(c.Language), "en-gb") }

// object is a call as the vendor shows it.
func (c *call) object(id, status string) map[string]any {
	repeat := 1
	if c.Repeat != nil {
		repeat = *c.Repeat
	}
	shown := c.common.object(id, voicePath, map[string]any{"status": status})
	shown["language"], shown["voice"], shown["repeat"], shown["ifMachine"] = c.language(), orElse(text(c.Voice), "female"), repeat, *c.IfMachine
	return shown
}
