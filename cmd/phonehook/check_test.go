package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/cmd/internal/devd"
)

func TestFilesThatShipAreGood(t *testing.T) {
	t.Chdir("../..") // the paths in them are seen from the repository's folder
	files, err := filepath.Glob("configs/*.yaml")
	if err != nil || len(files) != 2 {
		t.Fatalf("found %q: %v", files, err)
	}
	stdout, _, err := execute(t, t.Context(), append([]string{"check"}, files...)...)
	if err != nil {
		t.Error(err)
	}
	want := "configs/gateway.yaml: ok\nconfigs/worker.yaml: ok\n  tenant *: 2 routes, sms to every country, voice to every country\n"
	if stdout != want {
		t.Errorf("printed %q, want %q", stdout, want)
	}
}

func TestBuiltInConfigurationIsGood(t *testing.T) {
	path := write(t, "dev.yaml", string(devd.DefaultFile))
	if _, stderr, err := execute(t, t.Context(), "check", path); err != nil {
		t.Errorf("%v\n%s", err, stderr)
	}
}

const (
	goodTenant = "tenants: [{name: a, tokens: [{sha256: c91cbbedf8c712e8e2b7517ddeca8fe4fde839ebd8339e0b2001363002b37712}]}]"
	goodNATS   = "nats: {url: nats://127.0.0.1:4222}"
	goodRoutes = "providers: [{name: box, inbox: {}}]\ntenants: [{name: '*', routes: [{providers: [box]}]}]"
)

func TestBadFilesAreExplained(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"empty":       {"", []string{"kind: is missing; it says whose file this is: gateway, worker or dev"}},
		"no kind":     {goodNATS, []string{"kind: is missing; it says whose file this is: gateway, worker or dev"}},
		"other kind":  {"kind: router", []string{`kind: "router" is none of gateway, worker and dev`}},
		"no YAML":     {"kind: [", []string{"yaml: line 1: did not find expected node content"}},
		"unknown key": {"kind: gateway\nlisten: :1\nlisen: :2", []string{"line 3: unknown key lisen"}},
		"tenant twice": {
			"kind: gateway\n" + goodNATS + "\ntenants:\n" +
				"  - {name: a, tokens: [{sha256: c91cbbedf8c712e8e2b7517ddeca8fe4fde839ebd8339e0b2001363002b37712}]}\n" +
				"  - {name: a, tokens: [{sha256: c91cbbedf8c712e8e2b7517ddeca8fe4fde839ebd8339e0b2001363002b37713}]}\n",
			[]string{"tenants[1].name: is the same as tenants[0].name"},
		},
		"secret twice":      {"kind: worker\nnats: {url: a, user: u, password: x, password_file: y}\n" + goodRoutes, []string{"nats.password: is given twice, as password and as password_file; keep one"}},
		"second document":   {"kind: gateway\n" + goodNATS + "\n" + goodTenant + "\n---\nkind: worker\n", []string{"the file has a second document; one file holds one configuration"}},
		"several at once":   {"kind: worker\nlog: {level: loud}\n" + goodRoutes, []string{`log.level: "loud" is none of debug, info, warn and error`, "nats.url: is missing, for example nats://127.0.0.1:4222"}},
		"unknown provider":  {"kind: worker\n" + goodNATS + "\nproviders: [{name: box, inbox: {}}]\ntenants: [{name: '*', routes: [{providers: [bix]}]}]", []string{`tenants[0].routes[0].providers[0]: no provider is named "bix"`}},
		"missing secret":    {"kind: worker\n" + goodNATS + "\nproviders: [{name: v, vonage: {api_key: abcd1234, api_secret_file: /nowhere/secret, from: Acme}}]\ntenants: [{name: '*', routes: [{providers: [v]}]}]", []string{"providers[0].vonage.api_secret_file: open /nowhere/secret: no such file or directory"}},
		"missing token":     {"kind: gateway\n" + goodNATS + "\ntenants: [{name: a, tokens: [{token_file: /nowhere/token}]}]", []string{"tenants[0].tokens[0].token_file: open /nowhere/token: no such file or directory"}},
		"both parts of dev": {"kind: dev\ngateway: {" + goodTenant + ", deadline: 1s}\n", []string{"line 2: unknown key deadline"}},
		"missing in dev":    {"kind: dev\ngateway: {tenants: [{name: a, tokens: [{token_file: /nowhere/token}]}]}\nworker:\n  providers: [{name: box, inbox: {}}]\n  tenants: [{name: '*', routes: [{providers: [box]}]}]", []string{"gateway.tenants[0].tokens[0].token_file: open /nowhere/token: no such file or directory"}},
		"bare duration":     {"kind: gateway\n" + goodNATS + "\ntenants:\n  - name: a\n    deadline: 9\n", []string{`line 5: "9" is not a duration with a unit, such as 9s or 250ms`}},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "bad.yaml", tt.text)
			_, stderr, err := execute(t, t.Context(), "check", path)
			if err == nil || err.Error() != "check: 1 of 1 files have errors" {
				t.Errorf("got error %v", err)
			}
			var want strings.Builder
			for _, line := range tt.want {
				want.WriteString(path + ": " + line + "\n")
			}
			if diff := cmp.Diff(want.String(), stderr); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMissingFileIsNamed(t *testing.T) {
	_, stderr, err := execute(t, t.Context(), "check", "/nowhere/gateway.yaml")
	if err == nil || !strings.Contains(stderr, "/nowhere/gateway.yaml: ") {
		t.Errorf("got %v and %q", err, stderr)
	}
}

func TestGoodAndBadFilesAreToldApart(t *testing.T) {
	good := write(t, "good.yaml", "kind: gateway\n"+goodNATS+"\n"+goodTenant)
	bad := write(t, "bad.yaml", "kind: gateway\n"+goodNATS)
	stdout, stderr, err := execute(t, t.Context(), "check", bad, good)
	if err == nil || err.Error() != "check: 1 of 2 files have errors" {
		t.Errorf("got error %v", err)
	}
	if stdout != good+": ok\n" || stderr != bad+": tenants: needs at least one tenant\n" {
		t.Errorf("printed %q and %q", stdout, stderr)
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil { //nolint:gosec // in the folder of the test
		t.Fatal(err)
	}
	return path
}
