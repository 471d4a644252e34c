package telnyx_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
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
	"github.com/phonehook/phonehook/worker/provider/telnyx"
	"github.com/phonehook/phonehook/worker/provider/telnyx/telnyxsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiKey      = "KEY01900000000000000000000000000000_ofthetests"
	accountSID  = "61bf923e-5e4d-4595-a110-56190ea18a1b"
	application = "1293384261075731499"
	profile     = "40017f71-0cd1-4a50-8c8e-b58e1c6a6a4d"
)

// The account's key for webhooks and a stranger's.
var (
	key          = ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	strangersKey = ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", ed25519.SeedSize)))
)

func publicOf(private ed25519.PrivateKey) string {
	return base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
}

func config(base string) telnyx.Config {
	return telnyx.Config{
		APIKey: configs.NewSecret(apiKey), PublicKey: publicOf(key), From: "Acme Inc", MessagingProfileID: profile,
		Voice:   telnyx.Voice{AccountSID: accountSID, ApplicationID: application, From: "+447700900000"},
		BaseURL: base, AllowInsecure: true,
	}
}

func newLookAlike() *telnyxsim.Server {
	return telnyxsim.New(telnyxsim.Options{APIKey: apiKey, AccountSID: accountSID, ApplicationID: application, Profile: profile, PrivateKey: key})
}

// start starts a look-alike and a client that sends to it.
func start(t testing.TB) (*telnyxsim.Server, *telnyx.Client) {
	t.Helper()
	look := newLookAlike()
	server := httptest.NewServer(look)
	client, err := telnyx.New(config(server.URL), provider.Account{})
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
		New:       func(base string) (provider.Provider, error) { return telnyx.New(config(base), provider.Account{}) },
		NewWrong: func(base string) (provider.Provider, error) {
			cfg := config(base)
			cfg.APIKey = configs.NewSecret("another-key")
			return telnyx.New(cfg, provider.Account{})
		},
		Message:  message(channel),
		Secrets:  []string{apiKey, "another-key"},
		Failures: failures,
	}
}

func refuse(name, code string, kind provider.Kind) providertest.Failure {
	want, _, _ := strings.Cut(code, ":")
	return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: telnyxsim.Refuse, Code: code}, Kind: kind, Code: want}
}

func TestSMSKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.SMS, []providertest.Failure{
		refuse("opted out", "40300", provider.Refused),
		refuse("bad recipient", "10015:/to", provider.Refused),
		refuse("bad sender", "10015:/from", provider.Unroutable),
		refuse("bad request", "10015", provider.Misconfigured),
		refuse("country", "40309", provider.Unroutable),
		refuse("no credit", "20100", provider.Misconfigured),
		refuse("queue full", "40318", provider.Throttled),
		refuse("failed inside", "10007", provider.Unknown),
		refuse("down", "10037", provider.Unavailable),
		{Name: "a code in no list", Fault: simulator.Fault{Kind: telnyxsim.Refuse, Code: "49999"}, Kind: provider.Refused, Code: "HTTP 400"},
		{Name: "throttled", Fault: simulator.Fault{Kind: telnyxsim.Throttle}, Kind: provider.Throttled, Code: "10011"},
		{Name: "failed at once", Fault: simulator.Fault{Kind: telnyxsim.Inside}, Kind: provider.Unroutable, Code: "40008"},
		{Name: "failed at once and in no list", Fault: simulator.Fault{Kind: telnyxsim.Inside, Code: "49999"}, Kind: provider.Unavailable},
	}))
}

func TestVoiceKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.Voice, []providertest.Failure{
		refuse("bad recipient", "10016:/To", provider.Refused),
		refuse("bad sender", "10016:/From", provider.Unroutable),
		refuse("no application", "10005", provider.Misconfigured),
		refuse("too many calls", "90041", provider.Throttled),
		{Name: "throttled", Fault: simulator.Fault{Kind: telnyxsim.Throttle}, Kind: provider.Throttled, Code: "10011"},
	}))
}

func receiptHarness(channel provider.Channel, options telnyxsim.Options, public string) providertest.ReceiptHarness {
	receiver := func(public string) func(string, provider.Account) (provider.Receiver, error) {
		return func(base string, account provider.Account) (provider.Receiver, error) {
			cfg := config(base)
			cfg.PublicKey = public
			return telnyx.New(cfg, account)
		}
	}
	h := providertest.ReceiptHarness{
		Kind:      "telnyx",
		LookAlike: func() providertest.ReceiptLookAlike { return telnyxsim.New(options) },
		New:       receiver(public),
		Message:   message(channel),
		Secrets:   []string{apiKey},
	}
	if options.PrivateKey != nil && (channel == provider.SMS || options.SignCalls) {
		h.NewWrong, h.Timed = receiver(publicOf(strangersKey)), true
		h.Signature = []string{"telnyx-signature-ed25519", "telnyx-timestamp"}
	}
	if channel == provider.Voice {
		h.Statuses = map[simulator.Report]provider.Status{simulator.Expired: provider.Undelivered}
	}
	return h
}

func TestReceipts(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel provider.Channel
		options telnyxsim.Options
		public  string
	}{
		{"SMS, signed", provider.SMS, telnyxsim.Options{PrivateKey: key}, publicOf(key)},
		{"SMS, without a key", provider.SMS, telnyxsim.Options{}, ""},
		{"calls, not signed", provider.Voice, telnyxsim.Options{PrivateKey: key}, publicOf(key)},
		{"calls, signed", provider.Voice, telnyxsim.Options{PrivateKey: key, SignCalls: true}, publicOf(key)},
	} {
		t.Run(c.name, func(t *testing.T) { providertest.RunReceipts(t, receiptHarness(c.channel, c.options, c.public)) })
	}
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "telnyx" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}

func TestMessagesArriveInEveryLanguage(t *testing.T) {
	for _, c := range []struct{ language, text, spoken, voice string }{
		{"en", "Here is your one time password: 999111", "Here is your one time password: 9, 9, 9, 1, 1, 1.", "en-US"},
		{"ru-RU", "Ваш код: 493817", "Ваш код: 4, 9, 3, 8, 1, 7.", "ru-RU"},
		{"zh-Hans-CN", "您的验证码为 493817。", "您的验证码为 4, 9, 3, 8, 1, 7。", "cmn-CN"},
		{"ar-EG", "رمزك هو 493817", "رمزك هو 4, 9, 3, 8, 1, 7.", "arb"},
		{"cs", "Kód 493817 Ç & \"x\"", "Kód 4, 9, 3, 8, 1, 7, Ç & \"x\"", "en-US"},
		{"", strings.Repeat("long ", 60) + "493817", strings.Repeat("long ", 60) + "4, 9, 3, 8, 1, 7.", "en-US"},
	} {
		look, client := start(t)
		for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
			m := message(channel)
			m.Text, m.Language = c.text, c.language
			receipt, err := client.Send(t.Context(), m)
			if err != nil {
				t.Fatalf("%s %s: %v (refused: %v)", channel, c.language, err, look.Stats().Refused)
			}
			arrived := look.Messages()[len(look.Messages())-1]
			_, parts := provider.Segments(c.text)
			want := simulator.Message{
				Reference: receipt.ID, Count: 1, ID: receipt.ID, Channel: "sms", To: m.To, From: "Acme Inc", Text: c.text, Parts: parts, At: arrived.At,
			}
			if channel == provider.Voice {
				want.Channel, want.From, want.Text, want.Language, want.Parts = "voice", "+447700900000", c.spoken, c.voice, 1
			}
			if diff := cmp.Diff(want, arrived); diff != "" {
				t.Errorf("%s %s: -want +got:\n%s", channel, c.language, diff)
			}
		}
	}
}
