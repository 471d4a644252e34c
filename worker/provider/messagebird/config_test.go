package messagebird_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/messagebird"
	"github.com/phonehook/phonehook/worker/provider/messagebird/messagebirdsim"
)

func TestConfigComplaints(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*messagebird.Config)
		want   string
	}{
		{"no key", func(c *messagebird.Config) { c.AccessKey = configs.Secret{} }, "access_key: is missing; give it, or the path of a file with it as access_key_file"},
		{"key given twice", func(c *messagebird.Config) { c.AccessKeyFile = "/x" }, "access_key: is given twice, as access_key and as access_key_file; keep one"},
		{"missing file", func(c *messagebird.Config) { c.AccessKey, c.AccessKeyFile = configs.Secret{}, "/nothing/here" }, "access_key_file: open /nothing/here: no such file or directory"},
		{"signing key given twice", func(c *messagebird.Config) { c.SigningKeyFile = "/x" }, "signing_key: is given twice, as signing_key and as signing_key_file; keep one"},
		{"missing file of the signing key", func(c *messagebird.Config) { c.SigningKey, c.SigningKeyFile = configs.Secret{}, "/nothing/here" }, "signing_key_file: open /nothing/here: no such file or directory"},
		{"nothing to send from", func(c *messagebird.Config) { c.From, c.Voice.From = "", "" }, "from: is missing; SMS needs it, calls need it or voice.from"},
		{"long sender", func(c *messagebird.Config) { c.From = "Acme Incorporated" }, "from: must be a number of 7 to 15 digits, a short code, or a name of up to 11 characters"},
		{"no number", func(c *messagebird.Config) { c.Voice.From = "Acme" }, "voice.from: must be a number of 7 to 15 digits"},
		{"no language", func(c *messagebird.Config) { c.Voice.Language = "en-GB" }, `voice.language: "en-GB" is no language that MessageBird speaks, such as en-gb`},
		{"no voice", func(c *messagebird.Config) { c.Voice.Gender = "alice" }, `voice.gender: "alice" is neither male nor female`},
		{"insecure", func(c *messagebird.Config) { c.AllowInsecure = false }, "base_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"address with a path", func(c *messagebird.Config) { c.BaseURL = "https://rest.messagebird.com/messages" }, "base_url: has the path /messages, which does not belong there; give the address without it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := messagebird.New(cfg, provider.Account{})
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestConfigComplainsAboutEverythingAtOnce(t *testing.T) {
	cfg := messagebird.Config{
		SigningKey: configs.NewSecret("a"), SigningKeyFile: "b", From: "+",
		Voice: messagebird.Voice{From: "x", Language: "x", Gender: "x"}, BaseURL: "http://a",
	}
	err := cfg.Validate()
	for _, path := range []string{"access_key", "signing_key", "from", "voice.from", "voice.language", "voice.gender", "base_url"} {
		if !strings.Contains(err.Error(), path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

func TestConfigNeedsOneSenderAlone(t *testing.T) {
	smsOnly, voiceOnly, unsigned := config(""), config(""), config("")
	smsOnly.Voice = messagebird.Voice{}
	voiceOnly.From = ""
	unsigned.SigningKey = configs.Secret{}
	for _, cfg := range []messagebird.Config{smsOnly, voiceOnly, unsigned} {
		if err := cfg.Validate(); err != nil {
			t.Error(err)
		}
	}
}

type file struct {
	MessageBird messagebird.Config `yaml:"messagebird"`
}

func (f *file) Validate() error { return configs.Within("messagebird", f.MessageBird.Validate()) }

func TestConfigFromAFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secret, []byte(accessKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f file
	err := configs.Parse("worker.yaml", []byte(`messagebird:
  access_key_file: `+secret+`
  signing_key_file: `+secret+`
  from: "12345"
  voice: {from: "+447700900000", language: de-de, gender: male}
  base_url: https://messagebird.example.com/behind/a/proxy/
`), &f)
	if err != nil {
		t.Fatal(err)
	}
	client, err := messagebird.New(f.MessageBird, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	var bad file
	if err := configs.Parse("worker.yaml", []byte("messagebird: {access_key: a, access_key_file: b, from: Acme}"), &bad); err == nil ||
		err.Error() != "worker.yaml: messagebird.access_key: is given twice, as access_key and as access_key_file; keep one" {
		t.Errorf("got %v", err)
	}
}

// TestTheLookAlikesOwnSection sends through the account that the look-alike shows.
func TestTheLookAlikesOwnSection(t *testing.T) {
	look := messagebirdsim.New(messagebirdsim.Development())
	server := httptest.NewServer(look)
	defer server.Close()
	defer look.Close()
	section := strings.ReplaceAll("\n"+strings.TrimRight(messagebirdsim.Section(server.URL), "\n"), "\n", "\n  ")
	var f file
	if err := configs.Parse("worker.yaml", []byte("messagebird:"+section), &f); err != nil {
		t.Fatal(err)
	}
	client, err := messagebird.New(f.MessageBird, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, channel := range messagebird.Facts.Channels {
		if _, err := client.Send(t.Context(), message(channel)); err != nil {
			t.Errorf("%s: %v (refused: %v)", channel, err, look.Stats().Refused)
		}
	}
}
