package natsstore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
)

func TestStoringTwiceStoresOnce(t *testing.T) {
	url := messagingtest.NATS(t)
	g, w := gateway(t, url), worker(t, url, "w1")
	m := message("demo", time.Minute)
	for range 2 {
		enqueue(t, g, m)
		enqueue(t, w, m)
	}
	if n := queued(t, dial(t, url)); n != 1 {
		t.Errorf("%d messages are stored, want 1", n)
	}
	var got counter
	consume(t, w, 4, func(context.Context, messaging.Message) (messaging.Receipt, error) {
		got.add()
		return sent()
	})
	outcome(t, g, m)
	enqueue(t, g, m) // after its end
	later := message("demo", time.Minute)
	enqueue(t, g, later)
	outcome(t, g, later)
	if got.value() != 2 {
		t.Errorf("%d messages were sent, want each of the two once", got.value())
	}
}

func TestAMessageComesThroughTheQueueAsItWas(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	m := message("demo", time.Minute)
	m.Accept = true
	m.Earlier = []messaging.Attempt{{Provider: "first", Code: messaging.CodeUnavailable, Duration: time.Second}}
	enqueue(t, g, m)
	got := make(chan messaging.Message, 1)
	consume(t, worker(t, url, "w1"), 1, func(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 31*time.Second {
			t.Errorf("the deadline is %v away, %t", time.Until(deadline), ok)
		}
		if err := messaging.CheckHold(ctx); err != nil {
			t.Error(err)
		}
		got <- m
		return sent()
	})
	e := outcome(t, g, m)
	want := m
	want.Accept = false // it would come back to the queue
	given := <-got
	if skew := given.Expires.Sub(m.Expires).Abs(); skew > time.Second {
		t.Errorf("its life ends %s from where it did", skew)
	}
	given.Expires = want.Expires
	if diff := cmp.Diff(want, given); diff != "" {
		t.Errorf("enqueued (-), taken (+):\n%s", diff)
	}
	attempts := append(m.Earlier, messaging.Attempt{Provider: "p", Code: messaging.CodeSent})
	if diff := cmp.Diff(attempts, e.Attempts); diff != "" || e.Code != messaging.CodeSent || e.Worker != "w1" || e.Provider != "p" {
		t.Errorf("the outcome is %+v\n%s", e, diff)
	}
	if !e.Expires.Equal(m.Expires) {
		t.Errorf("the event says that its life ends at %s, want %s", e.Expires, m.Expires)
	}
	nc := dial(t, url)
	waitFor(t, "the message to leave the queue", func() bool { return queued(t, nc) == 0 })
}

func TestWhatTheQueueRefuses(t *testing.T) {
	s := startServer(t)
	g := gateway(t, s.URL())
	invalid := message("demo", time.Minute)
	invalid.To = "1"
	large := message("demo", time.Minute)
	large.User.Name = strings.Repeat("x", 3<<20)
	for want, m := range map[messaging.Code]messaging.Message{
		messaging.CodeExpired:       message("demo", -time.Second),
		messaging.CodeInvalidNumber: invalid,
		messaging.CodeTooLarge:      large,
	} {
		if err := g.Queue().Enqueue(t.Context(), m); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	s.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := g.Queue().Enqueue(ctx, message("demo", time.Minute)); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("without a server: %v, want %v", err, messaging.CodeUnavailable)
	}
	if err := g.Queue().Cancel(ctx, "demo", message("demo", time.Minute).ID); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("Cancel without a server: %v, want %v", err, messaging.CodeUnavailable)
	}
}

func TestAMessageLeavesTheQueueWithItsLife(t *testing.T) {
	url := messagingtest.NATS(t)
	g, nc := gateway(t, url), dial(t, url)
	enqueue(t, g, message("demo", 900*time.Millisecond))
	if n := queued(t, nc); n != 1 {
		t.Fatalf("%d messages are stored, want 1", n)
	}
	waitFor(t, "the message to leave the queue", func() bool { return queued(t, nc) == 0 })
}

func TestCancel(t *testing.T) {
	url := messagingtest.NATS(t)
	g, w := gateway(t, url), worker(t, url, "w1")
	m := message("demo", time.Minute)
	enqueue(t, g, m)
	for name, ask := range map[string][2]string{"unknown": {"demo", message("demo", time.Minute).ID}, "another's": {"other", m.ID}, "no tenant": {"*", m.ID}, "no id": {"demo", ""}} {
		if err := g.Queue().Cancel(t.Context(), ask[0], ask[1]); !errors.Is(err, messaging.CodeNotFound) {
			t.Errorf("%s: got %v, want %v", name, err, messaging.CodeNotFound)
		}
	}
	for range 2 {
		if err := g.Queue().Cancel(t.Context(), "demo", m.ID); err != nil {
			t.Fatal(err)
		}
	}
	enqueue(t, w, m) // by somebody who does not know
	events := flushed(t, g, m, 1)
	if len(events) != 1 || events[0].Type != messaging.EventCancelled || events[0].Code != messaging.CodeCancelled || events[0].ToHash != m.ToHash {
		t.Errorf("the events are %+v", events)
	}
	began, finish := make(chan struct{}), make(chan struct{})
	var got counter
	consume(t, w, 1, func(_ context.Context, taken messaging.Message) (messaging.Receipt, error) {
		if taken.ID == m.ID {
			t.Error("a cancelled message was sent")
		}
		got.add()
		close(began)
		<-finish
		return sent()
	})
	second := message("demo", time.Minute)
	enqueue(t, g, second)
	<-began
	if err := g.Queue().Cancel(t.Context(), "demo", second.ID); !errors.Is(err, messaging.CodeConflict) {
		t.Errorf("while it is sent: %v, want %v", err, messaging.CodeConflict)
	}
	close(finish)
	outcome(t, g, second)
	waitFor(t, "the end to be written down", func() bool {
		return queued(t, dial(t, url)) == 0
	})
	if err := g.Queue().Cancel(t.Context(), "demo", second.ID); !errors.Is(err, messaging.CodeConflict) {
		t.Errorf("after it was sent: %v, want %v", err, messaging.CodeConflict)
	}
	never := message("demo", time.Minute) // delivered without the queue
	g.Events().Record(eventOf(never, "w1"))
	flushed(t, g, never, 1)
	if err := g.Queue().Cancel(t.Context(), "demo", never.ID); !errors.Is(err, messaging.CodeConflict) {
		t.Errorf("what never was in the queue: %v, want %v", err, messaging.CodeConflict)
	}
}

func TestCancelBetweenTwoTries(t *testing.T) {
	url := messagingtest.NATS(t)
	g, nc := gateway(t, url), dial(t, url)
	var tries counter
	consume(t, worker(t, url, "w1"), 1, func(context.Context, messaging.Message) (messaging.Receipt, error) {
		tries.add()
		return failed(messaging.CodeUnavailable)
	})
	m := message("demo", time.Minute)
	enqueue(t, g, m)
	waitFor(t, "the first try", func() bool { return tries.value() > 0 })
	waitFor(t, "it to be put back and cancelled", func() bool {
		err := g.Queue().Cancel(t.Context(), "demo", m.ID)
		if err != nil && !errors.Is(err, messaging.CodeConflict) { // it has just begun again
			t.Fatal(err)
		}
		return err == nil
	})
	if n := queued(t, nc); n != 0 {
		t.Errorf("%d messages are in the queue", n)
	}
	events := flushed(t, g, m, 2)
	last := events[len(events)-1]
	if last.Type != messaging.EventCancelled || len(last.Attempts) != tries.value() {
		t.Errorf("the last event is %s with %d attempts, after %d", last.Type, len(last.Attempts), tries.value())
	}
}

// TestEitherCancelledOrSent lets cancelling and working race for many messages.
func TestEitherCancelledOrSent(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	var mu sync.Mutex
	delivered := map[string]bool{}
	consume(t, worker(t, url, "w1"), 8, func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		mu.Lock()
		defer mu.Unlock()
		delivered[m.ID] = true
		return sent()
	})
	var wait sync.WaitGroup
	for range 60 {
		m := message("demo", time.Minute)
		wait.Go(func() {
			enqueue(t, g, m)
			err := g.Queue().Cancel(t.Context(), "demo", m.ID)
			switch {
			case errors.Is(err, messaging.CodeConflict):
				outcome(t, g, m)
			case err != nil:
				t.Error(err)
			default:
				flushed(t, g, m, 1)
			}
			mu.Lock()
			defer mu.Unlock()
			if delivered[m.ID] == (err == nil) {
				t.Errorf("Cancel said %v, and sent is %t", err, delivered[m.ID])
			}
		})
	}
	wait.Wait()
}
