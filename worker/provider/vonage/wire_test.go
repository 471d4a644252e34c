package vonage_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/vonage"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	header             http.Header
}

// account has short addresses, so that the vendor is asked for receipts.
func account() provider.Account {
	return provider.Account{Kind: "vonage", Name: "v", Addresses: provider.NewAddresses("https://a.example", []byte(strings.Repeat("k", provider.MinAddressKey)))}
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, change func(*vonage.Config), status int, answer string) (seen, provider.Receipt, error) {
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
	client, err := vonage.New(cfg, account())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

const smsTaken = `{"message-count":"1","messages":[{"to":"447400123456","message-id":"0C000000217B7F02","status":"0",
	"remaining-balance":"15.53590000","message-price":"0.03330000","network":"23410"}]}`

func TestSMSOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Expires = time.Now().Add(90 * time.Second)
	got, receipt, err := capture(t, m, nil, http.StatusOK, smsTaken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "0C000000217B7F02", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	want := "api_key=abcd1234&api_secret=s3cret-of-the-account&callback=" + url.QueryEscape(account().TenantURL(m)) +
		"&client-ref=01890a5d-ac96-774b-bcce-b302099a8057&from=Acme&status-report-req=true&text=Your+code+is+493817&to=447400123456&ttl="
	form, ttl, _ := strings.Cut(got.body, "&ttl=")
	if got.method != http.MethodPost || got.path != "/sms/json" || form+"&ttl=" != want {
		t.Errorf("got %s %s\n%s", got.method, got.path, got.body)
	}
	if n, err := strconv.Atoi(ttl); err != nil || n > 90_000 || n < 20_000 {
		t.Errorf("ttl is %q; want what is left of 90,000", ttl)
	}
	if got.header.Get("Content-Type") != "application/x-www-form-urlencoded" || got.header.Get("Content-Length") != strconv.Itoa(len(got.body)) {
		t.Errorf("headers are %v for %d bytes", got.header, len(got.body))
	}
}

func TestSMSOptions(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		want   map[string]string
	}{
		{"text of the default alphabet", func(m *provider.Message) { m.Text = "Ihr Code für Ärzte: {493817} €" }, map[string]string{"type": ""}},
		{"text of another alphabet", func(m *provider.Message) { m.Text = "Ваш код 493817" }, map[string]string{"type": "unicode", "text": "Ваш код 493817"}},
		{"emoji", func(m *provider.Message) { m.Text = "493817 🔑" }, map[string]string{"type": "unicode", "text": "493817 🔑"}},
		{"curly quote", func(m *provider.Message) { m.Text = "It’s 493817" }, map[string]string{"type": "unicode"}},
		{"invalid UTF-8", func(m *provider.Message) { m.Text = "493817 \xff" }, map[string]string{"type": "unicode", "text": "493817 \uFFFD"}},
		{"form's own characters", func(m *provider.Message) { m.Text = "a&ttl=1+b%20=c" }, map[string]string{"text": "a&ttl=1+b%20=c"}},
		{"little life left", func(m *provider.Message) { m.Expires = time.Now().Add(3 * time.Second) }, map[string]string{"ttl": "20000"}},
		{"much life left", func(m *provider.Message) { m.Expires = time.Now().Add(1000 * time.Hour) }, map[string]string{"ttl": "604800000"}},
		{"no end of life", func(m *provider.Message) { m.Expires = time.Time{} }, map[string]string{"ttl": ""}},
		{"sender of the message", func(m *provider.Message) { m.From = "+447700900001" }, map[string]string{"from": "447700900001"}},
		{"a tenant whose address is too long", func(m *provider.Message) { m.Tenant = strings.Repeat("t", 60) }, map[string]string{"callback": "", "status-report-req": ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.SMS)
			c.change(&m)
			got, _, err := capture(t, m, nil, http.StatusOK, smsTaken)
			if err != nil {
				t.Fatal(err)
			}
			form, err := url.ParseQuery(got.body)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range c.want {
				if form.Get(name) != want {
					t.Errorf("%s is %q; want %q", name, form.Get(name), want)
				}
			}
		})
	}
}

func TestVoiceOnTheWire(t *testing.T) {
	m := message(provider.Voice)
	m.Language, m.Text, m.Expires = "pt", `Seu "código" & é 493817`, time.Time{}
	got, receipt, err := capture(t, m, func(c *vonage.Config) {
		c.Voice.Style, c.Voice.Premium = 2, true
	}, http.StatusCreated, `{"uuid":"63f61863-4a51-4f6b-86e1-46edebcf9356","status":"started","direction":"outbound","conversation_uuid":"CON-1"}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "63f61863-4a51-4f6b-86e1-46edebcf9356", Parts: 1}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	want := `{"to":[{"type":"phone","number":"447400123456"}],"from":{"type":"phone","number":"447700900000"},` +
		`"ncco":[{"action":"talk","text":"Seu \"código\" & é 4, 9, 3, 8, 1, 7.","language":"pt-BR","style":2,"premium":true,"loop":2}],` +
		`"ringing_timer":60,"event_url":["` + account().CallbackURL(m) + `"]}`
	if got.method != http.MethodPost || got.path != "/v1/calls" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	if got.header.Get("Content-Type") != "application/json" {
		t.Errorf("Content-Type is %q", got.header.Get("Content-Type"))
	}
	checkToken(t, strings.TrimPrefix(got.header.Get("Authorization"), "Bearer "))
}

func checkToken(t *testing.T, bearer string) {
	t.Helper()
	claims := jwt.MapClaims{}
	token, err := jwt.ParseWithClaims(bearer, claims, func(*jwt.Token) (any, error) { return &key().PublicKey, nil }, jwt.WithValidMethods([]string{"RS256"}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"alg": "RS256", "typ": "JWT"}, token.Header); diff != "" {
		t.Errorf("the token's header: -want +got:\n%s", diff)
	}
	issued, expires := claims["iat"].(float64), claims["exp"].(float64)
	if claims["application_id"] != applicationID || claims["jti"] == "" || expires-issued != 90 || len(claims) != 4 {
		t.Errorf("the token's claims are %v", claims)
	}
}

func TestEachCallHasATokenOfItsOwn(t *testing.T) {
	tokens := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tokens[r.Header.Get("Authorization")] = true
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"uuid":"1"}`)
	}))
	defer server.Close()
	client, err := vonage.New(config(server.URL), provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for range 3 {
		if _, err := client.Send(t.Context(), message(provider.Voice)); err != nil {
			t.Fatal(err)
		}
	}
	if len(tokens) != 3 {
		t.Errorf("3 calls had %d tokens", len(tokens))
	}
}

func TestTheSenderOfACallIsANumber(t *testing.T) {
	for from, want := range map[string]string{"": "447700900000", "Acme": "447700900000", "+447700900007": "447700900007"} {
		m := message(provider.Voice)
		m.From = from
		got, _, err := capture(t, m, nil, http.StatusCreated, `{"uuid":"1"}`)
		if err != nil || !strings.Contains(got.body, `"from":{"type":"phone","number":"`+want+`"}`) {
			t.Errorf("from %q: got %s, %v; want a call from %s", from, got.body, err, want)
		}
	}
}

func TestAPhoneRingsNoLongerThanItsMessageLives(t *testing.T) {
	m := message(provider.Voice)
	m.Expires = time.Now().Add(30 * time.Second)
	got, _, err := capture(t, m, nil, http.StatusCreated, `{"uuid":"1"}`)
	_, rest, _ := strings.Cut(got.body, `"ringing_timer":`)
	rest, _, _ = strings.Cut(rest, ",")
	seconds, _ := strconv.Atoi(rest)
	if err != nil || seconds < 1 || seconds > 30 {
		t.Errorf("it rings for %d s, %v; want at most 30", seconds, err)
	}
}

func TestMessagesOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Text, m.Expires = "Код & 493817", time.Time{}
	got, receipt, err := capture(t, m, func(c *vonage.Config) { c.Messages = true }, http.StatusAccepted, `{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	want := `{"message_type":"text","channel":"sms","to":"447400123456","from":"Acme","text":"Код & 493817","client_ref":"` + m.Reference +
		`","sms":{"encoding_type":"unicode"},"webhook_url":"` + account().CallbackURL(m) + `","webhook_version":"v1"}`
	if got.method != http.MethodPost || got.path != "/v1/messages" || got.body != want {
		t.Errorf("got %s %s\n%s\nwant\n%s", got.method, got.path, got.body, want)
	}
	if got.header.Get("Authorization") != "Basic YWJjZDEyMzQ6czNjcmV0LW9mLXRoZS1hY2NvdW50" {
		t.Errorf("it is authorised by %q", got.header.Get("Authorization"))
	}
}

func TestAnApplicationAloneSendsMessages(t *testing.T) {
	m := message(provider.SMS)
	m.Expires = time.Now().Add(90 * time.Second)
	got, _, err := capture(t, m, func(c *vonage.Config) {
		c.Messages, c.APIKey, c.APISecret = true, "", configs.Secret{}
	}, http.StatusAccepted, `{"message_uuid":"1"}`)
	if err != nil {
		t.Fatal(err)
	}
	checkToken(t, strings.TrimPrefix(got.header.Get("Authorization"), "Bearer "))
	_, rest, _ := strings.Cut(got.body, `"ttl":`)
	rest, _, _ = strings.Cut(rest, ",")
	if ttl, err := strconv.Atoi(rest); err != nil || ttl < 20 || ttl > 90 {
		t.Errorf("ttl is %q; want what is left of 90 seconds", rest)
	}
}
