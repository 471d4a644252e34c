package webhook_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/webhook"
	"github.com/phonehook/phonehook/worker/provider/webhook/webhooksim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// parse reads a section as a worker's file has it.
func parse(section string) (webhook.Config, error) {
	var cfg webhook.Config
	err := configs.Parse("section", []byte(section), &cfg)
	return cfg, err
}

func config(t testing.TB, section string) webhook.Config {
	t.Helper()
	cfg, err := parse(section)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func create(section string, account provider.Account) (*webhook.Client, error) {
	cfg, err := parse(section)
	if err != nil {
		return nil, err
	}
	return webhook.New(cfg, account)
}

// wrong has another token and another key.
func wrong(section string) string {
	return strings.NewReplacer("bearer: development-only", "bearer: another-token", "secret: development-only-key", "secret: another-key").Replace(section)
}

func message(channel provider.Channel) provider.Message {
	return provider.Message{
		Reference: "01890a5d-ac96-774b-bcce-b302099a8057", Tenant: "acme", Channel: channel, To: "+447400123456", Country: "GB",
		Text: "Your code is 493817", Code: "493817", Language: "en", Expires: time.Now().Add(5 * time.Minute),
	}
}

// start starts a look-alike and a client that sends to it.
func start(t testing.TB) (*webhooksim.Server, *webhook.Client) {
	t.Helper()
	look := webhooksim.New(webhooksim.Development())
	server := httptest.NewServer(look)
	client, err := create(webhooksim.Section(server.URL), provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		look.Close()
		server.Close()
	})
	return look, client
}

func harness(channel provider.Channel) providertest.Harness {
	fault := func(name string, kind simulator.Kind, code string, want provider.Kind, wantCode string) providertest.Failure {
		return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: kind, Code: code}, Kind: want, Code: wantCode}
	}
	partial := fault("partly taken", webhooksim.Partial, "", provider.Unknown, "partial")
	partial.Taken = 1
	return providertest.Harness{
		LookAlike: func() providertest.LookAlike { return webhooksim.New(webhooksim.Development()) },
		New: func(base string) (provider.Provider, error) {
			return create(webhooksim.Section(base), provider.Account{})
		},
		NewWrong: func(base string) (provider.Provider, error) {
			return create(wrong(webhooksim.Section(base)), provider.Account{})
		},
		Message: message(channel),
		Secrets: []string{"development-only", "another-token"},
		Failures: []providertest.Failure{
			fault("bad recipient", webhooksim.Refuse, "1001", provider.Refused, "1001"),
			fault("no route", webhooksim.Refuse, "1002", provider.Unroutable, "1002"),
			fault("no credit", webhooksim.Refuse, "3001", provider.Misconfigured, "3001"),
			fault("down", webhooksim.Refuse, "5001", provider.Unavailable, "5001"),
			fault("an error inside 200", webhooksim.Inside, "1004", provider.Unroutable, "1004"),
			fault("no code", webhooksim.Inside, "", provider.Unknown, ""),
			fault("throttled", webhooksim.Throttle, "", provider.Throttled, "4290"),
			partial,
		},
	}
}

func TestSMSKeepsTheProvidersContract(t *testing.T)   { providertest.Run(t, harness(provider.SMS)) }
func TestVoiceKeepsTheProvidersContract(t *testing.T) { providertest.Run(t, harness(provider.Voice)) }

// The look-alike takes POST alone, so a server before it makes a POST of a GET. What matters is
// that net/http does not repeat a GET of its own accord.
func TestGETKeepsTheProvidersContract(t *testing.T) {
	h := harness(provider.SMS)
	h.LookAlike = func() providertest.LookAlike { return newGetter() }
	get := func(section string) (provider.Provider, error) { return create(section, provider.Account{}) }
	section := func(base string) string {
		return "method: GET\nurl: " + base + "/send\nallow_insecure: true\nid: body.id\nheaders: {Idempotency-Key: '{{.Reference}}'}\n" +
			"format: form\nbody: {key: '{{.Secrets.key}}', to: '{{.Digits}}', text: '{{.Text}}'}\n"
	}
	h.New = func(base string) (provider.Provider, error) {
		return get(section(base) + "secrets: {key: {value: development-only}}")
	}
	h.NewWrong = func(base string) (provider.Provider, error) {
		return get(section(base) + "secrets: {key: {value: another-token}}")
	}
	h.Failures = nil
	providertest.Run(t, h)
}

func TestReceiptsKeepTheProvidersContract(t *testing.T) {
	for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
		t.Run(string(channel), func(t *testing.T) { providertest.RunReceipts(t, receipts(channel)) })
	}
}

func receipts(channel provider.Channel) providertest.ReceiptHarness {
	return providertest.ReceiptHarness{
		Kind:      "webhook",
		LookAlike: func() providertest.ReceiptLookAlike { return webhooksim.New(webhooksim.Development()) },
		New: func(base string, account provider.Account) (provider.Receiver, error) {
			return create(webhooksim.Section(base), account)
		},
		NewWrong: func(base string, account provider.Account) (provider.Receiver, error) {
			return create(wrong(webhooksim.Section(base)), account)
		},
		Message:   message(channel),
		Secrets:   []string{"development-only", "another-key"},
		Signature: []string{"X-Acme-Signature"},
	}
}

// A vendor that signs nothing is believed for its address alone.
func TestUnsignedReceiptsKeepTheProvidersContract(t *testing.T) {
	h := receipts(provider.SMS)
	h.New = func(base string, account provider.Account) (provider.Receiver, error) {
		section, _, _ := strings.Cut(webhooksim.Section(base), "hmac:")
		return create(strings.TrimRight(section, ", ")+"}\nallow_insecure: true\n", account)
	}
	h.NewWrong, h.Signature = nil, nil
	providertest.RunReceipts(t, h)
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "webhook" {
			t.Errorf("%s prints %d bytes; want the kind's name alone", verb, len(got))
		}
	}
}

// A message arrives as it is, and recipients with a meaning are answered with the look-alike's own
// errors.
func TestMessagesArrive(t *testing.T) {
	for _, c := range []struct {
		channel              provider.Channel
		text, language       string
		said, spokenLanguage string
	}{
		{provider.SMS, "Ihr Code für Ärzte: {493817} €", "de", "Ihr Code für Ärzte: {493817} €", ""},
		{provider.SMS, "Ваш код \"493817\" 🔑", "ru", "Ваш код \"493817\" 🔑", ""},
		{provider.Voice, "Ihr Code: 493817", "de-AT", "Ihr Code: 4, 9, 3, 8, 1, 7. Ihr Code: 4, 9, 3, 8, 1, 7.", "de-DE"},
		{provider.Voice, "493817", "N/A", "4, 9, 3, 8, 1, 7. 4, 9, 3, 8, 1, 7.", "en-GB"},
	} {
		look, client := start(t)
		m := message(c.channel)
		m.Text, m.Language = c.text, c.language
		receipt, err := client.Send(t.Context(), m)
		if err != nil {
			t.Errorf("%s: %v (refused: %v)", c.text, err, look.Stats().Refused)
			continue
		}
		got := look.Messages()[0]
		if got.Text != c.said || got.Language != c.spokenLanguage || got.ID != receipt.ID || got.Reference != m.Reference {
			t.Errorf("%s: got %+v, %+v", c.text, got, receipt)
		}
	}
}

func TestMagicNumbers(t *testing.T) {
	_, client := start(t)
	for to, want := range map[string]provider.Kind{
		"+15005550001": provider.Refused, "+15005550002": provider.Unroutable, "+15005550003": provider.Unroutable, "+15005550004": provider.Refused,
		"+15005550009": provider.Refused, "+15005550029": provider.Throttled, "+15005550030": provider.Misconfigured,
	} {
		m := message(provider.SMS)
		m.To = to
		_, err := client.Send(t.Context(), m)
		if failure, ok := errors.AsType[*provider.Error](err); !ok || failure.Kind != want {
			t.Errorf("%s: got %v; want %v", to, err, want)
		}
	}
}

// The file that ships works against the look-alike, with another address and the look-alike's
// account.
func TestTheExampleWorks(t *testing.T) {
	look := webhooksim.New(webhooksim.Development())
	server := httptest.NewServer(look)
	t.Cleanup(func() {
		look.Close()
		server.Close()
	})
	data, err := os.ReadFile("../../../configs/providers/webhook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Providers []struct {
			Webhook webhook.Config `yaml:"webhook"`
		} `yaml:"providers"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	cfg := file.Providers[0].Webhook
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	cfg.URL = strings.Replace(cfg.URL, "https://api.acme-sms.example", server.URL, 1)
	cfg.AllowInsecure = true
	cfg.Bearer, cfg.BearerFile = configs.NewSecret("development-only"), ""
	cfg.Receipts.HMAC.Secret, cfg.Receipts.HMAC.SecretFile = configs.NewSecret("development-only-key"), ""
	client, err := webhook.New(cfg, provider.Account{})
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
