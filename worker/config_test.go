package worker_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker"
)

func TestConfigComplaintsNameThePlace(t *testing.T) {
	for name, tt := range map[string]struct {
		yaml string
		want []string
	}{
		"good":         {`tenants: [{name: "*", routes: [{providers: [a]}]}]`, nil},
		"no tenants":   {`slots: 1`, []string{`f: tenants: is empty; name at least one, or "*" for every tenant`}},
		"negative":     {`{slots: -1, queue: -2, queue_slots: -3, tenants: [{name: a, routes: [{providers: [a]}]}]}`, []string{"f: slots: must not be negative", "f: queue: must not be negative", "f: queue_slots: must not be negative"}},
		"tenant twice": {`tenants: [{name: a, routes: [{providers: [a]}]}, {name: a, routes: [{providers: [a]}]}]`, []string{`f: tenants[1].name: "a" is already tenants[0]`}},
		"bad name":     {`tenants: [{name: "A b", routes: [{providers: [a]}]}]`, []string{`f: tenants[0].name: "A b" is neither "*" nor 1 to 63 lower-case letters, digits, hyphens and underscores`}},
		"no route":     {`tenants: [{name: a}]`, []string{"f: tenants[0].routes: is empty; a tenant needs at least one"}},
		"bad channel":  {`tenants: [{name: a, routes: [{match: {channel: fax}, providers: [a]}]}]`, []string{`f: tenants[0].routes[0].match.channel: "fax" is neither sms nor voice; leave it out for every channel`}},
		"no provider":  {`tenants: [{name: a, routes: [{match: {channel: sms}}]}]`, []string{"f: tenants[0].routes[0].steps: is missing; a route needs steps, or providers for short"}},
		"twice":        {`tenants: [{name: a, routes: [{providers: [a, b, a]}]}]`, []string{`f: tenants[0].routes[0].providers[2]: "a" is already in this route`}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			if err := configs.Parse("f", []byte(tt.yaml), new(worker.Config)); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestServedTenants(t *testing.T) {
	named := worker.Config{Tenants: []worker.Tenant{{Name: "b"}, {Name: "a"}}}
	if got := named.Served(); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("got %q", got)
	}
	all := worker.Config{Tenants: []worker.Tenant{{Name: "b"}, {Name: worker.EveryTenant}}}
	if got := all.Served(); !slices.Equal(got, []string{"*"}) {
		t.Errorf("got %q, want * alone", got)
	}
}
