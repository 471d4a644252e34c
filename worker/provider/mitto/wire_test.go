package mitto_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/mitto"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	header             http.Header
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, change func(*mitto.Config), status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	return captureAt(t, m, change, provider.Account{}, status, answer)
}

func captureAt(t *testing.T, m provider.Message, change func(*mitto.Config), account provider.Account, status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{method: r.Method, path: r.URL.RequestURI(), body: string(body), header: r.Header.Clone()}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	cfg := config(server.URL)
	if change != nil {
		change(&cfg)
	}
	client, err := mitto.New(cfg, account)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

// taken is the answer of the vendor's page.
const taken = `{"id":"715118ef01aa4480bbd67324a0459b0b","timestamp":"2019-04-13T12:07:57.8625574Z","to":"41751231234",` +
	`"responseCode":0,"textLength":" 13","responseText":"SMS sent"}`

var account = provider.Account{
	Kind: "mitto", Name: "mitto", Addresses: provider.NewAddresses("https://phonehook.example.com", []byte(strings.Repeat("k", provider.MinAddressKey))),
}

func TestSMSOnTheWire(t *testing.T) {
	m := message()
	m.Text, m.Expires = `Your <"code"> & 493817`, time.Time{}
	got, receipt, err := captureAt(t, m, nil, account, http.StatusOK, taken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "715118ef01aa4480bbd67324a0459b0b"}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	want := `{"from":"Acme","to":"447400123456","text":"Your <\"code\"> & 493817","type":"GSM","reference":"01890a5d-ac96-774b-bcce-b302099a8057",` +
		`"callback":"` + account.CallbackURL(m) + `"}`
	if got.method != http.MethodPost || got.path != "/sms" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "phonehook", "X-Mitto-API-Key": apiKey, "Authorization": "",
	} {
		if got.header.Get(name) != value {
			t.Errorf("%s is %q; want %q", name, got.header.Get(name), value)
		}
	}
}

func TestSMSOptions(t *testing.T) {
	living := func(d time.Duration) func(*provider.Message) {
		return func(m *provider.Message) { m.Expires = time.Now().Add(d) }
	}
	from := func(sender string) func(*provider.Message) { return func(m *provider.Message) { m.From = sender } }
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*mitto.Config)
		want   map[string]any
	}{
		{"text of another alphabet", func(m *provider.Message) { m.Text = "Ваш код 493817" }, nil, map[string]any{"type": "Unicode", "text": "Ваш код 493817"}},
		{"a euro sign", func(m *provider.Message) { m.Text = "493817 €" }, nil, map[string]any{"type": "GSM"}},
		{"invalid UTF-8", func(m *provider.Message) { m.Text = "493817 \xff" }, nil, map[string]any{"type": "Unicode", "text": "493817 \uFFFD"}},
		{"a few minutes", living(5*time.Minute + 30*time.Second), nil, map[string]any{"validity": 5.0}},
		{"a few seconds", living(20 * time.Second), nil, map[string]any{"validity": 1.0}},
		{"a week", living(168 * time.Hour), nil, map[string]any{"validity": 2880.0}},
		{"no end of life", func(m *provider.Message) { m.Expires = time.Time{} }, nil, map[string]any{"validity": nil}},
		{"sender of the message", from("+447700900001"), nil, map[string]any{"from": "447700900001"}},
		{"sender without its plus sign", nil, func(c *mitto.Config) { c.From = "447700900001" }, map[string]any{"from": "447700900001"}},
		{"short code", from("12345"), nil, map[string]any{"from": "12345"}},
		{"a name with a plus sign", from("+Acme"), nil, map[string]any{"from": "+Acme"}},
		{"no address for reports", nil, nil, map[string]any{"callback": nil, "test": nil, "flash": nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message()
			if c.change != nil {
				c.change(&m)
			}
			got, _, err := capture(t, m, c.config, http.StatusOK, taken)
			if err != nil {
				t.Fatal(err)
			}
			var fields map[string]any
			if err := json.Unmarshal([]byte(got.body), &fields); err != nil {
				t.Fatal(err)
			}
			for name, value := range c.want {
				if diff := cmp.Diff(value, fields[name]); diff != "" {
					t.Errorf("%s: -want +got:\n%s", name, diff)
				}
			}
		})
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*mitto.Config)
		kind   provider.Kind
	}{
		{"a recipient of 16 digits", func(m *provider.Message) { m.To = "+1234567890123456" }, nil, provider.Refused},
		{"no text", func(m *provider.Message) { m.Text = "" }, nil, provider.Refused},
		{"no sender", nil, func(c *mitto.Config) { c.From = "" }, provider.Misconfigured},
		{"a sender of 12 letters", func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, nil, provider.Refused},
		{"a sender of 2 letters", func(m *provider.Message) { m.From = "Ac" }, nil, provider.Unroutable},
		{"a sender of 15 digits", func(m *provider.Message) { m.From = "+447700900000000" }, nil, provider.Unroutable},
		{"a name where there are none", func(m *provider.Message) { m.Country = "US" }, nil, provider.Unroutable},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message()
			if c.change != nil {
				c.change(&m)
			}
			got, _, err := capture(t, m, c.config, http.StatusOK, taken)
			failure, ok := errors.AsType[*provider.Error](err)
			if !ok || failure.Kind != c.kind || got.method != "" {
				t.Errorf("got %v and a request %q; want %v and none", err, got.method, c.kind)
			}
		})
	}
}
