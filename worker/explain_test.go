package worker_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
)

func TestExplainSaysWhatADispatcherWouldDo(t *testing.T) {
	cfg := parse(t, `
tenants:
  - name: acme
    after_unknown: stop
    routes:
      - {name: calls, match: {channel: voice}, providers: [a]}
      - {name: partners, match: {clients: [p1]}, providers: [a]}
      - steps: [{provider: a, attempt_timeout: 3s}, {any: [{provider: b, weight: 3}, {provider: c, weight: 1}]}]
        senders: [{countries: [US], name: Acme}]
      - {name: rest, providers: [c]}
  - {name: "*", routes: [{match: {prefixes: ["+44"]}, providers: [a]}]}
`)
	m := message()
	want := worker.Explanation{
		Entry: "acme", Taken: 2, Stop: true, Sender: "Acme",
		Routes: []worker.RouteExplanation{
			{Name: "calls", Skipped: "is for voice"},
			{Name: "partners", Skipped: "is for the client p1, and the message has none"},
			{Name: "routes[2]"},
			{Name: "rest", Skipped: "fits as well, but comes after routes[2]"},
		},
		Steps: []worker.StepExplanation{
			{Providers: []worker.Choice{{Provider: "a", Weight: 1}}, AttemptTimeout: 3 * time.Second},
			{Providers: []worker.Choice{{Provider: "b", Weight: 3}, {Provider: "c", Weight: 1}}},
		},
	}
	if diff := cmp.Diff(want, worker.Explain(cfg, m)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	m.Tenant = "stranger"
	want = worker.Explanation{Entry: "*", Taken: -1, Routes: []worker.RouteExplanation{{Name: "routes[0]", Skipped: "is for numbers that begin with +44"}}}
	if diff := cmp.Diff(want, worker.Explain(cfg, m)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(worker.Explanation{Taken: -1}, worker.Explain(worker.Config{Tenants: cfg.Tenants[:1]}, m)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCountriesOfATenant(t *testing.T) {
	for routes, want := range map[string]string{
		`[{providers: [a]}]`: "every country",
		`[{match: {countries: [GB, IE]}, providers: [a]}, {match: {countries: [GB, US], channel: sms}, providers: [a]}]`: "GB, IE, US",
		`[{match: {prefixes: ["+44", "+45"]}, providers: [a]}, {match: {countries: [FR]}, providers: [a]}]`:              "FR, 2 prefixes",
		`[{match: {channel: voice}, providers: [a]}]`:                                                                    "",
	} {
		cfg := parse(t, `tenants: [{name: a, routes: `+routes+`}]`)
		if got := cfg.Tenants[0].Countries(messaging.SMS); got != want {
			t.Errorf("%s: got %q, want %q", routes, got, want)
		}
	}
}
