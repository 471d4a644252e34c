package telesign_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/telesign"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	header             http.Header
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, change func(*telesign.Config), status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	return captureAt(t, m, change, provider.Account{}, status, answer)
}

func captureAt(t *testing.T, m provider.Message, change func(*telesign.Config), account provider.Account, status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{method: r.Method, path: r.URL.RequestURI(), body: string(body), header: r.Header.Clone()}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	cfg := config(server.URL)
	if change != nil {
		change(&cfg)
	}
	client, err := telesign.New(cfg, account)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

// The answers of the vendor's pages.
const (
	smsTaken  = `{"reference_id":"0123456789ABCDEF0123456789ABCDEF","status":{"code":290,"description":"Message in progress","updated_on":"2022-31-03T14:51:28.709526Z"}}`
	callTaken = `{"reference_id":"0123456789ABCDEF0123456789ABCDEF","external_id":"x","status":{"code":103,"description":"Call in progress",` +
		`"updated_on":"2015-10-03T14:51:28.709526Z"},"voice":{"caller_id":"+1234434343"},"errors":[]}`
)

var account = provider.Account{
	Kind: "telesign", Name: "telesign", Addresses: provider.NewAddresses("https://phonehook.example.com", []byte(strings.Repeat("k", provider.MinAddressKey))),
}

func TestMessagesOnTheWire(t *testing.T) {
	for _, c := range []struct {
		channel      provider.Channel
		path, answer string
		want         string
	}{
		{
			provider.SMS, "/v1/messaging", smsTaken,
			"message=Your+%3Ccode%3E+%26+%C3%A9+493817&message_type=OTP&phone_number=447400123456&sender_id=Acme",
		},
		{
			provider.Voice, "/v1/voice", callTaken,
			"message=Your+code+%26+%C3%A9+4%2C+9%2C+3%2C+8%2C+1%2C+7.+Your+code+%26+%C3%A9+4%2C+9%2C+3%2C+8%2C+1%2C+7." +
				"&message_type=OTP&phone_number=447400123456&voice=f-pt-BR",
		},
	} {
		m := message(c.channel)
		m.Text, m.Language = "Your <code> & é 493817", "pt"
		got, receipt, err := captureAt(t, m, nil, account, http.StatusOK, c.answer)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(provider.Receipt{ID: "0123456789ABCDEF0123456789ABCDEF"}, receipt); diff != "" {
			t.Errorf("%s: receipt: -want +got:\n%s", c.channel, diff)
		}
		want := "callback_url=" + url.QueryEscape(account.CallbackURL(m)) + "&external_id=" + m.Reference + "&" + c.want
		if got.method != http.MethodPost || got.path != c.path || got.body != want {
			t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
		}
		for name, value := range map[string]string{
			"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "User-Agent": "phonehook", "x-ts-auth-method": "HMAC-SHA256",
		} {
			if got.header.Get(name) != value {
				t.Errorf("%s is %q; want %q", name, got.header.Get(name), value)
			}
		}
		checkSignature(t, got)
	}
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func checkSignature(t *testing.T, got seen) {
	t.Helper()
	date, nonce := got.header.Get("Date"), got.header.Get("x-ts-nonce")
	if at, err := http.ParseTime(date); err != nil || time.Since(at).Abs() > time.Minute || !strings.HasSuffix(date, " GMT") {
		t.Errorf("the date is %q", date)
	}
	if !uuidForm.MatchString(nonce) {
		t.Errorf("the nonce is %q", nonce)
	}
	key, err := base64.StdEncoding.DecodeString(apiKey)
	if err != nil {
		t.Fatal(err)
	}
	want := telesign.Authorization(customer, key, "POST", "application/x-www-form-urlencoded", date, nonce, got.body, got.path)
	if got.header.Get("Authorization") != want {
		t.Errorf("got %s; want %s", got.header.Get("Authorization"), want)
	}
}

// TestTheVendorsVectors are those of github.com/TeleSign/python_telesign, tests/test_rest.py.
func TestTheVendorsVectors(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString(apiKey)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		"test=param":  "2xVlmbrxLjYrrPun3G3WMNG6Jon4yKcTeOoK9DjXJ/Q=",
		"test=%CF%BF": "h8d4I0RTxErbxYXuzCOtNqb/f0w3Ck8e5SEkGNj01+8=",
	} {
		got := telesign.Authorization(customer, key, "POST", "application/x-www-form-urlencoded", "Wed, 14 Dec 2016 18:20:12 GMT",
			"A1592C6F-E384-4CDB-BC42-C3AB970369E9", body, "/v1/resource")
		if got != "TSA "+customer+":"+want {
			t.Errorf("%s: got %s; want %s", body, got, want)
		}
	}
}

func TestEveryRequestHasItsOwnNonce(t *testing.T) {
	first, _, err := capture(t, message(provider.SMS), nil, http.StatusOK, smsTaken)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := capture(t, message(provider.SMS), nil, http.StatusOK, smsTaken)
	if err != nil || first.header.Get("x-ts-nonce") == second.header.Get("x-ts-nonce") {
		t.Errorf("the nonce is the same, or %v", err)
	}
}

func TestOptions(t *testing.T) {
	from := func(sender string) func(*provider.Message) { return func(m *provider.Message) { m.From = sender } }
	noFrom := func(c *telesign.Config) { c.From = "" }
	german := func(c *telesign.Config) { c.Voice.Language = "de-DE" }
	for _, c := range []struct {
		name    string
		channel provider.Channel
		change  func(*provider.Message)
		config  func(*telesign.Config)
		want    map[string]string
	}{
		{"sender of the message", provider.SMS, from("+447700900001"), nil, map[string]string{"sender_id": "447700900001"}},
		{"sender of the message alone", provider.SMS, from("Other"), noFrom, map[string]string{"sender_id": "Other"}},
		{"short code", provider.SMS, from("12345"), nil, map[string]string{"sender_id": "12345"}},
		{"no sender", provider.SMS, nil, noFrom, map[string]string{"sender_id": ""}},
		{"sender of a call", provider.Voice, from("+447700900001"), nil, map[string]string{"sender_id": ""}},
		{"invalid UTF-8", provider.SMS, func(m *provider.Message) { m.Text = "493817 \xff" }, nil, map[string]string{"message": "493817 \uFFFD"}},
		{"long reference", provider.SMS, func(m *provider.Message) { m.Reference = strings.Repeat("r", 101) }, nil, map[string]string{"external_id": ""}},
		{"reference that is not ASCII", provider.SMS, func(m *provider.Message) { m.Reference = "é" }, nil, map[string]string{"external_id": ""}},
		{"no end of life", provider.SMS, func(m *provider.Message) { m.Expires = time.Time{} }, nil, map[string]string{"message": "Your code is 493817"}},
		{"no address for reports", provider.SMS, nil, nil, map[string]string{"callback_url": ""}},
		{"a language that nobody speaks", provider.Voice, func(m *provider.Message) { m.Language = "cy" }, german, map[string]string{"voice": "f-de-DE"}},
		{"no language", provider.Voice, func(m *provider.Message) { m.Language = "" }, nil, map[string]string{"voice": "f-en-US"}},
		{"Norwegian", provider.Voice, func(m *provider.Message) { m.Language = "no" }, nil, map[string]string{"voice": "f-nb-NO"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(c.channel)
			if c.change != nil {
				c.change(&m)
			}
			got, _, err := capture(t, m, c.config, http.StatusOK, smsTaken)
			if err != nil {
				t.Fatal(err)
			}
			form, err := url.ParseQuery(got.body)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range c.want {
				if form.Get(name) != want || form.Has(name) != (want != "") {
					t.Errorf("%s is %q; want %q", name, form.Get(name), want)
				}
			}
		})
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel provider.Channel
		change  func(*provider.Message)
		kind    provider.Kind
	}{
		{"a recipient of 16 digits", provider.SMS, func(m *provider.Message) { m.To = "+1234567890123456" }, provider.Refused},
		{"no text", provider.SMS, func(m *provider.Message) { m.Text = "" }, provider.Refused},
		{"a long text", provider.SMS, func(m *provider.Message) { m.Text = strings.Repeat("é", 1601) }, provider.Refused},
		{"a long text to speak", provider.Voice, func(m *provider.Message) { m.Text = strings.Repeat("word ", 200) }, provider.Refused},
		{"a sender of 12 letters", provider.SMS, func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, provider.Refused},
		{"a name where there are none", provider.SMS, func(m *provider.Message) { m.Country = "US" }, provider.Unroutable},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(c.channel)
			c.change(&m)
			got, _, err := capture(t, m, nil, http.StatusOK, smsTaken)
			failure, ok := errors.AsType[*provider.Error](err)
			if !ok || failure.Kind != c.kind || got.method != "" {
				t.Errorf("got %v and a request %q; want %v and none", err, got.method, c.kind)
			}
		})
	}
}
