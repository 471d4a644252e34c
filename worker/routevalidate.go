package worker

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging"
)

const (
	// maxRouteName bounds a route's name, which is a label in logs and metrics.
	maxRouteName = 63
	// maxWeight is enough to send one message in a million elsewhere, and keeps a sum
	// of weights far from any overflow.
	maxWeight = 1_000_000
	// maxPrefix is the length of the longest number, with its plus sign.
	maxPrefix = 16
)

// knownActions are those that a door can give a message.
var knownActions = []messaging.Action{
	messaging.Enrollment, messaging.SecondFactor, messaging.Passwordless,
	messaging.BlockedAccount, messaging.ChangePassword, messaging.PasswordBreach,
}

func (r *Route) validate() error {
	complaints := []error{configs.Within("match", r.Match.validate())}
	if len(r.Name) > maxRouteName || strings.Trim(r.Name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		complaints = append(complaints, configs.Complain("name",
			"%q is not 1 to %d lower-case letters, digits, hyphens and underscores", r.Name, maxRouteName))
	}
	switch {
	case len(r.Steps) > 0 && len(r.Providers) > 0:
		complaints = append(complaints, configs.Complain("providers", "is short for steps, which the route has too; keep one of them"))
	case len(r.Steps) == 0 && len(r.Providers) == 0:
		complaints = append(complaints, configs.Complain("steps", "is missing; a route needs steps, or providers for short"))
	}
	for i := range r.Steps {
		last := i == len(r.Steps)-1
		complaints = append(complaints, configs.Within(item("steps", i), r.Steps[i].validate(last)))
	}
	seen := make(map[string]bool)
	for _, u := range r.uses() {
		if seen[u.name] && u.name != "" {
			complaints = append(complaints, configs.Complain(u.place, "%q is already in this route", u.name))
		}
		seen[u.name] = true
	}
	for i := range r.Senders {
		complaints = append(complaints, configs.Within(item("senders", i), r.Senders[i].validate(r.Match.Channel)))
	}
	return errors.Join(complaints...)
}

func (m *Match) validate() error {
	var complaints []error
	if m.Channel != "" && m.Channel != messaging.SMS && m.Channel != messaging.Voice {
		complaints = append(complaints, configs.Complain("channel", "%q is neither sms nor voice; leave it out for every channel", m.Channel))
	}
	complaints = append(complaints, validateCountries(m.Countries))
	for i, prefix := range m.Prefixes {
		digits, plus := strings.CutPrefix(prefix, "+")
		if !plus || digits == "" || digits[0] == '0' || len(prefix) > maxPrefix || !isDigits(digits) {
			complaints = append(complaints, configs.Complain(item("prefixes", i), `%q is not a plus sign and the first digits of a number, such as "+4477"`, prefix))
		}
	}
	for i, action := range m.Actions {
		if !slices.Contains(knownActions, action) {
			complaints = append(complaints, configs.Complain(item("actions", i), "%q is none of %s", action, joined(knownActions)))
		}
	}
	for i, tag := range m.Languages {
		if parsed, err := language.Parse(tag); err != nil || parsed == language.Und {
			complaints = append(complaints, configs.Complain(item("languages", i), "%q is not a language tag, such as en or pt-BR", tag))
		}
	}
	if i := slices.Index(m.Clients, ""); i >= 0 {
		complaints = append(complaints, configs.Complain(item("clients", i), "is empty; give the application's client_id"))
	}
	return errors.Join(complaints...)
}

func validateCountries(countries []string) error {
	var complaints []error
	for i, country := range countries {
		place := item("countries", i)
		switch {
		case country == EveryCountry && len(countries) > 1:
			complaints = append(complaints, configs.Complain(place, `"*" stands for every country; keep it alone, or leave it out`))
		case country != EveryCountry && !isCountry(country):
			complaints = append(complaints, configs.Complain(place, "%q is no country's code of two capital letters, such as GB (ISO 3166-1)", country))
		}
	}
	return errors.Join(complaints...)
}

func (s *Step) validate(last bool) error {
	var complaints []error
	switch {
	case s.Provider != "" && len(s.Any) > 0:
		complaints = append(complaints, configs.Complain("any", "is there beside provider; keep one of them"))
	case s.Provider == "" && len(s.Any) == 0:
		complaints = append(complaints, configs.Complain("provider", "is missing; a step needs a provider, or a group of them as any"))
	}
	for i, choice := range s.Any {
		if choice.Provider == "" {
			complaints = append(complaints, configs.Complain(item("any", i)+".provider", "is missing"))
		}
		if choice.Weight < 1 || choice.Weight > maxWeight {
			complaints = append(complaints, configs.Complain(item("any", i)+".weight",
				"is %d; it must be from 1 to %d: this provider's chance to begin, against the others' weights", choice.Weight, maxWeight))
		}
	}
	limit := MaxAttempt
	if s.AttemptTimeout != nil {
		limit = s.AttemptTimeout.Std()
		if limit < leastAttempt || limit > MaxAttempt {
			complaints = append(complaints, configs.Complain("attempt_timeout", "is %v, which leaves an attempt no time to succeed or is longer than any caller waits; it must be from %v to %v", limit, leastAttempt, MaxAttempt))
		}
	}
	if s.HedgeAfter == nil {
		return errors.Join(complaints...)
	}
	switch after := s.HedgeAfter.Std(); {
	case after <= 0 || after >= MaxAttempt:
		complaints = append(complaints, configs.Complain("hedge_after", "is %v; it must be more than 0s and less than %v, or absent for no hedging", after, MaxAttempt))
	case after >= limit:
		complaints = append(complaints, configs.Complain("hedge_after", "is %v, when the attempt is over already: attempt_timeout is %v", after, limit))
	case last && len(s.Any) < 2:
		complaints = append(complaints, configs.Complain("hedge_after", "has no provider after this one to hedge with; add a step, or leave it out"))
	}
	return errors.Join(complaints...)
}

func (s *Sender) validate(channel messaging.Channel) error {
	complaints := []error{validateCountries(s.Countries)}
	given := 0
	for _, value := range []string{s.Number, s.Name, s.Service} {
		if value != "" {
			given++
		}
	}
	if given != 1 {
		complaints = append(complaints, configs.Complain("", "has %d of number, name and service; a sender is exactly one of them", given))
	}
	if s.Number != "" && !isNumber(s.Number) && !isShortCode(s.Number) {
		complaints = append(complaints, configs.Complain("number", `%q is neither a number with its plus sign and country code, such as "+15550100123", nor a short code of 3 to 8 digits`, s.Number))
	}
	if s.Name != "" && !isSenderName(s.Name) {
		complaints = append(complaints, configs.Complain("name", "%q is not 1 to %d letters, digits and blanks with a letter among them", s.Name, maxSenderName))
	}
	if channel == messaging.Voice && (s.Name != "" || s.Service != "" || isShortCode(s.Number)) {
		complaints = append(complaints, configs.Complain("", "sends no calls, and the route is for voice alone; a call comes from a number in E.164"))
	}
	return errors.Join(complaints...)
}

// isCountry says whether code is a country's, by the registry of language tags, which
// follows ISO 3166-1. It tells GB from UK, which no number has.
func isCountry(code string) bool {
	region, err := language.ParseRegion(code)
	return err == nil && region.String() == code && region.IsCountry() && region.Canonicalize() == region
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// isNumber checks for E.164, whose shortest numbers have 7 digits.
func isNumber(s string) bool {
	digits, plus := strings.CutPrefix(s, "+")
	return plus && len(digits) >= 7 && len(digits) <= 15 && digits[0] != '0' && isDigits(digits)
}

// isShortCode checks for a number that only a country's own phones know; none is longer
// than 8 digits.
func isShortCode(s string) bool { return len(s) >= 3 && len(s) <= 8 && isDigits(s) }

// maxSenderName is how many characters the address of a sender has room for that is no
// number (3GPP TS 23.040, section 9.1.2.5).
const maxSenderName = 11

// isSenderName allows what vendors share. Of digits alone it would be a number.
func isSenderName(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return len(s) <= maxSenderName && strings.Trim(s, letters+"0123456789 ") == "" &&
		strings.ContainsAny(s, letters) && strings.TrimSpace(s) == s
}

func joined(actions []messaging.Action) string {
	words := make([]string, 0, len(actions))
	for _, action := range actions {
		words = append(words, string(action))
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
