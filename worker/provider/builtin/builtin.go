// Package builtin is the list of the providers that phonehook is built with. A new
// one has its lines here and nowhere else.
package builtin

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/inbox"
	"github.com/phonehook/phonehook/worker/provider/vonage"
)

// Entry is one of the providers in a worker's file: a name and exactly one section,
// whose key says which kind of provider it is. One kind can have many entries.
type Entry struct {
	Name string `yaml:"name"`
	// Limits are what the account allows, at most one for each channel and one for
	// all together.
	Limits []provider.Limit `yaml:"limits"`

	Inbox  *inbox.Config  `yaml:"inbox"`
	Vonage *vonage.Config `yaml:"vonage"`
}

// section is a kind of provider as an entry has it.
type section struct {
	key    string
	config configs.Validator
	create func(account provider.Account) (provider.Provider, error)
}

// sections returns those that e has.
func (e *Entry) sections() []section {
	var found []section
	if c := e.Inbox; c != nil {
		found = append(found, section{"inbox", c, func(provider.Account) (provider.Provider, error) { return inbox.New(e.Name, *c), nil }})
	}
	if c := e.Vonage; c != nil {
		found = append(found, section{"vonage", c, func(provider.Account) (provider.Provider, error) { return vonage.New(*c) }})
	}
	return found
}

// maxName bounds a provider's name, which is a label in logs and metrics.
const maxName = 63

// Entries are the list `providers` of a worker's file.
type Entries []Entry

// Validate implements configs.Validator. It reads no file: New does.
func (es Entries) Validate() error {
	if len(es) == 0 {
		return configs.Complain("", "is empty; a worker needs at least one provider")
	}
	var complaints []error
	first := make(map[string]int)
	for i := range es {
		e := &es[i]
		place := fmt.Sprintf("[%d]", i)
		if earlier, ok := first[e.Name]; ok && e.Name != "" {
			complaints = append(complaints, configs.Complain(place+".name", "%q is already providers[%d]", e.Name, earlier))
		} else {
			first[e.Name] = i
		}
		complaints = append(complaints, configs.Within(place, e.validate()))
	}
	return errors.Join(complaints...)
}

func (e *Entry) validate() error {
	var complaints []error
	if e.Name == "" || len(e.Name) > maxName || strings.Trim(e.Name, nameCharacters) != "" {
		complaints = append(complaints, configs.Complain("name",
			"%q is not 1 to %d lower-case letters, digits, hyphens and underscores", e.Name, maxName))
	}
	complaints = append(complaints, e.validateLimits())
	sections := e.sections()
	if len(sections) != 1 {
		complaints = append(complaints, configs.Complain("",
			"has %d sections of providers; it needs exactly one, such as vonage: {…} or inbox: {}", len(sections)))
	}
	for _, s := range sections {
		complaints = append(complaints, configs.Within(s.key, s.config.Validate()))
	}
	return errors.Join(complaints...)
}

func (e *Entry) validateLimits() error {
	var complaints []error
	first := make(map[provider.Channel]int)
	for i, l := range e.Limits {
		place := fmt.Sprintf("limits[%d]", i)
		if l.Channel != "" && l.Channel != provider.SMS && l.Channel != provider.Voice {
			complaints = append(complaints, configs.Complain(place+".channel", "%q is neither sms nor voice; leave it out for all together", l.Channel))
		}
		if earlier, ok := first[l.Channel]; ok {
			complaints = append(complaints, configs.Complain(place, "is for the same channel as limits[%d]; put them together", earlier))
		} else {
			first[l.Channel] = i
		}
		if l.PerSecond < 0 || math.IsNaN(l.PerSecond) || math.IsInf(l.PerSecond, 0) {
			complaints = append(complaints, configs.Complain(place+".per_second", "must be a number above zero, or absent for no limit"))
		}
		if l.InFlight < 0 {
			complaints = append(complaints, configs.Complain(place+".in_flight", "must be a whole number above zero, or absent for no limit"))
		}
		if l.PerSecond == 0 && l.InFlight == 0 {
			complaints = append(complaints, configs.Complain(place, "limits nothing; give per_second or in_flight"))
		}
	}
	return errors.Join(complaints...)
}

const nameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-_"

// Has says whether a provider has this name.
func (es Entries) Has(name string) bool {
	for _, e := range es {
		if e.Name == name {
			return true
		}
	}
	return false
}

// Limits returns the limits of the entries by name.
func (es Entries) Limits() map[string][]provider.Limit {
	limits := make(map[string][]provider.Limit)
	for _, e := range es {
		if len(e.Limits) > 0 {
			limits[e.Name] = e.Limits
		}
	}
	return limits
}

// Kinds returns what kind of provider each entry is, by name.
func (es Entries) Kinds() map[string]string {
	kinds := make(map[string]string, len(es))
	for i := range es {
		for _, s := range es[i].sections() {
			kinds[es[i].Name] = s.key
		}
	}
	return kinds
}

// New returns the providers of the entries by name. Secrets that stand in files of
// their own are read now, and nothing is connected to. The addresses are those at which vendors
// call phonehook back; nil has none do it.
func New(entries Entries, addresses *provider.Addresses) (map[string]provider.Provider, error) {
	if err := entries.Validate(); err != nil {
		return nil, configs.Within("providers", err)
	}
	var complaints []error
	providers := make(map[string]provider.Provider, len(entries))
	for i := range entries {
		s := entries[i].sections()[0]
		p, err := s.create(provider.Account{Kind: s.key, Name: entries[i].Name, Addresses: addresses})
		complaints = append(complaints, configs.Within(fmt.Sprintf("providers[%d].%s", i, s.key), err))
		providers[entries[i].Name] = p
	}
	if err := errors.Join(complaints...); err != nil {
		return nil, err
	}
	return providers, nil
}
