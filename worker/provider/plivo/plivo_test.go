package plivo_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/plivo"
	"github.com/phonehook/phonehook/worker/provider/plivo/plivosim"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	authID    = "MAOFTHETESTS00000000"
	authToken = "one-of-the-tests"
	powerpack = "5ec4c8c9-cd74-42b5-9e41-0d7670d6bb46"
)

// account has addresses at which nothing answers.
var account = provider.Account{Kind: "plivo", Name: "plivo", Addresses: addressesAt("http://127.0.0.1:1")}

func addressesAt(base string) *provider.Addresses {
	return provider.NewAddresses(base, []byte(strings.Repeat("k", provider.MinAddressKey)))
}

func config(base string) plivo.Config {
	return plivo.Config{
		AuthID: authID, AuthToken: configs.NewSecret(authToken), From: "AcmeInc", Voice: plivo.Voice{From: "+447700900000"},
		BaseURL: base, AllowInsecure: true,
	}
}

func newLookAlike() *plivosim.Server {
	return plivosim.New(plivosim.Options{AuthID: authID, AuthToken: authToken, Powerpack: powerpack})
}

// start starts a look-alike and a client that sends to it.
func start(t testing.TB, account provider.Account) (*plivosim.Server, *plivo.Client) {
	t.Helper()
	look := newLookAlike()
	server := httptest.NewServer(look)
	client, err := plivo.New(config(server.URL), account)
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

func harness(channel provider.Channel, failures []providertest.Failure) providertest.Harness {
	return providertest.Harness{
		LookAlike: func() providertest.LookAlike { return newLookAlike() },
		New:       func(base string) (provider.Provider, error) { return plivo.New(config(base), account) },
		NewWrong: func(base string) (provider.Provider, error) {
			cfg := config(base)
			cfg.AuthToken = configs.NewSecret("another-token")
			return plivo.New(cfg, account)
		},
		Message:  message(channel),
		Secrets:  []string{authToken, "another-token"},
		Failures: failures,
	}
}

func refuse(name, code string, kind provider.Kind) providertest.Failure {
	status, _, _ := strings.Cut(code, ":")
	return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: plivosim.Refuse, Code: code}, Kind: kind, Code: "HTTP " + status}
}

// failures are those of both channels.
func failures() []providertest.Failure {
	return []providertest.Failure{
		refuse("a parameter is wrong", "400", provider.Unroutable),
		refuse("no credit", "400:Insufficient Credit", provider.Misconfigured),
		refuse("not allowed", "403", provider.Misconfigured),
		refuse("failed inside", "500", provider.Unknown),
		{Name: "throttled", Fault: simulator.Fault{Kind: plivosim.Throttle}, Kind: provider.Throttled, Code: "HTTP 429"},
	}
}

func TestSMSKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.SMS, failures()))
}

func TestVoiceKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.Voice, failures()))
}

func receiptHarness(channel provider.Channel, options plivosim.Options) providertest.ReceiptHarness {
	options.AuthID, options.Unasked = authID, true
	receiver := func(token string) func(string, provider.Account) (provider.Receiver, error) {
		return func(base string, account provider.Account) (provider.Receiver, error) {
			cfg := config(base)
			cfg.AuthToken = configs.NewSecret(token)
			return plivo.New(cfg, account)
		}
	}
	h := providertest.ReceiptHarness{
		Kind:      "plivo",
		LookAlike: func() providertest.ReceiptLookAlike { return plivosim.New(options) },
		New:       receiver(options.AuthToken),
		NewWrong:  receiver("another-token"),
		Message:   message(channel),
		Secrets:   []string{authToken, "another-token"},
	}
	if channel == provider.Voice {
		h.Statuses = map[simulator.Report]provider.Status{simulator.Expired: provider.Undelivered}
	}
	if !options.OnlyV2 {
		h.Signature = []string{"X-Plivo-Signature-V3", "X-Plivo-Signature-V3-Nonce"}
	}
	return h
}

// TestReceipts has a subaccount, so that its own header is the one that counts. What is signed with
// V2 is believed for its address, which is all that V2 signs.
func TestReceipts(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel provider.Channel
		options plivosim.Options
	}{
		{"SMS, signed whole", provider.SMS, plivosim.Options{AuthToken: authToken, MainToken: "main-token"}},
		{"SMS, address signed", provider.SMS, plivosim.Options{AuthToken: authToken, OnlyV2: true}},
		{"calls", provider.Voice, plivosim.Options{AuthToken: authToken, MainToken: "main-token"}},
	} {
		t.Run(c.name, func(t *testing.T) { providertest.RunReceipts(t, receiptHarness(c.channel, c.options)) })
	}
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t, account)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "plivo" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}
