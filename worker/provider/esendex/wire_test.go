package esendex_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/esendex"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	header             http.Header
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, change func(*esendex.Config), status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{method: r.Method, path: r.URL.RequestURI(), body: string(body), header: r.Header.Clone()}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	cfg := config(server.URL)
	if change != nil {
		change(&cfg)
	}
	client, err := esendex.New(cfg, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

// The answer of the vendor's Go SDK's tests, with the ids of its pages.
const taken = `<?xml version="1.0" encoding="utf-8"?>
<messageheaders batchid="F8BF9867-FF81-49E4-ACC5-774DE793B776" xmlns="http://api.esendex.com/ns/">
  <messageheader uri="https://api.esendex.com/v1.0/messageheaders/1183C73D-2E62-4F60-B610-30F160BDFBD5" id="1183C73D-2E62-4F60-B610-30F160BDFBD5" />
</messageheaders>`

const head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<messages><accountreference>EX0123456</accountreference><message>"

func TestSMSOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Text = `Your <b>"code"</b> & 493817`
	got, receipt, err := capture(t, m, nil, http.StatusOK, taken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "1183c73d-2e62-4f60-b610-30f160bdfbd5"}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	const want = head + "<from>Acme</from><to>447400123456</to><type>SMS</type><body>Your &lt;b&gt;&#34;code&#34;&lt;/b&gt; &amp; 493817</body>" +
		"<validity>1</validity><characterset>GSM</characterset></message></messages>"
	if got.method != http.MethodPost || got.path != "/v1.0/messagedispatcher" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/xml; charset=utf-8", "Accept": "application/xml", "User-Agent": "phonehook",
		"Authorization": "Basic b3BlcmF0b3JAZXhhbXBsZS5jb206czNjcmV0LW9mLXRoZS11c2Vy",
	} {
		if got.header.Get(name) != value {
			t.Errorf("%s is %q; want %q", name, got.header.Get(name), value)
		}
	}
}

func TestSMSOptions(t *testing.T) {
	for _, c := range []struct {
		name          string
		change        func(*provider.Message)
		config        func(*esendex.Config)
		have, haveNot string
	}{
		{"text of another alphabet", func(m *provider.Message) { m.Text = "Ваш код 493817" }, nil, "<characterset>Unicode</characterset>", ""},
		{"invalid UTF-8", func(m *provider.Message) { m.Text = "493817 \xff" }, nil, "<body>493817 \uFFFD</body>", ""},
		{"a control character", func(m *provider.Message) { m.Text = "493817 \x01" }, nil, "<body>493817 \uFFFD</body><validity>1</validity><characterset>Unicode", ""},
		{"two hours and a half", func(m *provider.Message) { m.Expires = time.Now().Add(150 * time.Minute) }, nil, "<validity>2</validity>", ""},
		{"a week", func(m *provider.Message) { m.Expires = time.Now().Add(168 * time.Hour) }, nil, "<validity>72</validity>", ""},
		{"no end of life", func(m *provider.Message) { m.Expires = time.Time{} }, nil, "<type>SMS</type>", "<validity>"},
		{"sender of the message", func(m *provider.Message) { m.From = "+447700900001" }, nil, "<from>447700900001</from>", ""},
		{"no sender", nil, func(c *esendex.Config) { c.From = "" }, "<message><to>", "<from>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.SMS)
			if c.change != nil {
				c.change(&m)
			}
			got, _, err := capture(t, m, c.config, http.StatusOK, taken)
			if err != nil || !strings.Contains(got.body, c.have) || c.haveNot != "" && strings.Contains(got.body, c.haveNot) {
				t.Errorf("got %v\n%s\nwant %s and not %s", err, got.body, c.have, c.haveNot)
			}
		})
	}
}

func TestVoiceOnTheWire(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*esendex.Config)
		want   string
	}{
		{"as it is configured", nil, nil, "<from>447700900000</from><to>447400123456</to><type>Voice</type>"},
		{"a number of the message", func(m *provider.Message) { m.From = "+447700900007" }, nil, "<from>447700900007</from><to>447400123456</to><type>Voice</type>"},
		{"a name", func(m *provider.Message) { m.From = "Other" }, nil, "<from>447700900000</from><to>447400123456</to><type>Voice</type>"},
		{"no number", nil, func(c *esendex.Config) { c.Voice.From = "" }, "<to>447400123456</to><type>Voice</type>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.Voice)
			m.Text, m.Language = "Su <código> & 493817", "es-MX"
			if c.change != nil {
				c.change(&m)
			}
			got, receipt, err := capture(t, m, c.config, http.StatusOK, taken)
			want := head + c.want + "<body>Su código &amp; 4, 9, 3, 8, 1, 7. Su código &amp; 4, 9, 3, 8, 1, 7.</body>" +
				"<lang>es-ES</lang><retries>1</retries></message></messages>"
			if err != nil || receipt.ID == "" || got.body != want {
				t.Errorf("got %v\n%s\nwant\n%s", err, got.body, want)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	header := func(id string) string { return `<messageheaders><messageheader id="` + id + `"/></messageheaders>` }
	const id = "1183C73D-2E62-4F60-B610-30F160BDFBD5"
	for _, c := range []struct {
		name   string
		status int
		answer string
		kind   provider.Kind // 0 is a success
		code   string
	}{
		{"without a namespace", 200, header(id), 0, ""},
		{"in braces", 200, header("{" + id + "}"), 0, ""},
		{"with a byte order mark", 200, "\uFEFF" + taken, 0, ""},
		{"with another encoding's name", 200, strings.Replace(taken, "utf-8", "utf-16", 1), 0, ""},
		{"with more in it", 200, strings.Replace(taken, "<messageheader ", `<new a="b">c</new><messageheader new="1" `, 1), 0, ""},
		{"no message", 200, `<messageheaders batchid="x"></messageheaders>`, provider.Unknown, ""},
		{"two messages", 200, strings.Replace(taken, "</messageheaders>", `<messageheader id="x"/></messageheaders>`, 1), provider.Unknown, ""},
		{"no id", 200, header(""), provider.Unknown, ""},
		{"an id that is none", 200, header("secret words"), provider.Unknown, ""},
		{"another root", 200, strings.ReplaceAll(taken, "messageheaders", "errors"), provider.Unknown, ""},
		{"more after it", 200, taken + "<a/>", provider.Unknown, ""},
		{"text after it", 200, taken + "secret words", provider.Unknown, ""},
		{"half of it", 200, taken[:200], provider.Unknown, ""},
		{"nothing", 200, "", provider.Unknown, ""},
		{"JSON", 200, `{"batch":{"batchid":"F8BF9867"}}`, provider.Unknown, ""},
		{"a page", 200, "<html><body>secret words", provider.Unknown, ""},
		{"blanks after it", 200, taken + "\n", 0, ""},
		{"endless blanks after it", 200, taken + strings.Repeat(" ", provider.MaxAnswer), provider.Unknown, ""},
		{"bad request", 400, "secret words", provider.Unroutable, "HTTP 400"},
		{"credentials", 401, "", provider.Misconfigured, "HTTP 401"},
		{"funds", 402, "", provider.Misconfigured, "HTTP 402"},
		{"account", 403, "secret words", provider.Misconfigured, "HTTP 403"},
		{"address", 404, "", provider.Misconfigured, "HTTP 404"},
		{"method", 405, "", provider.Misconfigured, "HTTP 405"},
		{"time", 408, "", provider.Unknown, "HTTP 408"},
		{"rate", 429, "", provider.Throttled, "HTTP 429"},
		{"server", 500, "", provider.Unknown, "HTTP 500"},
		{"not implemented", 501, "", provider.Misconfigured, "HTTP 501"},
		{"down", 503, "", provider.Unavailable, "HTTP 503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, receipt, err := capture(t, message(provider.SMS), nil, c.status, c.answer)
			if c.kind == 0 {
				if err != nil || receipt.ID != strings.ToLower(id) {
					t.Errorf("got %+v, %v; want success", receipt, err)
				}
				return
			}
			failure, ok := errors.AsType[*provider.Error](err)
			if !ok || failure.Kind != c.kind || failure.Code != c.code {
				t.Errorf("got %v; want kind %v and code %q", err, c.kind, c.code)
			}
			if err != nil && strings.Contains(err.Error(), "secret words") {
				t.Error("the error has the vendor's words")
			}
		})
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		kind   provider.Kind
	}{
		{"a recipient of 16 digits", func(m *provider.Message) { m.To = "+1234567890123456" }, provider.Refused},
		{"a sender of 12 letters", func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, provider.Refused},
		{"a name where there are none", func(m *provider.Message) { m.Country = "US" }, provider.Unroutable},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.SMS)
			c.change(&m)
			got, _, err := capture(t, m, nil, http.StatusOK, taken)
			failure, ok := errors.AsType[*provider.Error](err)
			if !ok || failure.Kind != c.kind || got.method != "" {
				t.Errorf("got %v and a request %q; want %v and none", err, got.method, c.kind)
			}
		})
	}
}
