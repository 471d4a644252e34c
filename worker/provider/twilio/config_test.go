package twilio_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/twilio"
	"github.com/phonehook/phonehook/worker/provider/twilio/twiliosim"
)

func TestConfigComplaints(t *testing.T) {
	const (
		badFrom = "from: must be a number of 7 to 15 digits, a short code, or up to 11 letters, digits, blanks and + - _ & with a letter among them"
		badSID  = " and 32 hexadecimal digits, as the console shows it"
		mixed   = "verify_service_sid: can't be combined with from, messaging_service_sid and voice, which Verify has itself; make it a provider of its own"
	)
	verify := func(more func(*twilio.Config)) func(*twilio.Config) { return both(throughVerify, more) }
	for _, c := range []struct {
		name   string
		change func(*twilio.Config)
		want   string
	}{
		{"no account", func(c *twilio.Config) { c.AccountSID = "" }, "account_sid: must be AC" + badSID},
		{"account that is a path", func(c *twilio.Config) { c.AccountSID = "AC0123456789abcdef0123456789ab/../" }, "account_sid: must be AC" + badSID},
		{"no token", func(c *twilio.Config) { c.AuthToken = configs.Secret{} }, "auth_token: is missing; give it, or the path of a file with it as auth_token_file"},
		{"token given twice", func(c *twilio.Config) { c.AuthTokenFile = "/x" }, "auth_token: is given twice, as auth_token and as auth_token_file; keep one"},
		{"missing file", func(c *twilio.Config) { c.AuthToken, c.AuthTokenFile = configs.Secret{}, "/nothing/here" }, "auth_token_file: open /nothing/here: no such file or directory"},
		{"key without its secret", func(c *twilio.Config) { c.APIKeySID = keySID }, "api_key_secret: is missing; give it, or the path of a file with it as api_key_secret_file"},
		{"secret without its key", func(c *twilio.Config) { c.APIKeySecret = configs.NewSecret("hunter2") }, "api_key_sid: must be SK" + badSID},
		{"missing file of a key", both(withKey, func(c *twilio.Config) { c.APIKeySecret, c.APIKeySecretFile = configs.Secret{}, "/nothing" }), "api_key_secret_file: open /nothing: no such file or directory"},
		{"token given twice beside a key", both(withKey, func(c *twilio.Config) { c.AuthTokenFile = "/x" }), "auth_token: is given twice, as auth_token and as auth_token_file; keep one"},
		{"nothing to send from", func(c *twilio.Config) { c.From, c.Voice = "", twilio.Voice{} }, "from: is missing; SMS needs it or messaging_service_sid, calls need a number here or in voice, codes can go through verify_service_sid"},
		{"long sender", func(c *twilio.Config) { c.From = "Acme Incorporated" }, badFrom},
		{"sender with a full stop", func(c *twilio.Config) { c.From = "acme.com" }, badFrom},
		{"sender of signs", func(c *twilio.Config) { c.From = "+" }, badFrom},
		{"no pool", func(c *twilio.Config) { c.MessagingServiceSID = verifySID }, "messaging_service_sid: must be MG" + badSID},
		{"no number", func(c *twilio.Config) { c.Voice.From = "Acme" }, "voice.from: must be a number of 7 to 15 digits"},
		{"no language", func(c *twilio.Config) { c.Voice.Language = "Welsh" }, `voice.language: "Welsh" is no language that Twilio speaks, such as en-GB`},
		{"no service of Verify", verify(func(c *twilio.Config) { c.VerifyServiceSID = "VA1" }), "verify_service_sid: must be VA" + badSID},
		{"Verify and a sender", verify(func(c *twilio.Config) { c.From = "Acme" }), mixed},
		{"Verify and a pool", verify(func(c *twilio.Config) { c.MessagingServiceSID = poolSID }), mixed},
		{"Verify and a number", verify(func(c *twilio.Config) { c.Voice.From = "+447700900000" }), mixed},
		{"Verify elsewhere", verify(func(c *twilio.Config) { c.BaseURL, c.Region = "", "ie1" }), "region: is ie1, where Twilio does not offer Verify"},
		{"unknown region", func(c *twilio.Config) { c.BaseURL, c.Region = "", "de1" }, `region: "de1" is none of us1, ie1 and au1`},
		{"unknown edge", func(c *twilio.Config) { c.BaseURL, c.Edge = "", "london" }, `edge: "london" is none of ashburn, umatilla, dublin, frankfurt, singapore, sydney, tokyo, sao-paulo, roaming, ashburn-ix, san-jose-ix, london-ix, frankfurt-ix, singapore-ix, sydney-ix, tokyo-ix`},
		{"region and address", func(c *twilio.Config) { c.Region = "ie1" }, "base_url: is given together with region or edge, which make the address; keep one"},
		{"insecure", func(c *twilio.Config) { c.AllowInsecure = false }, "base_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"address with a path", func(c *twilio.Config) { c.BaseURL = "https://api.twilio.com/2010-04-01" }, "base_url: has the path /2010-04-01, which does not belong there; give the address without it"},
		{"address of Verify that is none", func(c *twilio.Config) { c.VerifyBaseURL = "verify" }, "verify_base_url: is not an address such as https://example.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := twilio.New(cfg, provider.Account{})
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
	cfg := twilio.Config{
		From: "+", MessagingServiceSID: "x", VerifyServiceSID: "x", Voice: twilio.Voice{From: "x", Language: "x"}, Region: "x", Edge: "x", BaseURL: "http://a", VerifyBaseURL: "http://a",
	}
	err := cfg.Validate()
	for _, path := range []string{
		"account_sid", "auth_token", "from", "messaging_service_sid", "verify_service_sid", "voice.from", "voice.language", "region", "edge", "base_url", "verify_base_url",
	} {
		if !strings.Contains("\n"+err.Error(), "\n"+path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

func TestConfigNeedsOneWayAlone(t *testing.T) {
	for name, change := range map[string]func(*twilio.Config){
		"a name":              func(c *twilio.Config) { c.Voice = twilio.Voice{} },
		"a number for calls":  func(c *twilio.Config) { c.From = "" },
		"a pool":              func(c *twilio.Config) { c.From, c.Voice, c.MessagingServiceSID = "", twilio.Voice{}, poolSID },
		"Verify":              throughVerify,
		"Verify in us1":       both(throughVerify, func(c *twilio.Config) { c.Region = "us1" }),
		"a key and no token":  both(withKey, func(c *twilio.Config) { c.AuthToken = configs.Secret{} }),
		"a region":            func(c *twilio.Config) { c.Region = "au1" },
		"a region by an edge": func(c *twilio.Config) { c.Region, c.Edge = "ie1", "frankfurt" },
	} {
		cfg := config("")
		change(&cfg)
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRegions(t *testing.T) {
	for _, c := range []struct{ region, edge, want string }{
		{"", "", "https://api.twilio.com"},
		{"us1", "", "https://api.twilio.com"},
		{"", "umatilla", "https://api.umatilla.us1.twilio.com"},
		{"ie1", "", "https://api.dublin.ie1.twilio.com"},
		{"au1", "", "https://api.sydney.au1.twilio.com"},
		{"ie1", "frankfurt", "https://api.frankfurt.ie1.twilio.com"},
	} {
		if got := twilio.Address(c.region, c.edge); got != c.want {
			t.Errorf("%s by %s: got %s; want %s", c.region, c.edge, got, c.want)
		}
	}
}

func TestSendersFromAPool(t *testing.T) {
	for want, change := range map[bool]func(*twilio.Config){true: nil, false: throughVerify} {
		_, client := start(t, change)
		if got := client.SendsFromService(); got != want {
			t.Errorf("got %v; want %v", got, want)
		}
	}
}

// TestVerifyHasAnAddressOfItsOwn sends a code to the one address and none to the other.
func TestVerifyHasAnAddressOfItsOwn(t *testing.T) {
	look := twiliosim.New(options())
	server := httptest.NewServer(look)
	defer server.Close()
	defer look.Close()
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	client, err := newClient(elsewhere.URL, provider.Account{}, both(throughVerify, func(c *twilio.Config) { c.VerifyBaseURL = server.URL + "/" }))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Send(t.Context(), message(provider.SMS)); err != nil {
		t.Error(err)
	}
}

type file struct {
	Twilio twilio.Config `yaml:"twilio"`
}

func (f *file) Validate() error { return configs.Within("twilio", f.Twilio.Validate()) }

func TestConfigFromAFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(keySecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f file
	err := configs.Parse("worker.yaml", []byte(`twilio:
  account_sid: `+accountSID+`
  auth_token_file: `+secret+`
  api_key_sid: `+keySID+`
  api_key_secret_file: `+secret+`
  from: "12345"
  messaging_service_sid: `+poolSID+`
  voice: {from: "+447700900000", language: de-DE}
  region: ie1
  edge: dublin
`), &f)
	if err != nil {
		t.Fatal(err)
	}
	client, err := twilio.New(f.Twilio, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	var bad file
	if err := configs.Parse("worker.yaml", []byte("twilio: {account_sid: "+accountSID+", auth_token: a, auth_token_file: b, from: Acme}"), &bad); err == nil ||
		err.Error() != "worker.yaml: twilio.auth_token: is given twice, as auth_token and as auth_token_file; keep one" {
		t.Errorf("got %v", err)
	}
}

// TestTheLookAlikesOwnSection sends through the account that the look-alike shows.
func TestTheLookAlikesOwnSection(t *testing.T) {
	look := twiliosim.New(twiliosim.Development())
	server := httptest.NewServer(look)
	defer server.Close()
	defer look.Close()
	section := strings.ReplaceAll("\n"+strings.TrimRight(twiliosim.Section(server.URL), "\n"), "\n", "\n  ")
	var f file
	if err := configs.Parse("worker.yaml", []byte("twilio:"+section), &f); err != nil {
		t.Fatal(err)
	}
	client, err := twilio.New(f.Twilio, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, channel := range twilio.Facts.Channels {
		if _, err := client.Send(t.Context(), message(channel)); err != nil {
			t.Errorf("%s: %v (refused: %v)", channel, err, look.Stats().Refused)
		}
	}
}
