package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
)

// seen is a request as it was on the wire.
type seen struct {
	method, uri, body string
	header            http.Header
}

// captured sends m by the section, in which BASE stands for the server's address, to a server
// that answers with the status and the body.
func captured(t *testing.T, section string, m provider.Message, account provider.Account, status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{method: r.Method, uri: r.RequestURI, body: string(body), header: r.Header.Clone()}
		w.Header().Set("X-Request-Id", "request-1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	client, err := create(strings.ReplaceAll(section, "BASE", server.URL)+"\nallow_insecure: true\n", account)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

const ok = "\nsuccess: status == 200\n"

// evil is a text that would break out of any place that does not escape it.
const evil = `a"}&to=1</x>{{.Code}} '%0a\u0041é#?`

func TestJSONOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Text, m.Expires = evil, time.Time{}
	got, receipt, err := captured(t, `
url: BASE/v1/{{.Tenant}}/send?ref={{.Reference}}
headers: {X-Key: "k {{.Secrets.key}}", "X-Country?": "{{.Country}}", "X-Nothing?": "{{.Callback}}"}
secrets: {key: {value: s3cret}}
from: Acme
id: body.data.id
body:
  to: "{{.Digits}}"
  text: "{{.Text}}"
  from: "{{.From}}"
  list: [1, -2.5, true, null, "3", "{{number .Parts}}", {}, [], ""]
  unicode: "{{.Unicode | boolean}}"
  ttl?: "{{if .TTL}}{{number .TTL}}{{end}}"
  empty: "{{.Callback}}"
  nested?: {"left?": "{{.Callback}}"}
  "a\"b": plain
`, m, provider.Account{}, http.StatusOK, `{"data":{"id":98765432109876543210}}`)
	if err != nil {
		t.Fatal(err)
	}
	if receipt.ID != "98765432109876543210" {
		t.Errorf("the id is %q", receipt.ID)
	}
	want := `{"to":"447400123456","text":"a\"}&to=1</x>{{.Code}} '%0a\\u0041é#?","from":"Acme",` +
		`"list":[1,-2.5,true,null,"3",1,{},[],""],"unicode":false,"empty":"","a\"b":"plain"}`
	if got.body != want || got.method != http.MethodPost || got.uri != "/v1/acme/send?ref=01890a5d-ac96-774b-bcce-b302099a8057" {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.uri, got.body, want)
	}
	headers := map[string]string{
		"Content-Type": "application/json", "X-Key": "k s3cret", "X-Country": "GB", "User-Agent": "phonehook", "Accept": "application/json, */*;q=0.5",
	}
	for name, value := range headers {
		if got.header.Get(name) != value {
			t.Errorf("%s is %q; want %q", name, got.header.Get(name), value)
		}
	}
	if _, there := got.header["X-Nothing"]; there {
		t.Error("an optional header that is empty was sent")
	}
}

func TestFormOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Text, m.Expires = evil, time.Now().Add(10*time.Minute+30*time.Second)
	got, _, err := captured(t, `
url: BASE/send
method: PUT
format: form
basic: {user: "AC1", password: "p:w"}
body: {to: "{{.To}}", text: "{{.Text}}", minutes: "{{.TTL | div 60 | atMost 9}}", fixed: 7, "none?": "{{.Callback}}", empty: ""}
`+ok, m, provider.Account{}, http.StatusOK, "")
	if err != nil {
		t.Fatal(err)
	}
	want := "empty=&fixed=7&minutes=9&text=" + url.QueryEscape(evil) + "&to=%2B447400123456"
	if got.body != want || got.method != http.MethodPut || got.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("got %s %v\n%s\nwant\n%s", got.method, got.header, got.body, want)
	}
	if got.header.Get("Authorization") != "Basic QUMxOnA6dw==" {
		t.Errorf("Authorization is %q", got.header.Get("Authorization"))
	}
}

func TestTextOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Text = evil
	got, _, err := captured(t, `
url: BASE/soap
format: text
headers: {content-type: "text/xml; charset=utf-8"}
body: '<sms to="{{.Digits | raw}}"><text>{{.Text | xml}}</text><json>{{.Text | json}}</json><q>{{.Text | query}}</q>{{with .Language}}<lang>{{. | xml}}{{$.Tenant | raw}}</lang>{{end}}</sms>'
`+ok, m, provider.Account{}, http.StatusOK, "")
	if err != nil {
		t.Fatal(err)
	}
	want := `<sms to="447400123456"><text>a&#34;}&amp;to=1&lt;/x&gt;{{.Code}} &#39;%0a\u0041é#?</text><json>"a\"}&to=1</x>{{.Code}} '%0a\\u0041é#?"</json>` +
		`<q>a%22%7D%26to%3D1%3C%2Fx%3E%7B%7B.Code%7D%7D%20%27%250a%5Cu0041%C3%A9%23%3F</q><lang>enacme</lang></sms>`
	if got.body != want || got.header.Get("Content-Type") != "text/xml; charset=utf-8" {
		t.Errorf("got %v\n%s\nwant\n%s", got.header, got.body, want)
	}
}

func TestAddressesOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Text = "../a b?c=d&e#f/é"
	got, _, err := captured(t, "method: GET\nurl: 'BASE/x/{{.Text}}/y?q={{.Text}}'\nformat: form\nbody: {to: '{{.To}}'}\n"+ok, m, provider.Account{}, http.StatusOK, "")
	const escaped = "..%2Fa%20b%3Fc%3Dd%26e%23f%2F%C3%A9"
	if want := "/x/" + escaped + "/y?q=" + escaped + "&to=%2B447400123456"; err != nil || got.uri != want || got.body != "" {
		t.Errorf("got %s %q, %v; want %s", got.uri, got.body, err, want)
	}
	if got.header.Get("Content-Type") != "" || got.header.Get("Transfer-Encoding") != "" {
		t.Errorf("a GET has the headers %v", got.header)
	}
}

func TestWhatCannotStandInARequestIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ section, text string }{
		"a line break in a header": {"url: BASE\nheaders: {X-Text: '{{.Text}}'}", "a\r\nX-Evil: 1"},
		"a long header":            {"url: BASE\nheaders: {X-Text: '{{.Text}}'}", strings.Repeat("x", 5000)},
		"the way up":               {"url: BASE/{{.Text}}/x", ".."},
		"a long address":           {"url: BASE/{{.Text}}/x", strings.Repeat("x", 9000)},
		"a long body":              {"url: BASE\nbody: ['{{.Text}}', '{{.Text}}']", strings.Repeat("x", 40_000)},
		"a long value":             {"url: BASE\nbody: ['{{.Text}}']", strings.Repeat("x", 70_000)},
		"no number":                {"url: BASE\nbody: {'n?': '{{if eq .Country \"DE\"}}{{number .Country}}{{end}}'}", "x and y"},
	} {
		t.Run(name, func(t *testing.T) {
			m := message(provider.SMS)
			m.Text = c.text
			m.Country = "DE"
			got, _, err := captured(t, c.section+ok, m, provider.Account{}, http.StatusOK, "")
			failure, isFailure := errors.AsType[*provider.Error](err)
			if !isFailure || failure.Kind != provider.Refused || got.method != "" {
				t.Errorf("got %v and a request %q; want a refusal and none", err, got.method)
			}
			if err != nil && strings.Contains(err.Error(), c.text) {
				t.Error("the error has the text")
			}
		})
	}
}

// Where reports are read, the vendor is told where to send them, and else nothing.
func TestCallbacksAreAskedForWhereTheyAreRead(t *testing.T) {
	account := provider.Account{Kind: "webhook", Name: "acme", Addresses: provider.NewAddresses("https://example.com", []byte(strings.Repeat("k", 32)))}
	m := message(provider.SMS)
	section := "url: BASE\nbody: {'callback?': '{{.Callback}}'}\n" + ok
	for name, c := range map[string]struct {
		section string
		account provider.Account
		want    string
	}{
		"read":       {section + "receipts: {status: body.s, statuses: {x: delivered}}\n", account, `{"callback":"` + account.CallbackURL(m) + `"}`},
		"not read":   {section, account, "{}"},
		"no address": {section + "receipts: {status: body.s, statuses: {x: delivered}}\n", provider.Account{}, "{}"},
	} {
		got, _, err := captured(t, c.section, m, c.account, http.StatusOK, "")
		if err != nil || got.body != c.want {
			t.Errorf("%s: got %s, %v; want %s", name, got.body, err, c.want)
		}
	}
}

func TestSendersAndLanguages(t *testing.T) {
	const section = "url: BASE\nchannels: [sms, voice]\nbody: {from: '{{.From}}', language: '{{.Language}}'}\n" + ok
	const voices = "voice: {from: '+447700900009', languages: [en-GB, zh-CN=cmn-CN], language: en-GB}\n"
	for name, c := range map[string]struct {
		channel              provider.Channel
		section, from, speak string
		want                 string
	}{
		"no sender":                {provider.SMS, "", "", "en", `{"from":"","language":"en"}`},
		"the configured one":       {provider.SMS, "from: Acme\n" + voices, "", "", `{"from":"Acme","language":""}`},
		"the message's":            {provider.SMS, "from: Acme\n" + voices, "+447700900001", "", `{"from":"+447700900001","language":""}`},
		"a call's":                 {provider.Voice, "from: Acme\n" + voices, "Other", "zh", `{"from":"+447700900009","language":"cmn-CN"}`},
		"a call's in no language":  {provider.Voice, voices, "", "", `{"from":"+447700900009","language":"en-GB"}`},
		"a call's as it is":        {provider.Voice, "", "+447700900001", "sw", `{"from":"+447700900001","language":"sw"}`},
		"a call's without a voice": {provider.Voice, "voice: {language: x}\n", "Acme", "", `{"from":"","language":"x"}`},
	} {
		m := message(c.channel)
		m.From, m.Language = c.from, c.speak
		got, _, err := captured(t, section+c.section, m, provider.Account{}, http.StatusOK, "")
		if diff := cmp.Diff(c.want, got.body); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestFunctions(t *testing.T) {
	m := message(provider.SMS)
	m.Expires = time.Now().Add(time.Hour).UTC()
	for template, want := range map[string]string{
		`{{digits "+123"}}`:                              "123",
		`{{upper "aé"}}{{lower "BC"}}`:                   "AÉbc",
		`{{.Callback | default "none"}}`:                 "none",
		`{{.Code | default "none"}}`:                     "493817",
		`{{base64 "a?b>"}}`:                              "YT9iPg==",
		`{{sha256 ""}}`:                                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		`{{hmac "Jefe" "what do ya want for nothing?"}}`: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		`{{unix .Expires}}`:                              strconv.FormatInt(m.Expires.Unix(), 10),
		`{{date "02.01.2006 15:04" .Expires}}`:           m.Expires.Format("02.01.2006 15:04"),
		`{{.TTL | div 3600 | atLeast 1}}`:                "1",
		`{{$x := .Code}}{{$x}}`:                          "493817",
		`{{/* nothing */}}{{len .Code}}`:                 "6",
		`{{if and .Code (gt .Parts 0)}}y{{end}}`:         "y",
		`{{.Spoken}}`:                                    "Your code is 4, 9, 3, 8, 1, 7. Your code is 4, 9, 3, 8, 1, 7.",
	} {
		got, _, err := captured(t, "url: BASE\nformat: form\nbody: {x: '"+template+"'}\n"+ok, m, provider.Account{}, http.StatusOK, "")
		if form, _ := url.ParseQuery(got.body); err != nil || form.Get("x") != want {
			t.Errorf("%s: got %q, %v; want %q", template, form.Get("x"), err, want)
		}
	}
}
