package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const routedFile = `kind: worker
nats: {url: nats://127.0.0.1:4222}
providers: [{name: vonage-eu, inbox: {}}, {name: twilio, inbox: {}}, {name: sns, inbox: {}}]
tenants:
  - name: acme
    routes:
      - name: north-america
        match: {countries: [US, CA]}
        providers: [twilio]
      - name: uk-calls
        match: {channel: voice, countries: [GB, IE], prefixes: ["+4474"], actions: [enrollment], languages: [en], clients: [1235]}
        steps:
          - {provider: vonage-eu, attempt_timeout: 3s, hedge_after: 800ms}
          - any: [{provider: twilio, weight: 70}, {provider: sns, weight: 30}]
        senders:
          - {countries: [US, CA], number: "+15550100123"}
          - {countries: [GB], number: "+441632960123"}
      - match: {channel: voice, countries: [GB]}
        providers: [sns]
      - match: {channel: sms, countries: ["*"]}
        providers: [vonage-eu]
        senders: [{service: MG123}]
  - name: other
    after_unknown: stop
    routes: [{match: {prefixes: ["+4479"]}, providers: [sns]}]
`

func TestRoutesAreExplained(t *testing.T) {
	// A messaging service needs a provider that has some, which route need not know.
	path := write(t, "worker.yaml", routedFile)
	for name, tt := range map[string]struct {
		args []string
		want string
		err  string
	}{
		"built in": {[]string{"808-555-5555"}, `sms to +18085555555 (US) for tenant dev: route routes[0]

  1. inbox

  sender: the provider's own, unless the caller asks for another
  after an attempt that may have delivered it: the next tries
`, ""},
		"the caller's sender": {[]string{"808-555-5555", "--from", "Acme"}, `sms to +18085555555 (US) for tenant dev: route routes[0]

  1. inbox

  sender: Acme, which the caller asks for
  after an attempt that may have delivered it: the next tries
`, ""},
		"every part fits": {
			[]string{"+447400123456", "--config", path, "--tenant", "acme", "--channel", "voice", "--action", "enrollment", "--client", "1235", "--language", "en-gb"},
			`voice to +447400123456 (GB) for tenant acme: route uk-calls

  1. vonage-eu, for at most 3s, with the next beside it after 800ms
  2. twilio (first in 70 %), sns (first in 30 %), the others after it

  sender: +441632960123
  after an attempt that may have delivered it: the next tries

skipped
  north-america is for US, CA, and the number is of GB
  routes[2] fits as well, but comes after uk-calls
  routes[3] is for sms
`, "",
		},
		"a service": {[]string{"+33612345678", "--config", path, "--tenant", "acme"}, `sms to +33612345678 (FR) for tenant acme: route routes[3]

  1. vonage-eu

  sender: messaging service MG123
  after an attempt that may have delivered it: the next tries

skipped
  north-america is for US, CA, and the number is of FR
  uk-calls is for voice
  routes[2] is for voice
`, ""},
		"blocked": {[]string{"+33612345678", "--config", path, "--tenant", "acme", "--channel", "voice"}, `voice to +33612345678 (FR) for tenant acme: blocked

skipped
  north-america is for US, CA, and the number is of FR
  uk-calls is for GB, IE, and the number is of FR
  routes[2] is for GB, and the number is of FR
  routes[3] is for sms
`, "route: no route of tenant acme serves this message; it would be blocked"},
		"stops":      {[]string{"+447900123456", "--config", path, "--tenant", "other"}, "sms to +447900123456 (GB) for tenant other: route routes[0]\n\n  1. sns\n\n  sender: the provider's own, unless the caller asks for another\n  after an attempt that may have delivered it: none tries\n", ""},
		"no tenant":  {[]string{"+447400123456", "--config", path}, "", "route: which tenant? Name it with --tenant; the configuration has acme, other"},
		"stranger":   {[]string{"+447400123456", "--config", path, "--tenant", "who"}, "", `route: the configuration has no tenant "who"; it has acme, other`},
		"bad tenant": {[]string{"+447400123456", "--tenant", "*"}, "", `route: --tenant: "*" is not a tenant's name`},
		"no number":  {nil, "", "route: which number? For example: phonehook route +447400123456"},
		"bad number": {[]string{"911"}, "", "route: the number is too short; short codes and numbers without their area code cannot be sent to"},
		"no plus":    {[]string{"07400 123456", "--config", path, "--tenant", "acme"}, "", "route: the number has no country code, and the tenant has no default region: begin it with a plus sign"},
		"channel":    {[]string{"+447400123456", "--channel", "fax"}, "", `route: --channel: "fax" is neither sms nor voice`},
		"language":   {[]string{"+447400123456", "--language", "???"}, "", `route: --language: "???" is not a language tag, such as en or pt-BR`},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, _, err := execute(t, t.Context(), append([]string{"route"}, tt.args...)...)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.err {
				t.Errorf("got error %q, want %q", got, tt.err)
			}
			if diff := cmp.Diff(tt.want, stdout); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRoutesAreLookedForWhereTheyCanBe(t *testing.T) {
	gateway := write(t, "gateway.yaml", "kind: gateway\n"+goodNATS+"\n"+goodTenant)
	_, _, err := execute(t, t.Context(), "route", "+447400123456", "--config", gateway)
	if want := `kind: is "gateway"; routes are in files of kind worker and dev`; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want an error that ends in %s", err, want)
	}
	bad := write(t, "worker.yaml", "kind: worker\n"+goodNATS)
	_, _, err = execute(t, t.Context(), "route", "+447400123456", "--config", bad)
	if err == nil || !strings.HasPrefix(err.Error(), bad+": providers: is empty") {
		t.Errorf("got %v, want the complaints about the file", err)
	}
}

func TestCheckSaysWhichCountriesAreServed(t *testing.T) {
	path := write(t, "worker.yaml", strings.ReplaceAll(routedFile, "        senders: [{service: MG123}]\n", ""))
	stdout, stderr, err := execute(t, t.Context(), "check", path)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	want := path + ": ok\n  tenant acme: 4 routes, sms to every country, voice to US, CA, GB, IE\n" +
		"  tenant other: 1 route, sms to 1 prefix, voice to 1 prefix\n"
	if diff := cmp.Diff(want, stdout); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestServicesNeedAProviderThatHasThem(t *testing.T) {
	path := write(t, "worker.yaml", routedFile)
	_, stderr, err := execute(t, t.Context(), "check", path)
	want := path + `: tenants[0].routes[3].senders[0].service: is a messaging service, and the route's provider "vonage-eu" has none; give it a route of its own` + "\n"
	if err == nil || stderr != want {
		t.Errorf("got %v, %q; want %q", err, stderr, want)
	}
}
