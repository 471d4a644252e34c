package worker

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/phonehook/phonehook/messaging"
)

// matcher is a Match without its channel, ready to be asked.
type matcher struct {
	countries []string // nil where every one fits
	prefixes  []string
	actions   []messaging.Action
	languages []string
	clients   []string
}

func newMatcher(m Match) matcher {
	compiled := matcher{prefixes: m.Prefixes, actions: m.Actions, clients: m.Clients}
	if !everyCountry(m.Countries) {
		compiled.countries = m.Countries
	}
	for _, tag := range m.Languages {
		// Doors write tags this way too.
		compiled.languages = append(compiled.languages, language.Make(tag).String())
	}
	return compiled
}

// everyCountry says whether a list of countries, of a Match or a Sender, fits all.
func everyCountry(countries []string) bool {
	return len(countries) == 0 || countries[0] == EveryCountry
}

// fits says whether all parts fit m.
func (x *matcher) fits(m *messaging.Message) bool {
	return x.fitsCountry(m) && x.fitsPrefix(m) && x.fitsAction(m) && x.fitsLanguage(m) && x.fitsClient(m)
}

func (x *matcher) fitsCountry(m *messaging.Message) bool {
	return x.countries == nil || slices.Contains(x.countries, m.Country)
}

func (x *matcher) fitsPrefix(m *messaging.Message) bool {
	return len(x.prefixes) == 0 || slices.ContainsFunc(x.prefixes, func(p string) bool { return strings.HasPrefix(m.To, p) })
}

func (x *matcher) fitsAction(m *messaging.Message) bool {
	return len(x.actions) == 0 || slices.Contains(x.actions, m.Action)
}

func (x *matcher) fitsLanguage(m *messaging.Message) bool {
	return len(x.languages) == 0 || slices.ContainsFunc(x.languages, func(of string) bool { return within(of, m.Language) })
}

// within says whether tag is the language or a special case of it: basic filtering, as
// RFC 4647, section 3.3.1, has it.
func within(language, tag string) bool {
	return len(tag) >= len(language) && strings.EqualFold(tag[:len(language)], language) &&
		(len(tag) == len(language) || tag[len(language)] == '-')
}

func (x *matcher) fitsClient(m *messaging.Message) bool {
	return len(x.clients) == 0 || m.Client != nil && slices.Contains(x.clients, m.Client.ID)
}

// misfit says, for people, which part does not fit m first, or "" where all do.
func (x *matcher) misfit(m *messaging.Message) string {
	switch {
	case !x.fitsCountry(m):
		return fmt.Sprintf("is for %s, and the number is %s", strings.Join(x.countries, ", "), ofCountry(m.Country))
	case !x.fitsPrefix(m):
		return "is for numbers that begin with " + strings.Join(x.prefixes, ", ")
	case !x.fitsAction(m):
		return "is for " + quoted("the action", x.actions, m.Action)
	case !x.fitsLanguage(m):
		return "is for " + quoted("the language", x.languages, m.Language)
	case !x.fitsClient(m):
		id := ""
		if m.Client != nil {
			id = m.Client.ID
		}
		return "is for " + quoted("the client", x.clients, id)
	}
	return ""
}

func ofCountry(country string) string {
	if country == "" {
		return "of no country"
	}
	return "of " + country
}

// quoted says what a part is for and what the message has of it.
func quoted[T ~string](what string, wanted []T, got T) string {
	words := make([]string, 0, len(wanted))
	for _, w := range wanted {
		words = append(words, string(w))
	}
	text := what + " " + strings.Join(words, ", ")
	if got == "" {
		return text + ", and the message has none"
	}
	return text + ", and the message has " + string(got)
}
