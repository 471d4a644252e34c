package worker

import (
	"errors"
	"fmt"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/notify"
	"github.com/phonehook/phonehook/worker/provider"
)

// EveryTenant is the name under which the routes of all tenants stand that have
// no entry of their own.
const EveryTenant = "*"

// What a tenant's after_unknown can say.
const (
	// NextAfterUnknown tries the next provider although the last one may have taken
	// the message: a code that arrives twice does less harm than one that doesn't.
	NextAfterUnknown = "next"
	// StopAfterUnknown makes no further attempt.
	StopAfterUnknown = "stop"
)

// defaultSlots is Config.Slots where it is absent; natsrpc.DefaultSlots says why.
const defaultSlots = 256

// queueShare is the part of the slots that messages of the durable queue may take
// unless the file says otherwise: nobody waits for them on the line, so most slots stay
// with the calls.
const queueShare = 4

// Config says whom a worker serves, with which providers and how many messages
// at a time. The providers themselves are configured beside it.
type Config struct {
	// Slots is how many messages are worked on at once; absent means 256.
	Slots int `yaml:"slots"`
	// Queue is how many more may wait for a slot before the worker says that it
	// is busy; absent means a quarter of Slots.
	Queue int `yaml:"queue"`
	// QueueSlots is how many messages of the durable queue are worked on at once;
	// absent means a quarter of Slots, and at least 1. See DurableSlots.
	QueueSlots int `yaml:"queue_slots"`
	// Tenants are the tenants served. With an entry for EveryTenant these are
	// all that exist, and without one those named.
	Tenants []Tenant `yaml:"tenants"`
}

// Tenant is how one tenant's messages are delivered.
type Tenant struct {
	// Name is the tenant's, or EveryTenant. An entry under a tenant's own name
	// stands for the whole of it: nothing is added from EveryTenant, so that no
	// message goes to a provider which the tenant's entry does not name.
	Name string `yaml:"name"`
	// AfterUnknown is what follows an attempt that may have delivered the message:
	// NextAfterUnknown, which absent means, or StopAfterUnknown.
	AfterUnknown string `yaml:"after_unknown"`
	// MaxSegments is how many segments an SMS may need, which is what vendors bill; 0 is
	// any number. A longer one is blocked before it costs anything. One in GSM-7 has 160
	// characters, one with any other character 70.
	MaxSegments int `yaml:"max_segments"`
	// Receipts is the tenant's server that is told what becomes of its messages; absent
	// means none.
	Receipts *notify.Config `yaml:"receipts"`
	// Routes are looked through in order; the first that fits is taken. A message
	// that none fits is blocked.
	Routes []Route `yaml:"routes"`
}

// DurableSlots returns QueueSlots or its default.
func (c *Config) DurableSlots() int {
	if c.QueueSlots > 0 {
		return c.QueueSlots
	}
	return max(1, c.slots()/queueShare)
}

func (c *Config) slots() int {
	if c.Slots > 0 {
		return c.Slots
	}
	return defaultSlots
}

// Validate implements configs.Validator.
func (c *Config) Validate() error {
	var complaints []error
	for _, n := range []struct {
		key   string
		value int
	}{{"slots", c.Slots}, {"queue", c.Queue}, {"queue_slots", c.QueueSlots}} {
		if n.value < 0 {
			complaints = append(complaints, configs.Complain(n.key, "must not be negative"))
		}
	}
	if len(c.Tenants) == 0 {
		complaints = append(complaints, configs.Complain("tenants", `is empty; name at least one, or "*" for every tenant`))
	}
	first := make(map[string]int)
	for i := range c.Tenants {
		t := &c.Tenants[i]
		place := item("tenants", i)
		if earlier, ok := first[t.Name]; ok {
			complaints = append(complaints, configs.Complain(place+".name", "%q is already tenants[%d]", t.Name, earlier))
		} else {
			first[t.Name] = i
		}
		complaints = append(complaints, configs.Within(place, t.validate()))
	}
	return errors.Join(complaints...)
}

func (t *Tenant) validate() error {
	var complaints []error
	if t.Name != EveryTenant && !messaging.ValidTenant(t.Name) {
		complaints = append(complaints, configs.Complain("name",
			`%q is neither "*" nor 1 to %d lower-case letters, digits, hyphens and underscores`, t.Name, messaging.MaxTenantLength))
	}
	if t.AfterUnknown != "" && t.AfterUnknown != NextAfterUnknown && t.AfterUnknown != StopAfterUnknown {
		complaints = append(complaints, configs.Complain("after_unknown", "%q is neither %s nor %s", t.AfterUnknown, NextAfterUnknown, StopAfterUnknown))
	}
	if t.MaxSegments < 0 {
		complaints = append(complaints, configs.Complain("max_segments", "must not be negative; 0 or absent is any number"))
	}
	if t.Receipts != nil {
		complaints = append(complaints, configs.Within("receipts", t.Receipts.Validate()))
	}
	if len(t.Routes) == 0 {
		complaints = append(complaints, configs.Complain("routes", "is empty; a tenant needs at least one"))
	}
	first := make(map[string]int)
	for i := range t.Routes {
		r := &t.Routes[i]
		place := item("routes", i)
		complaints = append(complaints, configs.Within(place, r.validate()))
		if earlier, ok := first[r.Name]; ok && r.Name != "" {
			complaints = append(complaints, configs.Complain(place+".name", "%q is already routes[%d]", r.Name, earlier))
		} else {
			first[r.Name] = i
		}
		complaints = append(complaints, configs.Within(place, t.validateTogether(i)))
	}
	return errors.Join(complaints...)
}

// validateTogether checks what the i-th route may say only beside the others.
func (t *Tenant) validateTogether(i int) error {
	r := &t.Routes[i]
	var complaints []error
	if !r.Match.choosesNumbers() && len(r.Match.Countries) == 0 {
		for j := range t.Routes {
			if other := &t.Routes[j]; other.Match.choosesNumbers() && other.Match.overlaps(&r.Match) {
				complaints = append(complaints, configs.Complain("match.countries",
					`is missing, and routes[%d] chooses by country or prefix; say which countries this route is for too, or ["*"] for every one, so that none comes here unnoticed`, j))
				break
			}
		}
	}
	if t.AfterUnknown == StopAfterUnknown {
		for k := range r.Steps {
			if r.Steps[k].HedgeAfter != nil {
				complaints = append(complaints, configs.Complain(item("steps", k)+".hedge_after",
					"can deliver a message twice, which after_unknown: %s rules out; leave one of them out", StopAfterUnknown))
			}
		}
	}
	return errors.Join(complaints...)
}

// ValidateProviders complains of every provider in a route that known says is not
// configured.
func (c *Config) ValidateProviders(known func(name string) bool) error {
	var complaints []error
	for i := range c.Tenants {
		for j := range c.Tenants[i].Routes {
			for _, u := range c.Tenants[i].Routes[j].uses() {
				if u.name != "" && !known(u.name) {
					complaints = append(complaints, configs.Complain(item("tenants", i)+"."+item("routes", j)+"."+u.place, "no provider is named %q", u.name))
				}
			}
		}
	}
	return errors.Join(complaints...)
}

// Served returns the tenants whose messages the worker takes: EveryTenant alone,
// or those named.
func (c *Config) Served() []string {
	names := make([]string, 0, len(c.Tenants))
	for _, t := range c.Tenants {
		if t.Name == EveryTenant {
			return []string{EveryTenant}
		}
		names = append(names, t.Name)
	}
	return names
}

// Notified returns the tenants with their servers that are told what becomes of messages.
func (c *Config) Notified() []notify.Tenant {
	all := make([]notify.Tenant, len(c.Tenants))
	for i, t := range c.Tenants {
		all[i] = notify.Tenant{Name: t.Name, Server: t.Receipts}
	}
	return all
}

// Told returns the tenants whose servers are told, EveryTenant among them where all others are,
// and those that are not although all others are.
func (c *Config) Told() (told, except []string) {
	for _, t := range c.Tenants {
		if t.Receipts != nil {
			told = append(told, t.Name)
		} else {
			except = append(except, t.Name)
		}
	}
	return told, except
}

// entry returns the entry that a tenant's messages go by, or nil.
func (c *Config) entry(tenant string) *Tenant {
	var every *Tenant
	for i := range c.Tenants {
		switch c.Tenants[i].Name {
		case tenant:
			return &c.Tenants[i]
		case EveryTenant:
			every = &c.Tenants[i]
		}
	}
	return every
}

func item(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// validateServices complains of every sender that is a messaging service in a route with
// a provider that has none.
func (c *Config) validateServices(providers map[string]provider.Provider) error {
	var complaints []error
	for i := range c.Tenants {
		for j := range c.Tenants[i].Routes {
			place := item("tenants", i) + "." + item("routes", j)
			complaints = append(complaints, configs.Within(place, c.Tenants[i].Routes[j].validateServices(providers)))
		}
	}
	return errors.Join(complaints...)
}

func (r *Route) validateServices(providers map[string]provider.Provider) error {
	var complaints []error
	for i := range r.Senders {
		if r.Senders[i].Service == "" {
			continue
		}
		for _, u := range r.uses() {
			if s, ok := providers[u.name].(provider.ServiceSender); !ok || !s.SendsFromService() {
				complaints = append(complaints, configs.Complain(item("senders", i)+".service",
					"is a messaging service, and the route's provider %q has none; give it a route of its own", u.name))
			}
		}
	}
	return errors.Join(complaints...)
}
