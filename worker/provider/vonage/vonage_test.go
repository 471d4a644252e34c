package vonage_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/vonage"
	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiKey        = "abcd1234"
	apiSecret     = "s3cret-of-the-account"
	applicationID = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
	signingSecret = "what-the-vendor-signs-with"
)

// The account's key and a stranger's are made once, because making one takes long.
var key, strangersKey = sync.OnceValue(newKey), sync.OnceValue(newKey)

func newKey() *rsa.PrivateKey {
	made, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return made
}

func pemOf(private *rsa.PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func config(base string) vonage.Config {
	return vonage.Config{
		APIKey: apiKey, APISecret: configs.NewSecret(apiSecret),
		ApplicationID: applicationID, PrivateKey: configs.NewSecret(pemOf(key())),
		From: "Acme", Voice: vonage.Voice{From: "+447700900000"},
		SMSURL: base, VoiceURL: base, AllowInsecure: true,
	}
}

func newLookAlike() *vonagesim.Server {
	return vonagesim.New(vonagesim.Options{APIKey: apiKey, APISecret: apiSecret, ApplicationID: applicationID, PublicKey: &key().PublicKey})
}

// start starts a look-alike and a client that sends to it.
func start(t testing.TB) (*vonagesim.Server, *vonage.Client) {
	t.Helper()
	look := newLookAlike()
	server := httptest.NewServer(look)
	client, err := vonage.New(config(server.URL), provider.Account{})
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
		Reference: "01890a5d-ac96-774b-bcce-b302099a8057", Tenant: "acme", Channel: channel, To: "+447400123456",
		Text: "Your code is 493817", Code: "493817", Language: "en", Expires: time.Now().Add(5 * time.Minute),
	}
}

func harness(channel provider.Channel, failures []providertest.Failure) providertest.Harness {
	lines := strings.Split(pemOf(key()), "\n")
	return providertest.Harness{
		LookAlike: func() providertest.LookAlike { return newLookAlike() },
		New:       func(base string) (provider.Provider, error) { return vonage.New(config(base), provider.Account{}) },
		NewWrong: func(base string) (provider.Provider, error) {
			cfg := config(base)
			cfg.APISecret = configs.NewSecret("another-secret")
			cfg.PrivateKey = configs.NewSecret(pemOf(strangersKey()))
			return vonage.New(cfg, provider.Account{})
		},
		Message:  message(channel),
		Secrets:  []string{apiKey, apiSecret, "another-secret", lines[1], lines[len(lines)/2]},
		Failures: failures,
	}
}

// throughMessages has a harness send through the Messages API, with the key or with a token.
func throughMessages(h providertest.Harness, token bool) providertest.Harness {
	client := func(secret string, key func() *rsa.PrivateKey) func(string) (provider.Provider, error) {
		return func(base string) (provider.Provider, error) {
			cfg := config(base)
			cfg.Messages, cfg.APISecret, cfg.PrivateKey = true, configs.NewSecret(secret), configs.NewSecret(pemOf(key()))
			if token {
				cfg.APIKey, cfg.APISecret = "", configs.Secret{}
			}
			return vonage.New(cfg, provider.Account{})
		}
	}
	h.New, h.NewWrong = client(apiSecret, key), client("another-secret", strangersKey)
	return h
}

func TestMessagesKeepTheProvidersContract(t *testing.T) {
	refuse := func(name, code string, kind provider.Kind) providertest.Failure {
		return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: vonagesim.Refuse, Code: code}, Kind: kind, Code: code}
	}
	failures := []providertest.Failure{
		refuse("internal error", "1030", provider.Unavailable),
		refuse("barred number", "1050", provider.Refused),
		refuse("no route", "1040", provider.Unroutable),
		refuse("no credit", "1070", provider.Misconfigured),
		{Name: "a code in no list", Fault: simulator.Fault{Kind: vonagesim.Refuse, Code: "1999"}, Kind: provider.Refused, Code: "HTTP 422"},
		{Name: "throttled", Fault: simulator.Fault{Kind: vonagesim.Throttle}, Kind: provider.Throttled, Code: "1000"},
		{Name: "no id", Fault: simulator.Fault{Kind: vonagesim.NoParts}, Kind: provider.Unknown},
	}
	t.Run("with the key", func(t *testing.T) { providertest.Run(t, throughMessages(harness(provider.SMS, failures), false)) })
	t.Run("with a token", func(t *testing.T) { providertest.Run(t, throughMessages(harness(provider.SMS, failures), true)) })
}

func TestReceipts(t *testing.T) {
	const tokens = "Authorization"
	unsign := func(c *provider.Callback) {
		form, _ := url.ParseQuery(string(c.Body))
		form.Del("sig")
		c.Body = []byte(form.Encode())
	}
	for _, c := range []struct {
		name         string
		channel      provider.Channel
		messages     bool
		method, form string
		secret       string
		header       []string
		unsign       func(c *provider.Callback)
		statuses     map[simulator.Report]provider.Status
	}{
		{name: "SMS", channel: provider.SMS},
		{name: "SMS in the address", channel: provider.SMS, form: http.MethodGet},
		{name: "SMS as JSON", channel: provider.SMS, form: "JSON"},
		{name: "SMS, MD5 hash", channel: provider.SMS, method: "md5hash", secret: signingSecret, unsign: unsign},
		{name: "SMS, MD5", channel: provider.SMS, method: "md5", secret: signingSecret, unsign: unsign},
		{name: "SMS, SHA-1", channel: provider.SMS, method: "sha1", secret: signingSecret, unsign: unsign},
		{name: "SMS, SHA-256", channel: provider.SMS, method: "sha256", secret: signingSecret, unsign: unsign},
		{name: "SMS, SHA-512", channel: provider.SMS, method: "sha512", secret: signingSecret, unsign: unsign},
		{
			name: "messages", channel: provider.SMS, messages: true,
			statuses: map[simulator.Report]provider.Status{simulator.Sent: provider.Accepted, simulator.Expired: provider.Undelivered},
		},
		{
			name: "messages, signed", channel: provider.SMS, messages: true, secret: signingSecret, header: []string{tokens},
			statuses: map[simulator.Report]provider.Status{simulator.Sent: provider.Accepted, simulator.Expired: provider.Undelivered},
		},
		{name: "calls", channel: provider.Voice, statuses: map[simulator.Report]provider.Status{simulator.Expired: provider.Undelivered}},
		{
			name: "calls, signed", channel: provider.Voice, secret: signingSecret, header: []string{tokens},
			statuses: map[simulator.Report]provider.Status{simulator.Expired: provider.Undelivered},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			receiver := func(secret string) func(string, provider.Account) (provider.Receiver, error) {
				return func(base string, account provider.Account) (provider.Receiver, error) {
					cfg := config(base)
					cfg.Messages, cfg.SignatureMethod, cfg.SignatureSecret = c.messages, c.method, configs.NewSecret(secret)
					return vonage.New(cfg, account)
				}
			}
			h := providertest.ReceiptHarness{
				Kind: "vonage",
				LookAlike: func() providertest.ReceiptLookAlike {
					return vonagesim.New(vonagesim.Options{
						APIKey: apiKey, APISecret: apiSecret, ApplicationID: applicationID, PublicKey: &key().PublicKey,
						SignatureSecret: c.secret, SignatureMethod: c.method, ReceiptForm: c.form,
					})
				},
				New: receiver(c.secret), Message: message(c.channel), Secrets: []string{apiSecret, signingSecret},
				Statuses: c.statuses, Signature: c.header, Unsign: c.unsign, Timed: c.secret != "",
			}
			if c.secret != "" {
				h.NewWrong = receiver("what another signs with")
			}
			providertest.RunReceipts(t, h)
		})
	}
}

func TestSMSKeepsTheProvidersContract(t *testing.T) {
	refuse := func(name, status string, kind provider.Kind) providertest.Failure {
		return providertest.Failure{
			Name: name, Fault: simulator.Fault{Kind: vonagesim.Refuse, Code: status}, Kind: kind, Code: "status " + status,
		}
	}
	providertest.Run(t, harness(provider.SMS, []providertest.Failure{
		refuse("internal error", "5", provider.Unavailable),
		refuse("barred number", "7", provider.Refused),
		refuse("no route", "6", provider.Unroutable),
		refuse("no credit", "9", provider.Misconfigured),
		refuse("a status in no list", "77", provider.Unavailable),
		{Name: "throttled", Fault: simulator.Fault{Kind: vonagesim.Throttle}, Kind: provider.Throttled, Code: "status 1"},
		{Name: "no parts", Fault: simulator.Fault{Kind: vonagesim.NoParts}, Kind: provider.Unknown},
		{
			Name:  "partly taken",
			Fault: simulator.Fault{Kind: vonagesim.Partial, Code: "9"}, Kind: provider.Unknown, Code: "status 9", Taken: 1,
		},
	}))
}

func TestVoiceKeepsTheProvidersContract(t *testing.T) {
	refuse := func(name, code string, kind provider.Kind, want string) providertest.Failure {
		return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: vonagesim.Refuse, Code: code}, Kind: kind, Code: want}
	}
	providertest.Run(t, harness(provider.Voice, []providertest.Failure{
		refuse("bad recipient", "400:to", provider.Refused, "HTTP 400"),
		refuse("bad sender", "400:from", provider.Unroutable, "HTTP 400"),
		refuse("bad request", "400", provider.Refused, "HTTP 400"),
		refuse("ended at once", "failed", provider.Unavailable, "status failed"),
		{Name: "throttled", Fault: simulator.Fault{Kind: vonagesim.Throttle}, Kind: provider.Throttled, Code: "HTTP 429"},
		{Name: "no call", Fault: simulator.Fault{Kind: vonagesim.NoParts}, Kind: provider.Unknown},
	}))
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "vonage" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}

func TestMessagesArriveInEveryLanguage(t *testing.T) {
	for _, c := range []struct{ language, text, spoken, voice string }{
		{"en", "Here is your one time password: 999111", "Here is your one time password: 9, 9, 9, 1, 1, 1.", "en-US"},
		{"ru-RU", "Ваш код: 493817", "Ваш код: 4, 9, 3, 8, 1, 7.", "ru-RU"},
		{"ja", "認証コード493817", "認証コード4, 9, 3, 8, 1, 7.", "ja-JP"},
		{"zh-Hant-TW", "您的驗證碼為 493817。", "您的驗證碼為 4, 9, 3, 8, 1, 7。", "cmn-TW"},
		{"ar", "رمزك هو 493817", "رمزك هو 4, 9, 3, 8, 1, 7.", "ar"},
		{"N/A", "Your code [493817] €", "Your code [4, 9, 3, 8, 1, 7] €.", "en-US"},
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
			want := simulator.Message{Reference: m.Reference, Count: 1, ID: receipt.ID, Channel: "sms", To: m.To, From: "Acme", Text: c.text, Parts: receipt.Parts, At: arrived.At}
			if channel == provider.Voice {
				want.Reference, want.Channel, want.From, want.Text, want.Language = receipt.ID, "voice", "447700900000", c.spoken, c.voice
			}
			if diff := cmp.Diff(want, arrived); diff != "" {
				t.Errorf("%s %s: -want +got:\n%s", channel, c.language, diff)
			}
		}
	}
}
