package twilio_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/twilio"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	header             http.Header
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, change func(*twilio.Config), status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	return captureAt(t, m, change, provider.Account{}, status, answer)
}

func captureAt(t *testing.T, m provider.Message, change func(*twilio.Config), account provider.Account, status int, answer string) (seen, provider.Receipt, error) {
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
	client, err := newClient(server.URL, account, change)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

const (
	smsTaken    = `{"account_sid":"` + accountSID + `","sid":"SM1","status":"queued","num_segments":"1","error_code":null,"price":null}`
	callTaken   = `{"account_sid":"` + accountSID + `","sid":"CA1","status":"queued","duration":null}`
	verifyTaken = `{"account_sid":"` + accountSID + `","sid":"VE1","status":"pending","valid":false}`
)

var account = provider.Account{
	Kind: "twilio", Name: "twilio", Addresses: provider.NewAddresses("https://phonehook.example.com", []byte(strings.Repeat("k", provider.MinAddressKey))),
}

// checkWire compares a request with its path and body, and its headers with what each has.
func checkWire(t *testing.T, got seen, path, body, user, password string) {
	t.Helper()
	if got.method != http.MethodPost || got.path != path || got.body != body {
		t.Errorf("got %s %s\n%s\nwant %s\n%s", got.method, got.path, got.body, path, body)
	}
	for name, want := range map[string]string{
		"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)),
		"Content-Type":  "application/x-www-form-urlencoded", "Accept": "application/json",
	} {
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
	if diff := cmp.Diff(provider.Receipt{ID: "SM1", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	checkWire(t, got, "/2010-04-01/Accounts/"+accountSID+"/Messages.json",
		"Body=Your+code+is+493817&From=Acme+Inc&StatusCallback="+url.QueryEscape(account.CallbackURL(m))+"&To=%2B447400123456&ValidityPeriod=36000",
		accountSID, authToken)
}

func TestVoiceOnTheWire(t *testing.T) {
	m := message(provider.Voice)
	m.Language, m.Text, m.Expires = "pt", `Seu "código" & é 4938`, time.Time{}
	got, receipt, err := captureAt(t, m, withKey, account, http.StatusCreated, callTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "CA1", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	const pause = `<break time="400ms"/>`
	twiml := `<Response><Say language="pt-BR" voice="Polly.Vitoria" loop="2">Seu &#34;código&#34; &amp; é 4` + pause + `9` + pause + `3` + pause + `8` + pause + `</Say></Response>`
	checkWire(t, got, "/2010-04-01/Accounts/"+accountSID+"/Calls.json",
		"From=%2B447700900000&StatusCallback="+url.QueryEscape(account.CallbackURL(m))+
			"&StatusCallbackEvent=ringing&StatusCallbackEvent=answered&StatusCallbackEvent=completed"+
			"&Timeout=60&To=%2B447400123456&Twiml="+url.QueryEscape(twiml),
		keySID, keySecret)
}

func TestVerifyOnTheWire(t *testing.T) {
	for channel, name := range map[provider.Channel]string{provider.SMS: "sms", provider.Voice: "call"} {
		got, receipt, err := captureAt(t, message(channel), throughVerify, account, http.StatusCreated, verifyTaken)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(provider.Receipt{ID: "VE1"}, receipt); diff != "" {
			t.Errorf("receipt: -want +got:\n%s", diff)
		}
		checkWire(t, got, "/v2/Services/"+verifySID+"/Verifications", "Channel="+name+"&CustomCode=493817&Locale=en&To=%2B447400123456", accountSID, authToken)
	}
}

func TestVerifySpeaksTheLanguageThatItHas(t *testing.T) {
	for language, want := range map[string]string{"": "", "de-AT": "de", "zh-Hans": "zh-CN", "zh-HK": "zh-HK", "pt-BR": "pt-BR", "pt-PT": "pt", "sw": "", "N/A": ""} {
		m := message(provider.SMS)
		m.Language = language
		got, _, err := capture(t, m, throughVerify, http.StatusCreated, verifyTaken)
		if err != nil {
			t.Fatal(err)
		}
		form, err := url.ParseQuery(got.body)
		if err != nil || form.Get("Locale") != want || form.Has("Locale") != (want != "") {
			t.Errorf("%s: got %q; want %q", language, form["Locale"], want)
		}
	}
}

func TestSMSOptions(t *testing.T) {
	pool := func(c *twilio.Config) { c.From, c.MessagingServiceSID = "", poolSID }
	nameAndPool := func(c *twilio.Config) { c.MessagingServiceSID = poolSID }
	number := func(c *twilio.Config) { c.From = "447700900009" }
	fields := func(pairs ...string) map[string]string {
		want := make(map[string]string)
		for pair := range slices.Chunk(pairs, 2) {
			want[pair[0]] = pair[1]
		}
		return want
	}
	const from, service = "From", "MessagingServiceSid"
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*twilio.Config)
		want   map[string]string
	}{
		{"text of another alphabet", func(m *provider.Message) { m.Text = "Ваш код 493817 €" }, nil, fields("Body", "Ваш код 493817 €", "SmartEncoded", "")},
		{"invalid UTF-8", func(m *provider.Message) { m.Text = "493817 \xff" }, nil, fields("Body", "493817 \uFFFD")},
		{"signs of forms", func(m *provider.Message) { m.Text = "a=493817&b+c%" }, nil, fields("Body", "a=493817&b+c%")},
		{"sender of the message", func(m *provider.Message) { m.From = "+447700900001" }, nil, fields(from, "+447700900001", service, "")},
		{"sender of the message and a pool", func(m *provider.Message) { m.From = "+447700900001" }, pool, fields(from, "+447700900001", service, "")},
		{"sender without its plus sign", nil, number, fields(from, "+447700900009", service, "")},
		{"short code", func(m *provider.Message) { m.From = "12345" }, nil, fields(from, "12345")},
		{"a pool", nil, pool, fields(from, "", service, poolSID)},
		{"a name of a pool", nil, nameAndPool, fields(from, "Acme Inc", service, poolSID)},
		{"a name of a pool for the US", func(m *provider.Message) { m.To, m.Country = "+12125550123", "US" }, nameAndPool, fields(from, "", service, poolSID)},
		{"a service", func(m *provider.Message) { m.Service = "MG1" }, nil, fields(from, "", service, "MG1")},
		{"a service and a sender", func(m *provider.Message) { m.Service, m.From = "MG1", "Beta" }, nil, fields(from, "Beta", service, "MG1")},
		{"a service and a pool", func(m *provider.Message) { m.Service = "MG1" }, pool, fields(from, "", service, "MG1")},
		{"a name for the US", func(m *provider.Message) { m.To, m.Country, m.From = "+12125550123", "US", "Beta" }, number, fields(from, "+447700900009")},
		{"no address for reports", nil, nil, fields("StatusCallback", "")},
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
			form, err := url.ParseQuery(got.body)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range c.want {
				if form.Get(name) != value || form.Has(name) != (value != "") {
					t.Errorf("%s is %q; want %q", name, form[name], value)
				}
			}
		})
	}
}

// TestWhatIsLeftOfALife reads the times that the vendor is given, which are rounded down.
func TestWhatIsLeftOfALife(t *testing.T) {
	for _, c := range []struct {
		name                string
		left                time.Duration
		validity, ringing   int // at most
		validityLow, ringLo int
	}{
		{"half a minute left", 30 * time.Second, 30, 30, 20, 20},
		{"half a second left", 900 * time.Millisecond, 1, 5, 1, 5},
		{"an hour left", time.Hour, 3600, 60, 3590, 60},
		{"a day left", 24 * time.Hour, 36_000, 60, 36_000, 60},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, channel := range twilio.Facts.Channels {
				m := message(channel)
				m.Expires = time.Now().Add(c.left)
				answer, name, low, high := smsTaken, "ValidityPeriod", c.validityLow, c.validity
				if channel == provider.Voice {
					answer, name, low, high = callTaken, "Timeout", c.ringLo, c.ringing
				}
				got, _, err := capture(t, m, nil, http.StatusCreated, answer)
				if err != nil {
					t.Fatal(err)
				}
				form, _ := url.ParseQuery(got.body)
				if seconds, err := strconv.Atoi(form.Get(name)); err != nil || seconds < low || seconds > high {
					t.Errorf("%s is %q; want %d to %d", name, form.Get(name), low, high)
				}
			}
		})
	}
}

func TestCallsComeFromANumber(t *testing.T) {
	own := func(c *twilio.Config) { c.From, c.Voice = "447700900009", twilio.Voice{} }
	for _, c := range []struct {
		name, from, want string
		config           func(*twilio.Config)
	}{
		{"the one for calls", "", "+447700900000", nil},
		{"the message's", "+447700900007", "+447700900007", nil},
		{"not the message's name", "Acme", "+447700900000", nil},
		{"the account's own", "", "+447700900009", own},
	} {
		m := message(provider.Voice)
		m.From = c.from
		got, _, err := capture(t, m, c.config, http.StatusCreated, callTaken)
		if err != nil {
			t.Fatal(err)
		}
		if form, _ := url.ParseQuery(got.body); form.Get("From") != c.want || form.Has("StatusCallback") || form.Has("StatusCallbackEvent") {
			t.Errorf("%s: got %v", c.name, form)
		}
	}
}
