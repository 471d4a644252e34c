package notify_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var key = []byte(strings.Repeat("k", 32))

func secret() configs.Secret {
	return configs.NewSecret("whsec_" + base64.StdEncoding.EncodeToString(key))
}

func notice(tenant string) messaging.Notice {
	return messaging.Notice{ID: "msg_1", Tenant: tenant, Body: []byte(`{"type":"message.delivered"}`)}
}

func start(t *testing.T, handle http.HandlerFunc) *notify.Notifier {
	t.Helper()
	server := httptest.NewServer(handle)
	n, err := notify.New([]notify.Tenant{{Name: "acme", Server: &notify.Config{URL: server.URL + "/hook", Secret: secret(), AllowInsecure: true}}, {Name: "quiet"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.Close()
		server.Close()
	})
	return n
}

// TestANoticeIsSignedAsStandardWebhooksAre checks the signature as a receiver does, by the
// specification and not by the package's own function.
func TestANoticeIsSignedAsStandardWebhooksAre(t *testing.T) {
	var got *http.Request
	var body []byte
	n := start(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	})
	if err := n.Notify(t.Context(), notice("acme")); err != nil {
		t.Fatal(err)
	}
	if got.Method != http.MethodPost || got.URL.Path != "/hook" || got.Header.Get("Content-Type") != "application/json" || string(body) != `{"type":"message.delivered"}` {
		t.Errorf("got %s %s %v %s", got.Method, got.URL, got.Header, body)
	}
	at := got.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute {
		t.Errorf("the timestamp is %q", at)
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte("msg_1." + at + "." + string(body)))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); got.Header.Get("webhook-id") != "msg_1" || got.Header.Get("webhook-signature") != want {
		t.Errorf("got %v; want %s", got.Header, want)
	}
}

func TestWhatServersAnswer(t *testing.T) {
	for status, want := range map[int]messaging.Code{200: 0, 204: 0, 410: messaging.CodeRejected, 302: messaging.CodeUnavailable, 400: messaging.CodeUnavailable, 404: messaging.CodeUnavailable, 500: messaging.CodeUnavailable} {
		followed := false
		n := start(t, func(w http.ResponseWriter, r *http.Request) {
			followed = followed || r.URL.Path != "/hook"
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		err := n.Notify(t.Context(), notice("acme"))
		if (want == 0) != (err == nil) || want != 0 && !errors.Is(err, want) || followed {
			t.Errorf("%d: got %v; want %v (followed %v)", status, err, want, followed)
		}
	}
}

func TestAServerThatHangsIsLeft(t *testing.T) {
	release := make(chan struct{})
	n := start(t, func(http.ResponseWriter, *http.Request) { <-release })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := n.Notify(ctx, notice("acme"))
	close(release)
	if !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestWhoIsTold(t *testing.T) {
	n := start(t, func(http.ResponseWriter, *http.Request) {})
	if !n.Tells("acme") || n.Tells("quiet") || n.Tells("other") {
		t.Error("others than acme are told")
	}
	if err := n.Notify(t.Context(), notice("quiet")); !errors.Is(err, messaging.CodeRejected) {
		t.Errorf("got %v", err)
	}
	every, err := notify.New([]notify.Tenant{{Name: "*", Server: &notify.Config{URL: "https://example.com", Secret: secret()}}, {Name: "quiet"}})
	if err != nil || !every.Tells("other") || every.Tells("quiet") {
		t.Errorf("with one for all: %v", err)
	}
}

func TestConfigComplaints(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  notify.Config
		want string
	}{
		"all":         {notify.Config{URL: "https://example.com/hook?a=1", Secret: secret()}, ""},
		"nothing":     {notify.Config{}, "secret: is missing; give it, or the path of a file with it as secret_file\nurl: is missing; it is where the tenant's server listens"},
		"no TLS":      {notify.Config{URL: "http://example.com", Secret: secret()}, "url: must begin with https://; a server on a network of your own needs allow_insecure: true"},
		"no address":  {notify.Config{URL: "example.com", Secret: secret()}, "url: is not an address such as https://example.com"},
		"two secrets": {notify.Config{URL: "https://example.com", Secret: secret(), SecretFile: "/x"}, "secret: is given twice, as secret and as secret_file; keep one"},
		"no prefix": {
			notify.Config{URL: "https://example.com", Secret: configs.NewSecret("s3cret")},
			`secret: is not "whsec_" with 24 to 64 bytes in base64; make one with: echo "whsec_$(openssl rand -base64 32)"`,
		},
	} {
		got := ""
		if err := c.cfg.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q; want %q", name, got, c.want)
		}
	}
	short := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(short, []byte("whsec_AAAA"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := notify.New([]notify.Tenant{{Name: "a", Server: &notify.Config{URL: "https://example.com", SecretFile: short}}}); err == nil || !strings.HasPrefix(err.Error(), "tenants[0].receipts.secret: ") {
		t.Errorf("got %v", err)
	}
}
