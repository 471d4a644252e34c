package natsrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/micro"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/messaging/natsserver"
)

func nowMillis() string { return strconv.FormatInt(time.Now().UnixMilli(), 10) }

// counter is a backend that takes its time and counts how often it sent each message.
type counter struct {
	takes time.Duration
	sent  sync.Map // of string to *atomic.Int32
	gate  chan struct{}
}

func (c *counter) Send(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
	if c.gate != nil {
		select {
		case <-c.gate:
		case <-ctx.Done():
			return messaging.Receipt{}, messaging.CodeUnknown
		}
	}
	time.Sleep(c.takes)
	n, _ := c.sent.LoadOrStore(m.ID, new(atomic.Int32))
	n.(*atomic.Int32).Add(1)
	return messaging.Receipt{Code: messaging.CodeSent}, nil
}

// deliveries is how often each message was sent.
func (c *counter) deliveries() map[string]int {
	all := make(map[string]int)
	c.sent.Range(func(id, n any) bool {
		all[id.(string)] = int(n.(*atomic.Int32).Load())
		return true
	})
	return all
}

// load makes n calls at once and returns a complaint for each that failed or whose
// message was not sent exactly once by one of the backends.
func load(s messaging.Sender, n int, within time.Duration, backends ...*counter) []string {
	complaints := make([]string, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), within)
			defer cancel()
			m := messagingtest.Message()
			m.ID = fmt.Sprintf("m%d", i)
			if _, err := s.Send(ctx, m); err != nil {
				complaints[i] = fmt.Sprintf("%s: %v", m.ID, err)
			}
		})
	}
	wait.Wait()
	var all []string
	for i, complaint := range complaints {
		sent := int32(0)
		for _, b := range backends {
			if k, ok := b.sent.Load(fmt.Sprintf("m%d", i)); ok {
				sent += k.(*atomic.Int32).Load()
			}
		}
		if sent != 1 {
			complaint += fmt.Sprintf(" m%d was sent %d times", i, sent)
		}
		if complaint != "" {
			all = append(all, complaint)
		}
	}
	return all
}

func report(t *testing.T, complaints []string) {
	t.Helper()
	if len(complaints) > 0 {
		t.Errorf("%d calls went wrong, for example: %s", len(complaints), complaints[0])
	}
}

func TestBusyWorkersShareTheLoad(t *testing.T) {
	url := messagingtest.NATS(t)
	a, b := &counter{takes: 5 * time.Millisecond}, &counter{takes: 5 * time.Millisecond}
	newServer(t, url, a, natsrpc.ServerOptions{Slots: 4, Queue: 2})
	newServer(t, url, b, natsrpc.ServerOptions{Slots: 4, Queue: -1})
	report(t, load(newClient(t, url), 200, 20*time.Second, a, b))
}

func TestAMessageThatNATSDoesNotTakeIsRefusedAtOnce(t *testing.T) {
	url := messagingtest.NATS(t)
	newServer(t, url, &counter{}, natsrpc.ServerOptions{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	m := messagingtest.Message()
	m.User.AppMetadata = []byte(`"` + strings.Repeat("x", 3<<20) + `"`)
	if _, err := newClient(t, url).Send(ctx, m); !errors.Is(err, messaging.CodeTooLarge) || ctx.Err() != nil {
		t.Errorf("the call ended with %v, want %v before its deadline", err, messaging.CodeTooLarge)
	}
}

func TestNoWorkerIsSaidWellBeforeTheDeadline(t *testing.T) {
	url := messagingtest.NATS(t)
	client := newClient(t, url)
	got := <-begin(t, client, 20*time.Second)
	if !errors.Is(got.err, messaging.CodeUnavailable) || got.deadline {
		t.Errorf("the call ended with %+v, want %v before its deadline", got, messaging.CodeUnavailable)
	}
	if messaging.AsError(got.err).RetryAfter <= 0 {
		t.Error("the error does not say when to try again")
	}
}

func TestDrainLosesNothing(t *testing.T) {
	url := messagingtest.NATS(t)
	leaving, staying := &counter{takes: 20 * time.Millisecond}, &counter{takes: 2 * time.Millisecond}
	server := newServer(t, url, leaving, natsrpc.ServerOptions{Slots: 8, Queue: 20})
	client := newClient(t, url)
	done := make(chan []string)
	go func() { done <- load(client, 300, 20*time.Second, leaving, staying) }()
	waitFor(t, "the first messages", func() bool { return busy(t, url) > 0 })
	newServer(t, url, staying, natsrpc.ServerOptions{})
	drain(t, server)
	report(t, <-done)
}

func TestDrainHandsBackWhatWaits(t *testing.T) {
	url := messagingtest.NATS(t)
	full, other := &counter{gate: make(chan struct{})}, &counter{}
	server := newServer(t, url, full, natsrpc.ServerOptions{Slots: 1, Queue: 5})
	client := newClient(t, url)
	done := make(chan []string)
	go func() { done <- load(client, 6, 20*time.Second, full, other) }()
	waitFor(t, "a full queue", func() bool { return queued(t, url) == 5 })
	newServer(t, url, other, natsrpc.ServerOptions{})
	drained := make(chan struct{})
	go func() {
		drain(t, server)
		close(drained)
	}()
	waitFor(t, "the five that waited", func() bool { return len(other.deliveries()) == 5 })
	close(full.gate)
	<-drained
	report(t, <-done)
}

func TestDrainCutsOffWhatDoesNotEnd(t *testing.T) {
	url := messagingtest.NATS(t)
	stuck := &counter{gate: make(chan struct{})}
	nc := connect(t, url, "worker")
	server, err := natsrpc.NewServer(nc, stuck, natsrpc.ServerOptions{Tenants: []string{"demo"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	done := begin(t, newClient(t, url), 20*time.Second)
	waitFor(t, "the message", func() bool { return busy(t, url) == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := server.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Drain returned %v, want %v", err, context.DeadlineExceeded)
	}
	if got := <-done; !errors.Is(got.err, messaging.CodeUnknown) || got.deadline {
		t.Errorf("the call ended with %+v, want %v before its deadline", got, messaging.CodeUnknown)
	}
}

func TestNATSGoesAwayAndComesBack(t *testing.T) {
	port := freePort(t)
	start := func() *natsserver.Server {
		server, err := natsserver.Start(natsserver.Options{Port: port, StoreDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		return server
	}
	url := "nats://127.0.0.1:" + strconv.Itoa(port)
	backend := &counter{}
	client := newClient(t, url) // before there is any server
	nc := connect(t, url, "worker")
	worker, err := natsrpc.NewServer(nc, backend, natsrpc.ServerOptions{Tenants: []string{"demo"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { drain(t, worker) })

	if got := <-begin(t, client, 2*time.Second); !errors.Is(got.err, messaging.CodeUnavailable) || got.deadline {
		t.Errorf("without NATS the call ended with %+v, want %v before its deadline", got, messaging.CodeUnavailable)
	}
	first := start()
	waitFor(t, "both connections", func() bool { return client.Workers() == 1 })
	if got := <-begin(t, client, 15*time.Second); got.err != nil {
		t.Errorf("with NATS the call ended with %v", got.err)
	}
	if err := first.Shutdown(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the loss", func() bool { return !nc.IsConnected() })
	waiting := begin(t, client, 15*time.Second)
	second := start()
	t.Cleanup(func() { _ = second.Shutdown() })
	if got := <-waiting; got.err != nil {
		t.Errorf("a call that waited for NATS ended with %v", got.err)
	}
}

func TestWorkersAnswerServiceDiscovery(t *testing.T) {
	url := messagingtest.NATS(t)
	server := newServer(t, url, &counter{}, natsrpc.ServerOptions{WorkerID: "w1", Slots: 7, Version: "1.2.3"})
	client := newClient(t, url)
	for range 3 {
		if got := <-begin(t, client, 15*time.Second); got.err != nil {
			t.Fatal(got.err)
		}
	}
	var ping micro.Ping
	ask(t, url, "$SRV.PING", &ping)
	if ping.Name != natsrpc.ServiceName || ping.ID != "w1" || ping.Version != "1.2.3" || ping.Type != micro.PingResponseType {
		t.Errorf("ping: %+v", ping)
	}
	var info micro.Info
	ask(t, url, "$SRV.INFO."+natsrpc.ServiceName, &info)
	if len(info.Endpoints) != 1 || info.Endpoints[0].Subject != "phonehook.v1.deliver.*" || info.Endpoints[0].QueueGroup != "workers" {
		t.Errorf("info: %+v", info)
	}
	drain(t, server) // the counts are complete
	newServer(t, url, &counter{}, natsrpc.ServerOptions{WorkerID: "w2", Slots: 7})
	if got := <-begin(t, client, 15*time.Second); got.err != nil {
		t.Fatal(got.err)
	}
	waitFor(t, "the counts", func() bool {
		var stats micro.Stats
		ask(t, url, "$SRV.STATS."+natsrpc.ServiceName+".w2", &stats)
		return len(stats.Endpoints) == 1 && stats.Endpoints[0].NumRequests == 1 && stats.Endpoints[0].NumErrors == 0
	})
}

func TestTenantsOfAWorker(t *testing.T) {
	url := messagingtest.NATS(t)
	own := &counter{}
	newServer(t, url, own, natsrpc.ServerOptions{Tenants: []string{"demo"}})
	client := newClient(t, url)
	if got := <-begin(t, client, 15*time.Second); got.err != nil {
		t.Errorf("a tenant with a worker: %v", got.err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	m := messagingtest.Message()
	m.Tenant = "other"
	if _, err := client.Send(ctx, m); !errors.Is(err, messaging.CodeUnavailable) || ctx.Err() != nil {
		t.Errorf("a tenant without a worker: %v", err)
	}
}

func ask(t *testing.T, url, subject string, into any) {
	t.Helper()
	msg, err := connect(t, url, "nats cli").Request(subject, nil, 10*time.Second)
	if err != nil {
		t.Fatalf("%s: %v", subject, err)
	}
	if err := json.Unmarshal(msg.Data, into); err != nil {
		t.Fatalf("%s: %v", subject, err)
	}
}

func workerLoad(t *testing.T, url string) (load struct{ Busy, Queued int }) {
	t.Helper()
	var stats micro.Stats
	ask(t, url, "$SRV.STATS", &stats)
	if err := json.Unmarshal(stats.Endpoints[0].Data, &load); err != nil {
		t.Fatal(err)
	}
	return load
}

func queued(t *testing.T, url string) int { return workerLoad(t, url).Queued }
func busy(t *testing.T, url string) int   { return workerLoad(t, url).Busy }

func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if happened() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}
