package messagebird_test

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
	"github.com/phonehook/phonehook/worker/provider/messagebird"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	header             http.Header
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, change func(*messagebird.Config), status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	return captureAt(t, m, change, provider.Account{}, status, answer)
}

func captureAt(t *testing.T, m provider.Message, change func(*messagebird.Config), account provider.Account, status int, answer string) (seen, provider.Receipt, error) {
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
	client, err := messagebird.New(cfg, account)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

const (
	smsTaken  = `{"id":"6fe65f90454aa61536e6a88b88972670","recipients":{"totalCount":1,"items":[{"recipient":447400123456,"status":"sent","messagePartCount":1}]}}`
	callTaken = `{"id":"430c44a0354aab7ac9553f7a49907463","recipients":{"totalCount":1,"items":[{"recipient":447400123456,"status":"calling"}]}}`
)

var account = provider.Account{
	Kind: "messagebird", Name: "messagebird",
	Addresses: provider.NewAddresses("https://phonehook.example.com", []byte(strings.Repeat("k", provider.MinAddressKey))),
}

func checkRequest(t *testing.T, got seen, path, body string) {
	t.Helper()
	if got.method != http.MethodPost || got.path != path || got.body != body {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, body)
	}
	for name, want := range map[string]string{"Authorization": "AccessKey " + accessKey, "Content-Type": "application/json", "Accept": "application/json"} {
		if got.header.Get(name) != want {
			t.Errorf("%s is not as it should be", name)
		}
	}
}

func TestSMSOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Expires = time.Time{}
	got, receipt, err := captureAt(t, m, nil, account, http.StatusCreated, smsTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "6fe65f90454aa61536e6a88b88972670", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	checkRequest(t, got, "/messages", `{"originator":"Acme Inc","recipients":["447400123456"],"body":"Your code is 493817","type":"sms",`+
		`"datacoding":"plain","validity":172800,"reference":"`+m.Reference+`","reportUrl":"`+account.CallbackURL(m)+`"}`)
}

func TestSMSOptions(t *testing.T) {
	number := func(c *messagebird.Config) { c.From = "447700900009" }
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*messagebird.Config)
		want   map[string]any
	}{
		{"text of GSM-7", func(m *provider.Message) { m.Text = "Ça {493817} € Ω" }, nil, map[string]any{"datacoding": "plain"}},
		{"text of another alphabet", func(m *provider.Message) { m.Text = "Ваш код 493817" }, nil, map[string]any{"datacoding": "unicode"}},
		{"curly quote", func(m *provider.Message) { m.Text = "It’s 493817" }, nil, map[string]any{"datacoding": "unicode"}},
		{"invalid UTF-8", func(m *provider.Message) { m.Text = "493817 \xff" }, nil, map[string]any{"body": "493817 \uFFFD", "datacoding": "unicode"}},
		{"signs of HTML", func(m *provider.Message) { m.Text = "<493817>&" }, nil, map[string]any{"body": "<493817>&"}},
		{"sender of the message", func(m *provider.Message) { m.From = "+447700900001" }, nil, map[string]any{"originator": "447700900001"}},
		{"sender without its plus sign", nil, number, map[string]any{"originator": "447700900009"}},
		{"short code", func(m *provider.Message) { m.From = "12345" }, nil, map[string]any{"originator": "12345"}},
		{"name with a plus sign", func(m *provider.Message) { m.From = "+Acme" }, nil, map[string]any{"originator": "+Acme"}},
		{"a name for the US", func(m *provider.Message) { m.To, m.Country, m.From = "+12125550123", "US", "Beta" }, number, map[string]any{"originator": "447700900009"}},
		{"no address for reports", nil, nil, map[string]any{"reportUrl": nil, "reference": "01890a5d-ac96-774b-bcce-b302099a8057"}},
		{"a second left", func(m *provider.Message) { m.Expires = time.Now().Add(time.Second) }, nil, map[string]any{"validity": 1.0}},
		{"a week left", func(m *provider.Message) { m.Expires = time.Now().Add(7 * 24 * time.Hour) }, nil, map[string]any{"validity": 172800.0}},
		{"nine parts", func(m *provider.Message) { m.Text = strings.Repeat("x", 1377) }, nil, map[string]any{"datacoding": "plain"}},
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

func TestTheValidityIsWhatIsLeft(t *testing.T) {
	got, _, err := capture(t, message(provider.SMS), nil, http.StatusCreated, smsTaken)
	if err != nil {
		t.Fatal(err)
	}
	var fields struct{ Validity int }
	if err := json.Unmarshal([]byte(got.body), &fields); err != nil || fields.Validity < 200 || fields.Validity > 299 {
		t.Errorf("the message is valid for %d s, %v; want a little less than 300", fields.Validity, err)
	}
}

func TestVoiceOnTheWire(t *testing.T) {
	m := message(provider.Voice)
	m.Language, m.Text = "pt", `Seu "código" & é 493817`
	got, receipt, err := captureAt(t, m, nil, account, http.StatusCreated, callTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "430c44a0354aab7ac9553f7a49907463"}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	checkRequest(t, got, "/voicemessages", `{"originator":"447700900000","recipients":["447400123456"],"body":"Seu \"código\" & é 4, 9, 3, 8, 1, 7.",`+
		`"language":"pt-br","voice":"female","repeat":2,"ifMachine":"continue","reference":"`+m.Reference+`","reportUrl":"`+account.CallbackURL(m)+`"}`)
}

func TestVoiceOptions(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*messagebird.Config)
		want   map[string]any
	}{
		{"another number", func(m *provider.Message) { m.From = "+447700900007" }, nil, map[string]any{"originator": "447700900007", "reportUrl": nil}},
		{"a name", func(m *provider.Message) { m.From = "Acme" }, nil, map[string]any{"originator": "447700900000"}},
		{"one number for both channels", nil, func(c *messagebird.Config) { c.From, c.Voice.From = "+447700900009", "" }, map[string]any{"originator": "447700900009"}},
		{"another language and voice", func(m *provider.Message) { m.Language = "" }, func(c *messagebird.Config) {
			c.Voice.Language, c.Voice.Gender = "cy-gb", "male"
		}, map[string]any{"language": "cy-gb", "voice": "male"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.Voice)
			if c.change != nil {
				c.change(&m)
			}
			got, _, err := capture(t, m, c.config, http.StatusCreated, callTaken)
			if err != nil {
				t.Fatal(err)
			}
			checkFields(t, got.body, c.want)
		})
	}
}

func TestTooManyRequestsSayHowLongToWait(t *testing.T) {
	_, _, err := capture(t, message(provider.SMS), nil, http.StatusTooManyRequests, "")
	failure, ok := errors.AsType[*provider.Error](err)
	if !ok || failure.Kind != provider.Throttled || failure.RetryAfter != 7*time.Second {
		t.Errorf("got %v; want to wait for 7 s", err)
	}
}
