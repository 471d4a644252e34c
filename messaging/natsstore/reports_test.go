package natsstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

func reportOf(m messaging.Message, status messaging.DeliveryStatus, vendorID string) messaging.Event {
	return messaging.Event{
		Type: messaging.EventReport, At: time.Now().UTC(), ID: m.ID, Tenant: m.Tenant, Provider: "p", ProviderMessageID: vendorID,
		Delivery: &messaging.Delivery{Status: status, At: time.Now().UTC(), Network: "310260"},
	}
}

func TestReportsJoinTheirMessageInAnyOrder(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	w := worker(t, url, "w1")
	for name, outcomeFirst := range map[string]bool{"after the outcome": true, "before the outcome": false} {
		t.Run(name, func(t *testing.T) {
			m := message("demo", time.Minute)
			record := func() {
				receipt, _ := sent()
				w.Events().Record(messaging.EventOf(m, receipt, nil))
				outcome(t, g, m)
			}
			if outcomeFirst {
				record()
			}
			for _, status := range []messaging.DeliveryStatus{messaging.DeliveryDelivered, messaging.DeliverySent, messaging.DeliveryDelivered} {
				if err := w.Reports().Report(t.Context(), reportOf(m, status, "v-1")); err != nil {
					t.Fatal(err)
				}
			}
			early, err := g.Events().Events(t.Context(), m.Tenant, m.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !outcomeFirst {
				if s, ok := messaging.Summarise(early, time.Now()); !ok || s.Delivery.Status != messaging.DeliveryDelivered || s.Code != messaging.CodeSent {
					t.Errorf("of the reports alone: %+v", s)
				}
				receipt, _ := sent()
				w.Events().Record(messaging.EventOf(m, receipt, nil))
			}
			waitFor(t, "the outcome", func() bool {
				events, err := g.Events().Events(t.Context(), m.Tenant, m.ID)
				s, ok := messaging.Summarise(events, time.Now())
				return err == nil && ok && s.Provider == "p" && len(s.Attempts) == 1 && s.Delivery.Status == messaging.DeliveryDelivered &&
					len(events) == 3 // the outcome, and each fact once
			})
		})
	}
}

func TestAReportOfNobodyBreaksNothing(t *testing.T) {
	url := messagingtest.NATS(t)
	g, w := gateway(t, url), worker(t, url, "w1")
	m := message("nobody", time.Minute)
	if err := w.Reports().Report(t.Context(), reportOf(m, messaging.DeliverySent, "")); err != nil {
		t.Error(err)
	}
	if _, err := g.Events().Events(t.Context(), "demo", m.ID); !errors.Is(err, messaging.CodeNotFound) {
		t.Errorf("another tenant finds it: %v", err)
	}
	for name, e := range map[string]messaging.Event{
		"no report": {Type: messaging.EventOutcome, ID: m.ID, Tenant: "demo"},
		"no tenant": {Type: messaging.EventReport, ID: m.ID, Tenant: "a.>", Delivery: &messaging.Delivery{}},
	} {
		if err := w.Reports().Report(t.Context(), e); !errors.Is(err, messaging.CodeInternal) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestReportsOfOthersAreNotFound has many share the subjects.
func TestReportsOfOthersAreNotFound(t *testing.T) {
	url := messagingtest.NATS(t)
	g, w := gateway(t, url), worker(t, url, "w1")
	mine := message("demo", time.Minute)
	var wait sync.WaitGroup
	for i := range 200 {
		wait.Go(func() {
			if err := w.Reports().Report(t.Context(), reportOf(message("demo", time.Minute), messaging.DeliveryDelivered, fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if err := w.Reports().Report(t.Context(), reportOf(mine, messaging.DeliveryFailed, "mine")); err != nil {
		t.Fatal(err)
	}
	events, err := g.Events().Events(t.Context(), "demo", mine.ID)
	if err != nil || len(events) != 1 || events[0].ProviderMessageID != "mine" {
		t.Errorf("found %v, %v", events, err)
	}
}

func TestAReportThatCannotBeStoredIsRefused(t *testing.T) {
	server := startServer(t)
	gateway(t, server.URL())
	w := worker(t, server.URL(), "w1")
	server.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := w.Reports().Report(ctx, reportOf(message("demo", time.Minute), messaging.DeliverySent, "")); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v", err)
	}
	server.start()
}

// told is a tenant's server.
type told struct {
	mu    sync.Mutex
	tries map[string]int
	fail  func(n messaging.Notice, try int) error
}

func (s *told) Notify(_ context.Context, n messaging.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries[n.Tenant+"/"+n.ID]++
	if s.fail == nil {
		return nil
	}
	return s.fail(n, s.tries[n.Tenant+"/"+n.ID])
}

func (s *told) count(tenant, id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries[tenant+"/"+id]
}

func courier(t *testing.T, w *natsstore.Store, server *told, opts natsstore.CourierOptions) *natsstore.Courier {
	t.Helper()
	c := natsstore.NewCourier(w, server, natsstore.WithPauses(opts, 10*time.Millisecond, 20*time.Millisecond))
	t.Cleanup(c.Close)
	return c
}

func notify(t *testing.T, w *natsstore.Store, tenant, id string) {
	t.Helper()
	if err := w.Reports().Notify(t.Context(), messaging.Notice{ID: id, Tenant: tenant, Body: []byte(`{"a":1}`), At: time.Now()}); err != nil {
		t.Fatal(err)
	}
}

func streamOf(t *testing.T, nc *nats.Conn, name string) uint64 {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.Msgs
}

func TestNoticesAreSentRetriedAndBuried(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	w := worker(t, url, "w1")
	nc := dial(t, url)
	refused := &messaging.Error{Code: messaging.CodeRejected, Detail: "no more"}
	away := &messaging.Error{Code: messaging.CodeUnavailable, Detail: "HTTP 500"}
	server := &told{tries: map[string]int{}, fail: func(n messaging.Notice, try int) error {
		switch {
		case n.ID == "later" && try < 3, n.ID == "never":
			return away
		case n.ID == "unwanted":
			return refused
		}
		return nil
	}}
	for _, id := range []string{"at-once", "later", "never", "unwanted", "at-once"} {
		notify(t, w, "demo", id)
	}
	c := courier(t, w, server, natsstore.CourierOptions{Tenants: []string{"demo"}})
	waitFor(t, "everything to end", func() bool { return streamOf(t, nc, "PHONEHOOK_NOTICES") == 0 })
	for id, want := range map[string]int{"at-once": 1, "later": 3, "never": 3, "unwanted": 1} {
		if got := server.count("demo", id); got != want {
			t.Errorf("%s was tried %d times; want %d", id, got, want)
		}
	}
	if dead := streamOf(t, nc, "PHONEHOOK_DEAD"); dead != 2 {
		t.Errorf("%d dead letters; want 2", dead)
	}
	if got, want := c.Stats(), (natsstore.CourierStats{Sent: 2, Failed: 4, Dead: 2}); got != want {
		t.Errorf("got %+v; want %+v", got, want)
	}
}

func TestACourierTakesItsTenantsAlone(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	w := worker(t, url, "w1")
	server := &told{tries: map[string]int{}}
	notify(t, w, "demo", "a")
	notify(t, w, "other", "b")
	courier(t, w, server, natsstore.CourierOptions{Tenants: []string{"*"}, Except: []string{"demo"}})
	waitFor(t, "the other tenant's", func() bool { return server.count("other", "b") == 1 })
	if server.count("demo", "a") != 0 {
		t.Error("a tenant that was excepted was told")
	}
	courier(t, w, server, natsstore.CourierOptions{Tenants: []string{"demo"}})
	waitFor(t, "the first tenant's", func() bool { return server.count("demo", "a") == 1 })
}

func TestANoticeInHandOutlivesItsWorker(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	first, second := worker(t, url, "w1"), worker(t, url, "w2")
	notify(t, first, "demo", "a")
	begun, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c := courier(t, first, &told{tries: map[string]int{}, fail: func(messaging.Notice, int) error {
		once.Do(func() { close(begun) })
		<-release
		return messaging.CodeUnavailable
	}}, natsstore.CourierOptions{Tenants: []string{"demo"}})
	<-begun
	go close(release)
	c.Close()
	server := &told{tries: map[string]int{}}
	courier(t, second, server, natsstore.CourierOptions{Tenants: []string{"demo"}})
	waitFor(t, "the other worker to tell it", func() bool { return server.count("demo", "a") >= 1 })
}
