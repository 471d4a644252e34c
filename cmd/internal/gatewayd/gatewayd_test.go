package gatewayd_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/gatewayd"
	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/messaging/natsserver"
)

// A nats-server that is shut down while it makes a stream, as for a gateway that has just
// begun, leaves that stream's goroutines behind.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"))
}

// patience bounds what should take a moment; only a failure reaches it.
const patience = 20 * time.Second

const anywhere = "127.0.0.1:0"

func config(url string) gatewayd.Config {
	return gatewayd.Config{
		Kind: gatewayd.Kind, NATS: natsrpc.Config{URL: url},
		Config: gateway.Config{Listen: anywhere, Admin: anywhere, Tenants: []gateway.Tenant{{
			Name: "demo", DefaultRegion: "US", Tokens: []gateway.Token{{SHA256: gateway.HashToken("t0")}},
		}}},
	}
}

// start runs a gateway until the test ends.
func start(t *testing.T, cfg gatewayd.Config) *gatewayd.Process {
	t.Helper()
	p, err := gatewayd.New(cfg, gatewayd.Options{Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the gateway does not end")
		}
	})
	return p
}

// do makes a request and returns the answer's status and body.
func do(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer t0")
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

const call = `{"recipient":"+18085555555","text":"Here is your one time password: 999111","context":{"message_type":"sms"}}`

func TestGatewayWorksOnceNATSAndAWorkerAreThere(t *testing.T) {
	listener, err := net.Listen("tcp", anywhere) //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()

	url := "nats://127.0.0.1:" + strconv.Itoa(port)
	var server *natsserver.Server
	t.Cleanup(func() { // after the gateway has ended
		if server != nil {
			_ = server.Shutdown()
		}
	})
	p := start(t, config(url))
	hook, ready := "http://"+p.Addr()+"/hooks/send-phone-message", "http://"+p.AdminAddr()+"/readyz"
	if code, _ := do(t, http.MethodGet, "http://"+p.AdminAddr()+"/healthz", ""); code != http.StatusOK {
		t.Errorf("/healthz answers %d", code)
	}
	if code, text := do(t, http.MethodGet, ready, ""); code != http.StatusServiceUnavailable || !strings.Contains(text, "not connected to nats") {
		t.Errorf("/readyz answers %d %s", code, text)
	}
	server, err = natsserver.Start(natsserver.Options{Port: port, StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if code, text := do(t, http.MethodGet, ready, ""); code == http.StatusOK {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("/readyz answers %d %s", code, text)
		}
	}
	work(t, url)
	if code, text := do(t, http.MethodPost, hook, call); code != http.StatusOK || !strings.HasPrefix(text, `{"MessageID":"`) {
		t.Errorf("the hook answers %d %s", code, text)
	}
}

// work answers every message as sent.
func work(t *testing.T, url string) {
	t.Helper()
	nc, err := natsrpc.Connect(natsrpc.Config{URL: url}, "test", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	sent := messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		return messaging.Receipt{Code: messaging.CodeSent, Provider: "p"}, nil
	})
	server, err := natsrpc.NewServer(nc, sent, natsrpc.ServerOptions{Tenants: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Drain(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		nc.Close()
	})
}

func TestTwoGatewaysRunInOneProgram(t *testing.T) {
	server, err := natsserver.Start(natsserver.Options{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Shutdown() }) // after the gateway has ended
	work(t, server.URL())
	for range 2 {
		p := start(t, config(server.URL()))
		if code, text := do(t, http.MethodPost, "http://"+p.Addr()+"/hooks/send-phone-message", call); code != http.StatusOK {
			t.Errorf("the hook answers %d %s", code, text)
		}
	}
}

func TestAddressInUseIsAnError(t *testing.T) {
	listener, err := net.Listen("tcp", anywhere) //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	cfg := config("nats://127.0.0.1:1")
	cfg.Listen = listener.Addr().String()
	p, err := gatewayd.New(cfg, gatewayd.Options{Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), cfg.Listen) {
		t.Errorf("got %v", err)
	}
}

func TestTokenFileIsReadAtOnce(t *testing.T) {
	cfg := config("nats://127.0.0.1:1")
	missing := filepath.Join(t.TempDir(), "token")
	cfg.Tenants[0].Tokens = []gateway.Token{{TokenFile: missing}}
	_, err := gatewayd.New(cfg, gatewayd.Options{Logger: zap.NewNop()})
	if want := "tenants[0].tokens[0].token_file: open " + missing + ": no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLoadPutsEnvironmentOverFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateway.yaml")
	text := "kind: gateway\nnats: {url: nats://from-file}\ntenants: [{name: a, tokens: [{sha256: " + gateway.HashToken("x") + "}]}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := gatewayd.Load(path, func(name string) (string, bool) {
		return "nats://from-environment", name == "PHONEHOOK_NATS_URL"
	})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.NATS.URL != "nats://from-environment" || cfg.Listen != gateway.DefaultListen || cfg.Admin != gateway.DefaultAdmin {
		t.Errorf("got %+v", cfg)
	}
	_, err = gatewayd.Load(filepath.Join(t.TempDir(), "missing"), os.LookupEnv)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestConfigComplainsOfEveryPart(t *testing.T) {
	cfg := gatewayd.Config{Kind: "worker"}
	cfg.Log.Format = "xml"
	want := []string{
		`kind: is "worker"; a gateway's file has kind: gateway`,
		`log.format: "xml" is neither json nor console`,
		"nats.url: is missing, for example nats://127.0.0.1:4222",
		"tenants: needs at least one tenant",
	}
	if diff := cmp.Diff(want, strings.Split(cfg.Validate().Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
