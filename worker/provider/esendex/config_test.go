package esendex_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/esendex"
	"github.com/phonehook/phonehook/worker/provider/esendex/esendexsim"
)

func TestConfigComplaints(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*esendex.Config)
		want   string
	}{
		{"no user", func(c *esendex.Config) { c.Username = "" }, "username: is missing or has a colon, which can't stand in a user's name"},
		{"a user with a colon", func(c *esendex.Config) { c.Username = "a:hunter2" }, "username: is missing or has a colon, which can't stand in a user's name"},
		{"no password", func(c *esendex.Config) { c.Password = configs.Secret{} }, "password: is missing; give it, or the path of a file with it as password_file"},
		{"password given twice", func(c *esendex.Config) { c.PasswordFile = "/x" }, "password: is given twice, as password and as password_file; keep one"},
		{"missing file", func(c *esendex.Config) { c.Password, c.PasswordFile = configs.Secret{}, "/nothing/here" }, "password_file: open /nothing/here: no such file or directory"},
		{"no account", func(c *esendex.Config) { c.AccountReference = "" }, "account_reference: is missing or not letters and digits, such as EX0123456"},
		{"no account's name", func(c *esendex.Config) { c.AccountReference = "EX 1" }, "account_reference: is missing or not letters and digits, such as EX0123456"},
		{"bad sender", func(c *esendex.Config) { c.From = "Acme Incorporated" }, "from: is neither a number of 7 to 15 digits, a short code nor a name of up to 11 letters and digits"},
		{"no number", func(c *esendex.Config) { c.Voice.From = "Acme" }, "voice.from: must be a number of 7 to 15 digits"},
		{"no language", func(c *esendex.Config) { c.Voice.Language = "en-US" }, `voice.language: "en-US" is no language that Esendex speaks; there are en-GB, en-AU, fr-FR, es-ES, de-DE`},
		{"insecure", func(c *esendex.Config) { c.AllowInsecure = false }, "base_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"a path at the vendor's", func(c *esendex.Config) { c.BaseURL = "https://api.esendex.com/v1.0" }, "base_url: has the path /v1.0, which does not belong there; give the address without it"},
		{"a password in the address", func(c *esendex.Config) { c.BaseURL = "https://u:hunter2@example.com" }, "base_url: must not have a user name or a password in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := esendex.New(cfg, provider.Account{})
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
	cfg := esendex.Config{From: "!", Voice: esendex.Voice{From: "x", Language: "x"}, BaseURL: "x"}
	err := cfg.Validate()
	for _, path := range []string{"username", "password", "account_reference", "from", "voice.from", "voice.language", "base_url"} {
		if !strings.Contains(err.Error(), path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

func TestConfigFromAFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var cfg esendex.Config
	err := configs.Parse("worker.yaml", []byte("username: a@example.com\npassword_file: "+secret+"\naccount_reference: EX1\nvoice: {language: de-DE}\n"), &cfg)
	if err != nil {
		t.Fatal(err)
	}
	client, err := esendex.New(cfg, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}

func TestTheLookAlikesSectionWorks(t *testing.T) {
	look := esendexsim.New(esendexsim.Development())
	server := httptest.NewServer(look)
	t.Cleanup(func() {
		look.Close()
		server.Close()
	})
	var cfg esendex.Config
	if err := configs.Parse("section", []byte(esendexsim.Section(server.URL)), &cfg); err != nil {
		t.Fatal(err)
	}
	client, err := esendex.New(cfg, provider.Account{})
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

func TestTheExampleIsValid(t *testing.T) {
	data, err := os.ReadFile("../../../configs/providers/esendex.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Providers []struct {
			Esendex esendex.Config `yaml:"esendex"`
		} `yaml:"providers"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if err := file.Providers[0].Esendex.Validate(); err != nil {
		t.Error(err)
	}
}
