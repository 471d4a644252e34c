package telesign_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/telesign"
	"github.com/phonehook/phonehook/worker/provider/telesign/telesignsim"
)

func TestConfigComplaints(t *testing.T) {
	const badCustomer = "customer_id: is missing or has something else than letters, digits and hyphens"
	for _, c := range []struct {
		name   string
		change func(*telesign.Config)
		want   string
	}{
		{"no customer", func(c *telesign.Config) { c.CustomerID = "" }, badCustomer},
		{"a customer with a colon", func(c *telesign.Config) { c.CustomerID = "a:hunter2" }, badCustomer},
		{"no key", func(c *telesign.Config) { c.APIKey = configs.Secret{} }, "api_key: is missing; give it, or the path of a file with it as api_key_file"},
		{"key given twice", func(c *telesign.Config) { c.APIKeyFile = "/x" }, "api_key: is given twice, as api_key and as api_key_file; keep one"},
		{"missing file", func(c *telesign.Config) { c.APIKey, c.APIKeyFile = configs.Secret{}, "/nothing/here" }, "api_key_file: open /nothing/here: no such file or directory"},
		{"a key that is none", func(c *telesign.Config) { c.APIKey = configs.NewSecret("hunter2!") }, "api_key: is not in base64, as the portal shows it"},
		{"bad sender", func(c *telesign.Config) { c.From = "Acme Incorporated" }, "from: is neither a number of 7 to 15 digits, a short code nor a name of up to 11 letters and digits"},
		{"no language", func(c *telesign.Config) { c.Voice.Language = "f-en-US" }, `voice.language: "f-en-US" is no language that TeleSign speaks, such as en-GB`},
		{"insecure", func(c *telesign.Config) { c.AllowInsecure = false }, "base_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"a path at the vendor's", func(c *telesign.Config) { c.BaseURL = "https://rest-ww.telesign.com/v1" }, "base_url: has the path /v1, which does not belong there; give the address without it"},
		{"a password in the address", func(c *telesign.Config) { c.BaseURL = "https://u:hunter2@example.com" }, "base_url: must not have a user name or a password in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := telesign.New(cfg, provider.Account{})
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
	cfg := telesign.Config{From: "!", Voice: telesign.Voice{Language: "x"}, BaseURL: "x"}
	err := cfg.Validate()
	for _, path := range []string{"customer_id", "api_key", "from", "voice.language", "base_url"} {
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
	var cfg telesign.Config
	err := configs.Parse("worker.yaml", []byte("customer_id: "+customer+"\napi_key_file: "+secret+
		"\nvoice: {language: de-DE}\nbase_url: https://proxy.example.com/telesign/\n"), &cfg)
	if err != nil {
		t.Fatal(err)
	}
	client, err := telesign.New(cfg, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}

// TestTheLookAlikesSectionWorks sends through the account that the look-alike shows.
func TestTheLookAlikesSectionWorks(t *testing.T) {
	look := telesignsim.New(telesignsim.Development())
	server := httptest.NewServer(look)
	t.Cleanup(func() {
		look.Close()
		server.Close()
	})
	var cfg telesign.Config
	if err := configs.Parse("section", []byte(telesignsim.Section(server.URL)), &cfg); err != nil {
		t.Fatal(err)
	}
	client, err := telesign.New(cfg, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, channel := range telesign.Facts.Channels {
		if _, err := client.Send(t.Context(), message(channel)); err != nil {
			t.Errorf("%s: %v (refused: %v)", channel, err, look.Stats().Refused)
		}
	}
}

func TestTheExampleIsValid(t *testing.T) {
	data, err := os.ReadFile("../../../configs/providers/telesign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Providers []struct {
			Telesign telesign.Config `yaml:"telesign"`
		} `yaml:"providers"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if err := file.Providers[0].Telesign.Validate(); err != nil {
		t.Error(err)
	}
}
