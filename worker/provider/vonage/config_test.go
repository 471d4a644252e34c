package vonage_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/vonage"
	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
)

func TestConfigComplaints(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // the weakness is what is tested
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*vonage.Config)
		want   string
	}{
		{"nothing", func(c *vonage.Config) { *c = vonage.Config{} }, "api_key: is missing; SMS needs api_key and api_secret, calls need application_id and private_key"},
		{"short key", func(c *vonage.Config) { c.APIKey = "abc" }, "api_key: must have 8 characters, as the dashboard shows it"},
		{"no secret", func(c *vonage.Config) { c.APISecret = configs.Secret{} }, "api_secret: is missing; give it, or the path of a file with it as api_secret_file"},
		{"secret given twice", func(c *vonage.Config) { c.APISecretFile = "/x" }, "api_secret: is given twice, as api_secret and as api_secret_file; keep one"},
		{"key given twice", func(c *vonage.Config) { c.PrivateKeyFile = "/x" }, "private_key: is given twice, as private_key and as private_key_file; keep one"},
		{"no key", func(c *vonage.Config) { c.PrivateKey = configs.Secret{} }, "private_key: is missing; give it, or the path of a file with it as private_key_file"},
		{"no application", func(c *vonage.Config) { c.ApplicationID = "" }, "application_id: is missing; calls need it beside private_key"},
		{"no sender", func(c *vonage.Config) { c.From = "" }, "from: is missing; SMS needs a sender"},
		{"bad sender", func(c *vonage.Config) { c.From = "Acme Incorporated" }, "from: must be a number of 7 to 15 digits, a short code, or up to 11 letters and digits"},
		{"no number to call from", func(c *vonage.Config) { c.Voice.From = "" }, "voice.from: is missing; calls need a number, and from is none"},
		{"no number", func(c *vonage.Config) { c.Voice.From = "Acme" }, "voice.from: must be a number of 7 to 15 digits"},
		{"no language", func(c *vonage.Config) { c.Voice.Language = "Welsh" }, `voice.language: "Welsh" is no language that Vonage speaks, such as en-GB`},
		{"negative style", func(c *vonage.Config) { c.Voice.Style = -1 }, "voice.style: must not be negative"},
		{"insecure SMS", func(c *vonage.Config) { c.AllowInsecure, c.VoiceURL = false, "" }, "sms_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"address with a password", func(c *vonage.Config) { c.VoiceURL = "https://u:hunter2@example.com" }, "voice_url: must not have a user name or a password in it"},
		{"address with a query", func(c *vonage.Config) { c.SMSURL = "https://example.com?a=b" }, "sms_url: must not have a query or a fragment"},
		{"no address", func(c *vonage.Config) { c.SMSURL = "example.com" }, "sms_url: is not an address such as https://example.com"},
		{"other method of signing", func(c *vonage.Config) { c.SignatureMethod, c.SignatureSecret = "md4", configs.NewSecret("s") }, `signature_method: "md4" is none of md5hash, md5, sha1, sha256 and sha512`},
		{"method without a secret", func(c *vonage.Config) { c.SignatureMethod = "sha256" }, "signature_secret: is missing; signature_method needs it"},
		{"signature given twice", func(c *vonage.Config) { c.SignatureSecret, c.SignatureSecretFile = configs.NewSecret("hunter2"), "/x" }, "signature_secret: is given twice, as signature_secret and as signature_secret_file; keep one"},
		{"messages without a sender", func(c *vonage.Config) { c.Messages, c.APIKey, c.APISecret, c.From = true, "", configs.Secret{}, "" }, "from: is missing; SMS needs a sender"},
		{"missing file", func(c *vonage.Config) { c.APISecret, c.APISecretFile = configs.Secret{}, "/nothing/here" }, "api_secret_file: open /nothing/here: no such file or directory"},
		{"key that is none", func(c *vonage.Config) { c.PrivateKey = configs.NewSecret("hunter2") }, "private_key: is not an RSA key of at least 2048 bits in PEM, as the dashboard gives it"},
		{"weak key", func(c *vonage.Config) { c.PrivateKey = configs.NewSecret(pemOf(weak)) }, "private_key: is not an RSA key of at least 2048 bits in PEM, as the dashboard gives it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := vonage.New(cfg, provider.Account{})
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
	cfg := vonage.Config{APIKey: "abc", ApplicationID: "x", SMSURL: "http://a"}
	err := cfg.Validate()
	for _, path := range []string{"api_key", "api_secret", "from", "private_key", "voice.from", "sms_url"} {
		if !strings.Contains(err.Error(), path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

type file struct {
	Vonage vonage.Config `yaml:"vonage"`
}

func (f *file) Validate() error { return configs.Within("vonage", f.Vonage.Validate()) }

func TestConfigFromAFile(t *testing.T) {
	dir := t.TempDir()
	secret, private := filepath.Join(dir, "secret"), filepath.Join(dir, "private.key")
	for path, content := range map[string]string{secret: "s3cret\n", private: pemOf(key())} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var f file
	err := configs.Parse("worker.yaml", []byte(`vonage:
  api_key: abcd1234
  api_secret_file: `+secret+`
  application_id: aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab
  private_key_file: `+private+`
  from: Acme
  messages: true
  signature_secret_file: `+secret+`
  signature_method: md5hash
  voice: {from: "447700900000", language: de-DE, style: 1, premium: true}
  sms_url: https://rest.example.com/
`), &f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vonage.New(f.Vonage, provider.Account{}); err != nil {
		t.Error(err)
	}
	var bad file
	if err := configs.Parse("worker.yaml", []byte("vonage: {api_key: abcd1234, api_secret: a, api_secret_file: b, from: Acme}"), &bad); err == nil ||
		err.Error() != "worker.yaml: vonage.api_secret: is given twice, as api_secret and as api_secret_file; keep one" {
		t.Errorf("got %v", err)
	}
}

// TestTheLookAlikesOwnSection sends through the account that the look-alike shows.
func TestTheLookAlikesOwnSection(t *testing.T) {
	look := vonagesim.New(vonagesim.Development())
	server := httptest.NewServer(look)
	defer server.Close()
	defer look.Close()
	section := "vonage:\n  " + strings.ReplaceAll(strings.TrimSpace(vonagesim.Section(server.URL)), "\n", "\n  ") + "\n"
	var f file
	if err := configs.Parse("worker.yaml", []byte(section), &f); err != nil {
		t.Fatal(err)
	}
	client, err := vonage.New(f.Vonage, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
		if _, err := client.Send(t.Context(), message(channel)); err != nil {
			t.Errorf("%s: %v (refused: %v)", channel, err, look.Stats().Refused)
		}
	}
}

// TestTheDevelopmentKeys keeps the key of the look-alike that of the worker in docker-compose.yml.
func TestTheDevelopmentKeys(t *testing.T) {
	const own, composed = "vonagesim/development-private.pem", "../../../configs/development/vonage-private.pem"
	a, errA := os.ReadFile(own)
	b, errB := os.ReadFile(composed)
	if err := errors.Join(errA, errB); err != nil || !bytes.Equal(a, b) {
		t.Errorf("%s and %s are not the same (%v)", own, composed, err)
	}
}
