package telnyx_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/telnyx"
	"github.com/phonehook/phonehook/worker/provider/telnyx/telnyxsim"
)

func TestConfigComplaints(t *testing.T) {
	const badFrom = "from: must be a number of 7 to 15 digits, a short code, or up to 11 letters, digits and blanks with a letter among them"
	for _, c := range []struct {
		name   string
		change func(*telnyx.Config)
		want   string
	}{
		{"no key", func(c *telnyx.Config) { c.APIKey = configs.Secret{} }, "api_key: is missing; give it, or the path of a file with it as api_key_file"},
		{"key given twice", func(c *telnyx.Config) { c.APIKeyFile = "/x" }, "api_key: is given twice, as api_key and as api_key_file; keep one"},
		{"missing file", func(c *telnyx.Config) { c.APIKey, c.APIKeyFile = configs.Secret{}, "/nothing/here" }, "api_key_file: open /nothing/here: no such file or directory"},
		{"public key that is none", func(c *telnyx.Config) { c.PublicKey = "hunter2" }, "public_key: is not 32 bytes in base64, as the portal shows them"},
		{"short public key", func(c *telnyx.Config) { c.PublicKey = "aGk=" }, "public_key: is not 32 bytes in base64, as the portal shows them"},
		{"nothing to send from", func(c *telnyx.Config) { c.From, c.MessagingProfileID, c.Voice = "", "", telnyx.Voice{} }, "from: is missing; SMS needs it or messaging_profile_id, calls need a section voice"},
		{"long sender", func(c *telnyx.Config) { c.From = "Acme Incorporated" }, badFrom},
		{"sender with a hyphen", func(c *telnyx.Config) { c.From = "Acme-Inc" }, badFrom},
		{"name without its profile", func(c *telnyx.Config) { c.MessagingProfileID = "" }, "messaging_profile_id: is missing; from is a name, which has to be registered in a messaging profile"},
		{"no account", func(c *telnyx.Config) { c.Voice.AccountSID = "" }, "voice.account_sid: is missing or has something else than letters, digits and hyphens; it stands in the address of calls"},
		{"account that is a path", func(c *telnyx.Config) { c.Voice.AccountSID = "a/../b" }, "voice.account_sid: is missing or has something else than letters, digits and hyphens; it stands in the address of calls"},
		{"no application", func(c *telnyx.Config) { c.Voice.ApplicationID = "" }, "voice.application_id: is missing; calls need a TeXML application"},
		{"no number to call from", func(c *telnyx.Config) { c.Voice.From = "" }, "voice.from: is missing; calls need a number, and the account's from is none"},
		{"no number", func(c *telnyx.Config) { c.Voice.From = "Acme" }, "voice.from: must be a number of 7 to 15 digits"},
		{"no language", func(c *telnyx.Config) { c.Voice.Language = "Welsh" }, `voice.language: "Welsh" is no language that Telnyx speaks, such as en-GB`},
		{"insecure", func(c *telnyx.Config) { c.AllowInsecure = false }, "base_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"address with a path", func(c *telnyx.Config) { c.BaseURL = "https://api.telnyx.com/v2" }, "base_url: has the path /v2, which does not belong there; give the address without it"},
		{"no address", func(c *telnyx.Config) { c.BaseURL = "api.telnyx.com" }, "base_url: is not an address such as https://example.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := telnyx.New(cfg, provider.Account{})
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Error("the complaint repeats a secret")
			}
		})
	}
}

func TestConfigComplainsAboutEverythingAtOnce(t *testing.T) {
	cfg := telnyx.Config{PublicKey: "x", From: "+", Voice: telnyx.Voice{Language: "x"}, BaseURL: "http://a"}
	err := cfg.Validate()
	for _, path := range []string{"api_key", "public_key", "from", "voice.account_sid", "voice.application_id", "voice.from", "voice.language", "base_url"} {
		if !strings.Contains(err.Error(), path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

func TestConfigNeedsOneChannelAlone(t *testing.T) {
	smsOnly, voiceOnly, pool := config(""), config(""), config("")
	smsOnly.Voice = telnyx.Voice{}
	voiceOnly.From, voiceOnly.MessagingProfileID = "", ""
	pool.From, pool.Voice = "", telnyx.Voice{}
	for _, cfg := range []telnyx.Config{smsOnly, voiceOnly, pool} {
		if err := cfg.Validate(); err != nil {
			t.Error(err)
		}
	}
}

type file struct {
	Telnyx telnyx.Config `yaml:"telnyx"`
}

func (f *file) Validate() error { return configs.Within("telnyx", f.Telnyx.Validate()) }

func TestConfigFromAFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secret, []byte(apiKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f file
	err := configs.Parse("worker.yaml", []byte(`telnyx:
  api_key_file: `+secret+`
  public_key: `+publicOf(key)+`
  from: "12345"
  voice: {account_sid: a-1, application_id: "1", from: "+447700900000", language: de-DE}
  base_url: https://telnyx.example.com/behind/a/proxy/
`), &f)
	if err != nil {
		t.Fatal(err)
	}
	client, err := telnyx.New(f.Telnyx, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	var bad file
	if err := configs.Parse("worker.yaml", []byte("telnyx: {api_key: a, api_key_file: b, from: Acme, messaging_profile_id: p}"), &bad); err == nil ||
		err.Error() != "worker.yaml: telnyx.api_key: is given twice, as api_key and as api_key_file; keep one" {
		t.Errorf("got %v", err)
	}
}

// TestTheLookAlikesOwnSection sends through the account that the look-alike shows.
func TestTheLookAlikesOwnSection(t *testing.T) {
	look := telnyxsim.New(telnyxsim.Development())
	server := httptest.NewServer(look)
	defer server.Close()
	defer look.Close()
	section := strings.ReplaceAll("\n"+strings.TrimRight(telnyxsim.Section(server.URL), "\n"), "\n", "\n  ")
	var f file
	if err := configs.Parse("worker.yaml", []byte("telnyx:"+section), &f); err != nil {
		t.Fatal(err)
	}
	client, err := telnyx.New(f.Telnyx, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, channel := range telnyx.Facts.Channels {
		if _, err := client.Send(t.Context(), message(channel)); err != nil {
			t.Errorf("%s: %v (refused: %v)", channel, err, look.Stats().Refused)
		}
	}
}
