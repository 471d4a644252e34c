package worker

import (
	"fmt"
	"strings"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// Explanation is how a configuration would have a message delivered.
type Explanation struct {
	// Entry is the name of the tenant's entry that decides: its own or EveryTenant.
	// It is empty where there is none, and nothing else is there then.
	Entry string
	// Routes are the entry's, in their order, and Taken is the place of the one that
	// takes the message, or -1 where it is blocked.
	Routes []RouteExplanation
	Taken  int
	// Steps and Sender belong to the route that is taken.
	Steps []StepExplanation
	// Sender is whom the message comes from, in words.
	Sender string
	// Stop says that an attempt which may have delivered the message is the last.
	Stop bool
}

// RouteExplanation says why a route is taken or skipped.
type RouteExplanation struct {
	Name string
	// Skipped says why it is, in words that follow its name; empty where it is taken.
	Skipped string
}

// StepExplanation is a step of the route.
type StepExplanation struct {
	// Providers are one, or the members of a group with their weights.
	Providers []Choice
	// AttemptTimeout and HedgeAfter are zero where the route sets none.
	AttemptTimeout, HedgeAfter time.Duration
}

// Explain says how cfg, which is valid, would have m delivered. It looks at the tenant,
// the channel, the number with its country, the action, the language, the client and the
// sender.
func Explain(cfg Config, m messaging.Message) Explanation {
	entry := cfg.entry(m.Tenant)
	if entry == nil {
		return Explanation{Taken: -1}
	}
	e := Explanation{Entry: entry.Name, Taken: -1, Stop: entry.AfterUnknown == StopAfterUnknown}
	for i := range entry.Routes {
		r := newRoute(entry, i, nil)
		skipped := r.match.misfit(&m)
		if only := entry.Routes[i].Match.Channel; only != "" && only != m.Channel {
			skipped = fmt.Sprintf("is for %s", only)
		}
		switch {
		case skipped != "":
		case e.Taken < 0:
			e.Taken, e.Steps, e.Sender = i, explainSteps(r), explainSender(r, &m)
		default:
			skipped = "fits as well, but comes after " + e.Routes[e.Taken].Name
		}
		e.Routes = append(e.Routes, RouteExplanation{r.name, skipped})
	}
	return e
}

func explainSteps(r *route) []StepExplanation {
	steps := make([]StepExplanation, 0, len(r.steps))
	for _, s := range r.steps {
		first := s.members[0]
		explained := StepExplanation{AttemptTimeout: first.timeout, HedgeAfter: first.hedge}
		for i, member := range s.members {
			explained.Providers = append(explained.Providers, Choice{Provider: member.name, Weight: s.weights[i]})
		}
		steps = append(steps, explained)
	}
	return steps
}

func explainSender(r *route, m *messaging.Message) string {
	asked := *m
	asked.From = ""
	from, service := r.sender(&asked)
	switch {
	case service != "":
		return "messaging service " + service
	case from != "":
		return from
	case m.From != "":
		return m.From + ", which the caller asks for"
	}
	return "the provider's own, unless the caller asks for another"
}

// Countries says, in words, which countries a channel of the tenant serves: what its
// routes name, or "every country". It is empty where no route is for the channel.
func (t *Tenant) Countries(channel messaging.Channel) string {
	var named []string
	seen := make(map[string]bool)
	prefixes := 0
	for i := range t.Routes {
		match := &t.Routes[i].Match
		if match.Channel != "" && match.Channel != channel {
			continue
		}
		if everyCountry(match.Countries) && len(match.Prefixes) == 0 {
			return "every country"
		}
		if everyCountry(match.Countries) {
			prefixes += len(match.Prefixes)
			continue
		}
		for _, country := range match.Countries {
			if !seen[country] {
				seen[country] = true
				named = append(named, country)
			}
		}
	}
	switch {
	case prefixes == 1:
		named = append(named, "1 prefix")
	case prefixes > 1:
		named = append(named, fmt.Sprintf("%d prefixes", prefixes))
	}
	return strings.Join(named, ", ")
}
