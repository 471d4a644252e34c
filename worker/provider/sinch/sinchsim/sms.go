package sinchsim

import (
	"crypto/subtle"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// batch is the body of POST /xms/v1/{service plan}/batches, as far as a code needs it. The pointers
// tell what is absent from what is empty.
type batch struct {
	From      *string  `json:"from"`
	To        []string `json:"to"`
	Body      *string  `json:"body"`
	Type      *string  `json:"type"`
	Report    *string  `json:"delivery_report"`
	Expires   *string  `json:"expire_at"`
	Callback  *string  `json:"callback_url"`
	Reference *string  `json:"client_reference"`
}

// The vendor's bounds.
const (
	maxText      = 1600
	maxValidity  = 3 * 24 * time.Hour
	maxReference = 2048
)

var (
	// sender is a number with or without its plus sign, a short code, or a name.
	sender = regexp.MustCompile(`^(\+?[1-9][0-9]{6,14}|[0-9]{3,6}|[A-Za-z0-9 .&_+-]{1,11})$`)
	// parameter is what the vendor puts a value in place of.
	parameter = regexp.MustCompile(`\$\{`)
)

func (s *Server) sms(r *http.Request, plan string, body []byte, fault *simulator.Fault) simulator.Answer {
	if !s.admits(r.Header.Get("Authorization"), plan) {
		s.Refuse("sms: the token or the service plan is wrong")
		return simulator.Answer{Status: http.StatusUnauthorized}
	}
	var b batch
	if wrong := parse(r, body, &b); wrong != "" {
		s.Refuse("sms: " + wrong)
		return problem("syntax_invalid_json", wrong)
	}
	if code, wrong := b.check(time.Now()); code != "" {
		s.Refuse("sms: " + wrong)
		return problem(code, wrong)
	}
	to := b.To[0]
	switch magic := simulator.MagicOf(to); {
	case magic == simulator.InvalidNumber:
		return problem("syntax_invalid_parameter_format", to)
	case magic == simulator.NotCapable:
		return problem("illegal_number_type", to)
	case magic == simulator.NoCredit:
		return problem("blocked_account", "")
	case magic == simulator.TooMany || fault != nil && fault.Kind == Throttle:
		return simulator.Answer{Status: http.StatusTooManyRequests}
	case fault != nil && fault.Kind == Refuse:
		return problem(fault.Code, *b.Body)
	}
	id := newID()
	s.Take(simulator.Message{
		Reference: orElse(text(b.Reference), id), ID: id, Channel: "sms", To: to, From: text(b.From), Text: *b.Body, Parts: parts(*b.Body),
		At: time.Now(), Callback: text(b.Callback),
	})
	now := time.Now().UTC().Format(timeForm)
	return answer(http.StatusCreated, map[string]any{
		"id": id, "to": b.To, "from": text(b.From), "canceled": false, "body": *b.Body, "type": "mt_text", "created_at": now, "modified_at": now,
		"delivery_report": *b.Report, "expire_at": *b.Expires, "flash_message": false, "client_reference": text(b.Reference),
	})
}

// admits says whether a token lets in to a service plan.
func (s *Server) admits(header, plan string) bool {
	token, ok := strings.CutPrefix(header, "Bearer ")
	switch {
	case !ok || token == "" || plan == "":
		return false
	case s.options.APIToken == "":
		return true
	}
	return plan == s.options.ServicePlanID && subtle.ConstantTimeCompare([]byte(token), []byte(s.options.APIToken)) == 1
}

// check returns the code and the reason of what is wrong with a batch, or nothing.
func (b *batch) check(now time.Time) (code, reason string) {
	const form, constraint = "syntax_invalid_parameter_format", "syntax_constraint_violation"
	switch {
	case len(b.To) != 1:
		return constraint, "there is not one recipient"
	case !number.MatchString(b.To[0]):
		return form, "the recipient is not a number with its plus sign"
	case b.From != nil && !sender.MatchString(*b.From):
		return form, "from is neither a number, nor a short code, nor a name of up to 11 characters"
	case text(b.Body) == "":
		return constraint, "body is missing"
	case utf8.RuneCountInString(*b.Body) > maxText:
		return constraint, "body is longer than 1,600 characters"
	case parameter.MatchString(*b.Body):
		return constraint, "body has a parameter that has no value"
	case text(b.Type) != "mt_text":
		return constraint, "type is not mt_text"
	case b.Reference != nil && utf8.RuneCountInString(*b.Reference) > maxReference:
		return constraint, "client_reference is too long"
	}
	if reason := b.checkExpiry(now); reason != "" {
		return form, reason
	}
	return b.checkReport()
}

// checkExpiry refuses also a batch without a time, which the vendor keeps for three days: a code is
// of no use for so long.
func (b *batch) checkExpiry(now time.Time) string {
	expires, err := time.Parse(time.RFC3339, text(b.Expires))
	switch {
	case err != nil:
		return "expire_at is not a time"
	case !expires.After(now.Add(-time.Second)):
		return "expire_at is past"
	case expires.After(now.Add(maxValidity + time.Minute)):
		return "expire_at is more than three days ahead"
	}
	return ""
}

func (b *batch) checkReport() (code, reason string) {
	switch report := text(b.Report); {
	case report != "none" && report != "per_recipient":
		return "syntax_constraint_violation", "delivery_report is neither none nor per_recipient"
	case report == "none" && b.Callback != nil:
		return "syntax_constraint_violation", "there is an address for reports, and none is asked for"
	case report != "none" && b.Callback == nil:
		return "missing_callback_url", "reports are asked for, and there is no address for them"
	case b.Callback != nil && !webAddress(*b.Callback):
		return "syntax_invalid_parameter_format", "callback_url is no address"
	}
	return "", ""
}

// The characters of GSM 03.38. Those of the extended table count twice.
const (
	standard = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	extended = "^{}\\[~]|€"
)

// parts returns how many SMS a text is sent as. No character is split.
func parts(body string) int {
	whole, part, width := 160, 153, septets
	if strings.IndexFunc(body, func(r rune) bool { return !strings.ContainsRune(standard+extended, r) }) >= 0 {
		whole, part, width = 70, 67, utf16.RuneLen
	}
	total, count, room := 0, 1, part
	for _, r := range body {
		w := max(width(r), 1)
		total += w
		if w > room {
			count, room = count+1, part
		}
		room -= w
	}
	if total <= whole {
		return 1
	}
	return count
}

func septets(r rune) int {
	if strings.ContainsRune(extended, r) {
		return 2
	}
	return 1
}

// text returns a string that may be absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
