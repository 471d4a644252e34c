package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hook is a gateway that remembers the last call and answers as it is told.
type hook struct {
	status int
	answer string

	authorization, query string
	body                 map[string]any
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, _ := io.ReadAll(r.Body)
	h.body = nil
	_ = json.Unmarshal(data, &h.body)
	h.authorization, h.query = r.Header.Get("Authorization"), r.URL.RawQuery
	if r.Method != http.MethodPost || r.URL.Path != hookPath || r.Header.Get("Content-Type") != "application/json" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	w.WriteHeader(h.status)
	_, _ = io.WriteString(w, h.answer)
}

func startHook(t *testing.T, h *hook) (url string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL + hookPath
}

func TestSendSucceedsOnlyIfMessageWasTaken(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		answer string
		good   bool
	}{
		"taken":                {200, `{"MessageID":"x"}`, true},
		"envelope of success":  {200, `{"statusCode":200,"headers":{},"status":"success","data":{"MessageID":"x"}}`, true},
		"envelope of an error": {200, `{"status":"error","data":{"message":"no"}}`, false},
		"pending":              {202, `{"MessageID":"x"}`, false},
		"refused":              {422, `{"code":"rejected"}`, false},
		"unavailable":          {503, `{"code":"unavailable"}`, false},
		"a page of a proxy":    {200, `<html>`, false},
	} {
		t.Run(name, func(t *testing.T) {
			url := startHook(t, &hook{status: tt.status, answer: tt.answer})
			stdout, stderr, err := execute(t, t.Context(), "send", "--url", url)
			if (err == nil) != tt.good {
				t.Errorf("got error %v", err)
			}
			if stdout != tt.answer+"\n" {
				t.Errorf("printed %q", stdout)
			}
			if want := http.StatusText(tt.status) + " in "; !strings.Contains(stderr, want) {
				t.Errorf("said %q", stderr)
			}
		})
	}
}

func TestSendMakesDocumentedCall(t *testing.T) {
	t.Setenv(tokenVariable, "")
	h := &hook{status: 200, answer: `{}`}
	if _, _, err := execute(t, t.Context(), "send", "--url", startHook(t, h)); err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	const seed = `{"recipient": "1-808-555-5555", "text": "Here is your one time password: 999111",
		"context": {"message_type": "sms", "action": "enrollment", "language": "en", "code": "123456", "ip": "127.0.0.1",
		"user_agent": "Mozilla/5.0", "client": {"client_id": "1235", "name": "Test Application", "client_metadata": {}},
		"user": {"user_id": "auth0|test12345", "name": "Billie Magnusson", "email": "billie@example.com",
		"app_metadata": {}, "user_metadata": {}}}}`
	if err := json.Unmarshal([]byte(seed), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, h.body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if h.authorization != "Bearer dev-token" || h.query != "" {
		t.Errorf("got authorization %q, query %q", h.authorization, h.query)
	}
}

func TestSendFlagsChangeTheCall(t *testing.T) {
	h := &hook{status: 200, answer: `{}`}
	url := startHook(t, h)
	_, _, err := execute(t, t.Context(), "send", "--url", url+"?a=b", "--token", "t0", "--to", "+15005550006", "--from", "Acme",
		"--code", "482910", "--voice", "--language", "es", "--action", "second-factor-authentication", "--reply", "envelope")
	if err != nil {
		t.Fatal(err)
	}
	context, _ := h.body["context"].(map[string]any)
	got := map[string]any{
		"to": h.body["recipient"], "from": h.body["from"], "text": h.body["text"], "code": context["code"],
		"type": context["message_type"], "language": context["language"], "action": context["action"],
		"authorization": h.authorization, "query": h.query,
	}
	want := map[string]any{
		"to": "+15005550006", "from": "Acme", "text": "Here is your one time password: 482910", "code": "482910",
		"type": "voice", "language": "es", "action": "second-factor-authentication",
		"authorization": "Bearer t0", "query": "a=b&reply=envelope",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSendTakesTokenFromEnvironment(t *testing.T) {
	t.Setenv(tokenVariable, "from-environment")
	h := &hook{status: 200, answer: `{}`}
	url := startHook(t, h)
	for want, flags := range map[string][]string{
		"Bearer from-environment": nil,
		"Bearer from-flag":        {"--token", "from-flag"},
	} {
		if _, _, err := execute(t, t.Context(), append([]string{"send", "--url", url}, flags...)...); err != nil {
			t.Fatal(err)
		}
		if h.authorization != want {
			t.Errorf("got %q, want %q", h.authorization, want)
		}
	}
}

func TestSendWithoutGatewaySaysWhatToDo(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String() + hookPath
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, _, err = execute(t, t.Context(), "send", "--url", url)
	if want := "send: nothing listens at " + url + "; start it, for example with: phonehook dev"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSendGivesUpAfterItsTimeout(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	_, _, err := execute(t, t.Context(), "send", "--url", server.URL+hookPath, "--timeout", "50ms")
	if err == nil || !strings.HasPrefix(err.Error(), "send: no answer from ") {
		t.Errorf("got %v", err)
	}
}

func TestSendRefusesWhatIsNoURL(t *testing.T) {
	_, _, err := execute(t, t.Context(), "send", "--url", "127.0.0.1:8080")
	if err == nil || !strings.Contains(err.Error(), "is not a URL such as http://127.0.0.1:8080/hooks/send-phone-message") {
		t.Errorf("got %v", err)
	}
}
