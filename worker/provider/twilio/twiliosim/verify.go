package twiliosim

import (
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The parameters of a verification that the look-alike knows.
const verifyParameters = "To Channel CustomCode Locale"

// maxPending is how many verifications are remembered; older ones have ended.
const maxPending = 10_000

var locale = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z]{2})?$`)

// magicVerify are the codes that recipients with a meaning are answered with; Verify has none for the
// others.
var magicVerify = map[simulator.Magic]string{
	simulator.InvalidNumber: "60200", simulator.NoRoute: "60410", simulator.CountryBarred: "60605", simulator.NotCapable: "60205",
	simulator.TooMany: "60203", simulator.NoCredit: "20005",
}

func (s *Server) verify(service string, form url.Values, fault *simulator.Fault) simulator.Answer {
	if wrong := checkVerification(form); wrong != (mistake{}) {
		wrong.reason = "verify: " + wrong.reason
		return s.refuse(wrong)
	}
	to := form.Get("To")
	if refused, ok := refusal(to, magicVerify, fault); ok {
		return refused
	}
	id, channel := newSID("VE"), "sms"
	if form.Get("Channel") == "call" {
		channel = "voice"
	}
	s.verifications.add(id)
	s.Take(simulator.Message{
		Reference: id, ID: id, Channel: channel, To: to, Text: "Your verification code is: " + form.Get("CustomCode"), Language: form.Get("Locale"), At: time.Now(),
	})
	return verification(http.StatusCreated, service, id, "pending")
}

// checkVerification says what is wrong with a verification, or nothing.
func checkVerification(form url.Values) mistake {
	length := utf8.RuneCountInString(form.Get("CustomCode"))
	switch {
	case unknown(form, verifyParameters):
		return mistake{"60200", "there is a parameter that the API does not have, or one twice"}
	case !number.MatchString(form.Get("To")):
		return mistake{"60200", "To is not a number in E.164"}
	case form.Get("Channel") != "sms" && form.Get("Channel") != "call":
		return mistake{"60200", "Channel is neither sms nor call"}
	case length < 4 || length > 10:
		return mistake{"60200", "CustomCode is not of 4 to 10 characters"}
	case form.Has("Locale") && !locale.MatchString(form.Get("Locale")):
		return mistake{"60200", "Locale is none"}
	}
	return mistake{}
}

// update ends a verification: approved or canceled.
func (s *Server) update(id string, form url.Values, fault *simulator.Fault) simulator.Answer {
	status := form.Get("Status")
	switch {
	case unknown(form, "Status") || status != "approved" && status != "canceled":
		return s.refuse(mistake{"60200", "feedback: Status is neither approved nor canceled"})
	case fault != nil && (fault.Kind == Refuse || fault.Kind == Throttle):
		refused, _ := refusal("", nil, fault)
		return refused
	case !s.verifications.end(id, status):
		return s.refuse(mistake{"20404", "feedback: there is no such verification, or it has ended"})
	}
	return verification(http.StatusOK, "", id, status)
}

// Outcomes returns what was told of verifications, by their ids.
func (s *Server) Outcomes() map[string]string { return s.verifications.outcomes() }

func verification(status int, service, id, state string) simulator.Answer {
	now := time.Now().UTC().Format(time.RFC3339)
	return answer(status, map[string]any{
		"sid": id, "service_sid": service, "status": state, "valid": state == "approved", "date_created": now, "date_updated": now, "lookup": map[string]any{},
		"amount": nil, "payee": nil, "sna": nil, "send_code_attempts": []any{map[string]string{"time": now, "attempt_sid": newSID("VL")}},
	})
}

// pending are the verifications that wait for their end, and the ends of those that have one. It is
// safe for concurrent use.
type pending struct {
	mu    sync.Mutex
	state map[string]string
	order []string
}

func (p *pending) add(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == nil {
		p.state = make(map[string]string)
	}
	if len(p.order) == maxPending {
		delete(p.state, p.order[0])
		p.order = p.order[1:]
	}
	p.state[id], p.order = "", append(p.order, id)
}

// end ends a verification and says whether it was under way.
func (p *pending) end(id, status string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	state, known := p.state[id]
	if !known || state != "" {
		return false
	}
	p.state[id] = status
	return true
}

func (p *pending) outcomes() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	ended := make(map[string]string)
	for id, state := range p.state {
		if state != "" {
			ended[id] = state
		}
	}
	return ended
}
