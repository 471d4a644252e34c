package gateway_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/gateway/console"
)

func discard() *zap.Logger { return zap.NewNop() }

// box is an inbox with fixed messages.
type box []console.InboxMessage

func (b box) Messages() []console.InboxMessage { return b }

func TestHealthIsNotReadiness(t *testing.T) {
	var broken atomic.Bool
	g := start(t, config(), gateway.Deps{Sender: &phones{}, Ready: func() error {
		if broken.Load() {
			return errors.New("no connection to NATS")
		}
		return nil
	}})
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if health, ready := g.admin(t, method, "/healthz"), g.admin(t, method, "/readyz"); health.status != 200 || ready.status != 200 {
			t.Errorf("%s: %+v, %+v", method, health, ready)
		}
	}
	broken.Store(true)
	if got := g.admin(t, http.MethodGet, "/healthz"); got.status != 200 {
		t.Errorf("the health is %+v", got)
	}
	got := g.admin(t, http.MethodGet, "/readyz")
	if got.status != 503 || !strings.Contains(got.body, "no connection to NATS") || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the readiness is %+v", got)
	}
}

func TestTheInboxIsAnArrayOfEveryField(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	g := start(t, config(), gateway.Deps{Sender: &phones{}, Inbox: box{{
		ID: "1", Tenant: "acme", Channel: "sms", To: "+18085555555", From: "", Text: "<b>1</b>", Language: "en", Provider: "inbox", At: at,
	}}})
	got := g.admin(t, http.MethodGet, "/inbox")
	if got.status != 200 || got.header.Get("Content-Type") != "application/json" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the answer is %+v", got)
	}
	var messages []map[string]any
	if err := json.Unmarshal([]byte(got.body), &messages); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "tenant", "channel", "to", "from", "text", "language", "provider", "at"} {
		if _, there := messages[0][key]; !there {
			t.Errorf("%q is not in %v", key, messages[0])
		}
	}
	empty := start(t, config(), gateway.Deps{Sender: &phones{}, Inbox: box(nil)})
	if got := empty.admin(t, http.MethodGet, "/inbox"); got.body != "[]" {
		t.Errorf("an empty inbox is %s", got.body)
	}
}

func TestThePageShowsTheCallToPaste(t *testing.T) {
	g := start(t, config(), gateway.Deps{Sender: &phones{}, Inbox: box(nil), ExampleToken: "dev-token"})
	got := g.admin(t, http.MethodGet, "/")
	for _, want := range []string{"http://" + g.Addr() + hookPath, "Bearer dev-token", "/assets/inbox.js"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	csp := got.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("the policy is %q", csp)
	}
	if strings.Contains(got.body, "style=") || strings.Contains(got.body, "onclick") || strings.Contains(got.body, "<script>") {
		t.Error("the page has something inline")
	}
	for _, asset := range []string{"inbox.js", "console.css", "icon.svg"} {
		if got := g.admin(t, http.MethodGet, "/assets/"+asset); got.status != 200 || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", asset, got.status, got.header)
		}
	}
}

func TestWithoutAnInboxThePageSaysSo(t *testing.T) {
	g := start(t, config(), gateway.Deps{Sender: &phones{}})
	if got := g.admin(t, http.MethodGet, "/"); got.status != 200 || !strings.Contains(got.body, "No inbox here") || strings.Contains(got.body, "inbox.js") {
		t.Errorf("the page is %+v", got)
	}
	got := g.admin(t, http.MethodGet, "/inbox")
	if got.status != 404 || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the inbox is %+v", got)
	}
	if got := g.admin(t, http.MethodPost, "/readyz"); got.status != 405 || got.header.Get("Allow") == "" {
		t.Errorf("a POST is answered %+v", got)
	}
}

func TestTheConsoleIsOnlyKnownByNamesThatCannotBeRebound(t *testing.T) {
	settings := config()
	settings.AdminHosts = []string{"console.example.com"}
	g := start(t, settings, gateway.Deps{Sender: &phones{}, Inbox: box(nil)})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8081": 200, "LOCALHOST:1": 200, "dev.localhost:8081": 200,
		"127.0.0.1": 200, "10.1.2.3:8081": 200, "[::1]:8081": 200, "[::1]": 200,
		"console.example.com": 200, "Console.Example.com:8081": 200,
		"evil.example": 403, "evil.example:8081": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403, "example.com": 403,
	} {
		for _, path := range []string{"/", "/inbox", "/assets/inbox.js"} {
			if got := g.admin(t, http.MethodGet, path, "Host", host); got.status != want {
				t.Errorf("%s as %s: %d %.100s", path, host, got.status, got.body)
			}
		}
		if got := g.admin(t, http.MethodGet, "/healthz", "Host", host); got.status != 200 {
			t.Errorf("the health as %s: %+v", host, got)
		}
	}
}
