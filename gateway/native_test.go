package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
)

func TestTheNativeAPISendsAMessage(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	before := time.Now().Truncate(time.Millisecond)
	got := g.send(t, `{"to":"1 (808) 555-5555","channel":"voice","text":"Your code is 424242","code":"424242","from":"Acme","language":"pt-br",`+
		`"action":"second-factor-authentication","expires_in":90,"ip":"192.0.2.1","user_agent":"Mozilla/5.0",`+
		`"client":{"client_id":"c","name":"n","client_metadata":{"a":1}},"user":{"user_id":"u","name":"n","email":"e@example.com","app_metadata":{},"user_metadata":{"b":2}}}`)
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" || got.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the answer is %+v", got)
	}
	m := e.received()[0]
	want := messaging.Message{
		ID: m.ID, Tenant: "acme", Channel: messaging.Voice, Action: messaging.SecondFactor, To: "+18085555555", Country: "US",
		ToHash: numberKey.Hash("acme", "+18085555555"), From: "Acme", Text: "Your code is 424242", Code: "424242", Language: "pt-BR",
		ReceivedAt: m.ReceivedAt, Expires: m.ReceivedAt.Add(90 * time.Second), IP: "192.0.2.1", UserAgent: "Mozilla/5.0",
		Client: &messaging.Client{ID: "c", Name: "n", Metadata: json.RawMessage(`{"a":1}`)},
		User:   &messaging.User{ID: "u", Name: "n", Email: "e@example.com", AppMetadata: json.RawMessage(`{}`), UserMetadata: json.RawMessage(`{"b":2}`)},
	}
	type plain messaging.Message
	if diff := cmp.Diff(plain(want), plain(m)); diff != "" {
		t.Errorf("the message (-want +got):\n%s", diff)
	}
	var shown map[string]any
	if err := json.Unmarshal([]byte(got.body), &shown); err != nil {
		t.Fatal(err)
	}
	created, _ := time.Parse(time.RFC3339Nano, shown["created_at"].(string))
	if created.Before(before) || !strings.HasSuffix(shown["created_at"].(string), "Z") {
		t.Errorf("created at %v", shown["created_at"])
	}
	delete(shown, "created_at")
	delete(shown, "expires_at")
	wanted := map[string]any{
		"id": m.ID, "status": "sent", "channel": "voice", "action": "second-factor-authentication", "to": "+18*******55", "country": "US",
		"provider": "vonage", "provider_message_id": "0A01", "attempts": []any{
			map[string]any{"provider": "slow", "outcome": "unavailable", "duration_ms": 1001.0, "provider_code": "5"},
			map[string]any{"provider": "vonage", "outcome": "sent", "duration_ms": 120.0, "provider_message_id": "0A01"},
		},
	}
	if diff := cmp.Diff(wanted, shown); diff != "" {
		t.Errorf("the answer (-want +got):\n%s", diff)
	}
}

func TestDefaultsOfTheNativeAPI(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	g.send(t, `{"to":"+18085555555","text":"x"}`)
	m := e.received()[0]
	if m.Channel != messaging.SMS || m.Expires.Sub(m.ReceivedAt) != 5*time.Minute || m.Action != "" || m.Accept || m.Client != nil || m.User != nil {
		t.Errorf("the message is %+v", m)
	}
}

func TestTheNativeAPIRefusesWhatItDoesNotHave(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	with := func(more string) string { return `{"to":"+18085555555","text":"x",` + more + `}` }
	for name, c := range map[string]struct {
		body   string
		status int
		field  string
	}{
		"empty":                 {"", 400, ""},
		"not an object":         {"[]", 400, ""},
		"cut off":               {`{"to":`, 400, ""},
		"no number":             {`{"text":"x"}`, 400, "to"},
		"no text":               {`{"to":"+18085555555"}`, 400, "text"},
		"blank text":            {`{"to":"+18085555555","text":" "}`, 400, "text"},
		"long text":             {`{"to":"+18085555555","text":"` + strings.Repeat("é", 1601) + `"}`, 400, "text"},
		"a bad number":          {`{"to":"12","text":"x"}`, 422, "to"},
		"a key twice":           {with(`"to":"+18085555556"`), 400, "to"},
		"another member":        {with(`"recipient":"x"`), 400, "recipient"},
		"another inner member":  {with(`"client":{"id":"x"}`), 400, "client.id"},
		"another one of a user": {with(`"user":{"identities":[]}`), 400, "user.identities"},
		"null":                  {with(`"code":null`), 400, "code"},
		"inner null":            {with(`"client":{"name":null}`), 400, "client.name"},
		"a number as code":      {with(`"code":424242`), 400, "code"},
		"another channel":       {with(`"channel":"text"`), 400, "channel"},
		"no channel":            {with(`"channel":""`), 400, "channel"},
		"another action":        {with(`"action":"otp_verify"`), 400, "action"},
		"another language":      {with(`"language":"N/A"`), 400, "language"},
		"a life of nothing":     {with(`"expires_in":0`), 400, "expires_in"},
		"a life too long":       {with(`"expires_in":86401`), 400, "expires_in"},
		"half a second":         {with(`"expires_in":0.5`), 400, "expires_in"},
		"a life in words":       {with(`"expires_in":"5m"`), 400, "expires_in"},
		"a negative life":       {with(`"expires_in":-1`), 400, "expires_in"},
		"metadata of a list":    {with(`"client":{"client_metadata":[]}`), 400, "client.client_metadata"},
		"too large":             {sized(300_000), 413, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := g.send(t, c.body)
			p := as[problem](t, got)
			if got.status != c.status || p.Field != c.field || p.Detail == "" || p.MessageID == "" || strings.Contains(got.body, "424242") {
				t.Errorf("the answer is %+v", got)
			}
		})
	}
	if len(e.received()) > 0 || e.keys.Len() > 0 || len(e.history.All()) > 0 {
		t.Error("something was sent, claimed or recorded")
	}
}

func TestEachMethodAndCredentialOfTheNativeAPI(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	const one = messagesPath + "/019389b8-7c00-7000-8000-0123456789ab"
	for path, allow := range map[string]string{
		messagesPath: "GET, HEAD, POST", one: "GET, HEAD", one + "/cancel": "POST", "/v1/openapi.json": "GET, HEAD",
	} {
		for _, method := range []string{"PUT", "DELETE", "OPTIONS", "PATCH"} {
			got := g.do(t, method, path, "", "")
			if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != allow || as[problem](t, got).Code != "method_not_allowed" {
				t.Errorf("%s %s: %+v", method, path, got)
			}
		}
		if path == "/v1/openapi.json" {
			continue
		}
		for method := range strings.SplitSeq(strings.Replace(strings.Replace(allow, "HEAD, ", "", 1), ", HEAD", "", 1), ", ") {
			for _, token := range []string{"", "wrong"} {
				got := g.do(t, method, path, token, "")
				if got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%s %s with %q: %+v", method, path, token, got)
				}
			}
		}
	}
	for _, path := range []string{"/v1", "/v1/", messagesPath + "/", one + "/", one + "/send", "/v2/messages"} {
		if got := g.native(t, http.MethodGet, path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s: %+v", path, got)
		}
	}
	id := as[message](t, g.send(t, nativeBody)).ID
	head := g.native(t, http.MethodHead, messagesPath+"/"+id, "")
	if head.status != http.StatusOK || head.body != "" || head.header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD: %+v", head)
	}
}

func TestFailuresOfTheNativeAPIAreProblems(t *testing.T) {
	for _, code := range messaging.Codes() {
		if code == messaging.CodeSent || code == messaging.CodePending {
			continue
		}
		deps := gateway.Deps{Sender: fails(&messaging.Error{Code: code, Detail: "it says why", Field: "to"})}
		g := start(t, config(), deps)
		got := g.send(t, nativeBody)
		p := as[problem](t, got)
		if got.status != code.Status() || p.Code != code.String() || p.Field != "to" || p.MessageID == "" || p.Instance != "urn:uuid:"+p.MessageID {
			t.Errorf("%s: %+v", code, got)
		}
	}
}

func TestAPanicBehindTheNativeAPIIsAProblem(t *testing.T) {
	sender := messaging.SenderFunc(func(_ context.Context, m messaging.Message) (messaging.Receipt, error) { panic(m.Text) })
	g := start(t, config(), gateway.Deps{Sender: sender})
	got := g.send(t, nativeBody)
	if got.status != http.StatusInternalServerError || strings.Contains(got.body, "424242") {
		t.Errorf("the answer is %+v", got)
	}
}

func TestWhatAGatewayDoesNotHaveIsSaid(t *testing.T) {
	g := start(t, config(), gateway.Deps{Sender: &phones{}})
	const one = messagesPath + "/019389b8-7c00-7000-8000-0123456789ab"
	for name, got := range map[string]answer{
		"async":  g.send(t, nativeBody, "Prefer", "respond-async"),
		"both":   g.send(t, nativeBody, "Prefer", "respond-async, wait=5"),
		"wait=0": g.send(t, nativeBody, "Prefer", "wait=0"),
		"get":    g.native(t, http.MethodGet, one, ""),
		"list":   g.native(t, http.MethodGet, messagesPath+"?to=%2B18085555555", ""),
		"cancel": g.native(t, http.MethodPost, one+"/cancel", ""),
	} {
		if p := as[problem](t, got); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || !strings.HasPrefix(p.Detail, "this gateway has no") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	var e engine
	deps := e.deps()
	deps.NumberKey = nil
	g = start(t, config(), deps)
	if got := g.native(t, http.MethodGet, messagesPath+"?to=%2B18085555555", ""); got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "number_key") {
		t.Errorf("without a key: %+v", got)
	}
	if got := g.send(t, nativeBody); got.status != http.StatusOK {
		t.Errorf("sending without a key: %+v", got)
	}
}
