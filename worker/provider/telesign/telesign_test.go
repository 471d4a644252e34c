package telesign_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/telesign"
	"github.com/phonehook/phonehook/worker/provider/telesign/telesignsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The customer and the key are those of the tests of the vendor's SDKs, whose key has hyphens in it
// that are no base64 and that Python leaves out.
const (
	customer   = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"
	apiKey     = "EXAMPLETE8sTgg45yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==" //nolint:gosec // an example
	anotherKey = "YW5vdGhlciBrZXksIGFub3RoZXIga2V5"
)

func config(base string) telesign.Config {
	return telesign.Config{CustomerID: customer, APIKey: configs.NewSecret(apiKey), From: "Acme", BaseURL: base, AllowInsecure: true}
}

func wrongConfig(base string) telesign.Config {
	cfg := config(base)
	cfg.APIKey = configs.NewSecret(anotherKey)
	return cfg
}

func newLookAlike() *telesignsim.Server {
	return telesignsim.New(telesignsim.Options{CustomerID: customer, APIKey: apiKey})
}

// start starts a look-alike and a client that sends to it.
func start(t testing.TB) (*telesignsim.Server, *telesign.Client) {
	t.Helper()
	look := newLookAlike()
	server := httptest.NewServer(look)
	client, err := telesign.New(config(server.URL), provider.Account{})
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

func harness(channel provider.Channel, failures ...providertest.Failure) providertest.Harness {
	return providertest.Harness{
		LookAlike: func() providertest.LookAlike { return newLookAlike() },
		New:       func(base string) (provider.Provider, error) { return telesign.New(config(base), provider.Account{}) },
		NewWrong: func(base string) (provider.Provider, error) {
			return telesign.New(wrongConfig(base), provider.Account{})
		},
		Message:  message(channel),
		Secrets:  []string{apiKey, anotherKey},
		Failures: failures,
	}
}

func fault(name string, kind simulator.Kind, code string, want provider.Kind) providertest.Failure {
	return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: kind, Code: code}, Kind: want, Code: code}
}

func TestSMSKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(
		provider.SMS,
		fault("bad recipient", telesignsim.Refuse, "11000", provider.Refused),
		fault("bad sender", telesignsim.Refuse, "11013", provider.Unroutable),
		fault("no credit", telesignsim.Refuse, "10030", provider.Misconfigured),
		fault("not enabled", telesignsim.Refuse, "10011", provider.Misconfigured),
		fault("seen before", telesignsim.Refuse, "10002", provider.Unknown),
		fault("down", telesignsim.Refuse, "10000", provider.Unavailable),
		fault("opted out, with 200", telesignsim.Inside, "510", provider.Refused),
		fault("spam, with 200", telesignsim.Inside, "515", provider.Unroutable),
		fault("a status in no list", telesignsim.Inside, "298", provider.Unknown),
		providertest.Failure{Name: "an error in no list", Fault: simulator.Fault{Kind: telesignsim.Refuse, Code: "11999"}, Kind: provider.Refused, Code: "HTTP 400"},
		providertest.Failure{Name: "throttled", Fault: simulator.Fault{Kind: telesignsim.Throttle}, Kind: provider.Throttled, Code: "10019"},
	))
}

func TestVoiceKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(
		provider.Voice,
		fault("bad request", telesignsim.Refuse, "-10001", provider.Unroutable),
		fault("country", telesignsim.Refuse, "-20004", provider.Unroutable),
		fault("suspended", telesignsim.Refuse, "-30001", provider.Misconfigured),
		fault("rate", telesignsim.Refuse, "-40007", provider.Throttled),
		fault("down", telesignsim.Refuse, "-90001", provider.Unavailable),
		fault("busy at once", telesignsim.Inside, "107", provider.Unavailable),
		providertest.Failure{Name: "throttled", Fault: simulator.Fault{Kind: telesignsim.Throttle}, Kind: provider.Throttled, Code: "10019"},
	))
}

func TestReceiptsKeepTheProvidersContract(t *testing.T) {
	for _, channel := range telesign.Facts.Channels {
		statuses := map[simulator.Report]provider.Status{}
		if channel == provider.Voice {
			statuses[simulator.Expired] = provider.Undelivered
		}
		t.Run(string(channel), func(t *testing.T) {
			providertest.RunReceipts(t, providertest.ReceiptHarness{
				Kind:      "telesign",
				LookAlike: func() providertest.ReceiptLookAlike { return newLookAlike() },
				New: func(base string, account provider.Account) (provider.Receiver, error) {
					return telesign.New(config(base), account)
				},
				NewWrong: func(base string, account provider.Account) (provider.Receiver, error) {
					return telesign.New(wrongConfig(base), account)
				},
				Message:  message(channel),
				Secrets:  []string{apiKey, anotherKey},
				Statuses: statuses,
				Unsign: func(c *provider.Callback) {
					c.Header.Del("Authorization")
					c.Header.Del("X-Ts-Authorization")
				},
			})
		})
	}
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "telesign" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}

func TestMessagesArriveInEveryLanguage(t *testing.T) {
	for _, c := range []struct{ language, text, spoken, voice string }{
		{"en-AU", "Your code: 493817", "Your code: 4, 9, 3, 8, 1, 7.", "en-AU"},
		{"de-AT", "Ihr Code für Ärzte: {493817} €", "Ihr Code für Ärzte: {4, 9, 3, 8, 1, 7} €.", "de-DE"},
		{"fr-CA", "Votre code <493817> & \"rien\"", "Votre code 4, 9, 3, 8, 1, 7, & \"rien\"", "fr-CA"},
		{"ru-RU", "Ваш код: 493817", "Ваш код: 4, 9, 3, 8, 1, 7.", "ru-RU"},
		{"zh-Hant-TW", "您的驗證碼為 493817。", "您的驗證碼為 4, 9, 3, 8, 1, 7。", "zh-TW"},
		{"es-AR", "Su código 493817", "Su código 4, 9, 3, 8, 1, 7.", "es-MX"},
		{"N/A", "493817 🔑\nagain", "4, 9, 3, 8, 1, 7, 🔑 again.", "en-US"},
		{"", strings.Repeat("long ", 60) + "493817", strings.Repeat("long ", 60) + "4, 9, 3, 8, 1, 7.", "en-US"},
	} {
		look, client := start(t)
		for _, channel := range telesign.Facts.Channels {
			m := message(channel)
			m.Reference, m.Text, m.Language = string(channel), c.text, c.language
			receipt, err := client.Send(t.Context(), m)
			if err != nil {
				t.Fatalf("%s %s: %v (refused: %v)", channel, c.language, err, look.Stats().Refused)
			}
			arrived := look.Messages()[len(look.Messages())-1]
			_, parts := provider.Segments(c.text)
			want := simulator.Message{
				Reference: m.Reference, Count: 1, ID: receipt.ID, Channel: "sms", To: m.To, From: "Acme", Text: c.text, Parts: parts, At: arrived.At,
			}
			if channel == provider.Voice {
				want.Channel, want.From, want.Text, want.Language, want.Parts = "voice", "", c.spoken+" "+c.spoken, c.voice, 1
			}
			if diff := cmp.Diff(want, arrived); diff != "" {
				t.Errorf("%s %s: -want +got:\n%s", channel, c.language, diff)
			}
		}
	}
}

func TestMagicNumbers(t *testing.T) {
	_, client := start(t)
	for to, want := range map[string]provider.Kind{
		"+15005550001": provider.Refused, "+15005550029": provider.Throttled, "+15005550030": provider.Misconfigured,
	} {
		for _, channel := range telesign.Facts.Channels {
			m := message(channel)
			m.To, m.From = to, "+15550100123"
			_, err := client.Send(t.Context(), m)
			if failure, ok := errors.AsType[*provider.Error](err); !ok || failure.Kind != want {
				t.Errorf("%s %s: got %v; want %v", channel, to, err, want)
			}
		}
	}
}

// TestWhatTheVendorFindsOutLater sends to recipients with a meaning that only a report tells.
func TestWhatTheVendorFindsOutLater(t *testing.T) {
	came := make(chan provider.Callback, 1)
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		came <- provider.Callback{Header: r.Header, Body: body}
	}))
	defer gateway.Close()
	look, client := start(t)
	look.ReportTo(gateway.URL)
	if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{simulator.Delivered}}); err != nil {
		t.Fatal(err)
	}
	for to, want := range map[string]string{"+15005550002": "220", "+15005550003": "237", "+15005550004": "510", "+15005550009": "222"} {
		m := message(provider.SMS)
		m.To = to
		receipt, err := client.Send(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Receive(t.Context(), <-came)
		if err != nil || len(got.Reports) != 1 || got.Reports[0].ID != receipt.ID || got.Reports[0].Code != want {
			t.Errorf("%s: got %+v, %v; want the code %s", to, got, err, want)
		}
	}
}
