package natsstore_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsserver"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what a test waits for. Only a failure reaches it.
const patience = 60 * time.Second

// dial connects as natsrpc.Connect does, without its log.
func dial(t testing.TB, url string, opts ...nats.Option) *nats.Conn {
	t.Helper()
	opts = append([]nats.Option{
		nats.MaxReconnects(-1), nats.ReconnectWait(20 * time.Millisecond), nats.RetryOnFailedConnect(true),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, opts...)
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// open opens a Store and closes it at the end of the test.
func open(t testing.TB, nc *nats.Conn, opts natsstore.Options) *natsstore.Store {
	t.Helper()
	s, err := natsstore.Open(nc, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience) //nolint:usetesting // the test's context has ended by then
		defer cancel()
		if err := s.Close(ctx); err != nil && nc.IsConnected() {
			t.Error(err)
		}
	})
	return s
}

// gateway returns a Store that manages, ready.
func gateway(t testing.TB, url string) *natsstore.Store {
	t.Helper()
	s := open(t, dial(t, url), natsstore.Options{Manage: true, Tenants: []string{"demo", "other"}})
	ready(t, s)
	return s
}

// worker returns a Store that does not manage, ready.
func worker(t testing.TB, url, name string) *natsstore.Store {
	t.Helper()
	s := open(t, dial(t, url), natsstore.Options{Source: name})
	ready(t, s)
	return s
}

func ready(t testing.TB, s *natsstore.Store) {
	t.Helper()
	waitFor(t, "the store to be ready", func() bool { return s.Ready() == nil })
}

func waitFor(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// consume has a worker deliver the queue through send until the test ends.
func consume(t testing.TB, s *natsstore.Store, slots int, send messaging.SenderFunc) {
	t.Helper()
	c, err := natsstore.NewConsumer(s, send, natsstore.ConsumerOptions{Tenants: []string{"*"}, Slots: slots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience) //nolint:usetesting // the test's context has ended by then
		defer cancel()
		if err := c.Drain(ctx); err != nil {
			t.Error(err)
		}
	})
}

// message returns a message with an id of its own that lives for life.
func message(tenant string, life time.Duration) messaging.Message {
	m := messagingtest.Message()
	m.ID, m.Tenant = uuid.Must(uuid.NewV7()).String(), tenant
	m.ReceivedAt = time.Now().UTC()
	m.Expires = m.ReceivedAt.Add(life)
	m.ToHash = messaging.NumberKey("key").Hash(tenant, m.To)
	return m
}

func enqueue(t testing.TB, s *natsstore.Store, m messaging.Message) {
	t.Helper()
	if err := s.Queue().Enqueue(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// queued is how many messages the queue has.
func queued(t testing.TB, nc *nats.Conn) uint64 {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), natsstore.StreamQueue)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.Msgs
}

// outcome waits for the event of the message's end that a worker tells.
func outcome(t testing.TB, s *natsstore.Store, m messaging.Message) messaging.Event {
	t.Helper()
	var last messaging.Event
	waitFor(t, "an outcome", func() bool {
		events, err := s.Events().Events(t.Context(), m.Tenant, m.ID)
		if err != nil || len(events) == 0 {
			return false
		}
		last = events[len(events)-1]
		return last.Type == messaging.EventOutcome
	})
	return last
}

// sent is a Sender's success.
func sent() (messaging.Receipt, error) {
	return messaging.Receipt{
		Code: messaging.CodeSent, Provider: "p",
		Attempts: []messaging.Attempt{{Provider: "p", Code: messaging.CodeSent}},
	}, nil
}

// failed is a Sender's failure after one attempt.
func failed(code messaging.Code) (messaging.Receipt, error) {
	return messaging.Receipt{Attempts: []messaging.Attempt{{Provider: "p", Code: code}}}, code
}

// restartable is a NATS server that can be stopped and started again at the same place.
type restartable struct {
	*natsserver.Server
	t    testing.TB
	opts natsserver.Options
}

func startServer(t testing.TB) *restartable {
	t.Helper()
	s := &restartable{t: t, opts: natsserver.Options{StoreDir: t.TempDir()}}
	s.start()
	s.opts.Port = s.Port()
	t.Cleanup(s.stop)
	return s
}

func (s *restartable) start() {
	s.t.Helper()
	var err error
	if s.Server, err = natsserver.Start(s.opts); err != nil {
		s.t.Fatal(err)
	}
}

func (s *restartable) stop() {
	if err := s.Shutdown(); err != nil {
		s.t.Error(err)
	}
}

// shortly ends very soon.
func shortly(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// counter counts, by name.
type counter struct{ n atomic.Int64 }

func (c *counter) add() { c.n.Add(1) }

func (c *counter) value() int { return int(c.n.Load()) }
