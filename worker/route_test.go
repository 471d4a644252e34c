package worker_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

// parse reads a worker's configuration.
func parse(t *testing.T, yaml string) worker.Config {
	t.Helper()
	var cfg worker.Config
	if err := configs.Parse("test", []byte(yaml), &cfg); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestTheFirstRouteThatFitsIsTaken(t *testing.T) {
	cfg := parse(t, `
tenants:
  - name: acme
    routes:
      - {match: {channel: voice, countries: [GB]}, providers: [uk-voice]}
      - {match: {prefixes: ["+4475", "+336"]}, providers: [prefix]}
      - {match: {countries: [GB], actions: [passwordless]}, providers: [action]}
      - {match: {countries: [GB], languages: [pt, zh-Hant]}, providers: [language]}
      - {match: {countries: [GB], clients: [1235]}, providers: [client]}
      - {match: {countries: [GB, US]}, providers: [country]}
  - {name: open, routes: [{match: {countries: ["*"]}, providers: [everywhere]}]}
`)
	providers := make(map[string]provider.Provider)
	for _, name := range []string{"uk-voice", "prefix", "action", "language", "client", "country", "everywhere"} {
		providers[name] = takes()
	}
	d, _ := newDispatcher(t, cfg, providers)
	for name, tt := range map[string]struct {
		change func(m *messaging.Message)
		want   string
	}{
		"channel and country":            {func(m *messaging.Message) { m.Channel = messaging.Voice }, "uk-voice"},
		"prefix":                         {func(m *messaging.Message) { m.To = "+447512345678" }, "prefix"},
		"another prefix":                 {func(m *messaging.Message) { m.To, m.Country = "+33612345678", "FR" }, "prefix"},
		"action":                         {func(m *messaging.Message) { m.Action = messaging.Passwordless }, "action"},
		"language":                       {func(m *messaging.Message) { m.Language = "pt" }, "language"},
		"special case of a language":     {func(m *messaging.Message) { m.Language = "pt-BR" }, "language"},
		"special case of a special case": {func(m *messaging.Message) { m.Language = "zh-Hant-TW" }, "language"},
		"general case of a language":     {func(m *messaging.Message) { m.Language = "zh" }, "country"},
		"language that only begins so":   {func(m *messaging.Message) { m.Language = "ptx" }, "country"},
		"client":                         {func(m *messaging.Message) { m.Client = &messaging.Client{ID: "1235"} }, "client"},
		"another client":                 {func(m *messaging.Message) { m.Client = &messaging.Client{ID: "12356"} }, "country"},
		"country":                        {func(*messaging.Message) {}, "country"},
		"another country":                {func(m *messaging.Message) { m.Country = "DE" }, ""},
		"no country":                     {func(m *messaging.Message) { m.Country = "" }, ""},
		"every country":                  {func(m *messaging.Message) { m.Tenant, m.Country = "open", "DE" }, "everywhere"},
		"every country and none":         {func(m *messaging.Message) { m.Tenant, m.Country = "open", "" }, "everywhere"},
	} {
		t.Run(name, func(t *testing.T) {
			m := message()
			m.To, m.Country = "+447400123456", "GB"
			tt.change(&m)
			receipt, err := d.Send(within(t, 9*time.Second), m)
			if receipt.Provider != tt.want {
				t.Errorf("went to %q (%v), want %q", receipt.Provider, err, tt.want)
			}
			if tt.want == "" && !errors.Is(err, messaging.CodeBlocked) {
				t.Errorf("got %v, want blocked", err)
			}
		})
	}
}

func TestABlockedCallerLearnsWhy(t *testing.T) {
	d, _ := newDispatcher(t, parse(t, `tenants: [{name: acme, routes: [{match: {countries: [GB]}, providers: [a]}]}]`), map[string]provider.Provider{"a": takes()})
	for country, want := range map[string]string{
		"DE": "no route of the tenant serves this message: sms to DE; it was not sent",
		"":   "no route of the tenant serves this message: sms to a number of no country; it was not sent",
	} {
		m := message()
		m.Country = country
		_, err := d.Send(within(t, 9*time.Second), m)
		if e := messaging.AsError(err); e == nil || e.Detail != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	m := message()
	m.Tenant = "stranger"
	if _, err := d.Send(within(t, 9*time.Second), m); !errors.Is(err, messaging.CodeMisconfigured) {
		t.Errorf("got %v for a tenant that is not served, want misconfigured", err)
	}
	if got := d.Health().Blocked; got != 2 {
		t.Errorf("%d messages were counted as blocked, want 2", got)
	}
}

func TestTheSenderGoesByCountryAndChannel(t *testing.T) {
	cfg := parse(t, `
tenants:
  - name: acme
    routes:
      - match: {countries: ["*"]}
        providers: [a]
        senders:
          - {countries: [GB], name: Acme 24}
          - {countries: [US, CA], number: "12345"}
          - {countries: [US, GB], number: "+15550100123"}
          - {countries: [DE], service: MG123}
`)
	for name, tt := range map[string]struct {
		country       string
		channel       messaging.Channel
		from, service string
	}{
		"name":                          {"GB", messaging.SMS, "Acme 24", ""},
		"short code":                    {"CA", messaging.SMS, "12345", ""},
		"service":                       {"DE", messaging.SMS, "", "MG123"},
		"none fits":                     {"FR", messaging.SMS, "caller's", ""},
		"no name calls":                 {"GB", messaging.Voice, "+15550100123", ""},
		"no short code calls":           {"US", messaging.Voice, "+15550100123", ""},
		"no service calls":              {"DE", messaging.Voice, "caller's", ""},
		"no sender for a call anywhere": {"CA", messaging.Voice, "caller's", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := takes()
			d, _ := newDispatcher(t, cfg, map[string]provider.Provider{"a": pool{a, true}})
			m := message()
			m.Country, m.Channel, m.From = tt.country, tt.channel, "caller's"
			if _, err := d.Send(within(t, 9*time.Second), m); err != nil {
				t.Fatal(err)
			}
			if got := a.calls[0].message; got.From != tt.from || got.Service != tt.service {
				t.Errorf("from %q, service %q; want %q and %q", got.From, got.Service, tt.from, tt.service)
			}
		})
	}
}

// tried are the providers of the attempts, in their order.
func tried(r messaging.Receipt) []string {
	var names []string
	for _, a := range r.Attempts {
		names = append(names, a.Provider)
	}
	return names
}

func TestAGroupIsTriedInAnOrderOfChance(t *testing.T) {
	cfg := parse(t, `
tenants:
  - name: "*"
    routes:
      - steps:
          - {provider: first}
          - any: [{provider: a, weight: 70}, {provider: b, weight: 20}, {provider: c, weight: 10}]
          - {provider: last}
`)
	// None of them says anything about itself, so that no breaker takes part.
	providers := make(map[string]provider.Provider)
	for _, name := range []string{"first", "a", "b", "c", "last"} {
		providers[name] = only(provider.Unroutable)
	}
	d, _ := newDispatcher(t, cfg, providers)
	const messages = 10_000
	begins, second := make(map[string]int), make(map[string]int)
	for range messages {
		receipt, _ := d.Send(within(t, 9*time.Second), message())
		names := tried(receipt)
		if len(names) != 5 || names[0] != "first" || names[4] != "last" {
			t.Fatalf("tried %v", names)
		}
		begins[names[1]]++
		if names[1] == "a" {
			second[names[2]]++
		}
	}
	// Each bound is more than six standard deviations away.
	for name, want := range map[string]int{"a": 7_000, "b": 2_000, "c": 1_000} {
		if got := begins[name]; got < want-300 || got > want+300 {
			t.Errorf("%s began %d times, want about %d", name, got, want)
		}
	}
	if got, of := second["b"], second["b"]+second["c"]; got*3 < of*2-3*300 || got*3 > of*2+3*300 {
		t.Errorf("b was second %d of %d times, want about two thirds", got, of)
	}
}

// only fails with the kind and remembers nothing, for many calls.
type only provider.Kind

func (k only) Send(context.Context, provider.Message) (provider.Receipt, error) {
	return provider.Receipt{}, &provider.Error{Kind: provider.Kind(k)}
}

func TestUnroutableGoesOn(t *testing.T) {
	unroutable := failsWith(&provider.Error{Kind: provider.Unroutable, Detail: "no route there"})
	for name, tt := range map[string]struct {
		providers []*fake
		want      messaging.Code
		detail    string
	}{
		"to one that can":   {[]*fake{unroutable, takes()}, messaging.CodeSent, ""},
		"everywhere":        {[]*fake{unroutable, unroutable}, messaging.CodeRejected, "no provider of the route sends from this sender to this number's country or network; the message was not sent: no route there"},
		"and misconfigured": {[]*fake{unroutable, fails(provider.Misconfigured)}, messaging.CodeMisconfigured, "no provider for this message is set up properly; it was not sent"},
		"and unavailable":   {[]*fake{fails(provider.Unavailable), unroutable}, messaging.CodeUnavailable, "no provider could take the message; it was not sent"},
		"and refused":       {[]*fake{unroutable, fails(provider.Refused)}, messaging.CodeRejected, "the provider refused the message: in our words"},
		"and unknown":       {[]*fake{fails(provider.Unknown), unroutable}, messaging.CodeUnknown, "a provider did not answer properly"},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := dispatcher(t, tt.providers...)
			receipt, err := d.Send(within(t, 9*time.Second), message())
			if got := messaging.CodeOf(receipt, err); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if e := messaging.AsError(err); e != nil && e.Detail != tt.detail {
				t.Errorf("got %q, want %q", e.Detail, tt.detail)
			}
			if want := messaging.CodeRejected; tt.providers[0] == unroutable && receipt.Attempts[0].Code != want {
				t.Errorf("the attempt is %v, want %v", receipt.Attempts[0].Code, want)
			}
		})
	}
}

func TestAttemptsAreBoundByTheirStep(t *testing.T) {
	cfg := parse(t, `tenants: [{name: "*", routes: [{name: r, steps: [{provider: a, attempt_timeout: 1500ms}, {provider: b, attempt_timeout: 20s}]}]}]`)
	for name, tt := range map[string]struct {
		limit time.Duration
		want  []time.Duration
	}{
		"less than the share": {9020 * time.Millisecond, []time.Duration{1500 * time.Millisecond, 7500 * time.Millisecond}},
		"more than the share": {2020 * time.Millisecond, []time.Duration{time.Second, time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a, b := hangs(), hangs()
				d, _ := newDispatcher(t, cfg, map[string]provider.Provider{"a": a, "b": b})
				_, _ = d.Send(within(t, tt.limit), message())
				if diff := cmp.Diff(tt.want, []time.Duration{a.calls[0].left, b.calls[0].left}); diff != "" {
					t.Errorf("time given (-want +got):\n%s", diff)
				}
			})
		})
	}
}
