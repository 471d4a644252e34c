package twilio_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/twilio"
	"github.com/phonehook/phonehook/worker/provider/twilio/twiliosim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	accountSID = "AC0123456789abcdef0123456789abcdef"
	authToken  = "a-token-of-the-tests"
	keySID     = "SK0123456789abcdef0123456789abcdef"
	keySecret  = "a-secret-of-the-tests"
	poolSID    = "MG0123456789abcdef0123456789abcdef"
	verifySID  = "VA0123456789abcdef0123456789abcdef"
)

func config(base string) twilio.Config {
	return twilio.Config{
		AccountSID: accountSID, AuthToken: configs.NewSecret(authToken), From: "Acme Inc", Voice: twilio.Voice{From: "+447700900000"},
		BaseURL: base, AllowInsecure: true,
	}
}

// throughVerify has a config send codes through Verify, and withKey has it use an API key.
func throughVerify(c *twilio.Config) {
	c.From, c.MessagingServiceSID, c.Voice, c.VerifyServiceSID = "", "", twilio.Voice{}, verifySID
}

func withKey(c *twilio.Config) { c.APIKeySID, c.APIKeySecret = keySID, configs.NewSecret(keySecret) }

// both is one change and then another.
func both(changes ...func(*twilio.Config)) func(*twilio.Config) {
	return func(c *twilio.Config) {
		for _, change := range changes {
			if change != nil {
				change(c)
			}
		}
	}
}

func options() twiliosim.Options {
	return twiliosim.Options{
		AccountSID: accountSID, AuthToken: authToken, APIKeySID: keySID, APIKeySecret: keySecret, MessagingServiceSID: poolSID, VerifyServiceSID: verifySID,
	}
}

func newClient(base string, account provider.Account, change func(*twilio.Config)) (*twilio.Client, error) {
	cfg := config(base)
	if change != nil {
		change(&cfg)
	}
	return twilio.New(cfg, account)
}

// start starts a look-alike and a client that sends to it.
func start(t testing.TB, change func(*twilio.Config)) (*twiliosim.Server, *twilio.Client) {
	t.Helper()
	look := twiliosim.New(options())
	server := httptest.NewServer(look)
	client, err := newClient(server.URL, provider.Account{}, change)
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

func harness(channel provider.Channel, change func(*twilio.Config), failures []providertest.Failure) providertest.Harness {
	return providertest.Harness{
		LookAlike: func() providertest.LookAlike { return twiliosim.New(options()) },
		New:       func(base string) (provider.Provider, error) { return newClient(base, provider.Account{}, change) },
		NewWrong: func(base string) (provider.Provider, error) {
			return newClient(base, provider.Account{}, both(change, func(c *twilio.Config) {
				c.AuthToken = configs.NewSecret("another-token")
				if c.APIKeySID != "" {
					c.APIKeySecret = configs.NewSecret("another-token")
				}
			}))
		},
		Message:  message(channel),
		Secrets:  []string{authToken, keySecret, "another-token"},
		Failures: failures,
	}
}

func refuse(name, code string, kind provider.Kind) providertest.Failure {
	return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: twiliosim.Refuse, Code: code}, Kind: kind, Code: code}
}

var (
	throttled = providertest.Failure{Name: "throttled", Fault: simulator.Fault{Kind: twiliosim.Throttle}, Kind: provider.Throttled, Code: "20429"}
	unlisted  = providertest.Failure{
		Name: "a code in no list", Fault: simulator.Fault{Kind: twiliosim.Refuse, Code: "29999"}, Kind: provider.Refused, Code: "HTTP 400",
	}
)

func TestSMSKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.SMS, nil, []providertest.Failure{
		refuse("opted out", "21610", provider.Refused),
		refuse("bad recipient", "21211", provider.Refused),
		refuse("bad sender", "21606", provider.Unroutable),
		refuse("country", "21408", provider.Unroutable),
		refuse("trial", "21608", provider.Misconfigured),
		refuse("queue full", "21611", provider.Throttled),
		refuse("failed inside", "20500", provider.Unknown),
		refuse("down", "20503", provider.Unavailable),
		throttled, unlisted,
		{Name: "failed at once", Fault: simulator.Fault{Kind: twiliosim.Inside}, Kind: provider.Unroutable, Code: "30007"},
		{Name: "failed at once and in no list", Fault: simulator.Fault{Kind: twiliosim.Inside, Code: "39999"}, Kind: provider.Unavailable, Code: "39999"},
	}))
}

func TestVoiceKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.Voice, withKey, []providertest.Failure{
		refuse("bad recipient", "21217", provider.Refused),
		refuse("bad sender", "21210", provider.Unroutable),
		refuse("country", "21215", provider.Unroutable),
		refuse("too many calls", "10004", provider.Throttled),
		throttled, unlisted,
	}))
}

func TestVerifyKeepsTheProvidersContract(t *testing.T) {
	for _, channel := range twilio.Facts.Channels {
		t.Run(string(channel), func(t *testing.T) {
			providertest.Run(t, harness(channel, throughVerify, []providertest.Failure{
				refuse("bad recipient", "60200", provider.Refused),
				refuse("landline", "60205", provider.Refused),
				refuse("too many to this number", "60203", provider.Unroutable),
				refuse("inflated traffic", "60410", provider.Unroutable),
				refuse("no codes of one's own", "60204", provider.Misconfigured),
				throttled, unlisted,
			}))
		})
	}
}

func TestReceipts(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel provider.Channel
		signed  bool
		json    bool
	}{
		{"SMS, signed", provider.SMS, true, false},
		{"SMS, signed with a hash of the body", provider.SMS, true, true},
		{"SMS, without a token", provider.SMS, false, false},
		{"calls, signed", provider.Voice, true, false},
		{"calls, without a token", provider.Voice, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			look := options()
			look.JSONReports = c.json
			receiver := func(token string) func(string, provider.Account) (provider.Receiver, error) {
				return func(base string, account provider.Account) (provider.Receiver, error) {
					return newClient(base, account, both(withKey, func(cfg *twilio.Config) { cfg.AuthToken = configs.NewSecret(token) }))
				}
			}
			h := providertest.ReceiptHarness{
				Kind:      "twilio",
				LookAlike: func() providertest.ReceiptLookAlike { return twiliosim.New(look) },
				New:       receiver(""),
				Message:   message(c.channel),
				Secrets:   []string{authToken, keySecret},
			}
			if c.signed {
				h.New, h.NewWrong, h.Signature = receiver(authToken), receiver("another-token"), []string{"X-Twilio-Signature"}
			}
			if c.channel == provider.Voice {
				h.Statuses = map[simulator.Report]provider.Status{simulator.Expired: provider.Undelivered}
			}
			providertest.RunReceipts(t, h)
		})
	}
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t, nil)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "twilio" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}

func TestMessagesArriveInEveryLanguage(t *testing.T) {
	for _, c := range []struct{ language, text, spoken, voice string }{
		{"en", "Here is your one time password: 999111", "Here is your one time password: 9 9 9 1 1 1 ", "en-US"},
		{"ru-RU", "Ваш код: 493817", "Ваш код: 4 9 3 8 1 7 ", "ru-RU"},
		{"zh-Hans-CN", "您的验证码为 493817。", "您的验证码为 4 9 3 8 1 7 。", "cmn-CN"},
		{"zh-TW", "您的驗證碼為 493817。", "您的驗證碼為 4 9 3 8 1 7 。", "cmn-TW"},
		{"ar-EG", "رمزك هو 493817", "رمزك هو 4 9 3 8 1 7 ", "arb"},
		{"cs", "Kód 493817 Ç & \"x\"", "Kód 4 9 3 8 1 7  Ç & \"x\"", "cs-CZ"},
		{"fil", "Ang code mo: 493817", "Ang code mo: 4 9 3 8 1 7 ", "fil-PH"},
		{"sw", "Nambari yako ni 493817", "Nambari yako ni 4 9 3 8 1 7 ", "en-US"},
		{"", strings.Repeat("long ", 60) + "493817", strings.Repeat("long ", 60) + "4 9 3 8 1 7 ", "en-US"},
	} {
		look, client := start(t, nil)
		for _, channel := range twilio.Facts.Channels {
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

// TestEveryLanguageHasItsVoice has the look-alike, which has lists of its own, take every language.
func TestEveryLanguageHasItsVoice(t *testing.T) {
	look, client := start(t, nil)
	spoken, named := twilio.Languages()
	for _, language := range named {
		if !slices.Contains(spoken, language) {
			t.Errorf("there is a voice for %s, which is not in the list", language)
		}
	}
	for _, language := range spoken {
		m := message(provider.Voice)
		m.Language = language
		if _, err := client.Send(t.Context(), m); err != nil {
			t.Errorf("%s: %v", language, err)
			continue
		}
		if got := look.Messages()[len(look.Messages())-1].Language; got != language {
			t.Errorf("%s is spoken as %s", language, got)
		}
	}
}

func TestFeedback(t *testing.T) {
	look, client := start(t, throughVerify)
	for _, worked := range []bool{true, false} {
		receipt, err := client.Send(t.Context(), message(provider.SMS))
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Feedback(t.Context(), receipt.ID, worked); err != nil {
			t.Errorf("%v: %v", worked, err)
		}
		if got, want := look.Outcomes()[receipt.ID], map[bool]string{true: "approved", false: "canceled"}[worked]; got != want {
			t.Errorf("the vendor was told %q; want %q", got, want)
		}
		want{provider.Refused, "20404", "has ended"}.check(t, client.Feedback(t.Context(), receipt.ID, worked))
	}
}

func TestFeedbackThatIsNotWanted(t *testing.T) {
	const id = "VE0123456789abcdef0123456789abcdef"
	look, client := start(t, throughVerify)
	for _, other := range []string{"", "SM0123456789abcdef0123456789abcdef", "VE0123", "VE0123456789abcdef0123456789abcde/", "VE0123456789abcdef0123456789abcdef0"} {
		want{kind: provider.Refused, text: "through Verify"}.check(t, client.Feedback(t.Context(), other, true))
	}
	_, ordinary := start(t, nil)
	want{kind: provider.Refused, text: "through Verify"}.check(t, ordinary.Feedback(t.Context(), id, true))
	if got := look.Stats().Requests; got != 0 {
		t.Errorf("the vendor was asked %d times", got)
	}
	for code, kind := range map[string]provider.Kind{"20003": provider.Misconfigured, "20503": provider.Unavailable} {
		if err := look.SetFaults(simulator.Fault{Kind: twiliosim.Refuse, Code: code}); err != nil {
			t.Fatal(err)
		}
		want{kind: kind, code: code}.check(t, client.Feedback(t.Context(), id, true))
	}
	if err := look.SetFaults(simulator.Fault{Kind: simulator.Close}); err != nil {
		t.Fatal(err)
	}
	failure, ok := errors.AsType[*provider.Error](client.Feedback(t.Context(), id, true))
	if !ok || failure.Kind != provider.Unknown {
		t.Errorf("a connection that breaks: got %v; want it to be unknown", failure)
	}
}
