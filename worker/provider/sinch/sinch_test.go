package sinch_test

import (
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
	"github.com/phonehook/phonehook/worker/provider/sinch"
	"github.com/phonehook/phonehook/worker/provider/sinch/sinchsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	plan           = "plan-of-the-tests"
	apiToken       = "token-of-the-tests-0000000000000" //nolint:gosec // it is nobody's
	webhookSecret  = "webhook-secret-of-the-tests-0000"
	applicationKey = "5f0bdfb5-0000-4000-8000-000000000001"
)

var (
	applicationSecret = base64.StdEncoding.EncodeToString([]byte("secret of the tests' application"))
	strangersSecret   = base64.StdEncoding.EncodeToString([]byte("a stranger's secret"))
)

func config(base string) sinch.Config {
	return sinch.Config{
		ServicePlanID: plan, APIToken: configs.NewSecret(apiToken), From: "Acme Inc", WebhookSecret: configs.NewSecret(webhookSecret),
		Voice: sinch.Voice{
			ApplicationKey: applicationKey, ApplicationSecret: configs.NewSecret(applicationSecret), From: "447700900000", BaseURL: base,
		},
		BaseURL: base, AllowInsecure: true,
	}
}

var options = sinchsim.Options{
	ServicePlanID: plan, APIToken: apiToken, WebhookSecret: webhookSecret, ApplicationKey: applicationKey, ApplicationSecret: applicationSecret,
}

// start starts a look-alike and a client that sends to it.
func start(t testing.TB) (*sinchsim.Server, *sinch.Client) {
	t.Helper()
	look := sinchsim.New(options)
	server := httptest.NewServer(look)
	client, err := sinch.New(config(server.URL), provider.Account{})
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
		LookAlike: func() providertest.LookAlike { return sinchsim.New(options) },
		New:       func(base string) (provider.Provider, error) { return sinch.New(config(base), provider.Account{}) },
		NewWrong: func(base string) (provider.Provider, error) {
			cfg := config(base)
			cfg.APIToken, cfg.Voice.ApplicationSecret = configs.NewSecret("another-token"), configs.NewSecret(strangersSecret)
			return sinch.New(cfg, provider.Account{})
		},
		Message:  message(channel),
		Secrets:  []string{apiToken, webhookSecret, applicationSecret, "another-token", strangersSecret},
		Failures: failures,
	}
}

func refuse(name, code string, kind provider.Kind, want string) providertest.Failure {
	return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: sinchsim.Refuse, Code: code}, Kind: kind, Code: want}
}

func TestSMSKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.SMS,
		refuse("bad recipient", "syntax_invalid_parameter_format", provider.Refused, "syntax_invalid_parameter_format"),
		refuse("no route", "illegal_number_type", provider.Unroutable, "illegal_number_type"),
		refuse("blocked", "blocked_account", provider.Misconfigured, "blocked_account"),
		refuse("bad request", "syntax_invalid_json", provider.Misconfigured, "syntax_invalid_json"),
		refuse("a code in no list", "secret_words", provider.Refused, "HTTP 400"),
		providertest.Failure{Name: "throttled", Fault: simulator.Fault{Kind: sinchsim.Throttle}, Kind: provider.Throttled, Code: "HTTP 429"},
	))
}

func TestVoiceKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.Voice,
		refuse("bad recipient", "40001", provider.Refused, "40001"),
		refuse("no route", "42201", provider.Unroutable, "42201"),
		refuse("no credit", "40200", provider.Misconfigured, "40200"),
		refuse("failed inside", "50000", provider.Unknown, "50000"),
		refuse("closed for now", "50300", provider.Unavailable, "50300"),
		refuse("a code in no list", "42377", provider.Refused, "HTTP 423"),
		providertest.Failure{Name: "throttled", Fault: simulator.Fault{Kind: sinchsim.Throttle}, Kind: provider.Throttled, Code: "42900"},
	))
}

func receiptHarness(channel provider.Channel, secret string) providertest.ReceiptHarness {
	receiver := func(webhook, application string) func(string, provider.Account) (provider.Receiver, error) {
		return func(base string, account provider.Account) (provider.Receiver, error) {
			cfg := config(base)
			cfg.WebhookSecret, cfg.Voice.ApplicationSecret = configs.NewSecret(webhook), configs.NewSecret(application)
			return sinch.New(cfg, account)
		}
	}
	h := providertest.ReceiptHarness{
		Kind: "sinch",
		LookAlike: func() providertest.ReceiptLookAlike {
			o := options
			o.WebhookSecret = secret
			return sinchsim.New(o)
		},
		New:     receiver(secret, applicationSecret),
		Message: message(channel),
		Secrets: []string{apiToken, webhookSecret, applicationSecret},
	}
	switch {
	case channel == provider.Voice:
		h.NewWrong, h.Timed, h.Elsewhere, h.Signature = receiver(secret, strangersSecret), true, true, []string{"Authorization"}
		h.Statuses = map[simulator.Report]provider.Status{simulator.Sent: "", simulator.Expired: provider.Undelivered}
	case secret != "":
		h.NewWrong, h.Timed = receiver("a-strangers-secret", applicationSecret), true
		h.Signature = []string{"X-Sinch-Webhook-Signature", "X-Sinch-Webhook-Signature-Nonce", "X-Sinch-Webhook-Signature-Timestamp"}
	}
	return h
}

func TestReceipts(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel provider.Channel
		secret  string
	}{
		{"SMS, signed", provider.SMS, webhookSecret},
		{"SMS, without a secret", provider.SMS, ""},
		{"calls", provider.Voice, ""},
	} {
		t.Run(c.name, func(t *testing.T) { providertest.RunReceipts(t, receiptHarness(c.channel, c.secret)) })
	}
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "sinch" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}

func TestMessagesArriveInEveryLanguage(t *testing.T) {
	for _, c := range []struct{ language, text, voice, spoken string }{
		{"en", "Your code is 493817", "en-US", "#ssml["},
		{"ru-RU", "Ваш код: 493817", "ru-RU", "#ssml["},
		{"zh-Hans-CN", "您的验证码为 493817。", "cmn-CN", "#ssml["},
		{"ar-EG", "رمزك هو 493817", "arb", "#ssml["},
		{"cs", "Váš kód je 493817", "cs-CZ", "Váš kód je 4, 9, 3, 8, 1, 7."},
		{"xx", "Your code is 493817", "en-US", "#ssml["},
		{"en", "[Acme] Your code is 493817; #1", "en-US", "[Acme] Your code is 4, 9, 3, 8, 1, 7"},
	} {
		look, client := start(t)
		for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
			m := message(channel)
			m.Text, m.Language = c.text, c.language
			receipt, err := client.Send(t.Context(), m)
			if err != nil {
				t.Fatalf("%s %s: %v (refused: %v)", channel, c.language, err, look.Stats().Refused)
			}
			arrived := look.Messages()[0]
			_, parts := provider.Segments(c.text)
			want := simulator.Message{
				Reference: m.Reference, Count: 1, ID: receipt.ID, Channel: "sms", To: "+447400123456", From: "Acme Inc", Text: c.text, Parts: parts, At: arrived.At,
			}
			if channel == provider.Voice {
				if !strings.HasPrefix(arrived.Text, c.spoken) {
					t.Errorf("%s: it says %q; want it to begin with %q", c.language, arrived.Text, c.spoken)
				}
				want.Channel, want.From, want.Text, want.Language, want.Parts, want.Count = "voice", "+447700900000", arrived.Text, c.voice, 1, 2
			}
			if diff := cmp.Diff(want, arrived); diff != "" {
				t.Errorf("%s %s: -want +got:\n%s", channel, c.language, diff)
			}
		}
	}
}
