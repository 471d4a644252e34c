package gateway_test

import (
	"context"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	statusToken   = "token-of-acme"
	envelopeToken = "token-of-legacy"
	hookPath      = "/hooks/send-phone-message"
)

// seedBody is the example of the extensibility point's own documentation.
const seedBody = `{"recipient":"1-808-555-5555","text":"Here is your one time password: 999111","context":{"message_type":"sms",` +
	`"action":"enrollment","language":"en","code":"123456","ip":"127.0.0.1","user_agent":"Mozilla/5.0",` +
	`"client":{"client_id":"1235","name":"Test Application","client_metadata":{}},` +
	`"user":{"user_id":"auth0|test12345","name":"Billie Magnusson","email":"billie@example.com","app_metadata":{},"user_metadata":{}}}}`

// phones is a sender that keeps what it is given, as phones would.
type phones struct {
	mu       sync.Mutex
	messages []messaging.Message
}

func (p *phones) Send(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages = append(p.messages, m)
	return messaging.Receipt{
		Code: messaging.CodeSent, Provider: "phones", Worker: "w1",
		Attempts: []messaging.Attempt{{Provider: "phones", Code: messaging.CodeSent}},
	}, nil
}

func (p *phones) received() []messaging.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]messaging.Message(nil), p.messages...)
}

// fails returns a sender that always fails with err.
func fails(err error) messaging.Sender {
	return messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		return messaging.Receipt{}, err
	})
}

// config has a tenant for each reply mode. Without a key, every call is a message of
// its own; what is about repetitions says so.
func config() gateway.Config {
	return gateway.Config{
		Listen: "127.0.0.1:0",
		Admin:  "127.0.0.1:0",
		Tenants: []gateway.Tenant{
			{Name: "acme", Tokens: []gateway.Token{{SHA256: gateway.HashToken(statusToken)}}, DefaultRegion: "US", DedupeWindow: deadline(0)},
			{Name: "legacy", Tokens: []gateway.Token{{SHA256: gateway.HashToken(envelopeToken)}}, DefaultRegion: "US", DedupeWindow: deadline(0), Reply: gateway.ReplyEnvelope},
		},
	}
}

// running is a gateway that serves until the test ends.
type running struct {
	*gateway.Server
	client *http.Client
	logs   *observer.ObservedLogs
	stop   context.CancelFunc
	done   chan error
}

func start(t testing.TB, config gateway.Config, deps gateway.Deps) *running {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	deps.Logger = zap.New(core)
	server, err := gateway.New(config, deps)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	g := &running{Server: server, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}, logs: logs, stop: cancel, done: make(chan error, 1)}
	go func() { g.done <- server.Run(ctx) }()
	t.Cleanup(func() {
		g.client.CloseIdleConnections()
		cancel()
		if err := <-g.done; err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
	return g
}

// answer is what a call got.
type answer struct {
	status int
	header http.Header
	body   string
}

// do makes a request to the public listener.
func (g *running) do(t testing.TB, method, path, token, body string, headers ...string) answer {
	t.Helper()
	return g.request(t, method, "http://"+g.Addr()+path, token, strings.NewReader(body), headers...)
}

// admin makes a request to the private listener.
func (g *running) admin(t testing.TB, method, path string, headers ...string) answer {
	t.Helper()
	return g.request(t, method, "http://"+g.AdminAddr()+path, "", http.NoBody, headers...)
}

func (g *running) request(t testing.TB, method, url, token string, body io.Reader, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := g.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(data)}
}

// post makes a hook call of the tenant that is answered with statuses.
func (g *running) post(t testing.TB, body string) answer {
	t.Helper()
	return g.do(t, http.MethodPost, hookPath, statusToken, body)
}

// eventually waits until condition holds; the bound only ends a broken test.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// golden compares got with a file; id, where it is in got, becomes ID.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-golden +got); run with -update if that is meant:\n%s", path, diff)
	}
}

func deadline(d time.Duration) *configs.Duration { return new(configs.Duration(d)) }

// secretFile writes a file that holds a secret.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
