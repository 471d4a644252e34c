package sinch_test

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
	"github.com/phonehook/phonehook/worker/provider/sinch"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	header             http.Header
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, change func(*sinch.Config), status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	return captureAt(t, m, change, provider.Account{}, status, answer)
}

func captureAt(t *testing.T, m provider.Message, change func(*sinch.Config), account provider.Account, status int, answer string) (seen, provider.Receipt, error) {
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
	client, err := sinch.New(cfg, account)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

const (
	smsTaken  = `{"id":"01FC66621XXXXX119Z8PMV1QPQ","to":["447400123456"],"type":"mt_text"}`
	callTaken = `{"callId":"1cb1cd5b-3c95-4f9f-9a47-0e2ee5a1a6a7"}`
)

var account = provider.Account{
	Kind: "sinch", Name: "sinch",
	Addresses: provider.NewAddresses("https://phonehook.example.com", []byte(strings.Repeat("k", provider.MinAddressKey))),
}

func TestSMSOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	got, receipt, err := captureAt(t, m, nil, account, http.StatusCreated, smsTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "01FC66621XXXXX119Z8PMV1QPQ"}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	var fields struct {
		Expires time.Time `json:"expire_at"`
	}
	if err := json.Unmarshal([]byte(got.body), &fields); err != nil {
		t.Fatal(err)
	}
	if left := time.Until(fields.Expires); left < 4*time.Minute || left > 5*time.Minute {
		t.Errorf("the message is valid for %s; want a little less than 5m", left)
	}
	want := `{"from":"Acme Inc","to":["+447400123456"],"body":"Your code is 493817","type":"mt_text","delivery_report":"per_recipient","expire_at":"` +
		fields.Expires.Format("2006-01-02T15:04:05.000Z") + `","callback_url":"` + account.CallbackURL(m) + `","client_reference":"` + m.Reference + `"}`
	if got.method != http.MethodPost || got.path != "/xms/v1/"+plan+"/batches" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	if got.header.Get("Authorization") != "Bearer "+apiToken || got.header.Get("Content-Type") != "application/json" {
		t.Error("the headers are not as they should be")
	}
}

func TestSMSOptions(t *testing.T) {
	number := func(c *sinch.Config) { c.From = "447700900009" }
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*sinch.Config)
		want   map[string]any
	}{
		{"text of another alphabet", func(m *provider.Message) { m.Text = "Ваш код 493817" }, nil, map[string]any{"body": "Ваш код 493817"}},
		{"invalid UTF-8", func(m *provider.Message) { m.Text = "493817 \xff" }, nil, map[string]any{"body": "493817 \uFFFD"}},
		{"signs of HTML", func(m *provider.Message) { m.Text = "<493817>&$" }, nil, map[string]any{"body": "<493817>&$"}},
		{"sender of the message", func(m *provider.Message) { m.From = "447700900001" }, nil, map[string]any{"from": "+447700900001"}},
		{"sender without its plus sign", nil, number, map[string]any{"from": "+447700900009"}},
		{"short code", func(m *provider.Message) { m.From = "12345" }, nil, map[string]any{"from": "12345"}},
		{"a name for the US", func(m *provider.Message) { m.To, m.Country, m.From = "+12125550123", "US", "Beta" }, number, map[string]any{"from": "+447700900009"}},
		{"no sender at all", nil, func(c *sinch.Config) { c.From = "" }, map[string]any{"from": nil}},
		{"no address for reports", nil, nil, map[string]any{"callback_url": nil, "delivery_report": "none"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.SMS)
			if c.change != nil {
				c.change(&m)
			}
			got, _, err := capture(t, m, c.config, http.StatusCreated, smsTaken)
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

func TestWhereAnAccountIs(t *testing.T) {
	for region, want := range map[string]string{
		"": "https://us.sms.api.sinch.com", "us": "https://us.sms.api.sinch.com", "eu": "https://eu.sms.api.sinch.com", "br": "https://br.sms.api.sinch.com",
	} {
		if got := sinch.BaseURL(sinch.Config{ServicePlanID: plan, APIToken: config("").APIToken, Region: region}); got != want {
			t.Errorf("%q: got %s; want %s", region, got, want)
		}
	}
}

func TestVoiceOnTheWire(t *testing.T) {
	m := message(provider.Voice)
	m.Language, m.Text = "cs", `Váš "kód" & 493817`
	got, receipt, err := capture(t, m, nil, http.StatusOK, callTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "1cb1cd5b-3c95-4f9f-9a47-0e2ee5a1a6a7", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	const spoken = `Váš \"kód\" & 4, 9, 3, 8, 1, 7. Váš \"kód\" & 4, 9, 3, 8, 1, 7.`
	want := `{"method":"ttsCallout","ttsCallout":{"destination":{"type":"number","endpoint":"+447400123456"},"cli":"+447700900000","domain":"pstn",` +
		`"locale":"cs-CZ","text":"` + spoken + `","enableDice":true,"custom":"` + m.Reference + `/acme"}}`
	if got.method != http.MethodPost || got.path != "/calling/v1/callouts" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	if !strings.HasPrefix(got.header.Get("Authorization"), "Application "+applicationKey+":") {
		t.Error("the call is not signed")
	}
}

func TestTooManyRequestsSayHowLongToWait(t *testing.T) {
	_, _, err := capture(t, message(provider.SMS), nil, http.StatusTooManyRequests, "")
	failure, ok := errors.AsType[*provider.Error](err)
	if !ok || failure.Kind != provider.Throttled || failure.RetryAfter != 7*time.Second {
		t.Errorf("got %v; want to wait for 7 s", err)
	}
}
