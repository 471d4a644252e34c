package worker

import (
	"time"

	"github.com/sony/gobreaker/v2"
)

// Health is what a worker knows of its providers and routes. Counters are totals since
// it began.
type Health struct {
	// Providers are those that were tried, for each channel and country.
	Providers []ProviderHealth `json:"providers"`
	Routes    []RouteHealth    `json:"routes"`
	// Blocked counts the messages that no route was for.
	Blocked uint64 `json:"blocked"`
	// AfterUnknown counts the attempts that began although an earlier one, or one
	// under way, may have delivered their message: each may be a duplicate.
	AfterUnknown uint64 `json:"after_unknown"`
}

// ProviderHealth is one circuit: a provider for one channel and country.
type ProviderHealth struct {
	Provider string `json:"provider"`
	Channel  string `json:"channel"`
	// Country is empty for numbers of no country.
	Country string `json:"country"`
	// State is the circuit breaker's: closed, half-open while a message tries whether
	// the provider works again, open while it is passed over.
	State string `json:"state"`
	// Requests are the attempts, and Failures those that spoke against the provider:
	// not those that it refused, nor those that were cut off early.
	Requests uint64 `json:"requests"`
	Failures uint64 `json:"failures"`
	// ConsecutiveFailures are those since the last answer of a working provider.
	ConsecutiveFailures int `json:"consecutive_failures"`
	// Unknown are the attempts that may have delivered their message and did not say so.
	Unknown uint64 `json:"unknown"`
	// Limited are the messages that the provider's limits kept away, or made wait.
	Limited  uint64 `json:"limited"`
	InFlight int    `json:"in_flight"`
	// AverageMS is how many milliseconds the attempts lately took that succeeded.
	AverageMS int64 `json:"average_ms"`
}

// RouteHealth is one route of one tenant.
type RouteHealth struct {
	Tenant string `json:"tenant"`
	Route  string `json:"route"`
	// Messages are those that went by it.
	Messages uint64 `json:"messages"`
}

// Health returns what is known now. The parts are read one after the other, each
// consistent in itself. It may be called at any time.
func (d *Dispatcher) Health() Health {
	h := Health{
		Providers: []ProviderHealth{}, Routes: []RouteHealth{},
		Blocked: d.blocked.Load(), AfterUnknown: d.afterUnknown.Load(),
	}
	for _, b := range d.order {
		for channel := range b.circuits {
			for country := range b.circuits[channel] {
				if c := b.circuits[channel][country].Load(); c != nil {
					h.Providers = append(h.Providers, c.health())
				}
			}
		}
	}
	for _, r := range d.routes {
		h.Routes = append(h.Routes, RouteHealth{Tenant: r.tenant, Route: r.name, Messages: r.messages.Load()})
	}
	return h
}

func (c *circuit) health() ProviderHealth {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.judge(time.Now())
	return ProviderHealth{
		Provider: c.provider, Channel: c.channel, Country: c.country,
		State:    stateName(c.gate.State()),
		Requests: c.counts.requests, Failures: c.counts.failures, ConsecutiveFailures: c.counts.consecutive,
		Unknown: c.counts.unknown, Limited: c.counts.limited, InFlight: c.counts.inFlight,
		AverageMS: c.average.Milliseconds(),
	}
}

// stateName is the state's name for good, whatever the library calls it.
func stateName(s gobreaker.State) string {
	switch s {
	case gobreaker.StateOpen:
		return "open"
	case gobreaker.StateHalfOpen:
		return "half-open"
	case gobreaker.StateClosed:
	}
	return "closed"
}
