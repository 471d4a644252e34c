package worker_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

// complaints are those about a configuration with these tenants, without what is the
// same in all of them.
func complaints(tenants string) []string {
	err := configs.Parse("f", []byte("tenants: "+tenants), new(worker.Config))
	if err == nil {
		return nil
	}
	return strings.Split(strings.ReplaceAll(err.Error(), "f: tenants[0].", ""), "\n")
}

func TestRouteComplaintsNameThePlace(t *testing.T) {
	const every = `is missing, and routes[0] chooses by country or prefix; say which countries this route is for too, or ["*"] for every one, so that none comes here unnoticed`
	for name, tt := range map[string]struct {
		routes string
		want   []string
	}{
		"good": {`[{name: uk-calls, match: {channel: voice, countries: [GB, IE], prefixes: ["+4477"], actions: [enrollment], languages: [en], clients: [1235]},
			steps: [{provider: a, attempt_timeout: 3s, hedge_after: 800ms}, {any: [{provider: b, weight: 70}, {provider: c, weight: 30}]}],
			senders: [{countries: [US, CA], number: "+15550100123"}]},
			{match: {channel: sms}, providers: [a], senders: [{countries: [GB], name: Acme 24}, {number: "12345"}, {service: MG123}]}]`, nil},
		"both forms":          {`[{providers: [a], steps: [{provider: b}]}]`, []string{"routes[0].providers: is short for steps, which the route has too; keep one of them"}},
		"no provider":         {`[{steps: [{attempt_timeout: 1s}]}]`, []string{"routes[0].steps[0].provider: is missing; a step needs a provider, or a group of them as any"}},
		"two kinds of step":   {`[{steps: [{provider: a, any: [{provider: b, weight: 1}]}]}]`, []string{"routes[0].steps[0].any: is there beside provider; keep one of them"}},
		"member without name": {`[{steps: [{any: [{weight: 1}]}]}]`, []string{"routes[0].steps[0].any[0].provider: is missing"}},
		"weights": {`[{steps: [{any: [{provider: a, weight: 0}, {provider: b, weight: -1}, {provider: c, weight: 2000000}]}]}]`, []string{
			"routes[0].steps[0].any[0].weight: is 0; it must be from 1 to 1000000: this provider's chance to begin, against the others' weights",
			"routes[0].steps[0].any[1].weight: is -1; it must be from 1 to 1000000: this provider's chance to begin, against the others' weights",
			"routes[0].steps[0].any[2].weight: is 2000000; it must be from 1 to 1000000: this provider's chance to begin, against the others' weights",
		}},
		"twice across steps": {`[{steps: [{provider: a}, {any: [{provider: b, weight: 1}, {provider: a, weight: 1}]}]}]`, []string{`routes[0].steps[1].any[1].provider: "a" is already in this route`}},
		"no time": {`[{steps: [{provider: a, attempt_timeout: 0s}, {provider: b, attempt_timeout: -1s}, {provider: c, attempt_timeout: 21s}]}]`, []string{
			"routes[0].steps[0].attempt_timeout: is 0s, which leaves an attempt no time to succeed or is longer than any caller waits; it must be from 100ms to 20s",
			"routes[0].steps[1].attempt_timeout: is -1s, which leaves an attempt no time to succeed or is longer than any caller waits; it must be from 100ms to 20s",
			"routes[0].steps[2].attempt_timeout: is 21s, which leaves an attempt no time to succeed or is longer than any caller waits; it must be from 100ms to 20s",
		}},
		"impossible hedges": {`[{steps: [{provider: a, hedge_after: 0s}, {provider: b, attempt_timeout: 1s, hedge_after: 1s}, {provider: c, hedge_after: 20s}, {provider: d, hedge_after: 1s}]}]`, []string{
			"routes[0].steps[0].hedge_after: is 0s; it must be more than 0s and less than 20s, or absent for no hedging",
			"routes[0].steps[1].hedge_after: is 1s, when the attempt is over already: attempt_timeout is 1s",
			"routes[0].steps[2].hedge_after: is 20s; it must be more than 0s and less than 20s, or absent for no hedging",
			"routes[0].steps[3].hedge_after: has no provider after this one to hedge with; add a step, or leave it out",
		}},
		"hedge within a group": {`[{steps: [{any: [{provider: a, weight: 1}, {provider: b, weight: 1}], hedge_after: 1s}]}]`, nil},
		"prefixes": {`[{match: {prefixes: ["4477", "+44a", "+", "+044", "+12345678901234567"]}, providers: [a]}]`, []string{
			`routes[0].match.prefixes[0]: "4477" is not a plus sign and the first digits of a number, such as "+4477"`,
			`routes[0].match.prefixes[1]: "+44a" is not a plus sign and the first digits of a number, such as "+4477"`,
			`routes[0].match.prefixes[2]: "+" is not a plus sign and the first digits of a number, such as "+4477"`,
			`routes[0].match.prefixes[3]: "+044" is not a plus sign and the first digits of a number, such as "+4477"`,
			`routes[0].match.prefixes[4]: "+12345678901234567" is not a plus sign and the first digits of a number, such as "+4477"`,
		}},
		"countries": {`[{match: {countries: [gb, UK, GBR]}, providers: [a]}]`, []string{
			`routes[0].match.countries[0]: "gb" is no country's code of two capital letters, such as GB (ISO 3166-1)`,
			`routes[0].match.countries[1]: "UK" is no country's code of two capital letters, such as GB (ISO 3166-1)`,
			`routes[0].match.countries[2]: "GBR" is no country's code of two capital letters, such as GB (ISO 3166-1)`,
		}},
		"every country and more": {`[{match: {countries: [GB, "*"]}, providers: [a]}]`, []string{`routes[0].match.countries[1]: "*" stands for every country; keep it alone, or leave it out`}},
		"other words": {`[{match: {actions: [enrolment], languages: ["english!"], clients: [""]}, providers: [a]}]`, []string{
			`routes[0].match.actions[0]: "enrolment" is none of enrollment, second-factor-authentication, passwordless, blocked_account, change_password and password_breach`,
			`routes[0].match.languages[0]: "english!" is not a language tag, such as en or pt-BR`,
			"routes[0].match.clients[0]: is empty; give the application's client_id",
		}},
		"names": {`[{name: "A b", providers: [a]}, {name: x, providers: [a]}, {name: x, providers: [a]}]`, []string{
			`routes[0].name: "A b" is not 1 to 63 lower-case letters, digits, hyphens and underscores`, `routes[2].name: "x" is already routes[1]`,
		}},
		"default of some countries": {`[{match: {countries: [GB]}, providers: [a]}, {providers: [a]}]`, []string{"routes[1].match.countries: " + every}},
		"default of a prefix":       {`[{match: {prefixes: ["+44"]}, providers: [a]}, {match: {languages: [en]}, providers: [a]}]`, []string{"routes[1].match.countries: " + every}},
		"default made plain":        {`[{match: {countries: [GB]}, providers: [a]}, {match: {countries: ["*"]}, providers: [a]}]`, nil},
		"other channel":             {`[{match: {channel: voice, countries: [GB]}, providers: [a]}, {match: {channel: sms}, providers: [a]}]`, nil},
		"senders": {`[{senders: [{}, {number: "+15550100123", name: Acme}, {number: "15550100123"}, {name: "Acme, Inc"}, {name: TwelveLetter}, {name: "1234"}, {countries: [xx], name: Acme}], providers: [a]}]`, []string{
			"routes[0].senders[0]: has 0 of number, name and service; a sender is exactly one of them",
			"routes[0].senders[1]: has 2 of number, name and service; a sender is exactly one of them",
			`routes[0].senders[2].number: "15550100123" is neither a number with its plus sign and country code, such as "+15550100123", nor a short code of 3 to 8 digits`,
			`routes[0].senders[3].name: "Acme, Inc" is not 1 to 11 letters, digits and blanks with a letter among them`,
			`routes[0].senders[4].name: "TwelveLetter" is not 1 to 11 letters, digits and blanks with a letter among them`,
			`routes[0].senders[5].name: "1234" is not 1 to 11 letters, digits and blanks with a letter among them`,
			`routes[0].senders[6].countries[0]: "xx" is no country's code of two capital letters, such as GB (ISO 3166-1)`,
		}},
		"senders of calls": {`[{match: {channel: voice}, senders: [{name: Acme}, {service: MG1}, {number: "12345"}, {number: "+15550100123"}], providers: [a]}]`, []string{
			"routes[0].senders[0]: sends no calls, and the route is for voice alone; a call comes from a number in E.164",
			"routes[0].senders[1]: sends no calls, and the route is for voice alone; a call comes from a number in E.164",
			"routes[0].senders[2]: sends no calls, and the route is for voice alone; a call comes from a number in E.164",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, complaints("[{name: a, routes: "+tt.routes+"}]")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAfterUnknownIsNextOrStop(t *testing.T) {
	want := []string{`after_unknown: "retry" is neither next nor stop`}
	if diff := cmp.Diff(want, complaints(`[{name: a, after_unknown: retry, routes: [{providers: [a]}]}]`)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want = []string{"routes[0].steps[0].hedge_after: can deliver a message twice, which after_unknown: stop rules out; leave one of them out"}
	if diff := cmp.Diff(want, complaints(`[{name: a, after_unknown: stop, routes: [{steps: [{provider: a, hedge_after: 1s}, {provider: b}]}]}]`)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEveryCountryThatANumberCanBeOfCanBeNamed(t *testing.T) {
	for country := range phonenumbers.GetSupportedRegions() {
		if got := complaints("[{name: a, routes: [{match: {countries: [" + country + "]}, providers: [a]}]}]"); got != nil {
			t.Errorf("%s: %v", country, got)
		}
	}
}

// pool is a provider with messaging services, or none.
type pool struct {
	provider.Provider
	has bool
}

func (p pool) SendsFromService() bool { return p.has }

func TestAServiceIsForProvidersThatHaveThem(t *testing.T) {
	cfg := worker.Config{Tenants: []worker.Tenant{{Name: "*", Routes: []worker.Route{
		{Providers: []string{"with", "without", "never"}, Senders: []worker.Sender{{Name: "Acme"}, {Service: "MG1"}}},
		{Providers: []string{"with"}, Senders: []worker.Sender{{Service: "MG1"}}},
	}}}}
	providers := map[string]provider.Provider{"with": pool{takes(), true}, "without": pool{takes(), false}, "never": takes()}
	_, err := worker.NewDispatcher(cfg, providers, worker.Options{})
	const says = "tenants[0].routes[0].senders[1].service: is a messaging service, and the route's provider %q has none; give it a route of its own"
	want := strings.ReplaceAll(says, "%q", `"without"`) + "\n" + strings.ReplaceAll(says, "%q", `"never"`)
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestQueueSlots(t *testing.T) {
	for _, tt := range []struct{ slots, queue, want int }{{0, 0, 64}, {2, 0, 1}, {100, 0, 25}, {100, 7, 7}} {
		if got := (&worker.Config{Slots: tt.slots, QueueSlots: tt.queue}).DurableSlots(); got != tt.want {
			t.Errorf("%d slots and %d for the queue: got %d, want %d", tt.slots, tt.queue, got, tt.want)
		}
	}
}
