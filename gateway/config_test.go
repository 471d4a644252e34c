package gateway_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/gateway"
)

const goodConfig = `
listen: :8080
admin: 127.0.0.1:8081
admin_hosts: [console.example.com]
shutdown_delay: 5s
events:
  keep: 240h
  number_key: 0123456789abcdef
tenants:
  - name: acme
    tokens:
      - sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      - token_file: /run/secrets/acme
    default_region: US
    deadline: 9s
    on_deadline: accept
    dedupe_window: 10s
    reply: envelope
  - name: other
    tokens: [{token_file: /run/secrets/other}]
`

func TestAGoodConfigurationIsTaken(t *testing.T) {
	var c gateway.Config
	if err := configs.Parse("gateway.yaml", []byte(goodConfig), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Tenants) != 2 || c.Tenants[0].Deadline.String() != "9s" || c.Tenants[1].Deadline != nil {
		t.Errorf("the configuration is %+v", c)
	}
}

func TestABadConfigurationIsRefusedWithItsPlace(t *testing.T) {
	const second = "    tokens: [{token_file: /run/secrets/other}]\n"
	hash := strings.Repeat("9f", 32)
	for name, c := range map[string]struct{ from, to, want string }{
		"unknown key":          {"reply: envelope", "replies: envelope", "unknown key replies"},
		"duplicate tenant":     {"name: other", "name: acme", "tenants[1].name: is the same as tenants[0].name"},
		"duplicate token":      {second, "    tokens: [{sha256: 9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}]\n", "tenants[1].tokens[0]: is the same as tenants[0].tokens[0]"},
		"no tenants":           {goodConfig, "listen: :8080\n", "tenants: needs at least one"},
		"bad tenant name":      {"name: other", "name: Other One", "tenants[1].name: must be 1 to 63"},
		"no tokens":            {second, "", "tenants[1].tokens: must be one token"},
		"three tokens":         {second, "    tokens: [{token_file: a}, {token_file: b}, {token_file: c}]\n", "tenants[1].tokens: must be one token, or two"},
		"a token of neither":   {second, "    tokens: [{}]\n", "tenants[1].tokens[0].sha256: is missing"},
		"a token of both":      {second, "    tokens: [{token_file: a, sha256: " + hash + "}]\n", "tenants[1].tokens[0].sha256: and token_file are both given"},
		"a short sha256":       {second, "    tokens: [{sha256: abcd}]\n", "tenants[1].tokens[0].sha256: must be 64 hexadecimal digits"},
		"a token as sha256":    {second, "    tokens: [{sha256: " + strings.Repeat("xy", 32) + "}]\n", "tenants[1].tokens[0].sha256: must be 64 hexadecimal digits"},
		"unknown region":       {"default_region: US", "default_region: UK", "tenants[0].default_region: must be a country's code"},
		"lower-case region":    {"default_region: US", "default_region: us", "tenants[0].default_region: must be a country's code"},
		"deadline of zero":     {"deadline: 9s", "deadline: 0s", "tenants[0].deadline: must be more than 0s"},
		"negative deadline":    {"deadline: 9s", "deadline: -1s", "tenants[0].deadline: must be more than 0s"},
		"deadline too long":    {"deadline: 9s", "deadline: 20001ms", "tenants[0].deadline: must be more than 0s and at most 20s"},
		"deadline, no unit":    {"deadline: 9s", "deadline: 9", "is not a duration with a unit"},
		"unknown reply":        {"reply: envelope", "reply: letter", "tenants[0].reply: must be status or envelope"},
		"bad address":          {"listen: :8080", "listen: localhost", "listen: must be host:port"},
		"one address twice":    {"admin: 127.0.0.1:8081", "admin: :8080", "admin: is the address of listen"},
		"unknown on_deadline":  {"on_deadline: accept", "on_deadline: hope", "tenants[0].on_deadline: must be fail or accept"},
		"window too long":      {"dedupe_window: 10s", "dedupe_window: 61s", "tenants[0].dedupe_window: must be 0s, which is off, to 1m0s"},
		"negative window":      {"dedupe_window: 10s", "dedupe_window: -1s", "tenants[0].dedupe_window: must be 0s"},
		"delay too long":       {"shutdown_delay: 5s", "shutdown_delay: 61s", "shutdown_delay: must be 0s to 1m0s"},
		"negative delay":       {"shutdown_delay: 5s", "shutdown_delay: -1s", "shutdown_delay: must be 0s"},
		"events for too short": {"keep: 240h", "keep: 23h", "events.keep: must be 24h, for which idempotency keys are remembered, to 8784h"},
		"events for too long":  {"keep: 240h", "keep: 8785h", "events.keep: must be 24h"},
		"a short key":          {"number_key: 0123456789abcdef", "number_key: 0123456789abcde", "events.number_key: must have at least 16 bytes"},
		"a key twice":          {"keep: 240h", "number_key_file: x", "events.number_key: and number_key_file are both given"},
		"unknown in events":    {"keep: 240h", "kept: 240h", "unknown key kept"},
		"host with a port":     {"[console.example.com]", "[\"console.example.com:80\"]", "admin_hosts[0]: must be a host name"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(goodConfig, c.from, c.to, 1)
			if text == goodConfig {
				t.Fatal("the case changes nothing")
			}
			err := configs.Parse("gateway.yaml", []byte(text), new(gateway.Config))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "gateway.yaml: ") {
				t.Errorf("got %v; want it to say %q", err, c.want)
			}
		})
	}
}

func TestTheEdgesOfSettingsAreTaken(t *testing.T) {
	for from, to := range map[string]string{
		"dedupe_window: 10s": "dedupe_window: 0s", "shutdown_delay: 5s": "shutdown_delay: 0s", "keep: 240h": "keep: 24h", "on_deadline: accept": "on_deadline: fail",
	} {
		if err := configs.Parse("gateway.yaml", []byte(strings.Replace(goodConfig, from, to, 1)), new(gateway.Config)); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
	if kept := (gateway.EventsConfig{}).KeepFor(); kept != gateway.DefaultKeepEvents {
		t.Errorf("events are kept for %v", kept)
	}
	if kept := (gateway.EventsConfig{Keep: deadline(48 * time.Hour)}).KeepFor(); kept != 48*time.Hour {
		t.Errorf("events are kept for %v", kept)
	}
}

func TestTheNumberKeyIsReadFromItsFile(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nowhere")
	for name, c := range map[string]struct{ path, want string }{
		"missing": {missing, "events.number_key_file: open " + missing},
		"short":   {secretFile(t, "0123456789abcde\n"), "events.number_key_file: must have at least 16 bytes"},
	} {
		settings := config()
		settings.Events.NumberKeyFile = c.path
		_, err := gateway.New(settings, gateway.Deps{Sender: &phones{}, Logger: discard()})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "0123456789") {
			t.Errorf("%s: %v; want %s", name, err, c.want)
		}
	}
	if key, err := (gateway.EventsConfig{NumberKeyFile: secretFile(t, "0123456789abcdef\n")}).ReadNumberKey(); string(key) != "0123456789abcdef" || err != nil {
		t.Errorf("the key is %d bytes, %v", len(key), err)
	}
	if key, err := (gateway.EventsConfig{}).ReadNumberKey(); key != nil || err != nil {
		t.Errorf("no key is %d bytes, %v", len(key), err)
	}
}

func TestEveryComplaintIsMadeAtOnce(t *testing.T) {
	err := gateway.Config{Listen: "x", Tenants: []gateway.Tenant{{Reply: "x"}, {Name: "b", DefaultRegion: "x"}}}.Validate()
	want := []string{"listen: ", "tenants[0].name: ", "tenants[0].tokens: ", "tenants[0].reply: ", "tenants[1].tokens: ", "tenants[1].default_region: "}
	var got []string
	for line := range strings.Lines(err.Error()) {
		path, _, _ := strings.Cut(line, " ")
		got = append(got, path+" ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTokensAreReadFromTheirFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	settings := config()
	settings.Tenants[0].Tokens = []gateway.Token{{TokenFile: write("old", "old-token\n")}, {TokenFile: write("new", "new-token")}}
	g := start(t, settings, gateway.Deps{Sender: &phones{}})
	for token, want := range map[string]int{"old-token": 200, "new-token": 200, statusToken: 401} {
		if got := g.do(t, "POST", hookPath, token, seedBody); got.status != want {
			t.Errorf("%s: %+v", token, got)
		}
	}
	for name, c := range map[string]struct{ path, want string }{
		"missing": {filepath.Join(dir, "nowhere"), "tenants[0].tokens[1].token_file: open " + filepath.Join(dir, "nowhere")},
		"empty":   {write("empty", "\n"), "tenants[0].tokens[1].token_file: " + filepath.Join(dir, "empty") + " is empty"},
		"same":    {write("same", envelopeToken), "tenants[1].tokens[0]: is the same token as tenants[0].tokens[1]"},
	} {
		settings.Tenants[0].Tokens[1] = gateway.Token{TokenFile: c.path}
		_, err := gateway.New(settings, gateway.Deps{Sender: &phones{}, Logger: discard()})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), envelopeToken) {
			t.Errorf("%s: %v; want it to say %q", name, err, c.want)
		}
	}
}

func TestAGatewayNeedsASenderAndALogger(t *testing.T) {
	for _, deps := range []gateway.Deps{{Logger: discard()}, {Sender: &phones{}}} {
		if _, err := gateway.New(config(), deps); err == nil {
			t.Error("a gateway was made without what it needs")
		}
	}
}
