package plivo_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/plivo"
	"github.com/phonehook/phonehook/worker/provider/plivo/plivosim"
)

func TestConfigComplaints(t *testing.T) {
	const (
		badFrom = "from: must be a number of 7 to 15 digits, a short code, or up to 11 letters and digits with a letter among them"
		badID   = "auth_id: is missing or has something else than letters and digits; it stands in the address of every request"
	)
	for _, c := range []struct {
		name   string
		change func(*plivo.Config)
		want   string
	}{
		{"no id", func(c *plivo.Config) { c.AuthID = "" }, badID},
		{"id that is a path", func(c *plivo.Config) { c.AuthID = "a/../b" }, badID},
		{"no token", func(c *plivo.Config) { c.AuthToken = configs.Secret{} }, "auth_token: is missing; give it, or the path of a file with it as auth_token_file"},
		{"token given twice", func(c *plivo.Config) { c.AuthTokenFile = "/x" }, "auth_token: is given twice, as auth_token and as auth_token_file; keep one"},
		{"missing file", func(c *plivo.Config) { c.AuthToken, c.AuthTokenFile = configs.Secret{}, "/nothing/here" }, "auth_token_file: open /nothing/here: no such file or directory"},
		{"nothing to send from", func(c *plivo.Config) { c.From, c.Voice = "", plivo.Voice{} }, "from: is missing; SMS needs it or powerpack_uuid, calls need a number here or as voice.from"},
		{"long sender", func(c *plivo.Config) { c.From = "Acme Incorporated" }, badFrom},
		{"sender with a blank", func(c *plivo.Config) { c.From = "Acme Inc" }, badFrom},
		{"sender and a powerpack", func(c *plivo.Config) { c.PowerpackUUID = powerpack }, "powerpack_uuid: is given beside from; keep one, and give the number to call from as voice.from"},
		{"no number to call from", func(c *plivo.Config) { c.Voice.From = "Acme" }, "voice.from: must be a number of 7 to 15 digits"},
		{"no language", func(c *plivo.Config) { c.Voice.Language = "Welsh" }, `voice.language: "Welsh" is no language that Plivo speaks, such as en-GB`},
		{"insecure", func(c *plivo.Config) { c.AllowInsecure = false }, "base_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"address with a path", func(c *plivo.Config) { c.BaseURL = "https://api.plivo.com/v1" }, "base_url: has the path /v1, which does not belong there; give the address without it"},
		{"no address", func(c *plivo.Config) { c.BaseURL = "api.plivo.com" }, "base_url: is not an address such as https://example.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := plivo.New(cfg, provider.Account{})
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestConfigComplainsAboutEverythingAtOnce(t *testing.T) {
	cfg := plivo.Config{From: "+", Voice: plivo.Voice{From: "x", Language: "x"}, BaseURL: "http://a"}
	err := cfg.Validate()
	for _, path := range []string{"auth_id", "auth_token", "from", "voice.from", "voice.language", "base_url"} {
		if !strings.Contains(err.Error(), path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

func TestConfigNeedsOneChannelAlone(t *testing.T) {
	smsOnly, voiceOnly, pool := config(""), config(""), config("")
	smsOnly.Voice = plivo.Voice{}
	voiceOnly.From = ""
	pool.From, pool.PowerpackUUID, pool.Voice = "", powerpack, plivo.Voice{}
	for _, cfg := range []plivo.Config{smsOnly, voiceOnly, pool} {
		if err := cfg.Validate(); err != nil {
			t.Error(err)
		}
	}
}

type file struct {
	Plivo plivo.Config `yaml:"plivo"`
}

func (f *file) Validate() error { return configs.Within("plivo", f.Plivo.Validate()) }

func TestConfigFromAFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secret, []byte(authToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f file
	err := configs.Parse("worker.yaml", []byte(`plivo:
  auth_id: MA1
  auth_token_file: `+secret+`
  from: "12345"
  voice: {from: "+447700900000", language: de-DE}
  base_url: https://plivo.example.com/behind/a/proxy/
`), &f)
	if err != nil {
		t.Fatal(err)
	}
	client, err := plivo.New(f.Plivo, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	var bad file
	if err := configs.Parse("worker.yaml", []byte("plivo: {auth_id: a, auth_token: a, auth_token_file: b, powerpack_uuid: p}"), &bad); err == nil ||
		err.Error() != "worker.yaml: plivo.auth_token: is given twice, as auth_token and as auth_token_file; keep one" {
		t.Errorf("got %v", err)
	}
}

// TestTheLookAlikesOwnSection sends through the account that the look-alike shows.
func TestTheLookAlikesOwnSection(t *testing.T) {
	look := plivosim.New(plivosim.Development())
	server := httptest.NewServer(look)
	defer server.Close()
	defer look.Close()
	section := strings.ReplaceAll("\n"+strings.TrimRight(plivosim.Section(server.URL), "\n"), "\n", "\n  ")
	var f file
	if err := configs.Parse("worker.yaml", []byte("plivo:"+section), &f); err != nil {
		t.Fatal(err)
	}
	client, err := plivo.New(f.Plivo, account)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, channel := range plivo.Facts.Channels {
		if _, err := client.Send(t.Context(), message(channel)); err != nil {
			t.Errorf("%s: %v (refused: %v)", channel, err, look.Stats().Refused)
		}
	}
}
