package infobip_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/infobip"
	"github.com/phonehook/phonehook/worker/provider/infobip/infobipsim"
)

func TestConfigComplaints(t *testing.T) {
	const badFrom = "from: must be a number of 7 to 15 digits, a short code, or a name of 3 to 11 letters and digits"
	for _, c := range []struct {
		name   string
		change func(*infobip.Config)
		want   string
	}{
		{"no key", func(c *infobip.Config) { c.APIKey = configs.Secret{} }, "api_key: is missing; give it, or the path of a file with it as api_key_file"},
		{"key given twice", func(c *infobip.Config) { c.APIKeyFile = "/x" }, "api_key: is given twice, as api_key and as api_key_file; keep one"},
		{"missing file", func(c *infobip.Config) { c.APIKey, c.APIKeyFile = configs.Secret{}, "/nothing/here" }, "api_key_file: open /nothing/here: no such file or directory"},
		{"nothing to send from", func(c *infobip.Config) { c.From, c.Voice.From = "", "" }, "from: is missing; SMS need it, and calls need it or voice.from"},
		{"long sender", func(c *infobip.Config) { c.From = "Acme Incorporated" }, badFrom},
		{"short sender", func(c *infobip.Config) { c.From = "Ac" }, badFrom},
		{"sender with a slash", func(c *infobip.Config) { c.From = "Acme/1" }, badFrom},
		{"a name to call from", func(c *infobip.Config) { c.Voice.From = "Acme" }, "voice.from: must be a number of 7 to 15 digits"},
		{"no language", func(c *infobip.Config) { c.Voice.Language = "Welsh" }, `voice.language: "Welsh" is no language that Infobip speaks, such as en-gb`},
		{"no address", func(c *infobip.Config) { c.BaseURL = "" }, "base_url: is missing; every account has its own, such as https://xyz123.api.infobip.com"},
		{"insecure", func(c *infobip.Config) { c.AllowInsecure = false }, "base_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"address with a path", func(c *infobip.Config) { c.BaseURL = "https://xyz123.api.infobip.com/sms" }, "base_url: has the path /sms, which does not belong there; give the address without it"},
		{"a host alone", func(c *infobip.Config) { c.BaseURL = "xyz123.api.infobip.com" }, "base_url: is not an address such as https://example.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := infobip.New(cfg, provider.Account{})
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestConfigComplainsAboutEverythingAtOnce(t *testing.T) {
	cfg := infobip.Config{From: "+", Voice: infobip.Voice{From: "x", Language: "x"}}
	err := cfg.Validate()
	for _, path := range []string{"api_key", "from", "voice.from", "voice.language", "base_url"} {
		if !strings.Contains(err.Error(), path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

func TestConfigNeedsOneChannelAlone(t *testing.T) {
	smsOnly, voiceOnly := config("http://127.0.0.1:1"), config("http://127.0.0.1:1")
	smsOnly.Voice, voiceOnly.From = infobip.Voice{}, ""
	for _, cfg := range []infobip.Config{smsOnly, voiceOnly} {
		if err := cfg.Validate(); err != nil {
			t.Error(err)
		}
	}
}

type file struct {
	Infobip infobip.Config `yaml:"infobip"`
}

func (f *file) Validate() error { return configs.Within("infobip", f.Infobip.Validate()) }

func TestConfigFromAFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secret, []byte(apiKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f file
	err := configs.Parse("worker.yaml", []byte(`infobip:
  api_key_file: `+secret+`
  from: "12345"
  voice: {from: "+447700900000", language: de-at}
  base_url: https://infobip.example.com/behind/a/proxy/
`), &f)
	if err != nil {
		t.Fatal(err)
	}
	client, err := infobip.New(f.Infobip, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	var bad file
	if err := configs.Parse("worker.yaml", []byte("infobip: {api_key: a, api_key_file: b, from: Acme, base_url: 'https://x.example.com'}"), &bad); err == nil ||
		err.Error() != "worker.yaml: infobip.api_key: is given twice, as api_key and as api_key_file; keep one" {
		t.Errorf("got %v", err)
	}
}

// TestTheLookAlikesOwnSection sends through the account that the look-alike shows.
func TestTheLookAlikesOwnSection(t *testing.T) {
	look := infobipsim.New(infobipsim.Development())
	server := httptest.NewServer(look)
	defer server.Close()
	defer look.Close()
	section := strings.ReplaceAll("\n"+strings.TrimRight(infobipsim.Section(server.URL), "\n"), "\n", "\n  ")
	var f file
	if err := configs.Parse("worker.yaml", []byte("infobip:"+section), &f); err != nil {
		t.Fatal(err)
	}
	client, err := infobip.New(f.Infobip, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, channel := range infobip.Facts.Channels {
		if _, err := client.Send(t.Context(), message(channel)); err != nil {
			t.Errorf("%s: %v (refused: %v)", channel, err, look.Stats().Refused)
		}
	}
}

func TestTheExampleIsValid(t *testing.T) {
	data, err := os.ReadFile("../../../configs/providers/infobip.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var example struct {
		Providers []struct {
			Infobip infobip.Config `yaml:"infobip"`
		} `yaml:"providers"`
	}
	if err := yaml.Unmarshal(data, &example); err != nil {
		t.Fatal(err)
	}
	if len(example.Providers) != 1 {
		t.Fatalf("there are %d providers", len(example.Providers))
	}
	if err := example.Providers[0].Infobip.Validate(); err != nil {
		t.Error(err)
	}
}
