package worker

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// channels are the places of the channels in tables.
const channels = 2

func channelIndex(c messaging.Channel) int {
	if c == messaging.Voice {
		return 1
	}
	return 0
}

// tenant is a Tenant with its routes ready for every channel.
type tenant struct {
	name string
	stop bool // after an attempt that may have delivered the message
	// maxSegments is how many segments an SMS may need; 0 is any number.
	maxSegments int
	routes      [channels][]*route
	all         []*route
}

// route is a Route, ready to be followed.
type route struct {
	name    string
	tenant  string
	match   matcher
	steps   []step
	senders []Sender
	// fixed is the order of the candidates where chance has no part in it.
	fixed []candidate
	// messages counts those that went by the route.
	messages atomic.Uint64
}

// step is the members of a Step, whose weights are as many.
type step struct {
	members []candidate
	weights []int
}

// candidate is a provider that a route may try.
type candidate struct {
	name    string
	backend *backend
	// timeout bounds an attempt; 0 is no bound of the route's own.
	timeout time.Duration
	// hedge is how long it may go without an answer until the next begins; 0 is for
	// ever.
	hedge time.Duration
}

// newTenant prepares t, which is valid. A name that backends does not have gets no
// backend, which is enough for an explanation.
func newTenant(t *Tenant, backends map[string]*backend) *tenant {
	compiled := &tenant{name: t.Name, stop: t.AfterUnknown == StopAfterUnknown, maxSegments: t.MaxSegments}
	for i := range t.Routes {
		r := newRoute(t, i, backends)
		compiled.all = append(compiled.all, r)
		for _, channel := range []messaging.Channel{messaging.SMS, messaging.Voice} {
			if only := t.Routes[i].Match.Channel; only == "" || only == channel {
				compiled.routes[channelIndex(channel)] = append(compiled.routes[channelIndex(channel)], r)
			}
		}
	}
	return compiled
}

func newRoute(t *Tenant, i int, backends map[string]*backend) *route {
	source := &t.Routes[i]
	r := &route{name: routeName(t, i), tenant: t.Name, match: newMatcher(source.Match), senders: source.Senders}
	random := false
	for _, s := range source.steps() {
		compiled := newStep(&s, backends)
		random = random || len(compiled.members) > 1
		r.steps = append(r.steps, compiled)
		r.fixed = append(r.fixed, compiled.members...)
	}
	if random {
		r.fixed = nil
	}
	return r
}

func routeName(t *Tenant, i int) string {
	if name := t.Routes[i].Name; name != "" {
		return name
	}
	return item("routes", i)
}

func newStep(s *Step, backends map[string]*backend) step {
	c := candidate{}
	if s.AttemptTimeout != nil {
		c.timeout = s.AttemptTimeout.Std()
	}
	if s.HedgeAfter != nil {
		c.hedge = s.HedgeAfter.Std()
	}
	choices := s.Any
	if s.Provider != "" {
		choices = []Choice{{Provider: s.Provider, Weight: 1}}
	}
	var compiled step
	for _, choice := range choices {
		c.name, c.backend = choice.Provider, backends[choice.Provider]
		compiled.members = append(compiled.members, c)
		compiled.weights = append(compiled.weights, choice.Weight)
	}
	return compiled
}

// choose returns the first route that fits m, or nil.
func (t *tenant) choose(m *messaging.Message) *route {
	for _, r := range t.routes[channelIndex(m.Channel)] {
		if r.match.fits(m) {
			return r
		}
	}
	return nil
}

// order returns the candidates in the order in which they are to be tried. It must not
// be changed.
func (r *route) order() []candidate {
	if r.fixed != nil {
		return r.fixed
	}
	var all []candidate
	for i := range r.steps {
		all = r.steps[i].draw(all)
	}
	return all
}

// draw appends the members in an order of chance: each place goes to one of those left
// with the chance of its weight against the sum of theirs.
func (s *step) draw(all []candidate) []candidate {
	if len(s.members) == 1 {
		return append(all, s.members[0])
	}
	members, weights := slices.Clone(s.members), slices.Clone(s.weights)
	sum := 0
	for _, w := range weights {
		sum += w
	}
	for len(members) > 0 {
		ball := rand.IntN(sum) //nolint:gosec // it spreads load and guards nothing
		i := 0
		for ball >= weights[i] {
			ball -= weights[i]
			i++
		}
		all = append(all, members[i])
		sum -= weights[i]
		members, weights = slices.Delete(members, i, i+1), slices.Delete(weights, i, i+1)
	}
	return all
}

// sender returns whom m comes from: the first of the route's senders that fits, or else
// the one that its caller asked for. A call can come from a number alone, so for voice
// the other senders are passed over.
func (r *route) sender(m *messaging.Message) (from, service string) {
	for i := range r.senders {
		s := &r.senders[i]
		if m.Channel == messaging.Voice && !isNumber(s.Number) {
			continue
		}
		if everyCountry(s.Countries) || slices.Contains(s.Countries, m.Country) {
			return s.Number + s.Name, s.Service // a sender has one of the three
		}
	}
	return m.From, ""
}
