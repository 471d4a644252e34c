package plivo_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/plivo"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	user, password     string
	header             http.Header
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, change func(*plivo.Config), account provider.Account, status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{method: r.Method, path: r.URL.RequestURI(), body: string(body), header: r.Header.Clone()}
		got.user, got.password, _ = r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	cfg := config(server.URL)
	if change != nil {
		change(&cfg)
	}
	client, err := plivo.New(cfg, account)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

const (
	smsTaken  = `{"message":"message(s) queued","message_uuid":["db3ce55a-7f1d-11e1-8ea7-1231380bc196"],"api_id":"db342550-7f1d-11e1-8ea7-1231380bc196"}`
	callTaken = `{"message":"call fired","request_uuid":"9834029e-58b6-11e1-b8b7-a5bd0e4e126f","api_id":"97ceeb52-58b6-11e1-86da-77300b68f8bb"}`
)

func TestSMSOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Expires = time.Time{}
	got, receipt, err := capture(t, m, nil, account, http.StatusAccepted, smsTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "db3ce55a-7f1d-11e1-8ea7-1231380bc196"}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	want := `{"src":"AcmeInc","dst":"447400123456","text":"Your code is 493817","type":"sms","log":"number_only","message_expiry":10799,` +
		`"url":"` + account.CallbackURL(m) + `","method":"POST"}`
	if got.method != http.MethodPost || got.path != "/v1/Account/"+authID+"/Message/" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	if got.user != authID || got.password != authToken {
		t.Error("the message is not authorised")
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "Accept": "application/json"} {
		if got.header.Get(name) != want {
			t.Errorf("%s is not as it should be", name)
		}
	}
}

func TestSMSOptions(t *testing.T) {
	pool := func(c *plivo.Config) { c.From, c.PowerpackUUID = "", powerpack }
	number := func(c *plivo.Config) { c.From = "447700900009" }
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*plivo.Config)
		want   map[string]any
	}{
		{"text of another alphabet", func(m *provider.Message) { m.Text = "Ваш код 493817" }, nil, map[string]any{"text": "Ваш код 493817"}},
		{"invalid UTF-8", func(m *provider.Message) { m.Text = "493817 \xff" }, nil, map[string]any{"text": "493817 \uFFFD"}},
		{"signs of HTML", func(m *provider.Message) { m.Text = "<493817>&" }, nil, map[string]any{"text": "<493817>&"}},
		{"sender of the message", func(m *provider.Message) { m.From = "+447700900001" }, nil, map[string]any{"src": "447700900001"}},
		{"sender without its plus sign", nil, number, map[string]any{"src": "447700900009"}},
		{"short code", func(m *provider.Message) { m.From = "12345" }, nil, map[string]any{"src": "12345"}},
		{"no sender but a powerpack", nil, pool, map[string]any{"src": nil, "powerpack_uuid": powerpack}},
		{"a service", func(m *provider.Message) { m.Service = "pool" }, nil, map[string]any{"src": nil, "powerpack_uuid": "pool"}},
		{"a service and a sender", func(m *provider.Message) { m.Service, m.From = "pool", "Beta" }, nil, map[string]any{"src": "Beta", "powerpack_uuid": nil}},
		{"a name for the US", func(m *provider.Message) { m.To, m.Country, m.From = "+12125550123", "US", "Beta" }, number, map[string]any{"src": "447700900009"}},
		{"a second left", func(m *provider.Message) { m.Expires = time.Now().Add(time.Second) }, nil, map[string]any{"message_expiry": 5.0}},
		{"a day left", func(m *provider.Message) { m.Expires = time.Now().Add(24 * time.Hour) }, nil, map[string]any{"message_expiry": 10_799.0}},
		{"no address for reports", nil, nil, map[string]any{"url": nil, "method": nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.SMS)
			if c.change != nil {
				c.change(&m)
			}
			got, _, err := capture(t, m, c.config, provider.Account{}, http.StatusAccepted, smsTaken)
			if err != nil {
				t.Fatal(err)
			}
			checkFields(t, got.body, c.want)
		})
	}
}

func TestSMSLivesAsLongAsIsLeft(t *testing.T) {
	got, _, err := capture(t, message(provider.SMS), nil, account, http.StatusAccepted, smsTaken)
	if err != nil {
		t.Fatal(err)
	}
	var fields struct {
		Expiry int `json:"message_expiry"`
	}
	if err := json.Unmarshal([]byte(got.body), &fields); err != nil || fields.Expiry < 240 || fields.Expiry >= 300 {
		t.Errorf("the message lives for %d s, %v; want less than the 300 s that it had", fields.Expiry, err)
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

// answerURL returns where the vendor is to ask what a call says.
func answerURL(t *testing.T, body string) string {
	t.Helper()
	var fields struct {
		AnswerURL string `json:"answer_url"`
	}
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		t.Fatal(err)
	}
	return fields.AnswerURL
}

func TestVoiceOnTheWire(t *testing.T) {
	m := message(provider.Voice)
	m.Language, m.Expires = "pt", time.Time{}
	got, receipt, err := capture(t, m, nil, account, http.StatusCreated, callTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "9834029e-58b6-11e1-b8b7-a5bd0e4e126f", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	ask, report := answerURL(t, got.body), account.CallbackURL(m)
	want := `{"from":"447700900000","to":"447400123456","answer_url":"` + ask + `","answer_method":"POST","fallback_url":"` + ask +
		`","fallback_method":"POST","ring_url":"` + report + `","ring_method":"POST","hangup_url":"` + report + `","hangup_method":"POST","ring_timeout":60}`
	if got.method != http.MethodPost || got.path != "/v1/Account/"+authID+"/Call/" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	if got.user != authID || got.password != authToken {
		t.Error("the call is not authorised")
	}
	subject, err := account.Addresses.Open("plivo", "plivo", path.Base(ask), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Subject{Tenant: "acme", ID: m.Reference, Speech: subject.Speech}, subject); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if want := `{"l":"pt-BR","c":"493817","t":"Your code is 493817"}`; string(subject.Speech) != want {
		t.Errorf("sealed is %s; want %s", subject.Speech, want)
	}
	for _, secret := range []string{m.Text, m.Code} {
		if strings.Contains(got.body, secret) {
			t.Error("the request has the text in the clear")
		}
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
		{"half a minute left", func(m *provider.Message) { m.Expires = time.Now().Add(30 * time.Second) }, 20, 30, "447700900000"},
		{"a second left", func(m *provider.Message) { m.Expires = time.Now().Add(time.Second) }, 5, 5, "447700900000"},
		{"an hour left", func(m *provider.Message) { m.Expires = time.Now().Add(time.Hour) }, 60, 60, "447700900000"},
		{"another number", func(m *provider.Message) { m.From = "+447700900007" }, 60, 60, "447700900007"},
		{"a name", func(m *provider.Message) { m.From = "Acme" }, 60, 60, "447700900000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.Voice)
			c.change(&m)
			got, _, err := capture(t, m, nil, account, http.StatusCreated, callTaken)
			if err != nil {
				t.Fatal(err)
			}
			checkFields(t, got.body, map[string]any{"from": c.from})
			var fields struct {
				Timeout float64 `json:"ring_timeout"`
			}
			if err := json.Unmarshal([]byte(got.body), &fields); err != nil || fields.Timeout < c.low || fields.Timeout > c.high {
				t.Errorf("the phone rings for %v s, %v; want %v to %v", fields.Timeout, err, c.low, c.high)
			}
		})
	}
}

// TestTheTextCanBeAskedForAsLongAsTheMessageLives looks at when the address of a call opens.
func TestTheTextCanBeAskedForAsLongAsTheMessageLives(t *testing.T) {
	for _, c := range []struct {
		name        string
		expires     time.Time
		open, close time.Duration
	}{
		{"five minutes left", time.Now().Add(5 * time.Minute), 5 * time.Minute, 7 * time.Minute},
		{"no end", time.Time{}, 10 * time.Minute, 12 * time.Minute},
	} {
		m := message(provider.Voice)
		m.Expires = c.expires
		got, _, err := capture(t, m, nil, account, http.StatusCreated, callTaken)
		if err != nil {
			t.Fatal(err)
		}
		token := path.Base(answerURL(t, got.body))
		if _, err := account.Addresses.Open("plivo", "plivo", token, time.Now().Add(c.open)); err != nil {
			t.Errorf("%s: after %v: %v", c.name, c.open, err)
		}
		if _, err := account.Addresses.Open("plivo", "plivo", token, time.Now().Add(c.close)); faultOf(err) != provider.Stale {
			t.Errorf("%s: after %v: got %v; want it to be stale", c.name, c.close, err)
		}
	}
}
