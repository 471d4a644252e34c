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
	"github.com/phonehook/phonehook/worker/provider/aws"
	"github.com/phonehook/phonehook/worker/provider/esendex"
	"github.com/phonehook/phonehook/worker/provider/inbox"
	"github.com/phonehook/phonehook/worker/provider/infobip"
	"github.com/phonehook/phonehook/worker/provider/messagebird"
	"github.com/phonehook/phonehook/worker/provider/mitto"
	"github.com/phonehook/phonehook/worker/provider/plivo"
	"github.com/phonehook/phonehook/worker/provider/sinch"
	"github.com/phonehook/phonehook/worker/provider/telesign"
	"github.com/phonehook/phonehook/worker/provider/telnyx"
	"github.com/phonehook/phonehook/worker/provider/twilio"
	"github.com/phonehook/phonehook/worker/provider/vonage"
	"github.com/phonehook/phonehook/worker/provider/webhook"
)

// Entry is one of the providers in a worker's file: a name and exactly one section,
// whose key says which kind of provider it is. One kind can have many entries.
type Entry struct {
	Name string `yaml:"name"`
	// Limits are what the account allows, at most one for each channel and one for
	// all together.
	Limits []provider.Limit `yaml:"limits"`

	AWS         *aws.Config         `yaml:"aws"`
	Esendex     *esendex.Config     `yaml:"esendex"`
	Inbox       *inbox.Config       `yaml:"inbox"`
	Infobip     *infobip.Config     `yaml:"infobip"`
	MessageBird *messagebird.Config `yaml:"messagebird"`
	Mitto       *mitto.Config       `yaml:"mitto"`
	Sinch       *sinch.Config       `yaml:"sinch"`
	Plivo       *plivo.Config       `yaml:"plivo"`
	TeleSign    *telesign.Config    `yaml:"telesign"`
	Telnyx      *telnyx.Config      `yaml:"telnyx"`
	Twilio      *twilio.Config      `yaml:"twilio"`
	Vonage      *vonage.Config      `yaml:"vonage"`
	Webhook     *webhook.Config     `yaml:"webhook"`
}

// kind is a kind of provider.
type kind struct {
	key   string
	facts provider.Facts
	// section returns what an entry has of this kind, or false.
	section func(e *Entry) (section, bool)
}

// section is what an entry has of one kind.
type section struct {
	key    string
	config configs.Validator
	create func(account provider.Account) (provider.Provider, error)
}

// of makes a kind of its key, its facts, its place in an entry and its constructor.
func of[C any, P interface {
	*C
	configs.Validator
}, T provider.Provider](key string, facts provider.Facts, place func(e *Entry) P, create func(C, provider.Account) (T, error)) kind {
	return kind{key: key, facts: facts, section: func(e *Entry) (section, bool) {
		config := place(e)
		if config == nil {
			return section{}, false
		}
		return section{key, config, func(account provider.Account) (provider.Provider, error) {
			made, err := create(*config, account)
			if err != nil {
				return nil, err // and not a provider that is a nil of its type
			}
			return made, nil
		}}, true
	}}
}

// kinds are all that there are, in the order of the documentation.
var kinds = []kind{
	of("vonage", vonage.Facts, func(e *Entry) *vonage.Config { return e.Vonage }, vonage.New),
	of("twilio", twilio.Facts, func(e *Entry) *twilio.Config { return e.Twilio }, twilio.New),
	of("aws", aws.Facts, func(e *Entry) *aws.Config { return e.AWS }, aws.New),
	of("infobip", infobip.Facts, func(e *Entry) *infobip.Config { return e.Infobip }, infobip.New),
	of("mitto", mitto.Facts, func(e *Entry) *mitto.Config { return e.Mitto }, mitto.New),
	of("telesign", telesign.Facts, func(e *Entry) *telesign.Config { return e.TeleSign }, telesign.New),
	of("esendex", esendex.Facts, func(e *Entry) *esendex.Config { return e.Esendex }, esendex.New),
	of("sinch", sinch.Facts, func(e *Entry) *sinch.Config { return e.Sinch }, sinch.New),
	of("plivo", plivo.Facts, func(e *Entry) *plivo.Config { return e.Plivo }, plivo.New),
	of("telnyx", telnyx.Facts, func(e *Entry) *telnyx.Config { return e.Telnyx }, telnyx.New),
	of("messagebird", messagebird.Facts, func(e *Entry) *messagebird.Config { return e.MessageBird }, messagebird.New),
	of("webhook", webhook.Facts, func(e *Entry) *webhook.Config { return e.Webhook }, webhook.New),
	of("inbox", inbox.Facts, func(e *Entry) *inbox.Config { return e.Inbox }, inbox.Open),
}

// Vendor is what the documentation says of a kind of provider.
type Vendor struct {
	// Key is that of the section in a worker's file.
	Key string
	provider.Facts
}

// Vendors returns all kinds that there are.
func Vendors() []Vendor {
	vendors := make([]Vendor, len(kinds))
	for i, k := range kinds {
		vendors[i] = Vendor{k.key, k.facts}
	}
	return vendors
}

// sections returns those that e has.
func (e *Entry) sections() []section {
	var found []section
	for _, k := range kinds {
		if s, ok := k.section(e); ok {
			found = append(found, s)
		}
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

// HasInbox says whether one of them keeps messages instead of sending them.
func (es Entries) HasInbox() bool {
	for _, e := range es {
		if e.Inbox != nil {
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
