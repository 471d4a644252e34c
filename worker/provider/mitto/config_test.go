package mitto_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/mitto"
	"github.com/phonehook/phonehook/worker/provider/mitto/mittosim"
)

func TestConfigComplaints(t *testing.T) {
	const badFrom = "from: must be a number of 7 to 14 digits, a short code, or a name of 3 to 11 letters and digits"
	for _, c := range []struct {
		name   string
		change func(*mitto.Config)
		want   string
	}{
		{"no key", func(c *mitto.Config) { c.APIKey = configs.Secret{} }, "api_key: is missing; give it, or the path of a file with it as api_key_file"},
		{"key given twice", func(c *mitto.Config) { c.APIKeyFile = "/x" }, "api_key: is given twice, as api_key and as api_key_file; keep one"},
		{"missing file", func(c *mitto.Config) { c.APIKey, c.APIKeyFile = configs.Secret{}, "/nothing/here" }, "api_key_file: open /nothing/here: no such file or directory"},
		{"long name", func(c *mitto.Config) { c.From = "Acme Incorporated" }, badFrom},
		{"short name", func(c *mitto.Config) { c.From = "Ac" }, badFrom},
		{"long number", func(c *mitto.Config) { c.From = "+447700900000000" }, badFrom},
		{"insecure", func(c *mitto.Config) { c.AllowInsecure = false }, "base_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"a path at the vendor's", func(c *mitto.Config) { c.BaseURL = "https://rest.mittoapi.com/sms" }, "base_url: has the path /sms, which does not belong there; give the address without it"},
		{"a password in the address", func(c *mitto.Config) { c.BaseURL = "https://u:hunter2@example.com" }, "base_url: must not have a user name or a password in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := mitto.New(cfg, provider.Account{})
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
	cfg := mitto.Config{From: "!", BaseURL: "x"}
	err := cfg.Validate()
	for _, path := range []string{"api_key", "from", "base_url"} {
		if !strings.Contains(err.Error(), path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

func TestConfigFromAFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(apiKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var cfg mitto.Config
	if err := configs.Parse("worker.yaml", []byte("api_key_file: "+secret+"\nbase_url: https://proxy.example.com/mitto/\n"), &cfg); err != nil {
		t.Fatal(err)
	}
	client, err := mitto.New(cfg, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}

// TestTheLookAlikesSectionWorks sends through the account that the look-alike shows.
func TestTheLookAlikesSectionWorks(t *testing.T) {
	look := mittosim.New(mittosim.Development())
	server := httptest.NewServer(look)
	t.Cleanup(func() {
		look.Close()
		server.Close()
	})
	var cfg mitto.Config
	if err := configs.Parse("section", []byte(mittosim.Section(server.URL)), &cfg); err != nil {
		t.Fatal(err)
	}
	client, err := mitto.New(cfg, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Send(t.Context(), message()); err != nil {
		t.Errorf("%v (refused: %v)", err, look.Stats().Refused)
	}
}

func TestTheExampleIsValid(t *testing.T) {
	data, err := os.ReadFile("../../../configs/providers/mitto.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Providers []struct {
			Mitto mitto.Config `yaml:"mitto"`
		} `yaml:"providers"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if err := file.Providers[0].Mitto.Validate(); err != nil {
		t.Error(err)
	}
}
