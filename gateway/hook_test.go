package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
)

var uuidV7 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestASentMessageIsAnsweredWithItsID(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	before := time.Now()
	got := g.post(t, seedBody)
	messages := sent.received()
	if len(messages) != 1 {
		t.Fatalf("%d messages were sent; answer %+v", len(messages), got)
	}
	m := messages[0]
	if got.status != http.StatusOK || got.body != `{"MessageID":"`+m.ID+`"}` || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("the answer is %+v", got)
	}
	if !uuidV7.MatchString(m.ID) {
		t.Errorf("the id %q is no UUIDv7", m.ID)
	}
	if m.ReceivedAt.Before(before) || m.Expires.Sub(m.ReceivedAt) != 5*time.Minute {
		t.Errorf("received at %v, expires at %v", m.ReceivedAt, m.Expires)
	}
	want := messaging.Message{
		ID: m.ID, Tenant: "acme", Channel: messaging.SMS, Action: messaging.Enrollment,
		To: "+18085555555", Country: "US", Text: "Here is your one time password: 999111", Code: "123456", Language: "en",
		ReceivedAt: m.ReceivedAt, Expires: m.Expires, IP: "127.0.0.1", UserAgent: "Mozilla/5.0",
		Client: &messaging.Client{ID: "1235", Name: "Test Application", Metadata: json.RawMessage(`{}`)},
		User: &messaging.User{
			ID: "auth0|test12345", Name: "Billie Magnusson", Email: "billie@example.com",
			AppMetadata: json.RawMessage(`{}`), UserMetadata: json.RawMessage(`{}`),
		},
	}
	type plain messaging.Message
	if diff := cmp.Diff(plain(want), plain(m)); diff != "" {
		t.Errorf("the message (-want +got):\n%s", diff)
	}
}

func TestEveryDocumentedShapeIsDeliveredUnderAnyContentType(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	files, err := filepath.Glob("door/testdata/shapes/*.json")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d shapes, %v", len(files), err)
	}
	types := []string{"application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "", "application/json; charset=utf-8"}
	for i, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := g.do(t, http.MethodPost, hookPath, statusToken, string(body), "Content-Type", types[i%len(types)])
		if filepath.Base(file) == "passwordless.json" { // its documented number is none
			if got.status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %+v", file, got)
			}
			continue
		}
		if got.status != http.StatusOK {
			t.Errorf("%s: %+v", file, got)
		}
	}
	for _, m := range sent.received() {
		if err := m.Validate(); err != nil || m.Country == "" {
			t.Errorf("%v: %v", m, err)
		}
	}
}

func TestPunctuationDoesNotMakeAnotherPhone(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	for _, number := range []string{"1-808-555-5555", "+1-808-555-5555", "+1 (808) 555-5555", "+18085555555", "8085555555"} {
		g.post(t, strings.Replace(seedBody, "1-808-555-5555", number, 1))
	}
	g.post(t, strings.Replace(seedBody, "1-808-555-5555", "+447700900123", 1))
	var numbers []string
	for _, m := range sent.received() {
		numbers = append(numbers, m.To)
	}
	want := []string{"+18085555555", "+18085555555", "+18085555555", "+18085555555", "+18085555555", "+447700900123"}
	if diff := cmp.Diff(want, numbers); diff != "" {
		t.Error(diff)
	}
}

func TestBadInputIsRefusedWithItsPlace(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	with := func(old, replacement string) string {
		body := strings.Replace(seedBody, old, replacement, 1)
		if body == seedBody {
			t.Fatalf("%q is not in the body", old)
		}
		return body
	}
	number := func(n string) string { return with("1-808-555-5555", n) }
	for name, c := range map[string]struct {
		body        string
		status      int
		code, field string
	}{
		"empty body":             {"", 400, "invalid_request", ""},
		"not JSON":               {"recipient=1", 400, "invalid_request", ""},
		"array":                  {"[" + seedBody + "]", 400, "invalid_request", ""},
		"truncated":              {seedBody[:100], 400, "invalid_request", ""},
		"deep nesting":           {`{"recipient":` + strings.Repeat("[", 10000), 400, "invalid_request", "recipient" + strings.Repeat("[0]", 31)},
		"duplicate key":          {with(`"text"`, `"recipient"`), 400, "invalid_request", "recipient"},
		"NUL":                    {with("999111", `\u0000`), 400, "invalid_request", "text"},
		"raw NUL":                {with("999111", "\x00"), 400, "invalid_request", ""},
		"invalid UTF-8":          {with("999111", "\xff"), 400, "invalid_request", ""},
		"missing recipient":      {with(`"recipient":"1-808-555-5555",`, ""), 400, "invalid_request", "recipient"},
		"missing text":           {with(`"text":"Here is your one time password: 999111",`, ""), 400, "invalid_request", "text"},
		"blank text":             {with("Here is your one time password: 999111", " "), 400, "invalid_request", "text"},
		"text too long":          {with("999111", strings.Repeat("9", 1601)), 400, "invalid_request", "text"},
		"unknown message_type":   {with(`"sms"`, `"fax"`), 400, "invalid_request", "context.message_type"},
		"unknown action":         {with(`"enrollment"`, `"dance"`), 400, "invalid_request", "context.action"},
		"voice with no text":     {`{"notification":{"recipient":"+18085555555","as_text":"x","as_voice":"","delivery_method":"voice"}}`, 400, "invalid_request", "notification.as_voice"},
		"number with letters":    {number("1-800-FLOWERS"), 422, "invalid_number", "recipient"},
		"number too short":       {number("+1 399 999"), 422, "invalid_number", "recipient"},
		"number too long":        {number("+1 808 555 55555"), 422, "invalid_number", "recipient"},
		"number with extension":  {number("+1 808 555 5555 ext 5"), 422, "invalid_number", "recipient"},
		"premium number":         {number("+1 900 555 1234"), 422, "invalid_number", "recipient"},
		"short code":             {number("12345"), 422, "invalid_number", "recipient"},
		"empty number":           {number(""), 422, "invalid_number", "recipient"},
		"number of a v2 event":   {`{"message_options":{"recipient":"x","text":"x"}}`, 422, "invalid_number", "message_options.recipient"},
		"number to notify":       {`{"notification":{"recipient":"x","as_text":"x"}}`, 422, "invalid_number", "notification.recipient"},
		"number of a forward":    {`{"to":"x","body":"x"}`, 422, "invalid_number", "to"},
		"long body of a forward": {`{"to":"+18085555555","body":"` + strings.Repeat("é", 1601) + `"}`, 400, "invalid_request", "body"},
	} {
		t.Run(name, func(t *testing.T) {
			got := g.post(t, c.body)
			var p struct{ Code, Field, Detail string }
			if err := json.Unmarshal([]byte(got.body), &p); err != nil {
				t.Fatalf("%+v: %v", got, err)
			}
			if got.status != c.status || p.Code != c.code || p.Field != c.field || p.Detail == "" {
				t.Errorf("the answer is %d %+v", got.status, p)
			}
			if got.header.Get("Content-Type") != "application/problem+json" || got.header.Get("Retry-After") != "" {
				t.Errorf("the headers are %v", got.header)
			}
			if strings.Contains(got.body, "999111") || strings.Contains(got.body, "123456") {
				t.Errorf("the answer repeats the code: %s", got.body)
			}
		})
	}
	if n := len(sent.received()); n > 0 {
		t.Errorf("%d bad messages were sent", n)
	}
}

func TestATextOfTheFullLengthIsSent(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	text := strings.Repeat("é", messaging.MaxTextLength)
	got := g.post(t, `{"recipient":"+18085555555","text":"`+text+`"}`)
	if got.status != http.StatusOK || sent.received()[0].Text != text {
		t.Errorf("the answer is %+v", got)
	}
}

func TestTheCredentialNamesTheTenant(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	for _, c := range []struct {
		header string
		status int
	}{
		{"Bearer " + statusToken, 200},
		{"bearer " + statusToken, 200},
		{"BEARER   " + statusToken + " ", 200},
		{"", 401},
		{"Bearer", 401},
		{"Bearer ", 401},
		{"Bearer wrong", 401},
		{"Bearer " + statusToken + "x", 401},
		{"Basic " + statusToken, 401},
		{statusToken, 401},
		{"Bearer " + gateway.HashToken(statusToken), 401},
	} {
		got := g.do(t, http.MethodPost, hookPath, "", seedBody, "Authorization", c.header)
		if got.status != c.status {
			t.Errorf("%q: %+v", c.header, got)
		}
		if c.status == 401 && (got.header.Get("WWW-Authenticate") != "Bearer" || !strings.Contains(got.body, `"code":"unauthorized"`)) {
			t.Errorf("%q: %+v", c.header, got)
		}
	}
	for _, m := range sent.received() {
		if m.Tenant != "acme" {
			t.Errorf("the tenant is %q", m.Tenant)
		}
	}
}

func TestOtherMethodsAndAddressesAreProblems(t *testing.T) {
	g := start(t, config(), gateway.Deps{Sender: &phones{}})
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} {
		for _, token := range []string{"", statusToken} {
			got := g.do(t, method, hookPath, token, "")
			if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST" ||
				got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %+v", method, got)
			}
		}
	}
	for _, path := range []string{"/", "/hooks", hookPath + "/", "/inbox", "/healthz", "/%2e%2e/x", "/hooks/send-phone-message%00"} {
		got := g.do(t, http.MethodPost, path, statusToken, seedBody)
		if got.status != http.StatusNotFound || !strings.Contains(got.body, `"code":"not_found"`) {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if got := g.do(t, http.MethodPost, hookPath+"?reply=letter", statusToken, seedBody); got.status != 400 {
		t.Errorf("an unknown reply mode: %+v", got)
	}
	if got := g.do(t, http.MethodPost, hookPath, statusToken, seedBody, "Content-Encoding", "gzip"); got.status != 400 || !strings.Contains(got.body, "Content-Encoding") {
		t.Errorf("a compressed body: %+v", got)
	}
}

func TestConcurrentCallsKeepTheirMessagesApart(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	const callers, calls = 8, 40
	var wg sync.WaitGroup
	ids := make([][]string, callers)
	for caller := range callers {
		wg.Go(func() {
			for call := range calls {
				text := fmt.Sprintf("%d-%d", caller, call)
				got := g.post(t, strings.Replace(seedBody, "Here is", text+" is", 1))
				ids[caller] = append(ids[caller], got.body)
			}
		})
	}
	wg.Wait()
	texts := map[string]string{}
	for _, m := range sent.received() {
		texts[`{"MessageID":"`+m.ID+`"}`] = m.Text
	}
	for caller := range callers {
		for call, id := range ids[caller] {
			if want := fmt.Sprintf("%d-%d is", caller, call); !strings.HasPrefix(texts[id], want) {
				t.Errorf("caller %d was answered %s for call %d, which is %q", caller, id, call, texts[id])
			}
		}
	}
	if len(texts) != callers*calls {
		t.Errorf("%d different messages of %d", len(texts), callers*calls)
	}
}
