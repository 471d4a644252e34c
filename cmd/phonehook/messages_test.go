package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// api is a gateway's native API with one answer, that remembers the last request.
type api struct {
	status int
	answer string

	request, authorization string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.request, a.authorization = r.Method+" "+r.URL.RequestURI(), r.Header.Get("Authorization")
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.answer)
}

func startAPI(t *testing.T, a *api) (url string) {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return server.URL
}

const (
	messageID     = "019ab0c5-5e1a-7c3b-9a51-2f1f0c5ad7f3"
	sentMessage   = `{"id":"` + messageID + `","status":"sent","channel":"sms","action":"enrollment","to":"+18*******55","country":"US","provider":"vonage","provider_message_id":"0A01","attempts":[{"provider":"slow","outcome":"unavailable","duration_ms":1500,"provider_code":"5"},{"provider":"vonage","outcome":"sent","duration_ms":120,"provider_message_id":"0A01"}],"created_at":"2026-11-23T12:00:00.25Z","expires_at":"2026-11-23T12:05:00.25Z","updated_at":"2026-11-23T12:00:01.9Z"}`
	queuedMessage = `{"id":"019ab0c5-0000-7000-8000-000000000000","status":"pending","attempts":[]}`
)

func TestMessagesAreReadable(t *testing.T) {
	for name, tt := range map[string]struct {
		answer string
		args   []string
		golden string
	}{
		"get":            {sentMessage, []string{"get", messageID}, "messages-get.txt"},
		"get, queued":    {queuedMessage, []string{"get", messageID}, "messages-get-queued.txt"},
		"list":           {`{"messages":[` + sentMessage + `,` + queuedMessage + `]}`, []string{"list", "--to", "+18085555555"}, "messages-list.txt"},
		"list of none":   {`{"messages":[]}`, []string{"list", "--to", "+18085555555"}, "messages-list-none.txt"},
		"cancel, queued": {strings.Replace(queuedMessage, "pending", "cancelled", 1), []string{"cancel", messageID}, "messages-cancel.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			url := startAPI(t, &api{status: 200, answer: tt.answer})
			stdout, stderr, err := execute(t, t.Context(), append([]string{"messages", "--url", url}, tt.args...)...)
			if err != nil || stderr != "" {
				t.Errorf("got %v, and said %q", err, stderr)
			}
			golden(t, tt.golden, stdout)
		})
	}
}

func TestMessagesAsksTheGateway(t *testing.T) {
	t.Setenv(tokenVariable, "from-environment")
	for want, args := range map[string][]string{
		"GET /v1/messages/" + messageID:               {"get", messageID},
		"POST /v1/messages/" + messageID + "/cancel":  {"cancel", messageID},
		"GET /v1/messages?limit=20&to=%2B18085555555": {"list", "--to", "+18085555555"},
		"GET /v1/messages?limit=3&to=8085555555":      {"list", "--to", "8085555555", "--limit", "3"},
		"GET /v1/messages/a%2Fb%3Fc":                  {"get", "a/b?c"},
	} {
		a := &api{status: 200, answer: "{}"}
		url := startAPI(t, a)
		stdout, _, err := execute(t, t.Context(), append([]string{"messages", "--json", "--url", url + "/"}, args...)...)
		if err != nil || stdout != "{}\n" || a.request != want || a.authorization != "Bearer from-environment" {
			t.Errorf("asked %s as %s, want %s; printed %q, %v", a.request, a.authorization, want, stdout, err)
		}
	}
	a := &api{status: 200, answer: queuedMessage}
	if _, _, err := execute(t, t.Context(), "messages", "get", messageID, "--url", startAPI(t, a), "--token", "from-flag"); err != nil || a.authorization != "Bearer from-flag" {
		t.Errorf("asked as %s, %v", a.authorization, err)
	}
}

func TestMessagesFailsWithTheGatewaysReason(t *testing.T) {
	const notFound = `{"type":"urn:phonehook:problem:not_found","title":"There is nothing here","status":404,"detail":"there is no message with this id","code":"not_found"}`
	for name, tt := range map[string]struct {
		status int
		answer string
		args   []string
		want   string
	}{
		"a problem":                {404, notFound, []string{"get", messageID}, "messages: 404 not_found: there is no message with this id"},
		"one without detail":       {503, `{"code":"unavailable","title":"The message could not be sent now"}`, []string{"cancel", messageID}, "messages: 503 unavailable: The message could not be sent now"},
		"a proxy's page":           {502, "<html>", []string{"get", messageID}, "messages: the answer is 502 Bad Gateway, and not a gateway's"},
		"a page of something else": {200, "<html>", []string{"get", messageID}, "messages: the answer is not a message; is the URL a gateway's?"},
		"an object of another":     {200, "{}", []string{"list", "--to", "1"}, "messages: the answer is not a list of messages; is the URL a gateway's?"},
		"no id":                    {200, "{}", []string{"get"}, "messages get: which message? For example: phonehook messages get " + messageID},
		"two ids":                  {200, "{}", []string{"cancel", "a", "b"}, "messages cancel: which message? For example: phonehook messages cancel " + messageID},
		"no number":                {200, "{}", []string{"list"}, "messages list: to which number? For example: phonehook messages list --to +18085555555"},
		"no URL":                   {200, "{}", []string{"get", messageID, "--url", "x"}, `messages: "x" is not a URL such as http://127.0.0.1:8080`},
	} {
		t.Run(name, func(t *testing.T) {
			url := startAPI(t, &api{status: tt.status, answer: tt.answer})
			stdout, _, err := execute(t, t.Context(), append([]string{"messages", "--url", url}, tt.args...)...)
			if err == nil || err.Error() != tt.want || stdout != "" {
				t.Errorf("got %v, want %s; printed %q", err, tt.want, stdout)
			}
		})
	}
	url := startAPI(t, &api{status: 404, answer: notFound})
	if stdout, _, err := execute(t, t.Context(), "messages", "get", messageID, "--json", "--url", url); err == nil || stdout != notFound+"\n" {
		t.Errorf("as JSON: %q, %v", stdout, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatal(err)
	}
	url = "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, _, err = execute(t, t.Context(), "messages", "get", messageID, "--url", url)
	if want := "messages: nothing listens at " + url + "; start it, for example with: phonehook dev"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
