package infobip_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/infobip"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	header             http.Header
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, change func(*infobip.Config), status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	return captureAt(t, m, change, provider.Account{}, status, answer)
}

func captureAt(t *testing.T, m provider.Message, change func(*infobip.Config), account provider.Account, status int, answer string) (seen, provider.Receipt, error) {
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
	client, err := infobip.New(cfg, account)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

// The answers of the vendor's own examples.
const (
	smsTaken = `{"bulkId":"2034072219640523072","messages":[{"messageId":"2250be2d4219-3af1-78856-aabe-1362af1edfd2","status":{"groupId":1,` +
		`"groupName":"PENDING","id":26,"name":"PENDING_ACCEPTED","description":"Message sent to next instance"},"destination":"41793026727","details":{"messageCount":1}}]}`
	callTaken = `{"bulkId":"4fda521a-c680-470d-b134-83d468f7ac80","messages":[{"to":"41793026727","status":{"groupId":1,"groupName":"PENDING","id":26,` +
		`"name":"PENDING_ACCEPTED","description":"Message accepted, pending for delivery."},"messageId":"2250be2d4219-3af1-78856-aabe-1362af1edfd2"}]}`
)

var account = provider.Account{
	Kind: "infobip", Name: "infobip", Addresses: provider.NewAddresses("https://phonehook.example.com", []byte(strings.Repeat("k", provider.MinAddressKey))),
}

func checkHeaders(t *testing.T, header http.Header) {
	t.Helper()
	for name, want := range map[string]string{"Authorization": "App " + apiKey, "Content-Type": "application/json", "Accept": "application/json"} {
		if header.Get(name) != want {
			t.Errorf("%s is not as it should be", name)
		}
	}
}

func TestSMSOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Expires = time.Time{}
	got, receipt, err := captureAt(t, m, nil, account, http.StatusOK, smsTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "2250be2d4219-3af1-78856-aabe-1362af1edfd2", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	want := `{"messages":[{"sender":"Acme","destinations":[{"to":"447400123456","messageId":"` + m.Reference + `"}],` +
		`"content":{"text":"Your code is 493817"},"options":{"validityPeriod":{"amount":172800,"timeUnit":"SECONDS"}},` +
		`"webhooks":{"delivery":{"url":"` + account.CallbackURL(m) + `","intermediateReport":true},"contentType":"application/json"}}],` +
		`"options":{"includeSmsCountInResponse":true}}`
	if got.method != http.MethodPost || got.path != "/sms/3/messages" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	checkHeaders(t, got.header)
}

// sent is what the tests read of a request of either channel.
type sent struct {
	Messages []struct {
		Sender, From, Text, Language string
		Destinations                 []struct{ To, MessageID string }
		Content                      struct{ Text string }
		Options                      struct {
			ValidityPeriod struct {
				Amount   int
				TimeUnit string
			}
		}
		Webhooks                    *struct{}
		NotifyURL                   *string
		ValidityPeriod, RingTimeout int
	}
}

// read returns the request for one message to one recipient.
func read(t *testing.T, body string) sent {
	t.Helper()
	var got sent
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Messages) != 1 || len(got.Messages[0].Destinations) != 1 {
		t.Fatalf("there is not one message to one recipient: %s", body)
	}
	return got
}

func TestSMSOptions(t *testing.T) {
	number := func(c *infobip.Config) { c.From = "+447700900009" }
	for _, c := range []struct {
		name         string
		change       func(*provider.Message)
		config       func(*infobip.Config)
		sender, text string
	}{
		{"as configured", nil, nil, "Acme", "Your code is 493817"},
		{"text of another alphabet", func(m *provider.Message) { m.Text = "Ваш код 493817" }, nil, "Acme", "Ваш код 493817"},
		{"invalid UTF-8", func(m *provider.Message) { m.Text = "493817 \xff" }, nil, "Acme", "493817 \uFFFD"},
		{"signs of HTML", func(m *provider.Message) { m.Text = "<493817>&" }, nil, "Acme", "<493817>&"},
		{"sender of the message", func(m *provider.Message) { m.From = "+447700900001" }, nil, "447700900001", "Your code is 493817"},
		{"number without its plus sign", nil, number, "447700900009", "Your code is 493817"},
		{"short code", func(m *provider.Message) { m.From = "12345" }, nil, "12345", "Your code is 493817"},
		{"a name for the US", func(m *provider.Message) { m.To, m.Country, m.From = "+12125550123", "US", "Beta" }, number, "447700900009", "Your code is 493817"},
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
			one := read(t, got.body).Messages[0]
			if one.Sender != c.sender || one.Content.Text != c.text {
				t.Errorf("got %q from %q; want %q from %q", one.Content.Text, one.Sender, c.text, c.sender)
			}
			if one.Webhooks != nil {
				t.Error("reports are asked for without an address")
			}
		})
	}
}

func TestSMSLivesAsLongAsIsLeft(t *testing.T) {
	for _, c := range []struct {
		left      time.Duration
		low, high int
	}{
		{time.Second, 1, 1},
		{5 * time.Minute, 280, 300},
		{72 * time.Hour, 172_800, 172_800},
	} {
		m := message(provider.SMS)
		m.Expires = time.Now().Add(c.left)
		got, _, err := capture(t, m, nil, http.StatusOK, smsTaken)
		if err != nil {
			t.Fatal(err)
		}
		if life := read(t, got.body).Messages[0].Options.ValidityPeriod; life.Amount < c.low || life.Amount > c.high || life.TimeUnit != "SECONDS" {
			t.Errorf("with %v left it lives for %+v; want %d to %d seconds", c.left, life, c.low, c.high)
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
	if diff := cmp.Diff(provider.Receipt{ID: "2250be2d4219-3af1-78856-aabe-1362af1edfd2", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	const once = `Seu \"código\" & é 4, 9, 3, 8, 1, 7.`
	want := `{"messages":[{"from":"447700900000","destinations":[{"to":"447400123456","messageId":"` + m.Reference + `"}],` +
		`"text":"` + once + ` ` + once + `","language":"pt-br","validityPeriod":2880,"ringTimeout":45,` +
		`"notifyUrl":"` + account.CallbackURL(m) + `","notifyContentType":"application/json","notifyContentVersion":2}]}`
	if got.method != http.MethodPost || got.path != "/tts/3/advanced" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	checkHeaders(t, got.header)
}

func TestVoiceOptions(t *testing.T) {
	for _, c := range []struct {
		name              string
		left              time.Duration
		from              string
		minutes           int
		lowRing, highRing int
		want              string
	}{
		{"five minutes left", 5*time.Minute + 30*time.Second, "", 5, 45, 45, "447700900000"},
		{"half a minute left", 30 * time.Second, "", 1, 20, 30, "447700900000"},
		{"a second left", time.Second, "", 1, 5, 5, "447700900000"},
		{"three days left", 72 * time.Hour, "", 2880, 45, 45, "447700900000"},
		{"another number", time.Hour + time.Minute, "+447700900007", 60, 45, 45, "447700900007"},
		{"a name", time.Hour + time.Minute, "Acme", 60, 45, 45, "447700900000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.Voice)
			m.From, m.Expires = c.from, time.Now().Add(c.left)
			got, _, err := capture(t, m, nil, http.StatusOK, callTaken)
			if err != nil {
				t.Fatal(err)
			}
			one := read(t, got.body).Messages[0]
			if one.From != c.want || one.ValidityPeriod != c.minutes || one.RingTimeout < c.lowRing || one.RingTimeout > c.highRing {
				t.Errorf("got %+v; want from %s, %d minutes, %d to %d s of ringing", one, c.want, c.minutes, c.lowRing, c.highRing)
			}
			if one.NotifyURL != nil {
				t.Error("reports are asked for without an address")
			}
		})
	}
}

// TestCallsComeFromTheAccountsNumber sends a call where there is no section voice.
func TestCallsComeFromTheAccountsNumber(t *testing.T) {
	got, _, err := capture(t, message(provider.Voice), func(c *infobip.Config) { c.From, c.Voice = "+447700900009", infobip.Voice{} }, http.StatusOK, callTaken)
	if err != nil {
		t.Fatal(err)
	}
	if one := read(t, got.body).Messages[0]; one.From != "447700900009" || one.Language != "en" {
		t.Errorf("got %+v", one)
	}
}

func TestVoices(t *testing.T) {
	for language, want := range map[string]string{
		"en-US": "en", "en-ZA": "en-gb", "de": "de", "de-LI": "de", "es-CO": "es-ar", "es-MX": "es-mx", "fr-BE": "fr", "fil": "fil-ph", "tl": "fil-ph",
		"zh-HK": "zh-tw", "zh": "zh-cn", "sw": "sw-tz", "sw-KE": "sw-ke", "ur": "ur-pk", "am": "",
	} {
		if got := infobip.Speaks(language); got != want {
			t.Errorf("%s is spoken as %q; want %q", language, got, want)
		}
	}
}
