package telnyx_test

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
	"github.com/phonehook/phonehook/worker/provider/telnyx"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	header             http.Header
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, change func(*telnyx.Config), status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	return captureAt(t, m, change, provider.Account{}, status, answer)
}

func captureAt(t *testing.T, m provider.Message, change func(*telnyx.Config), account provider.Account, status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{method: r.Method, path: r.URL.RequestURI(), body: string(body), header: r.Header.Clone()}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Ratelimit-Reset", "7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	cfg := config(server.URL)
	if change != nil {
		change(&cfg)
	}
	client, err := telnyx.New(cfg, account)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

const (
	smsTaken  = `{"data":{"id":"40385f64-5717-4562-b3fc-2c963f66afa6","to":[{"phone_number":"+447400123456","status":"queued"}],"parts":1,"errors":[]}}`
	callTaken = `{"from":"+447700900000","to":"+447400123456","status":"queued","call_sid":"v3:1"}`
)

var account = provider.Account{
	Kind: "telnyx", Name: "telnyx", Addresses: provider.NewAddresses("https://phonehook.example.com", []byte(strings.Repeat("k", provider.MinAddressKey))),
}

func TestSMSOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	got, receipt, err := captureAt(t, m, nil, account, http.StatusOK, smsTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "40385f64-5717-4562-b3fc-2c963f66afa6", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	want := `{"from":"Acme Inc","to":"+447400123456","text":"Your code is 493817","messaging_profile_id":"` + profile +
		`","type":"SMS","encoding":"gsm7","webhook_url":"` + account.CallbackURL(m) + `"}`
	if got.method != http.MethodPost || got.path != "/v2/messages" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	for name, want := range map[string]string{"Authorization": "Bearer " + apiKey, "Content-Type": "application/json", "Accept": "application/json"} {
		if got.header.Get(name) != want {
			t.Errorf("%s is not as it should be", name)
		}
	}
}

func TestSMSOptions(t *testing.T) {
	noFrom := func(c *telnyx.Config) { c.From = "" }
	number := func(c *telnyx.Config) { c.From = "447700900009" }
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*telnyx.Config)
		want   map[string]any
	}{
		{"text of the vendor's alphabet", func(m *provider.Message) { m.Text = "Ärzte {493817} € §" }, nil, map[string]any{"encoding": "gsm7"}},
		{"text of GSM-7 that the vendor lacks", func(m *provider.Message) { m.Text = "Ça 493817" }, nil, map[string]any{"encoding": "ucs2"}},
		{"Greek capitals", func(m *provider.Message) { m.Text = "Ω 493817" }, nil, map[string]any{"encoding": "ucs2"}},
		{"text of another alphabet", func(m *provider.Message) { m.Text = "Ваш код 493817" }, nil, map[string]any{"encoding": "ucs2"}},
		{"curly quote", func(m *provider.Message) { m.Text = "It’s 493817" }, nil, map[string]any{"encoding": "ucs2"}},
		{"invalid UTF-8", func(m *provider.Message) { m.Text = "493817 \xff" }, nil, map[string]any{"text": "493817 \uFFFD", "encoding": "ucs2"}},
		{"signs of HTML", func(m *provider.Message) { m.Text = "<493817>&" }, nil, map[string]any{"text": "<493817>&"}},
		{"sender of the message", func(m *provider.Message) { m.From = "+447700900001" }, nil, map[string]any{"from": "+447700900001", "messaging_profile_id": nil}},
		{"sender without its plus sign", nil, number, map[string]any{"from": "+447700900009", "messaging_profile_id": nil}},
		{"short code", func(m *provider.Message) { m.From = "12345" }, nil, map[string]any{"from": "12345", "messaging_profile_id": nil}},
		{"no sender but a profile", nil, noFrom, map[string]any{"from": nil, "messaging_profile_id": profile}},
		{"a service", func(m *provider.Message) { m.Service = "pool" }, nil, map[string]any{"from": nil, "messaging_profile_id": "pool"}},
		{"a service and a sender", func(m *provider.Message) { m.Service, m.From = "pool", "Beta" }, nil, map[string]any{"from": "Beta", "messaging_profile_id": "pool"}},
		{"a name for the US", func(m *provider.Message) { m.To, m.Country, m.From = "+12125550123", "US", "Beta" }, number, map[string]any{"from": "+447700900009"}},
		{"no address for reports", nil, nil, map[string]any{"webhook_url": nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.SMS)
			if c.change != nil {
				c.change(&m)
			}
			got, _, err := capture(t, m, c.config, http.StatusOK, smsTaken)
			if err != nil {
				t.Fatal(err)
			}
			checkFields(t, got.body, c.want)
		})
	}
}

func checkFields(t *testing.T, body string, want map[string]any) {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		if diff := cmp.Diff(value, fields[name]); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func TestVoiceOnTheWire(t *testing.T) {
	m := message(provider.Voice)
	m.Language, m.Text, m.Expires = "pt", `Seu "código" & é 493817`, time.Time{}
	got, receipt, err := captureAt(t, m, nil, account, http.StatusOK, callTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "v3:1", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	want := `{"ApplicationSid":"` + application + `","From":"+447700900000","To":"+447400123456",` +
		`"Texml":"<Response><Say voice=\"alice\" language=\"pt-BR\" loop=\"2\">Seu &#34;código&#34; &amp; é 4, 9, 3, 8, 1, 7.</Say></Response>",` +
		`"Timeout":60,"StatusCallback":"` + account.CallbackURL(m) + `","StatusCallbackEvent":"ringing answered completed","StatusCallbackMethod":"POST"}`
	if got.method != http.MethodPost || got.path != "/v2/texml/Accounts/"+accountSID+"/Calls" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	if got.header.Get("Authorization") != "Bearer "+apiKey {
		t.Error("the call is not authorised")
	}
}

func TestVoiceOptions(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		low    float64
		high   float64
		from   string
	}{
		{"half a minute left", func(m *provider.Message) { m.Expires = time.Now().Add(30 * time.Second) }, 20, 30, "+447700900000"},
		{"a second left", func(m *provider.Message) { m.Expires = time.Now().Add(time.Second) }, 5, 5, "+447700900000"},
		{"an hour left", func(m *provider.Message) { m.Expires = time.Now().Add(time.Hour) }, 60, 60, "+447700900000"},
		{"another number", func(m *provider.Message) { m.From = "+447700900007" }, 60, 60, "+447700900007"},
		{"a name", func(m *provider.Message) { m.From = "Acme" }, 60, 60, "+447700900000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.Voice)
			c.change(&m)
			got, _, err := capture(t, m, nil, http.StatusOK, callTaken)
			if err != nil {
				t.Fatal(err)
			}
			checkFields(t, got.body, map[string]any{"From": c.from, "StatusCallback": nil, "StatusCallbackEvent": nil})
			var fields struct{ Timeout float64 }
			if err := json.Unmarshal([]byte(got.body), &fields); err != nil || fields.Timeout < c.low || fields.Timeout > c.high {
				t.Errorf("the phone rings for %v s, %v; want %v to %v", fields.Timeout, err, c.low, c.high)
			}
		})
	}
}

func TestTheVendorsOwnHeaderSaysHowLongToWait(t *testing.T) {
	_, _, err := capture(t, message(provider.SMS), nil, http.StatusTooManyRequests, `{"errors":[{"code":"10011"}]}`)
	failure, ok := errors.AsType[*provider.Error](err)
	if !ok || failure.Kind != provider.Throttled || failure.RetryAfter != 7*time.Second {
		t.Errorf("got %v; want to wait for 7 s", err)
	}
}
