package messagebird_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/messagebird"
	"github.com/phonehook/phonehook/worker/provider/messagebird/messagebirdsim"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	accessKey  = "live_ofthetests0000000000"
	signingKey = "signing-key-of-the-tests-00000000"
)

func config(base string) messagebird.Config {
	return messagebird.Config{
		AccessKey: configs.NewSecret(accessKey), SigningKey: configs.NewSecret(signingKey), From: "Acme Inc",
		Voice: messagebird.Voice{From: "+447700900000"}, BaseURL: base, AllowInsecure: true,
	}
}

func newLookAlike() *messagebirdsim.Server {
	return messagebirdsim.New(messagebirdsim.Options{AccessKey: accessKey, SigningKey: signingKey})
}

// start starts a look-alike and a client that sends to it.
func start(t testing.TB) (*messagebirdsim.Server, *messagebird.Client) {
	t.Helper()
	look := newLookAlike()
	server := httptest.NewServer(look)
	client, err := messagebird.New(config(server.URL), provider.Account{})
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
		New:       func(base string) (provider.Provider, error) { return messagebird.New(config(base), provider.Account{}) },
		NewWrong: func(base string) (provider.Provider, error) {
			cfg := config(base)
			cfg.AccessKey = configs.NewSecret("another-key")
			return messagebird.New(cfg, provider.Account{})
		},
		Message:  message(channel),
		Secrets:  []string{accessKey, signingKey, "another-key"},
		Failures: failures,
	}
}

func refuse(name, code string, kind provider.Kind) providertest.Failure {
	want, _, _ := strings.Cut(code, ":")
	return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: messagebirdsim.Refuse, Code: code}, Kind: kind, Code: "error " + want}
}

// failures are those of both channels.
func failures(more ...providertest.Failure) []providertest.Failure {
	return append([]providertest.Failure{
		refuse("bad recipient", "9:recipients", provider.Refused),
		refuse("bad sender", "10:originator", provider.Unroutable),
		refuse("bad text", "10:body", provider.Refused),
		refuse("bad request", "10:reportUrl", provider.Misconfigured),
		refuse("no credit", "25", provider.Misconfigured),
		refuse("failed inside", "99", provider.Unknown),
		{Name: "a code in no list", Fault: simulator.Fault{Kind: messagebirdsim.Refuse, Code: "77"}, Kind: provider.Refused, Code: "HTTP 422"},
		{Name: "throttled", Fault: simulator.Fault{Kind: messagebirdsim.Throttle}, Kind: provider.Throttled, Code: "HTTP 429"},
	}, more...)
}

func inside(name, code string, kind provider.Kind, want string) providertest.Failure {
	return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: messagebirdsim.Inside, Code: code}, Kind: kind, Code: want}
}

func TestSMSKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.SMS, failures(
		inside("failed at once", "", provider.Unavailable, "status error 34"),
		inside("failed at once for the number", "1", provider.Refused, "status error 1"),
		inside("failed at once and in no list", "7777", provider.Unavailable, ""),
	)))
}

func TestVoiceKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.Voice, failures(inside("failed at once", "", provider.Unavailable, ""))))
}

func receiptHarness(channel provider.Channel, key string) providertest.ReceiptHarness {
	receiver := func(key string) func(string, provider.Account) (provider.Receiver, error) {
		return func(base string, account provider.Account) (provider.Receiver, error) {
			cfg := config(base)
			cfg.SigningKey = configs.NewSecret(key)
			return messagebird.New(cfg, account)
		}
	}
	h := providertest.ReceiptHarness{
		Kind: "messagebird",
		LookAlike: func() providertest.ReceiptLookAlike {
			return messagebirdsim.New(messagebirdsim.Options{AccessKey: accessKey, SigningKey: key})
		},
		New:     receiver(key),
		Message: message(channel),
		Secrets: []string{accessKey, signingKey},
	}
	if key != "" {
		h.NewWrong, h.Timed, h.Signature = receiver("a-strangers-key"), true, []string{"MessageBird-Signature-JWT"}
	}
	if channel == provider.Voice {
		h.Statuses = map[simulator.Report]provider.Status{simulator.Failed: provider.Undelivered, simulator.Expired: provider.Undelivered}
	}
	return h
}

func TestReceipts(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel provider.Channel
		key     string
	}{
		{"SMS, signed", provider.SMS, signingKey},
		{"SMS, without a key", provider.SMS, ""},
		{"calls, signed", provider.Voice, signingKey},
		{"calls, without a key", provider.Voice, ""},
	} {
		t.Run(c.name, func(t *testing.T) { providertest.RunReceipts(t, receiptHarness(c.channel, c.key)) })
	}
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "messagebird" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}

func TestMessagesArriveInEveryLanguage(t *testing.T) {
	for _, c := range []struct{ language, text, spoken, voice string }{
		{"en", "Here is your one time password: 999111", "Here is your one time password: 9, 9, 9, 1, 1, 1.", "en-us"},
		{"ru-RU", "Ваш код: 493817", "Ваш код: 4, 9, 3, 8, 1, 7.", "ru-ru"},
		{"zh-Hans-CN", "您的验证码为 493817。", "您的验证码为 4, 9, 3, 8, 1, 7。", "zh-cn"},
		{"zh-HK", "驗證碼 493817", "驗證碼 4, 9, 3, 8, 1, 7.", "zh-hk"},
		{"no", "Koden er 493817 Ç", "Koden er 4, 9, 3, 8, 1, 7, Ç.", "nb-no"},
		{"pt", "É o código 493817", "É o código 4, 9, 3, 8, 1, 7.", "pt-br"},
		{"ar-EG", "رمزك هو 493817", "رمزك هو 4, 9, 3, 8, 1, 7.", "en-us"},
		{"", strings.Repeat("long ", 60) + "493817", strings.Repeat("long ", 60) + "4, 9, 3, 8, 1, 7.", "en-us"},
	} {
		look, client := start(t)
		for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
			m := message(channel)
			m.Text, m.Language = c.text, c.language
			receipt, err := client.Send(t.Context(), m)
			if err != nil {
				t.Fatalf("%s %s: %v (refused: %v)", channel, c.language, err, look.Stats().Refused)
			}
			// The two messages have one reference, so that the ledger shows the last.
			arrived := look.Messages()[0]
			_, parts := provider.Segments(c.text)
			want := simulator.Message{
				Reference: m.Reference, Count: 1, ID: receipt.ID, Channel: "sms", To: "447400123456", From: "Acme Inc", Text: c.text, Parts: parts, At: arrived.At,
			}
			if channel == provider.Voice {
				want.Channel, want.From, want.Text, want.Language, want.Parts, want.Count = "voice", "447700900000", c.spoken, c.voice, 1, 2
			}
			if diff := cmp.Diff(want, arrived); diff != "" {
				t.Errorf("%s %s: -want +got:\n%s", channel, c.language, diff)
			}
		}
	}
}
