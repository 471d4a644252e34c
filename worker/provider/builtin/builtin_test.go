package builtin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/builtin"
	"github.com/phonehook/phonehook/worker/provider/inbox"
	"github.com/phonehook/phonehook/worker/provider/vonage"
)

// file is a worker's file as far as its providers go.
type file struct {
	Providers builtin.Entries `yaml:"providers"`
}

func (f *file) Validate() error { return configs.Within("providers", f.Providers.Validate()) }

func parse(t *testing.T, yaml string) (builtin.Entries, error) {
	t.Helper()
	var f file
	err := configs.Parse("f", []byte(yaml), &f)
	return f.Providers, err
}

func TestEntriesBecomeProviders(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := parse(t, `
providers:
  - name: desk
    inbox: {keep: 5}
  - name: vonage-eu
    vonage: {api_key: abcd1234, api_secret: s3cret, from: Acme}
  - name: vonage-us
    vonage: {api_key: abcd1234, api_secret_file: `+secret+`, from: Acme}
`)
	if err != nil {
		t.Fatal(err)
	}
	providers, err := builtin.New(entries, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := providers["desk"].(*inbox.Inbox); !ok {
		t.Errorf("desk is a %T", providers["desk"])
	}
	for _, name := range []string{"vonage-eu", "vonage-us"} {
		if _, ok := providers[name].(*vonage.Client); !ok {
			t.Errorf("%s is a %T", name, providers[name])
		}
	}
	if len(providers) != 3 || !entries.Has("vonage-us") || entries.Has("other") {
		t.Errorf("got %d providers", len(providers))
	}
}

func TestBadEntriesNameThePlace(t *testing.T) {
	for name, tt := range map[string]struct {
		yaml string
		want []string
	}{
		"none":           {`providers: []`, []string{"f: providers: is empty; a worker needs at least one provider"}},
		"no section":     {`providers: [{name: a}]`, []string{"f: providers[0]: has 0 sections of providers; it needs exactly one, such as vonage: {…} or inbox: {}"}},
		"null section":   {`providers: [{name: a, inbox: }]`, []string{"f: providers[0]: has 0 sections of providers; it needs exactly one, such as vonage: {…} or inbox: {}"}},
		"two sections":   {`providers: [{name: a, inbox: {}, vonage: {api_key: abcd1234, api_secret: s, from: Acme}}]`, []string{"f: providers[0]: has 2 sections of providers; it needs exactly one, such as vonage: {…} or inbox: {}"}},
		"no name":        {`providers: [{inbox: {}}]`, []string{`f: providers[0].name: "" is not 1 to 63 lower-case letters, digits, hyphens and underscores`}},
		"bad name":       {`providers: [{name: "a b", inbox: {}}]`, []string{`f: providers[0].name: "a b" is not 1 to 63 lower-case letters, digits, hyphens and underscores`}},
		"name twice":     {`providers: [{name: a, inbox: {}}, {name: b, inbox: {}}, {name: a, inbox: {}}]`, []string{`f: providers[2].name: "a" is already providers[0]`}},
		"bad section":    {`providers: [{name: a, inbox: {keep: -1}}]`, []string{"f: providers[0].inbox.keep: must be between 1 and 100000, or absent for 1000"}},
		"unknown vendor": {`providers: [{name: a, pigeon: {}}]`, []string{"f: line 1: unknown key pigeon"}},
		"bad channel":    {`providers: [{name: a, inbox: {}, limits: [{channel: fax, in_flight: 1}]}]`, []string{`f: providers[0].limits[0].channel: "fax" is neither sms nor voice; leave it out for all together`}},
		"bad limit": {`providers: [{name: a, inbox: {}, limits: [{per_second: -1}, {channel: sms, in_flight: -2}]}]`, []string{
			"f: providers[0].limits[0].per_second: must be a number above zero, or absent for no limit",
			"f: providers[0].limits[1].in_flight: must be a whole number above zero, or absent for no limit",
		}},
		"no number":        {`providers: [{name: a, inbox: {}, limits: [{per_second: .nan}]}]`, []string{"f: providers[0].limits[0].per_second: must be a number above zero, or absent for no limit"}},
		"limit of nothing": {`providers: [{name: a, inbox: {}, limits: [{channel: sms}]}]`, []string{"f: providers[0].limits[0]: limits nothing; give per_second or in_flight"}},
		"limit twice":      {`providers: [{name: a, inbox: {}, limits: [{channel: sms, in_flight: 1}, {channel: sms, per_second: 2}]}]`, []string{"f: providers[0].limits[1]: is for the same channel as limits[0]; put them together"}},
		"typo inside":      {`providers: [{name: a, vonage: {api_kee: x}}]`, []string{"f: line 1: unknown key api_kee"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			if _, err := parse(t, tt.yaml); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLimitsStandBesideTheirEntries(t *testing.T) {
	entries, err := parse(t, "providers: [{name: a, inbox: {}, limits: [{channel: voice, per_second: 0.5}, {in_flight: 7}]}, {name: b, inbox: {}}]")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]provider.Limit{"a": {{Channel: provider.Voice, PerSecond: 0.5}, {InFlight: 7}}}
	if diff := cmp.Diff(want, entries.Limits()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSecretFilesAreReadAtOnce(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	entries, err := parse(t, `providers: [{name: a, inbox: {}}, {name: b, vonage: {api_key: abcd1234, api_secret_file: `+missing+`, from: Acme}}]`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = builtin.New(entries, nil)
	want := "providers[1].vonage.api_secret_file: open " + missing + ": no such file or directory"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
