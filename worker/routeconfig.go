package worker

import (
	"time"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging"
)

// EveryCountry in Match.Countries stands for all of them, and for the numbers of none.
const EveryCountry = "*"

// MaxAttempt is the longest that an attempt can be allowed: no caller waits longer.
const MaxAttempt = 20 * time.Second

// Route is which messages go by it, and the providers that try them in turn.
type Route struct {
	// Name is what logs, health and explanations call it; absent means its place,
	// such as routes[0].
	Name  string `yaml:"name"`
	Match Match  `yaml:"match"`
	// Steps are tried in this order. Providers is short for a step for each of them
	// without anything else; a route has the one or the other.
	Steps     []Step   `yaml:"steps"`
	Providers []string `yaml:"providers"`
	// Senders are looked through in order, and the first that fits is the message's
	// sender, in place of the one that its caller asked for.
	Senders []Sender `yaml:"senders"`
}

// Match is which messages a route is for: those that fit every part. A part that is
// absent fits all.
type Match struct {
	Channel messaging.Channel `yaml:"channel"`
	// Countries are ISO 3166-1 alpha-2 codes in capitals, or EveryCountry alone.
	Countries []string `yaml:"countries"`
	// Prefixes are what a number begins with, in E.164 with the plus sign.
	Prefixes []string           `yaml:"prefixes"`
	Actions  []messaging.Action `yaml:"actions"`
	// Languages are BCP 47 tags. Each fits itself and what is more special: en fits
	// en-GB, and en-GB does not fit en.
	Languages []string `yaml:"languages"`
	// Clients are the ids of the applications that people sign in to.
	Clients []string `yaml:"clients"`
}

// Step is one provider, or a group of which one begins and the others follow.
type Step struct {
	// Provider and Any exclude each other.
	Provider string `yaml:"provider"`
	// Any is tried in an order that is drawn anew for each message.
	Any []Choice `yaml:"any"`
	// AttemptTimeout bounds an attempt of the step, besides its share of the time
	// that is left; absent means by that share alone.
	AttemptTimeout *configs.Duration `yaml:"attempt_timeout"`
	// HedgeAfter is how long an attempt of the step may go without an answer until
	// the next provider begins beside it; absent means until it fails. The message can
	// be delivered twice.
	HedgeAfter *configs.Duration `yaml:"hedge_after"`
}

// Choice is a member of a group.
type Choice struct {
	Provider string `yaml:"provider"`
	// Weight is its chance to be drawn, against the sum of the others' that are left.
	Weight int `yaml:"weight"`
}

// Sender is whom messages to some countries come from. It has one of Number, Name and
// Service.
type Sender struct {
	// Countries are as in Match; absent means every one.
	Countries []string `yaml:"countries"`
	// Number is a number in E.164, or a short code. Calls come from the former alone.
	Number string `yaml:"number"`
	// Name is up to 11 letters, digits and blanks. It sends no calls.
	Name string `yaml:"name"`
	// Service is the vendor's name for a pool of senders, for a provider that has
	// them. It sends no calls.
	Service string `yaml:"service"`
}

// choosesNumbers says whether some numbers fit and others don't.
func (m *Match) choosesNumbers() bool {
	return len(m.Prefixes) > 0 || len(m.Countries) > 0 && m.Countries[0] != EveryCountry
}

// overlaps says whether there is a channel that both are for.
func (m *Match) overlaps(other *Match) bool {
	return m.Channel == "" || other.Channel == "" || m.Channel == other.Channel
}

// steps returns the route's steps, whichever way they are written.
func (r *Route) steps() []Step {
	if len(r.Providers) == 0 {
		return r.Steps
	}
	steps := make([]Step, 0, len(r.Providers))
	for _, name := range r.Providers {
		steps = append(steps, Step{Provider: name})
	}
	return steps
}

// use is a provider's name at its place in a route.
type use struct{ place, name string }

// uses returns the providers that the route names.
func (r *Route) uses() []use {
	var all []use
	for i, name := range r.Providers {
		all = append(all, use{item("providers", i), name})
	}
	for i := range r.Steps {
		step, place := &r.Steps[i], item("steps", i)
		if step.Provider != "" {
			all = append(all, use{place + ".provider", step.Provider})
		}
		for j, choice := range step.Any {
			all = append(all, use{place + "." + item("any", j) + ".provider", choice.Provider})
		}
	}
	return all
}
