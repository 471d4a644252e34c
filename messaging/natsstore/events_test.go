package natsstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// eventOf returns the outcome of m as a worker tells it.
func eventOf(m messaging.Message, worker string) messaging.Event {
	r, err := sent()
	r.Worker = worker
	e := messaging.EventOf(m, r, err)
	e.At = e.At.UTC().Round(0) // as it comes back
	return e
}

func flushed(t *testing.T, s *natsstore.Store, m messaging.Message, n int) []messaging.Event {
	t.Helper()
	var events []messaging.Event
	waitFor(t, fmt.Sprintf("%d events", n), func() bool {
		var err error
		events, err = s.Events().Events(t.Context(), m.Tenant, m.ID)
		if err != nil && !errors.Is(err, messaging.CodeNotFound) {
			t.Fatal(err)
		}
		return len(events) >= n
	})
	return events
}

func TestEventsOfAMessage(t *testing.T) {
	url := messagingtest.NATS(t)
	g, w := gateway(t, url), worker(t, url, "w1")
	m := message("demo", 5*time.Minute)
	queued := messaging.EventOf(m, messaging.Receipt{Code: messaging.CodePending}, nil)
	queued.At = queued.At.UTC().Round(0)
	end := eventOf(m, "w2")
	w.Events().Record(queued)
	w.Events().Record(end)
	// Others, some of which share a shard with it.
	for range 300 {
		w.Events().Record(eventOf(message("demo", time.Minute), "w1"))
	}
	got := flushed(t, g, m, 2)
	queued.Worker = "w1" // of the Store that recorded it
	if diff := cmp.Diff([]messaging.Event{queued, end}, got); diff != "" {
		t.Errorf("recorded (-), read (+):\n%s", diff)
	}
}

func TestNobodySeesAnothersEvents(t *testing.T) {
	g := gateway(t, messagingtest.NATS(t))
	m := message("demo", time.Minute)
	g.Events().Record(eventOf(m, ""))
	flushed(t, g, m, 1)
	unknown := message("demo", time.Minute)
	for _, ask := range [][2]string{
		{"other", m.ID},
		{"*", m.ID},
		{">", m.ID},
		{"", m.ID},
		{"demo", unknown.ID},
		{"demo", "not-a-uuid"},
		{"demo", uuid.NewString()},
		{"demo", ""},
		{"demo", m.ID + "0"},
		{"demo", "{" + m.ID + "}"},
	} {
		if got, err := g.Events().Events(t.Context(), ask[0], ask[1]); !errors.Is(err, messaging.CodeNotFound) {
			t.Errorf("%q: got %v and %v, want %v", ask, got, err, messaging.CodeNotFound)
		}
	}
	if ids, err := g.Events().ByNumber(t.Context(), "other", m.ToHash, 10); len(ids) > 0 || err != nil {
		t.Errorf("another tenant finds %v, %v", ids, err)
	}
}

func TestByNumber(t *testing.T) {
	g := gateway(t, messagingtest.NATS(t))
	var want []string
	for i := range 30 {
		m := message("demo", time.Minute)
		if i%3 != 0 { // somebody else's, of the same shard
			m.ToHash = m.ToHash[:8] + "ffffffff"
		} else {
			want = append([]string{m.ID}, want...)
		}
		g.Events().Record(eventOf(m, ""))
		g.Events().Record(eventOf(m, "w1"))
		flushed(t, g, m, 2)
	}
	hash := message("demo", time.Minute).ToHash
	for _, limit := range []int{100, 4, 1} {
		got, err := g.Events().ByNumber(t.Context(), "demo", hash, limit)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[:min(limit, len(want))], got); diff != "" {
			t.Errorf("limit %d: want (-), got (+):\n%s", limit, diff)
		}
	}
	for _, hash := range []string{"", "zz", "zzzz", "*", "0000000000000000"} {
		if got, err := g.Events().ByNumber(t.Context(), "demo", hash, 10); len(got) > 0 || err != nil {
			t.Errorf("hash %q: %v, %v", hash, got, err)
		}
	}
}

func TestAwaitFindsWhatIsStored(t *testing.T) {
	g := gateway(t, messagingtest.NATS(t))
	m := message("demo", time.Minute)
	g.Events().Record(eventOf(m, "w1"))
	flushed(t, g, m, 1)
	guess := eventOf(m, "") // comes later, and knows less
	guess.Code = messaging.CodeUnknown
	g.Events().Record(guess)
	flushed(t, g, m, 2)
	got, err := g.Events().Await(t.Context(), "demo", m.ID)
	if err != nil || got.Worker != "w1" || got.Code != messaging.CodeSent {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestAwaitHearsWhatIsNotStored has nobody who makes the stream.
func TestAwaitHearsWhatIsNotStored(t *testing.T) {
	url := messagingtest.NATS(t)
	waits := open(t, dial(t, url), natsstore.Options{Source: "w1"})
	nc := dial(t, url)
	records, err := natsstore.Open(nc, natsstore.Options{Source: "w2"})
	if err != nil {
		t.Fatal(err)
	}
	m := message("demo", time.Minute)
	told := make(chan messaging.Event)
	go func() {
		e, err := waits.Events().Await(t.Context(), "demo", m.ID)
		if err != nil {
			t.Error(err)
		}
		told <- e
	}()
	stop := make(chan struct{})
	go func() {
		for { // until the subscription is there
			records.Events().Record(eventOf(message("demo", time.Minute), ""))
			records.Events().Record(eventOf(m, ""))
			select {
			case <-time.After(10 * time.Millisecond):
			case <-stop:
				return
			}
		}
	}()
	select {
	case e := <-told:
		if e.ID != m.ID || e.Worker != "w2" {
			t.Errorf("heard %v of %s", e, e.Worker)
		}
	case <-time.After(patience):
		t.Error("heard nothing")
	}
	close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := records.Close(ctx); err == nil || records.Events().Dropped() == 0 {
		t.Errorf("Close: %v with %d events dropped, though no stream took them", err, records.Events().Dropped())
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	g := gateway(t, messagingtest.NATS(t))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := g.Events().Await(ctx, "demo", message("demo", time.Minute).ID); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
	if _, err := g.Events().Await(t.Context(), "demo", "no id"); !errors.Is(err, messaging.CodeNotFound) {
		t.Errorf("got %v, want %v", err, messaging.CodeNotFound)
	}
}

func TestEventsOutliveTheServer(t *testing.T) {
	s := startServer(t)
	g := gateway(t, s.URL())
	before, during := message("demo", time.Minute), message("demo", time.Minute)
	g.Events().Record(eventOf(before, "w1"))
	flushed(t, g, before, 1)
	s.stop()
	g.Events().Record(eventOf(during, "w1"))
	if _, err := g.Events().Events(t.Context(), "demo", before.ID); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("without a server: %v, want %v", err, messaging.CodeUnavailable)
	}
	s.start()
	ready(t, g)
	flushed(t, g, during, 1)
	flushed(t, g, before, 1)
	if n := g.Events().Dropped(); n != 0 {
		t.Errorf("%d events were dropped", n)
	}
}

func TestRecordNeverBlocks(t *testing.T) {
	s := startServer(t)
	nc := dial(t, s.URL())
	g, err := natsstore.Open(nc, natsstore.Options{Manage: true})
	if err != nil {
		t.Fatal(err)
	}
	ready(t, g)
	s.stop()
	waitFor(t, "the connection's loss", func() bool { return !nc.IsConnected() })
	const more = 1000
	e := eventOf(message("demo", time.Minute), "w1")
	for range natsstore.MaxRecords + more {
		g.Events().Record(e)
	}
	if n := g.Events().Dropped(); n < more-1 || n > more+1 { // one may have been taken just before
		t.Errorf("%d events were dropped, want %d", n, more)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Close(ctx); err == nil {
		t.Error("Close says nothing of the events that were lost")
	}
	e.Tenant = "no tenant"
	dropped := g.Events().Dropped()
	g.Events().Record(e)
	if g.Events().Dropped() != dropped+1 {
		t.Error("an event of no tenant was not dropped")
	}
}

func TestCloseStoresWhatIsRecorded(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	leaving, err := natsstore.Open(dial(t, url), natsstore.Options{Source: "w1"})
	if err != nil {
		t.Fatal(err)
	}
	m := message("demo", time.Minute)
	const n = 250
	for range n {
		leaving.Events().Record(eventOf(m, ""))
	}
	if err := leaving.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := g.Events().Events(t.Context(), "demo", m.ID)
	if err != nil || len(got) != n {
		t.Errorf("%d events are stored, want %d; %v", len(got), n, err)
	}
}

func TestTheNumberKeyIsMadeOnce(t *testing.T) {
	s := startServer(t)
	a, b := gateway(t, s.URL()), gateway(t, s.URL())
	if len(a.NumberKey()) < 32 || string(a.NumberKey()) != string(b.NumberKey()) {
		t.Errorf("two gateways have keys of %d and %d bytes", len(a.NumberKey()), len(b.NumberKey()))
	}
	if key := worker(t, s.URL(), "w1").NumberKey(); key != nil {
		t.Error("a worker has the key")
	}
	s.stop()
	s.start()
	if c := gateway(t, s.URL()); string(c.NumberKey()) != string(a.NumberKey()) {
		t.Error("the key did not outlive the server")
	}
	configured := open(t, dial(t, s.URL()), natsstore.Options{Manage: true, NumberKey: messaging.NumberKey("configured")})
	ready(t, configured)
	if string(configured.NumberKey()) != "configured" {
		t.Error("the configured key is not used")
	}
}
