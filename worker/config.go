package worker

import (
	"errors"
	"fmt"
	"slices"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging"
)

// EveryTenant is the name under which the routes of all tenants stand that have
// no entry of their own.
const EveryTenant = "*"

// Config says whom a worker serves, with which providers and how many messages
// at a time. The providers themselves are configured beside it.
type Config struct {
	// Slots is how many messages are worked on at once; absent means 256.
	Slots int `yaml:"slots"`
	// Queue is how many more may wait for a slot before the worker says that it
	// is busy; absent means a quarter of Slots.
	Queue int `yaml:"queue"`
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
	// Routes are looked through in order; the first that fits is taken.
	Routes []Route `yaml:"routes"`
}

// Route is an order of providers.
type Route struct {
	// Channel is the only one that the route is for; absent means every one.
	Channel messaging.Channel `yaml:"channel"`
	// Providers are tried in this order.
	Providers []string `yaml:"providers"`
}

// Validate implements configs.Validator.
func (c *Config) Validate() error {
	var complaints []error
	if c.Slots < 0 {
		complaints = append(complaints, configs.Complain("slots", "must not be negative"))
	}
	if c.Queue < 0 {
		complaints = append(complaints, configs.Complain("queue", "must not be negative"))
	}
	if len(c.Tenants) == 0 {
		complaints = append(complaints, configs.Complain("tenants", `is empty; name at least one, or "*" for every tenant`))
	}
	first := make(map[string]int)
	for i, t := range c.Tenants {
		place := fmt.Sprintf("tenants[%d]", i)
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
	if len(t.Routes) == 0 {
		complaints = append(complaints, configs.Complain("routes", "is empty; a tenant needs at least one"))
	}
	for i, r := range t.Routes {
		complaints = append(complaints, configs.Within(fmt.Sprintf("routes[%d]", i), r.validate()))
	}
	return errors.Join(complaints...)
}

func (r *Route) validate() error {
	var complaints []error
	if r.Channel != "" && r.Channel != messaging.SMS && r.Channel != messaging.Voice {
		complaints = append(complaints, configs.Complain("channel", "%q is neither sms nor voice; leave it out for every channel", r.Channel))
	}
	if len(r.Providers) == 0 {
		complaints = append(complaints, configs.Complain("providers", "is empty; a route needs at least one"))
	}
	for i, name := range r.Providers {
		if slices.Contains(r.Providers[:i], name) {
			complaints = append(complaints, configs.Complain(fmt.Sprintf("providers[%d]", i), "%q is already in this route", name))
		}
	}
	return errors.Join(complaints...)
}

// ValidateProviders complains of every provider in a route that known says is not
// configured.
func (c *Config) ValidateProviders(known func(name string) bool) error {
	var complaints []error
	for i, t := range c.Tenants {
		for j, r := range t.Routes {
			for k, name := range r.Providers {
				if !known(name) {
					place := fmt.Sprintf("tenants[%d].routes[%d].providers[%d]", i, j, k)
					complaints = append(complaints, configs.Complain(place, "no provider is named %q", name))
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
