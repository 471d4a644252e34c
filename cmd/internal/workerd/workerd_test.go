package workerd_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/workerd"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/messaging/natsserver"
	"github.com/phonehook/phonehook/messaging/natsstore"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/builtin"
	"github.com/phonehook/phonehook/worker/provider/inbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what should take a moment; only a failure reaches it.
const patience = 20 * time.Second

// config is a worker's with one inbox, named box, for the tenants.
func config(url, admin string, tenants ...string) workerd.Config {
	cfg := workerd.Config{
		Kind: workerd.Kind, NATS: natsrpc.Config{URL: url}, Admin: admin,
		Delivery: workerd.Delivery{Providers: builtin.Entries{{Name: "box", Inbox: &inbox.Config{}}}},
	}
	for _, name := range tenants {
		cfg.Tenants = append(cfg.Tenants, worker.Tenant{Name: name, Routes: []worker.Route{{Providers: []string{"box"}}}})
	}
	return cfg
}

// start runs a worker until the returned function is called, or the test ends.
func start(t *testing.T, cfg workerd.Config) (p *workerd.Process, stop func() error) {
	t.Helper()
	p, err := workerd.New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	ended := false
	stop = func() error {
		if ended {
			return nil
		}
		ended = true
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(patience):
			return errors.New("the worker does not end")
		}
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return p, stop
}

// client is a gateway's Sender. Like a gateway, it makes what JetStream needs.
func client(t *testing.T, url string) messaging.Sender {
	t.Helper()
	nc, err := natsrpc.Connect(natsrpc.Config{URL: url}, "test", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	c, err := natsrpc.NewClient(nc, natsrpc.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := natsstore.Open(nc, natsstore.Options{Manage: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = store.Close(context.WithoutCancel(t.Context()))
		c.Close()
		nc.Close()
	})
	return c
}

func send(t *testing.T, s messaging.Sender, tenant string) (messaging.Receipt, error) {
	t.Helper()
	m := messagingtest.Message()
	m.Tenant, m.Expires = tenant, time.Now().Add(time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return s.Send(ctx, m)
}

// status asks a private listener.
func status(t *testing.T, address, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, strings.TrimSpace(string(text))
}

// eventually waits until a private listener answers with this status.
func eventually(t *testing.T, address, path string, want int) {
	t.Helper()
	var got int
	var text string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if got, text = status(t, address, path); got == want {
			return
		}
	}
	t.Fatalf("%s answers %d %s, want %d", path, got, text, want)
}

// free is an address that nobody listens at.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func TestWorkerDeliversWhatItIsSent(t *testing.T) {
	url := messagingtest.NATS(t)
	p, _ := start(t, config(url, "", "*"))
	receipt, err := send(t, client(t, url), "demo")
	if err != nil || receipt.Provider != "box" || receipt.Worker == "" {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	box, ok := p.Providers()["box"].(*inbox.Inbox)
	if !ok || len(box.Messages()) != 1 {
		t.Error("the message is not in the inbox")
	}
}

func TestWorkerTakesItsOwnTenantsOnly(t *testing.T) {
	url := messagingtest.NATS(t)
	start(t, config(url, "", "acme", "demo"))
	sender := client(t, url)
	if _, err := send(t, sender, "demo"); err != nil {
		t.Error(err)
	}
	if _, err := send(t, sender, "stranger"); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestTwoWorkersRunInOneProgram(t *testing.T) {
	url := messagingtest.NATS(t)
	sender := client(t, url)
	_, stop := start(t, config(url, "", "*"))
	start(t, config(url, "", "*"))
	workers := make(map[string]bool)
	for deadline := time.Now().Add(patience); len(workers) < 2 && time.Now().Before(deadline); {
		receipt, err := send(t, sender, "demo")
		if err != nil {
			t.Fatal(err)
		}
		workers[receipt.Worker] = true
	}
	if len(workers) != 2 {
		t.Errorf("%d workers took part", len(workers))
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := send(t, sender, "demo"); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
}

func TestWorkerIsReadyOnceNATSIsThere(t *testing.T) {
	bus, admin := free(t), free(t)
	_, stop := start(t, config("nats://"+bus, admin, "*"))
	eventually(t, admin, "/healthz", http.StatusOK)
	if code, text := status(t, admin, "/readyz"); code != http.StatusServiceUnavailable || text != "not connected to nats" {
		t.Errorf("/readyz answers %d %s", code, text)
	}
	port := bus[strings.LastIndex(bus, ":")+1:]
	server, err := natsserver.Start(natsserver.Options{Port: atoi(t, port), StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	eventually(t, admin, "/readyz", http.StatusOK)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if code, _ := status(t, admin, "/healthz"); code != 0 {
		t.Errorf("/healthz answers %d after the end", code)
	}
}

func TestThePrivateListenerTellsOfProviders(t *testing.T) {
	url, admin := messagingtest.NATS(t), free(t)
	start(t, config(url, admin, "demo"))
	if _, err := send(t, client(t, url), "demo"); err != nil {
		t.Fatal(err)
	}
	code, text := status(t, admin, "/providers")
	var got worker.Health
	if err := json.Unmarshal([]byte(text), &got); err != nil || code != http.StatusOK {
		t.Fatalf("/providers answers %d %s: %v", code, text, err)
	}
	want := worker.Health{
		Providers: []worker.ProviderHealth{{
			Provider: "box", Channel: string(messagingtest.Message().Channel), Country: messagingtest.Message().Country,
			State: "closed", Requests: 1,
		}},
		Routes: []worker.RouteHealth{{Tenant: "demo", Route: "routes[0]", Messages: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLimitsReachTheDispatcher(t *testing.T) {
	url, admin := messagingtest.NATS(t), free(t)
	cfg := config(url, admin, "demo")
	cfg.Providers[0].Limits = []provider.Limit{{PerSecond: 0.001}}
	start(t, cfg)
	sender := client(t, url)
	if _, err := send(t, sender, "demo"); err != nil {
		t.Fatal(err)
	}
	_, err := send(t, sender, "demo")
	if e := messaging.AsError(err); e == nil || e.Code != messaging.CodeUnavailable || e.RetryAfter < time.Minute {
		t.Errorf("got %v, want unavailable for a long time", err)
	}
}

func atoi(t *testing.T, digits string) (n int) {
	t.Helper()
	for _, d := range digits {
		n = 10*n + int(d-'0')
	}
	return n
}

func TestAdminAddressInUseEndsTheWorker(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	p, err := workerd.New(config("nats://"+free(t), listener.Addr().String(), "*"), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	err = p.Run(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "worker: private listener: ") {
		t.Errorf("got %v", err)
	}
}

func TestLoadPutsEnvironmentOverFile(t *testing.T) {
	const text = `
kind: worker
log: {level: warn}
slots: 7
providers: [{name: box, inbox: {keep: 3}}]
tenants: [{name: "*", routes: [{providers: [box]}]}]
`
	path := filepath.Join(t.TempDir(), "worker.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := workerd.Load(path, func(name string) (string, bool) {
		return "nats://from-environment", name == "PHONEHOOK_NATS_URL"
	})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.NATS.URL != "nats://from-environment" || cfg.Admin != workerd.DefaultAdmin || cfg.Slots != 7 || cfg.Log.Level != "warn" {
		t.Errorf("got %+v", cfg)
	}
	_, err = workerd.Load(path, func(string) (string, bool) { return "", false })
	if want := path + ": nats.url: is missing, for example nats://127.0.0.1:4222"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestConfigComplainsOfEveryPart(t *testing.T) {
	cfg := workerd.Config{Kind: "gateway", Admin: "8082"}
	cfg.Log.Level = "loud"
	cfg.Slots = -1
	cfg.Providers = builtin.Entries{{Name: "box"}}
	cfg.Tenants = []worker.Tenant{{Name: "*", Routes: []worker.Route{{Providers: []string{"other"}}}}}
	want := []string{
		`kind: is "gateway"; a worker's file has kind: worker`,
		`log.level: "loud" is none of debug, info, warn and error`,
		"nats.url: is missing, for example nats://127.0.0.1:4222",
		`admin: "8082" is not an address such as 127.0.0.1:8082`,
		"providers[0]: has 0 sections of providers; it needs exactly one, such as vonage: {…} or inbox: {}",
		"slots: must not be negative",
		`tenants[0].routes[0].providers[0]: no provider is named "other"`,
	}
	if diff := cmp.Diff(want, strings.Split(cfg.Validate().Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
