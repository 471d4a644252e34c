package infobip_test

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
	"github.com/phonehook/phonehook/worker/provider/infobip"
	"github.com/phonehook/phonehook/worker/provider/infobip/infobipsim"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const apiKey = "0123456789abcdef0123456789abcdef-01234567-89ab-cdef-0123-456789abcdef"

func config(base string) infobip.Config {
	return infobip.Config{
		APIKey: configs.NewSecret(apiKey), From: "Acme", Voice: infobip.Voice{From: "+447700900000"}, BaseURL: base, AllowInsecure: true,
	}
}

func newLookAlike() *infobipsim.Server { return infobipsim.New(infobipsim.Options{APIKey: apiKey}) }

// start starts a look-alike and a client that sends to it.
func start(t testing.TB) (*infobipsim.Server, *infobip.Client) {
	t.Helper()
	look := newLookAlike()
	server := httptest.NewServer(look)
	client, err := infobip.New(config(server.URL), provider.Account{})
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
		New:       func(base string) (provider.Provider, error) { return infobip.New(config(base), provider.Account{}) },
		NewWrong: func(base string) (provider.Provider, error) {
			cfg := config(base)
			cfg.APIKey = configs.NewSecret("another-key")
			return infobip.New(cfg, provider.Account{})
		},
		Message:  message(channel),
		Secrets:  []string{apiKey, "another-key"},
		Failures: failures,
	}
}

func refuse(name, code string, kind provider.Kind) providertest.Failure {
	want, _, _ := strings.Cut(code, ":")
	return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: infobipsim.Refuse, Code: code}, Kind: kind, Code: want}
}

func inside(name, code string, kind provider.Kind) providertest.Failure {
	return providertest.Failure{
		Name: name, Fault: simulator.Fault{Kind: infobipsim.Inside, Code: code}, Kind: kind, Code: "status " + code[strings.IndexByte(code, '/')+1:],
	}
}

func TestSMSKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.SMS, []providertest.Failure{
		refuse("bad request", "E400", provider.Misconfigured),
		refuse("bad recipient", "E400:messages[0].destinations[0].to", provider.Refused),
		refuse("bad sender", "E400:messages[0].sender", provider.Unroutable),
		refuse("not allowed", "E403", provider.Misconfigured),
		refuse("failed inside", "E500", provider.Unknown),
		refuse("the older form", "TOO_MANY_REQUESTS", provider.Throttled),
		inside("bad number", "8", provider.Refused),
		inside("no network", "6", provider.Unroutable),
		inside("no credit", "12", provider.Misconfigured),
		inside("system error", "21", provider.Unavailable),
		inside("the same reference again", "23", provider.Unknown),
		inside("expired and nobody knows", "29", provider.Unknown),
		inside("rejected with a status in no list", "5/999", provider.Unroutable),
		inside("undeliverable with a status in no list", "2/999", provider.Unavailable),
		inside("expired with a status in no list", "4/999", provider.Unavailable),
		inside("a group in no list", "6/999", provider.Unknown),
		{Name: "a code in no list", Fault: simulator.Fault{Kind: infobipsim.Refuse, Code: "E499"}, Kind: provider.Refused, Code: "HTTP 400"},
		{Name: "throttled", Fault: simulator.Fault{Kind: infobipsim.Throttle}, Kind: provider.Throttled, Code: "E429"},
	}))
}

func TestVoiceKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.Voice, []providertest.Failure{
		refuse("bad request", "BAD_REQUEST", provider.Misconfigured),
		refuse("bad recipient", "BAD_REQUEST:messages[0].destinations[0].to", provider.Refused),
		refuse("bad sender", "BAD_REQUEST:messages[0].from", provider.Unroutable),
		refuse("failed inside", "GENERAL_ERROR", provider.Unknown),
		refuse("the newer form", "E403", provider.Misconfigured),
		inside("no language", "54", provider.Unroutable),
		inside("busy", "97", provider.Unavailable),
		{Name: "throttled", Fault: simulator.Fault{Kind: infobipsim.Throttle}, Kind: provider.Throttled, Code: "TOO_MANY_REQUESTS"},
	}))
}

func TestReceipts(t *testing.T) {
	for channel, statuses := range map[provider.Channel]map[simulator.Report]provider.Status{
		provider.SMS:   nil,
		provider.Voice: {simulator.Sent: ""}, // calls are reported at their end
	} {
		t.Run(string(channel), func(t *testing.T) {
			providertest.RunReceipts(t, providertest.ReceiptHarness{
				Kind:      "infobip",
				LookAlike: func() providertest.ReceiptLookAlike { return newLookAlike() },
				New: func(base string, account provider.Account) (provider.Receiver, error) {
					return infobip.New(config(base), account)
				},
				Message:  message(channel),
				Secrets:  []string{apiKey},
				Statuses: statuses,
			})
		})
	}
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "infobip" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}

func TestMessagesArriveInEveryLanguage(t *testing.T) {
	for _, c := range []struct{ language, text, spoken, voice string }{
		{"en", "Here is your one time password: 999111", "Here is your one time password: 9, 9, 9, 1, 1, 1.", "en"},
		{"en-GB", "Code 493817", "Code 4, 9, 3, 8, 1, 7.", "en-gb"},
		{"ru-RU", "Ваш код: 493817", "Ваш код: 4, 9, 3, 8, 1, 7.", "ru"},
		{"zh-Hans-CN", "您的验证码为 493817。", "您的验证码为 4, 9, 3, 8, 1, 7。", "zh-cn"},
		{"zh-TW", "您的驗證碼為 493817。", "您的驗證碼為 4, 9, 3, 8, 1, 7。", "zh-tw"},
		{"ar-EG", "رمزك هو 493817", "رمزك هو 4, 9, 3, 8, 1, 7.", "ar"},
		{"nb-NO", "Koden er 493817", "Koden er 4, 9, 3, 8, 1, 7.", "no"},
		{"no", "Koden er 493817", "Koden er 4, 9, 3, 8, 1, 7.", "no"},
		{"cy", "Eich cod yw 493817", "Eich cod yw 4, 9, 3, 8, 1, 7.", "wls"},
		{"am", "Code 493817 € & \"x\"", "Code 4, 9, 3, 8, 1, 7, € & \"x\"", "en"},
		{"", strings.Repeat("long ", 60) + "493817", strings.Repeat("long ", 60) + "4, 9, 3, 8, 1, 7.", "en"},
	} {
		look, client := start(t)
		for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
			m := message(channel)
			m.Text, m.Language = c.text, c.language
			m.Reference += string(channel)
			receipt, err := client.Send(t.Context(), m)
			if err != nil {
				t.Fatalf("%s %s: %v (refused: %v)", channel, c.language, err, look.Stats().Refused)
			}
			arrived := look.Messages()[len(look.Messages())-1]
			_, parts := provider.Segments(c.text)
			want := simulator.Message{
				Reference: m.Reference, Count: 1, ID: receipt.ID, Channel: "sms", To: "447400123456", From: "Acme", Text: c.text, Parts: parts, At: arrived.At,
			}
			if channel == provider.Voice {
				want.Channel, want.From, want.Text, want.Language, want.Parts = "voice", "447700900000", c.spoken+" "+c.spoken, c.voice, 1
			}
			if diff := cmp.Diff(want, arrived); diff != "" {
				t.Errorf("%s %s: -want +got:\n%s", channel, c.language, diff)
			}
			if receipt.ID != m.Reference || receipt.Parts != want.Parts {
				t.Errorf("%s %s: the receipt is %+v", channel, c.language, receipt)
			}
		}
	}
}
