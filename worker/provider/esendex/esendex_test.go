package esendex_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/esendex"
	"github.com/phonehook/phonehook/worker/provider/esendex/esendexsim"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	username  = "operator@example.com"
	password  = "s3cret-of-the-user"
	reference = "EX0123456"
)

func config(base string) esendex.Config {
	return esendex.Config{
		Username: username, Password: configs.NewSecret(password), AccountReference: reference, From: "Acme",
		Voice: esendex.Voice{From: "+447700900000"}, BaseURL: base, AllowInsecure: true,
	}
}

func newLookAlike() *esendexsim.Server {
	return esendexsim.New(esendexsim.Options{Username: username, Password: password, AccountReference: reference})
}

// start starts a look-alike and a client that sends to it.
func start(t testing.TB) (*esendexsim.Server, *esendex.Client) {
	t.Helper()
	look := newLookAlike()
	server := httptest.NewServer(look)
	client, err := esendex.New(config(server.URL), provider.Account{})
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

func message(channel provider.Channel) provider.Message {
	return provider.Message{
		Reference: "01890a5d-ac96-774b-bcce-b302099a8057", Tenant: "acme", Channel: channel, To: "+447400123456", Country: "GB",
		Text: "Your code is 493817", Code: "493817", Language: "en", Expires: time.Now().Add(5 * time.Minute),
	}
}

func harness(channel provider.Channel) providertest.Harness {
	refuse := func(name, status string, kind provider.Kind) providertest.Failure {
		return providertest.Failure{
			Name: name, Fault: simulator.Fault{Kind: esendexsim.Refuse, Code: status}, Kind: kind, Code: "HTTP " + status,
		}
	}
	return providertest.Harness{
		LookAlike: func() providertest.LookAlike { return newLookAlike() },
		New:       func(base string) (provider.Provider, error) { return esendex.New(config(base), provider.Account{}) },
		NewWrong: func(base string) (provider.Provider, error) {
			cfg := config(base)
			cfg.Password = configs.NewSecret("another-password")
			return esendex.New(cfg, provider.Account{})
		},
		Message: message(channel),
		Secrets: []string{username, password, reference, "another-password"},
		Failures: []providertest.Failure{
			refuse("bad request", "400", provider.Unroutable),
			refuse("no credit", "402", provider.Misconfigured),
			refuse("another's account", "403", provider.Misconfigured),
			refuse("timed out", "408", provider.Unknown),
			{Name: "throttled", Fault: simulator.Fault{Kind: esendexsim.Throttle}, Kind: provider.Throttled, Code: "HTTP 429"},
			{Name: "no messages", Fault: simulator.Fault{Kind: esendexsim.NoMessages}, Kind: provider.Unknown},
		},
	}
}

func TestSMSKeepsTheProvidersContract(t *testing.T)   { providertest.Run(t, harness(provider.SMS)) }
func TestVoiceKeepsTheProvidersContract(t *testing.T) { providertest.Run(t, harness(provider.Voice)) }

func TestReceiptsKeepTheProvidersContract(t *testing.T) {
	for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
		t.Run(string(channel), func(t *testing.T) {
			providertest.RunReceipts(t, providertest.ReceiptHarness{
				Kind:      "esendex",
				LookAlike: func() providertest.ReceiptLookAlike { return newLookAlike() },
				New: func(base string, account provider.Account) (provider.Receiver, error) {
					return esendex.New(config(base), account)
				},
				Message: message(channel),
				Secrets: []string{username, password},
				Statuses: map[simulator.Report]provider.Status{
					simulator.Sent: "", simulator.Failed: provider.Undelivered, simulator.Expired: provider.Undelivered,
				},
				Elsewhere: true,
			})
		})
	}
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "esendex" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}

func TestMessagesArriveInEveryLanguage(t *testing.T) {
	for _, c := range []struct{ language, text, spoken, voice string }{
		{"en-AU", "Your code: 493817", "Your code: 4, 9, 3, 8, 1, 7.", "en-AU"},
		{"de-AT", "Ihr Code für Ärzte: {493817} €", "Ihr Code für Ärzte: {4, 9, 3, 8, 1, 7} €.", "de-DE"},
		{"fr-CA", "Votre code <493817> & \"rien\"", "Votre code 4, 9, 3, 8, 1, 7, & \"rien\"", "fr-FR"},
		{"ru-RU", "Ваш код: 493817", "Ваш код: 4, 9, 3, 8, 1, 7.", "en-GB"},
		{"N/A", "493817 🔑\nagain", "4, 9, 3, 8, 1, 7, 🔑 again.", "en-GB"},
		{"", strings.Repeat("long ", 60) + "493817", strings.Repeat("long ", 60) + "4, 9, 3, 8, 1, 7.", "en-GB"},
	} {
		look, client := start(t)
		for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
			m := message(channel)
			m.Text, m.Language = c.text, c.language
			receipt, err := client.Send(t.Context(), m)
			if err != nil {
				t.Fatalf("%s %s: %v (refused: %v)", channel, c.language, err, look.Stats().Refused)
			}
			got := look.Messages()[len(look.Messages())-1]
			_, parts := provider.Segments(c.text)
			want := simulator.Message{
				Reference: got.ID, Count: 1, ID: strings.ToUpper(receipt.ID), Channel: "sms", To: m.To, From: "Acme", Text: c.text, Parts: parts, At: got.At,
			}
			if channel == provider.Voice {
				want.Channel, want.From, want.Text, want.Language, want.Parts = "voice", "447700900000", c.spoken+" "+c.spoken, c.voice, 1
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s %s: -want +got:\n%s", channel, c.language, diff)
			}
		}
	}
}

func TestMagicNumbers(t *testing.T) {
	_, client := start(t)
	for to, want := range map[string]provider.Kind{
		"+15005550001": provider.Unroutable, "+15005550002": provider.Unroutable, "+15005550029": provider.Throttled, "+15005550030": provider.Misconfigured,
	} {
		m := message(provider.SMS)
		m.To = to
		_, err := client.Send(t.Context(), m)
		if failure, ok := errors.AsType[*provider.Error](err); !ok || failure.Kind != want {
			t.Errorf("%s: got %v; want %v", to, err, want)
		}
	}
}
