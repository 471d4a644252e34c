package vonagesim_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
)

const application = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"

var key = sync.OnceValue(func() *rsa.PrivateKey {
	made, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return made
})

func post(t *testing.T, look http.Handler, path, contentType, token, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", contentType)
	if token != "" {
		request.Header.Set("Authorization", token)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, request)
	return recorder
}

func goodForm() url.Values {
	return url.Values{
		"api_key": {"abcd1234"}, "api_secret": {"secret"}, "from": {"Acme"}, "to": {"447400123456"}, "text": {"Hi"},
		"ttl": {"300000"}, "client-ref": {"ref-1"}, "status-report-req": {"true"}, "callback": {"https://example.com/"},
	}
}

func TestSMSIsTaken(t *testing.T) {
	look := vonagesim.New(vonagesim.Options{APIKey: "abcd1234", APISecret: "secret"})
	defer look.Close()
	form := goodForm()
	form.Set("text", strings.Repeat("x", 161))
	answer := post(t, look, "/sms/json", "application/x-www-form-urlencoded; charset=utf-8", "", form.Encode())
	var got struct {
		Count    string              `json:"message-count"`
		Messages []map[string]string `json:"messages"`
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
		t.Fatalf("got %d %s, %v", answer.Code, answer.Body, err)
	}
	if got.Count != "2" || len(got.Messages) != 2 || got.Messages[0]["message-id"] == got.Messages[1]["message-id"] {
		t.Fatalf("got %+v; want two parts with an ID each", got)
	}
	delete(got.Messages[1], "message-id")
	want := map[string]string{
		"to": "447400123456", "status": "0", "remaining-balance": "3.14159265", "message-price": "0.03330000", "network": "23410", "client-ref": "ref-1",
	}
	if diff := cmp.Diff(want, got.Messages[1]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if look.Count("ref-1") != 1 || look.Messages()[0].Parts != 2 || look.Messages()[0].To != "+447400123456" {
		t.Errorf("recorded %+v", look.Messages())
	}
}

func TestSMSIsRefused(t *testing.T) {
	look := vonagesim.New(vonagesim.Options{APIKey: "abcd1234", APISecret: "secret"})
	defer look.Close()
	for name, c := range map[string]struct {
		change func(url.Values)
		status string
	}{
		"no key":            {func(f url.Values) { f.Del("api_key") }, "2"},
		"no secret":         {func(f url.Values) { f.Del("api_secret") }, "2"},
		"no sender":         {func(f url.Values) { f.Del("from") }, "2"},
		"no recipient":      {func(f url.Values) { f.Del("to") }, "2"},
		"no text":           {func(f url.Values) { f.Del("text") }, "2"},
		"wrong key":         {func(f url.Values) { f.Set("api_key", "abcd1235") }, "4"},
		"wrong secret":      {func(f url.Values) { f.Set("api_secret", "secre") }, "4"},
		"plus sign":         {func(f url.Values) { f.Set("to", "+447400123456") }, "3"},
		"short number":      {func(f url.Values) { f.Set("to", "123456") }, "3"},
		"long number":       {func(f url.Values) { f.Set("to", "1234567890123456") }, "3"},
		"national number":   {func(f url.Values) { f.Set("to", "07400123456") }, "3"},
		"long sender":       {func(f url.Values) { f.Set("from", "AcmeAcmeAcme") }, "3"},
		"sender with blank": {func(f url.Values) { f.Set("from", "Acme Inc") }, "3"},
		"sender with plus":  {func(f url.Values) { f.Set("from", "+447700900000") }, "3"},
		"sender with 00":    {func(f url.Values) { f.Set("from", "00447700900000") }, "3"},
		"Cyrillic as text":  {func(f url.Values) { f.Set("text", "код") }, "3"},
		"emoji as text":     {func(f url.Values) { f.Set("text", "🔑"); f.Set("type", "text") }, "3"},
		"other type":        {func(f url.Values) { f.Set("type", "binary") }, "3"},
		"not UTF-8":         {func(f url.Values) { f.Set("text", "\xff"); f.Set("type", "unicode") }, "3"},
		"long text":         {func(f url.Values) { f.Set("text", strings.Repeat("x", 3201)) }, "12"},
		"short ttl":         {func(f url.Values) { f.Set("ttl", "19999") }, "3"},
		"long ttl":          {func(f url.Values) { f.Set("ttl", "604800001") }, "3"},
		"ttl with unit":     {func(f url.Values) { f.Set("ttl", "30s") }, "3"},
		"long reference":    {func(f url.Values) { f.Set("client-ref", strings.Repeat("r", 41)) }, "3"},
		"odd boolean":       {func(f url.Values) { f.Set("status-report-req", "1") }, "3"},
		"callback":          {func(f url.Values) { f.Set("callback", "example.com") }, "23"},
		"unknown parameter": {func(f url.Values) { f.Set("tll", "300000") }, "3"},
		"repeated":          {func(f url.Values) { f.Add("to", "447400123457") }, "3"},
	} {
		t.Run(name, func(t *testing.T) {
			form := maps.Clone(goodForm())
			c.change(form)
			answer := post(t, look, "/sms/json", "application/x-www-form-urlencoded", "", form.Encode())
			if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `"status":"`+c.status+`"`) {
				t.Errorf("got %d %s; want status %s", answer.Code, answer.Body, c.status)
			}
		})
	}
	for _, c := range [][2]string{{"application/json", goodForm().Encode()}, {"application/x-www-form-urlencoded", "a=%zz"}} {
		if answer := post(t, look, "/sms/json", c[0], "", c[1]); strings.Contains(answer.Body.String(), `"status":"0"`) {
			t.Errorf("%s: got %s", c[0], answer.Body)
		}
	}
	if stats := look.Stats(); stats.Taken != 0 || len(stats.Refused) < 15 {
		t.Errorf("stats are %+v", stats)
	}
}

func TestOtherPathsAndMethods(t *testing.T) {
	look := vonagesim.New(vonagesim.Options{})
	defer look.Close()
	if answer := post(t, look, "/sms/xml", "", "", ""); answer.Code != http.StatusNotFound {
		t.Errorf("/sms/xml: got %d", answer.Code)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/sms/json?text=x", nil))
	if recorder.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: got %d", recorder.Code)
	}
}

func token(t *testing.T, private *rsa.PrivateKey, change func(jwt.MapClaims)) string {
	t.Helper()
	claims := jwt.MapClaims{"application_id": application, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "jti": "1"}
	if change != nil {
		change(claims)
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + signed
}

const goodCall = `{"to":[{"type":"phone","number":"447400123456"}],"from":{"type":"phone","number":"447700900000"},
	"ncco":[{"action":"talk","text":"Hi","language":"en-GB","style":0,"loop":2}],"ringing_timer":60,"event_url":["https://example.com/"]}`

func TestTokens(t *testing.T) {
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	symmetric, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"application_id": application, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "jti": "1",
	}).SignedString([]byte("x"))
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	known := vonagesim.New(vonagesim.Options{ApplicationID: application, PublicKey: &key().PublicKey})
	defer known.Close()
	open := vonagesim.New(vonagesim.Options{})
	defer open.Close()
	for name, c := range map[string]struct {
		token       string
		known, open int
	}{
		"good":              {token(t, key(), nil), 201, 201},
		"none":              {"", 401, 401},
		"basic":             {"Basic YTpi", 401, 401},
		"garbage":           {"Bearer a.b.c", 401, 401},
		"symmetric":         {"Bearer " + symmetric, 401, 401},
		"another key":       {token(t, stranger, nil), 401, 201},
		"other application": {token(t, key(), func(c jwt.MapClaims) { c["application_id"] = "bbbbbbbb-bbbb-4ccc-8ddd-0123456789ab" }), 401, 201},
		"no application":    {token(t, key(), func(c jwt.MapClaims) { delete(c, "application_id") }), 401, 401},
		"no jti":            {token(t, key(), func(c jwt.MapClaims) { delete(c, "jti") }), 401, 401},
		"no iat":            {token(t, key(), func(c jwt.MapClaims) { delete(c, "iat") }), 401, 401},
		"no exp":            {token(t, key(), func(c jwt.MapClaims) { delete(c, "exp") }), 201, 201},
		"no exp and old":    {token(t, key(), func(c jwt.MapClaims) { delete(c, "exp"); c["iat"] = ago(time.Hour) }), 401, 401},
		"expired":           {token(t, key(), func(c jwt.MapClaims) { c["iat"], c["exp"] = ago(time.Hour), ago(30*time.Minute) }), 401, 401},
		"from the future":   {token(t, key(), func(c jwt.MapClaims) { c["iat"], c["exp"] = ago(-time.Hour), ago(-2*time.Hour) }), 401, 401},
		"short life":        {token(t, key(), func(c jwt.MapClaims) { c["exp"] = ago(-20 * time.Second) }), 401, 401},
		"long life":         {token(t, key(), func(c jwt.MapClaims) { c["exp"] = ago(-25 * time.Hour) }), 401, 401},
	} {
		for _, look := range []struct {
			server *vonagesim.Server
			want   int
		}{{known, c.known}, {open, c.open}} {
			if answer := post(t, look.server, "/v1/calls", "application/json", c.token, goodCall); answer.Code != look.want {
				t.Errorf("%s: got %d %s; want %d", name, answer.Code, answer.Body, look.want)
			}
		}
	}
}

func TestCalls(t *testing.T) {
	look := vonagesim.New(vonagesim.Options{PublicKey: &key().PublicKey})
	defer look.Close()
	bearer := token(t, key(), nil)
	for name, c := range map[string]struct{ old, new, parameter string }{
		"good":             {"", "", ""},
		"plain from SDK":   {`"language":"en-GB","style":0,"loop":2`, `"bargeIn":false`, ""},
		"markup":           {`"Hi"`, `"<speak>Hi <break time='1s'/> &amp; bye</speak>"`, ""},
		"broken markup":    {`"Hi"`, `"<speak>Hi <break> </speak>"`, "ncco"},
		"raw ampersand":    {`"Hi"`, `"<speak>A & B</speak>"`, "ncco"},
		"markup outside":   {`"Hi"`, `"Hi <break/>"`, "ncco"},
		"no text":          {`"Hi"`, `" "`, "ncco"},
		"markup alone":     {`"Hi"`, `"<speak><break/></speak>"`, "ncco"},
		"long text":        {`"Hi"`, `"` + strings.Repeat("x", 1501) + `"`, "ncco"},
		"longest text":     {`"Hi"`, `"` + strings.Repeat("é", 1500) + `"`, ""},
		"endless":          {`"loop":2`, `"loop":0`, "ncco"},
		"unknown language": {"en-GB", "pt", "ncco"},
		"other action":     {`"talk"`, `"stream"`, "ncco"},
		"unknown field":    {`"loop":2`, `"lopp":2`, "body"},
		"no actions":       {`[{"action":"talk","text":"Hi","language":"en-GB","style":0,"loop":2}]`, `[]`, "ncco"},
		"plus sign":        {"447400123456", "+447400123456", "to"},
		"name as sender":   {"447700900000", "Acme", "from"},
		"SIP":              {`[{"type":"phone"`, `[{"type":"sip"`, "to"},
		"rings for ever":   {`"ringing_timer":60`, `"ringing_timer":0`, "ringing_timer"},
		"event address":    {`["https://example.com/"]`, `["example"]`, "event_url"},
		"two values":       {`"ringing_timer":60,`, `"ringing_timer":60}{`, "body"},
	} {
		body := goodCall
		if c.old != "" {
			if body = strings.Replace(goodCall, c.old, c.new, 1); body == goodCall {
				t.Fatalf("%s: nothing was replaced", name)
			}
		}
		answer := post(t, look, "/v1/calls/", "application/json", bearer, body)
		if c.parameter == "" {
			if answer.Code != http.StatusCreated || !strings.Contains(answer.Body.String(), `"status":"started"`) {
				t.Errorf("%s: got %d %s; want 201", name, answer.Code, answer.Body)
			}
			continue
		}
		if answer.Code != http.StatusBadRequest || !strings.Contains(answer.Body.String(), `"name":"`+c.parameter+`"`) {
			t.Errorf("%s: got %d %s; want 400 for %s", name, answer.Code, answer.Body, c.parameter)
		}
	}
	if answer := post(t, look, "/v1/calls", "text/plain", bearer, goodCall); answer.Code != http.StatusBadRequest {
		t.Errorf("text/plain: got %d", answer.Code)
	}
}

func TestParts(t *testing.T) {
	for _, c := range []struct {
		name    string
		text    string
		unicode bool
		want    int
	}{
		{"empty", "", false, 1},
		{"160", strings.Repeat("x", 160), false, 1},
		{"161", strings.Repeat("x", 161), false, 2},
		{"306", strings.Repeat("x", 306), false, 2},
		{"307", strings.Repeat("x", 307), false, 3},
		{"80 of the extended table", strings.Repeat("€", 80), false, 1},
		{"81 of the extended table", strings.Repeat("€", 81), false, 2},
		{"an extended one at the edge", strings.Repeat("x", 152) + "€" + strings.Repeat("x", 152), false, 3},
		{"70 of unicode", strings.Repeat("я", 70), true, 1},
		{"71 of unicode", strings.Repeat("я", 71), true, 2},
		{"35 emoji", strings.Repeat("🔑", 35), true, 1},
		{"36 emoji", strings.Repeat("🔑", 36), true, 2},
		{"67 emoji in parts of 33", strings.Repeat("🔑", 67), true, 3},
	} {
		if got := vonagesim.Parts(c.text, c.unicode); got != c.want {
			t.Errorf("%s: got %d; want %d", c.name, got, c.want)
		}
	}
}
