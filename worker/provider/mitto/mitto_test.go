package mitto_test

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
	"github.com/phonehook/phonehook/worker/provider/mitto"
	"github.com/phonehook/phonehook/worker/provider/mitto/mittosim"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const apiKey = "key-of-the-tests-at-mitto"

func config(base string) mitto.Config {
	return mitto.Config{APIKey: configs.NewSecret(apiKey), From: "Acme", BaseURL: base, AllowInsecure: true}
}

func newLookAlike() *mittosim.Server { return mittosim.New(mittosim.Options{APIKey: apiKey}) }

// start starts a look-alike and a client that sends to it.
func start(t testing.TB) (*mittosim.Server, *mitto.Client) {
	t.Helper()
	look := newLookAlike()
	server := httptest.NewServer(look)
	client, err := mitto.New(config(server.URL), provider.Account{})
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

func message() provider.Message {
	return provider.Message{
		Reference: "01890a5d-ac96-774b-bcce-b302099a8057", Tenant: "acme", Channel: provider.SMS, To: "+447400123456", Country: "GB",
		Text: "Your code is 493817", Code: "493817", Language: "en", Expires: time.Now().Add(5 * time.Minute),
	}
}

func TestSMSKeepsTheProvidersContract(t *testing.T) {
	code := func(name string, kind simulator.Kind, code string, want provider.Kind) providertest.Failure {
		return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: kind, Code: code}, Kind: want, Code: "code " + code}
	}
	providertest.Run(t, providertest.Harness{
		LookAlike: func() providertest.LookAlike { return newLookAlike() },
		New:       func(base string) (provider.Provider, error) { return mitto.New(config(base), provider.Account{}) },
		NewWrong: func(base string) (provider.Provider, error) {
			cfg := config(base)
			cfg.APIKey = configs.NewSecret("another-key")
			return mitto.New(cfg, provider.Account{})
		},
		Message: message(),
		Secrets: []string{apiKey, "another-key"},
		Failures: []providertest.Failure{
			code("receiver", mittosim.Refuse, "8", provider.Refused),
			code("receiver, with 200", mittosim.Inside, "8", provider.Refused),
			code("sender", mittosim.Refuse, "6", provider.Unroutable),
			code("text, with 200", mittosim.Inside, "4", provider.Unroutable),
			code("type", mittosim.Refuse, "2", provider.Misconfigured),
			code("internal", mittosim.Inside, "1", provider.Unknown),
			code("a code in no list, with 200", mittosim.Inside, "77", provider.Unroutable),
			{Name: "a code in no list", Fault: simulator.Fault{Kind: mittosim.Refuse, Code: "77"}, Kind: provider.Refused, Code: "HTTP 400"},
			{Name: "throttled", Fault: simulator.Fault{Kind: mittosim.Throttle}, Kind: provider.Throttled, Code: "HTTP 429"},
		},
	})
}

func TestReceiptsKeepTheProvidersContract(t *testing.T) {
	for name, post := range map[string]bool{"GET": false, "POST": true} {
		t.Run(name, func(t *testing.T) {
			providertest.RunReceipts(t, providertest.ReceiptHarness{
				Kind: "mitto",
				LookAlike: func() providertest.ReceiptLookAlike {
					return mittosim.New(mittosim.Options{APIKey: apiKey, Post: post})
				},
				New: func(base string, account provider.Account) (provider.Receiver, error) {
					return mitto.New(config(base), account)
				},
				Message: message(),
				Secrets: []string{apiKey},
			})
		})
	}
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "mitto" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}

func TestMessagesArriveInEveryLanguage(t *testing.T) {
	look, client := start(t)
	for i, text := range []string{
		"Your code: 493817", "Ihr Code für Ärzte: {493817} €", "Votre code <493817> & \"rien\"", "Ваш код: 493817", "您的验证码为 493817。",
		"رمزك هو 493817", "493817 🔑\nagain", strings.Repeat("long ", 60) + "493817",
	} {
		m := message()
		m.Reference, m.Text = fmt.Sprintf("r%d", i), text
		receipt, err := client.Send(t.Context(), m)
		if err != nil {
			t.Fatalf("%s: %v (refused: %v)", text, err, look.Stats().Refused)
		}
		arrived := look.Messages()[len(look.Messages())-1]
		_, parts := provider.Segments(text)
		want := simulator.Message{
			Reference: m.Reference, Count: 1, ID: receipt.ID, Channel: "sms", To: m.To, From: "Acme", Text: text, Parts: parts, At: arrived.At,
		}
		if diff := cmp.Diff(want, arrived); diff != "" {
			t.Errorf("%s: -want +got:\n%s", text, diff)
		}
	}
}

func TestMagicNumbers(t *testing.T) {
	_, client := start(t)
	for to, want := range map[string]provider.Kind{"+15005550001": provider.Refused, "+15005550029": provider.Throttled} {
		m := message()
		m.To = to
		_, err := client.Send(t.Context(), m)
		if failure, ok := errors.AsType[*provider.Error](err); !ok || failure.Kind != want {
			t.Errorf("%s: got %v; want %v", to, err, want)
		}
	}
}

// TestOnlyTheFactsChannelsAreServed asks for a call, which must say what to do about it.
func TestOnlyTheFactsChannelsAreServed(t *testing.T) {
	look, client := start(t)
	if diff := cmp.Diff([]provider.Channel{provider.SMS}, mitto.Facts.Channels); diff != "" {
		t.Error(diff)
	}
	m := message()
	m.Channel = provider.Voice
	_, err := client.Send(t.Context(), m)
	failure, ok := errors.AsType[*provider.Error](err)
	if !ok || failure.Kind != provider.Misconfigured || !strings.Contains(failure.Detail, "has no calls") || look.Stats().Requests != 0 {
		t.Errorf("got %v and %d requests; want it misconfigured and none", err, look.Stats().Requests)
	}
}
