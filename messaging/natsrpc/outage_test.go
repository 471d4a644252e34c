package natsrpc_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// flow makes calls one after the other, each from a goroutine of its own, until it
// is stopped, and returns what went wrong with them.
type flow struct {
	name string
	over chan struct{}
	wait sync.WaitGroup
	mu   sync.Mutex
	n    int
	bad  []string
}

func startFlow(client *natsrpc.Client, name string) *flow {
	f := &flow{name: name, over: make(chan struct{})}
	f.wait.Go(func() {
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-ticker.C:
				f.wait.Go(func() { f.call(client, i) })
			case <-f.over:
				return
			}
		}
	})
	return f
}

func (f *flow) call(client *natsrpc.Client, i int) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	m := messagingtest.Message()
	m.ID = fmt.Sprintf("%s-%d", f.name, i)
	_, err := client.Send(ctx, m)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	if err != nil {
		f.bad = append(f.bad, fmt.Sprintf("%s (its deadline was over: %t): %v", m.ID, ctx.Err() != nil, err))
	}
}

func (f *flow) calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// stop ends the flow and checks that every call went well and that each message was
// sent once, but for so many that may have been sent twice.
func (f *flow) stop(t *testing.T, twice int, backends ...*counter) {
	t.Helper()
	close(f.over)
	f.wait.Wait()
	sent := make(map[string]int)
	for _, b := range backends {
		for id, n := range b.deliveries() {
			if strings.HasPrefix(id, f.name+"-") {
				sent[id] += n
			}
		}
	}
	again := 0
	for _, n := range sent {
		again += n - 1
	}
	t.Logf("%d calls, %d messages sent, %d of them again", f.n, len(sent), again)
	report(t, f.bad)
	if len(sent) != f.n || again > twice {
		t.Errorf("of %d messages %d were sent, and %d of them again", f.n, len(sent), again)
	}
}

// fewTwice is how many messages of a flow may be sent twice when a server dies: none, if
// everybody is connected again within 250 ms. On a machine that is busy with
// something else not everybody is. Without answers being said again it would be most of
// the thirty to sixty that are in hand.
const fewTwice = 10

func TestNATSIsRestartedUnderLoad(t *testing.T) {
	port := freePort(t)
	first := startNATS(t, port)
	url := first.URL()
	a, b := &counter{takes: 20 * time.Millisecond}, &counter{takes: 120 * time.Millisecond}
	newServer(t, url, a, natsrpc.ServerOptions{})
	newServer(t, url, b, natsrpc.ServerOptions{})
	client := newClient(t, url)
	waitFor(t, "the workers", func() bool { return client.Workers() == 2 })
	f := startFlow(client, "m")
	waitFor(t, "some calls", func() bool { return f.calls() > 200 })
	if err := first.Shutdown(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(700 * time.Millisecond) // some calls begin and some end meanwhile
	startNATS(t, port)
	n := f.calls()
	waitFor(t, "calls after it", func() bool { return f.calls() > n+500 })
	f.stop(t, fewTwice, a, b)
}

// cluster starts three servers and returns when they know each other.
func cluster(t *testing.T) []*server.Server {
	t.Helper()
	var routes []*url.URL
	options := make([]*server.Options, 3)
	for i := range options {
		port := freePort(t)
		options[i] = &server.Options{
			ServerName: fmt.Sprintf("n%d", i+1), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port},
		}
		route, err := url.Parse(fmt.Sprintf("nats://127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		routes = append(routes, route)
	}
	servers := make([]*server.Server, 3)
	for i, opts := range options {
		opts.Routes = routes
		var err error
		if servers[i], err = server.NewServer(opts); err != nil {
			t.Fatal(err)
		}
		servers[i].Start()
		t.Cleanup(func() {
			servers[i].Shutdown()
			servers[i].WaitForShutdown()
		})
	}
	waitFor(t, "the cluster", func() bool {
		for _, s := range servers {
			if s.NumRoutes() < 2 {
				return false
			}
		}
		return true
	})
	return servers
}

func TestAServerOfAClusterDiesUnderLoad(t *testing.T) {
	servers := cluster(t)
	at := func(i int) string { return servers[i].ClientURL() } // the others are learnt of the server
	a, b, c := &counter{takes: 20 * time.Millisecond}, &counter{takes: 120 * time.Millisecond}, &counter{takes: 20 * time.Millisecond}
	newServer(t, at(0), a, natsrpc.ServerOptions{})
	newServer(t, at(0), b, natsrpc.ServerOptions{})
	newServer(t, at(1), c, natsrpc.ServerOptions{})
	near, far := newClient(t, at(0)), newClient(t, at(2))
	waitFor(t, "the workers", func() bool { return near.Workers() == 3 && far.Workers() == 3 })
	cut, whole := startFlow(near, "near"), startFlow(far, "far")
	waitFor(t, "some calls", func() bool { return cut.calls() > 200 && whole.calls() > 200 })
	servers[0].Shutdown()
	servers[0].WaitForShutdown()
	n, m := cut.calls(), whole.calls()
	waitFor(t, "calls after it", func() bool { return cut.calls() > n+500 && whole.calls() > m+500 })
	cut.stop(t, fewTwice, a, b, c)
	whole.stop(t, fewTwice, a, b, c)
}
