package natsstore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// shortAckWait is the time after which a silent worker loses its messages in these tests.
const shortAckWait = 1500 * time.Millisecond

// gate is a way to a server that can be shut: what is sent meanwhile comes later.
type gate struct {
	listener net.Listener
	target   string
	mu       sync.RWMutex // held while the gate is shut
	wait     sync.WaitGroup
	conns    []net.Conn
}

func newGate(t *testing.T, url string) *gate {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: listener, target: strings.TrimPrefix(url, "nats://")}
	g.wait.Go(g.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		g.mu.Lock()
		for _, c := range g.conns {
			_ = c.Close()
		}
		g.mu.Unlock()
		g.wait.Wait()
	})
	return g
}

func (g *gate) url() string { return "nats://" + g.listener.Addr().String() }

func (g *gate) accept() {
	for {
		near, err := g.listener.Accept()
		if err != nil {
			return
		}
		far, err := (&net.Dialer{}).Dial("tcp", g.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		g.mu.Lock()
		g.conns = append(g.conns, near, far)
		g.mu.Unlock()
		g.wait.Go(func() { g.pass(near, far) })
		g.wait.Go(func() { g.pass(far, near) })
	}
}

func (g *gate) pass(from, to net.Conn) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		g.mu.RLock()
		_, err = to.Write(buffer[:n])
		g.mu.RUnlock()
		if err != nil && !errors.Is(err, io.EOF) {
			return
		}
	}
}

// deadly returns a gateway and what opens workers, all of which lose messages early.
func deadly(t *testing.T, url string) (*natsstore.Store, func(url, name string) *natsstore.Store) {
	t.Helper()
	g := open(t, dial(t, url), natsstore.WithAckWait(natsstore.Options{Manage: true, Tenants: []string{"demo"}}, shortAckWait))
	ready(t, g)
	return g, func(url, name string) *natsstore.Store {
		w := open(t, dial(t, url), natsstore.WithAckWait(natsstore.Options{Source: name}, shortAckWait))
		ready(t, w)
		return w
	}
}

func TestAnotherWorkerGoesOnAfterADeadOne(t *testing.T) {
	url := messagingtest.NATS(t)
	g, newWorker := deadly(t, url)
	m := message("demo", time.Minute)
	enqueue(t, g, m)
	gate := newGate(t, url)
	began, revive := make(chan struct{}), make(chan struct{})
	var held error
	checked := make(chan struct{})
	consume(t, newWorker(gate.url(), "paused"), 1, func(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
		close(began)
		<-revive
		held = messaging.CheckHold(ctx)
		close(checked)
		return messaging.Receipt{}, held
	})
	<-began
	gate.mu.Lock() // cut off, without noticing it
	consume(t, newWorker(url, "next"), 1, func(context.Context, messaging.Message) (messaging.Receipt, error) { return sent() })
	e := outcome(t, g, m)
	if e.Worker != "next" || !slices.Equal(codesOf(e.Attempts), []messaging.Code{messaging.CodeUnknown, messaging.CodeSent}) {
		t.Errorf("the outcome is by %s with the attempts %v", e.Worker, codesOf(e.Attempts))
	}
	gate.mu.Unlock()
	close(revive)
	<-checked
	if !errors.Is(held, messaging.CodeConflict) {
		t.Errorf("the paused worker's hold says %v, want %v", held, messaging.CodeConflict)
	}
}

func TestALivingWorkerKeepsItsMessage(t *testing.T) {
	url := messagingtest.NATS(t)
	g, newWorker := deadly(t, url)
	m := message("demo", time.Minute)
	enqueue(t, g, m)
	var began counter
	slow := func(ctx context.Context, _ messaging.Message) (messaging.Receipt, error) {
		began.add()
		time.Sleep(2 * shortAckWait)
		if err := messaging.CheckHold(ctx); err != nil {
			t.Error(err)
		}
		return sent()
	}
	consume(t, newWorker(url, "w1"), 1, slow)
	consume(t, newWorker(url, "w2"), 1, slow)
	if e := outcome(t, g, m); len(e.Attempts) != 1 || began.value() != 1 {
		t.Errorf("begun %d times, with the attempts %v", began.value(), codesOf(e.Attempts))
	}
}

// TestTheQueueOutlivesTheServer restarts the server while messages wait and while one is
// being sent.
func TestTheQueueOutlivesTheServer(t *testing.T) {
	s := startServer(t)
	g := gateway(t, s.URL())
	waits, inHand := message("other", time.Minute), message("demo", time.Minute)
	long, _ := claim(t, g.Keys(), "k", "a", time.Hour)
	claim(t, g.Keys(), "k", "a", 10*time.Second)
	began, finish := make(chan struct{}), make(chan struct{})
	var times counter
	consume(t, worker(t, s.URL(), "w1"), 1, func(context.Context, messaging.Message) (messaging.Receipt, error) {
		if times.add(); times.value() == 1 {
			close(began)
			<-finish
		}
		return sent()
	})
	enqueue(t, g, inHand)
	<-began
	enqueue(t, g, waits)
	s.stop()
	close(finish)
	time.Sleep(50 * time.Millisecond) // the end is to be written down while there is no server
	s.start()
	for _, m := range []messaging.Message{waits, inHand} {
		if e := outcome(t, g, m); e.Code != messaging.CodeSent || len(e.Attempts) != 1 {
			t.Errorf("the outcome is %s after %d attempts", e.Code, len(e.Attempts))
		}
	}
	nc := dial(t, s.URL())
	waitFor(t, "the queue to be empty", func() bool { return queued(t, nc) == 0 })
	if times.value() != 2 {
		t.Errorf("%d messages were sent, want each of the two once", times.value())
	}
	ready(t, g)
	if there, ok := claim(t, g.Keys(), "k", "b", time.Hour); ok || there.Revision != long.Revision {
		t.Error("a long key did not outlive the server")
	}
	waitFor(t, "recent keys to be taken again", func() bool {
		_, ok, err := g.Keys().Claim(t.Context(), "k", aClaim("b"), 10*time.Second)
		return ok && err == nil
	})
}

func TestStartingInAnyOrder(t *testing.T) {
	s := startServer(t)
	s.stop()
	options := []nats.Option{nats.RetryOnFailedConnect(true)}
	w := open(t, dial(t, s.URL(), options...), natsstore.Options{Source: "w1"})
	var got counter
	consume(t, w, 1, func(context.Context, messaging.Message) (messaging.Receipt, error) {
		got.add()
		return sent()
	})
	g := open(t, dial(t, s.URL(), options...), natsstore.Options{Manage: true, Tenants: []string{"demo"}})
	if w.Ready() == nil || g.Ready() == nil {
		t.Fatal("ready without a server")
	}
	s.start()
	m := message("demo", time.Minute)
	waitFor(t, "the queue", func() bool { return g.Queue().Enqueue(t.Context(), m) == nil })
	outcome(t, g, m)
	ready(t, w)
	if got.value() != 1 {
		t.Errorf("sent %d times", got.value())
	}
}

// TestAWorkersClockMayBeWrong has workers whose clocks are off either way.
func TestAWorkersClockMayBeWrong(t *testing.T) {
	for name, off := range map[string]time.Duration{"behind": -30 * time.Second, "ahead": 30 * time.Second} {
		t.Run(name, func(t *testing.T) {
			url := messagingtest.NATS(t)
			g := gateway(t, url)
			w := open(t, dial(t, url), natsstore.Options{Source: "w1", Clock: func() time.Time { return time.Now().Add(off) }})
			ready(t, w)
			lives := message("demo", 10*time.Second)
			enqueue(t, w, lives)
			if err := w.Queue().Enqueue(t.Context(), message("demo", -time.Second)); !errors.Is(err, messaging.CodeExpired) {
				t.Errorf("a message that is over: %v, want %v", err, messaging.CodeExpired)
			}
			consume(t, w, 1, func(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
				deadline, _ := ctx.Deadline()
				if left := time.Until(deadline); left <= 0 || left > 11*time.Second {
					t.Errorf("the deadline is %v away", left)
				}
				if left := m.Expires.Sub(time.Now().Add(off)); left <= 0 || left > 11*time.Second {
					t.Errorf("its life ends in %v by the worker's clock", left)
				}
				return sent()
			})
			e := outcome(t, g, lives)
			if diff := time.Since(e.At).Abs(); e.Code != messaging.CodeSent || diff > 20*time.Second {
				t.Errorf("the outcome is %s, recorded %v ago", e.Code, diff)
			}
		})
	}
}
