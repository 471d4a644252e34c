package sinch_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/sinch"
	"github.com/phonehook/phonehook/worker/provider/sinch/sinchsim"
)

func TestConfigComplaints(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*sinch.Config)
		want   string
	}{
		{"no token", func(c *sinch.Config) { c.APIToken = configs.Secret{} }, "api_token: is missing; give it, or the path of a file with it as api_token_file"},
		{"token given twice", func(c *sinch.Config) { c.APITokenFile = "/x" }, "api_token: is given twice, as api_token and as api_token_file; keep one"},
		{"missing file", func(c *sinch.Config) { c.APIToken, c.APITokenFile = configs.Secret{}, "/nothing/here" }, "api_token_file: open /nothing/here: no such file or directory"},
		{"no plan", func(c *sinch.Config) { c.ServicePlanID = "" }, "service_plan_id: is missing or has something else than letters, digits and hyphens; SMS needs it, and calls need a section voice"},
		{"a plan with a slash", func(c *sinch.Config) { c.ServicePlanID = "a/b" }, "service_plan_id: is missing or has something else than letters, digits and hyphens; SMS needs it, and calls need a section voice"},
		{"webhook secret given twice", func(c *sinch.Config) { c.WebhookSecretFile = "/x" }, "webhook_secret: is given twice, as webhook_secret and as webhook_secret_file; keep one"},
		{"unknown region", func(c *sinch.Config) { c.Region = "uk" }, `region: "uk" is none of us, eu, au, br, ca`},
		{"long sender", func(c *sinch.Config) { c.From = "Acme Incorporated" }, "from: must be a number of 7 to 15 digits, a short code, or a name of up to 11 characters"},
		{"no application", func(c *sinch.Config) { c.Voice.ApplicationKey = "" }, "voice.application_key: is missing or has something else than letters, digits and hyphens; calls need an application of the Voice API"},
		{"no secret", func(c *sinch.Config) { c.Voice.ApplicationSecret = configs.Secret{} }, "voice.application_secret: is missing; give it, or the path of a file with it as application_secret_file"},
		{"no base64", func(c *sinch.Config) { c.Voice.ApplicationSecret = configs.NewSecret("not base64!") }, "voice.application_secret: is not base64, as the dashboard shows it"},
		{"no number", func(c *sinch.Config) { c.Voice.From = "Acme" }, "voice.from: must be a number of 7 to 15 digits"},
		{"no number at all", func(c *sinch.Config) { c.Voice.From = "" }, "voice.from: is missing; calls without a number never reach their phone, and the account's from is none"},
		{"no language", func(c *sinch.Config) { c.Voice.Language = "xx" }, `voice.language: "xx" is no language that Sinch speaks, such as en-GB`},
		{"insecure", func(c *sinch.Config) { c.AllowInsecure, c.Voice.BaseURL = false, "" }, "base_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"address with a path", func(c *sinch.Config) { c.BaseURL = "https://eu.sms.api.sinch.com/xms/v1" }, "base_url: has the path /xms/v1, which does not belong there; give the address without it"},
		{"voice address with a path", func(c *sinch.Config) { c.Voice.BaseURL = "https://calling.api.sinch.com/calling" }, "voice.base_url: has the path /calling, which does not belong there; give the address without it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := sinch.New(cfg, provider.Account{})
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestConfigComplainsAboutEverythingAtOnce(t *testing.T) {
	cfg := sinch.Config{
		WebhookSecret: configs.NewSecret("a"), WebhookSecretFile: "b", From: "+", Region: "x", APITokenFile: "/x",
		Voice: sinch.Voice{From: "x", Language: "x"}, BaseURL: "http://a",
	}
	err := cfg.Validate()
	for _, path := range []string{"service_plan_id", "webhook_secret", "region", "from", "voice.application_key", "voice.application_secret", "voice.from", "voice.language", "base_url"} {
		if !strings.Contains(err.Error(), path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

func TestConfigNeedsOneChannelAlone(t *testing.T) {
	smsOnly, voiceOnly, one := config(""), config(""), config("")
	smsOnly.Voice = sinch.Voice{}
	voiceOnly.ServicePlanID, voiceOnly.APIToken = "", configs.Secret{}
	one.From, one.Voice.From = "447700900000", ""
	for _, cfg := range []sinch.Config{smsOnly, voiceOnly, one} {
		if err := cfg.Validate(); err != nil {
			t.Error(err)
		}
	}
	if err := (&sinch.Config{}).Validate(); err == nil {
		t.Error("an account without anything is taken")
	}
}

type file struct {
	Sinch sinch.Config `yaml:"sinch"`
}

func (f *file) Validate() error { return configs.Within("sinch", f.Sinch.Validate()) }

func TestConfigFromAFile(t *testing.T) {
	write := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := `sinch:
  service_plan_id: ` + plan + `
  api_token_file: ` + write("token", apiToken) + `
  webhook_secret_file: ` + write("webhook", webhookSecret) + `
  region: eu
  from: "12345"
  voice: {application_key: ` + applicationKey + `, application_secret_file: ` + write("secret", applicationSecret) + `, from: "+447700900000", language: de-DE}
`
	var f file
	if err := configs.Parse("worker.yaml", []byte(text), &f); err != nil {
		t.Fatal(err)
	}
	client, err := sinch.New(f.Sinch, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	f.Sinch.Voice.ApplicationSecretFile = write("bad", "not base64!")
	if _, err := sinch.New(f.Sinch, provider.Account{}); err == nil || err.Error() != "voice.application_secret_file: is not base64, as the dashboard shows it" {
		t.Errorf("got %v", err)
	}
}

// TestTheLookAlikesOwnSection sends through the account that the look-alike shows.
func TestTheLookAlikesOwnSection(t *testing.T) {
	look := sinchsim.New(sinchsim.Development())
	server := httptest.NewServer(look)
	defer server.Close()
	defer look.Close()
	section := strings.ReplaceAll("\n"+strings.TrimRight(sinchsim.Section(server.URL), "\n"), "\n", "\n  ")
	var f file
	if err := configs.Parse("worker.yaml", []byte("sinch:"+section), &f); err != nil {
		t.Fatal(err)
	}
	client, err := sinch.New(f.Sinch, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, channel := range sinch.Facts.Channels {
		if _, err := client.Send(t.Context(), message(channel)); err != nil {
			t.Errorf("%s: %v (refused: %v)", channel, err, look.Stats().Refused)
		}
	}
}
