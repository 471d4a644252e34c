package natsstore_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

func TestWhatFailsForNowIsTriedAgain(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	m := message("demo", time.Minute)
	m.Earlier = []messaging.Attempt{{Provider: "sync", Code: messaging.CodeUnavailable}}
	enqueue(t, g, m)
	var mu sync.Mutex
	var seen [][]messaging.Code
	answers := []messaging.Code{messaging.CodeRateLimited, messaging.CodeUnknown, messaging.CodeSent}
	consume(t, worker(t, url, "w1"), 1, func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, codesOf(m.Earlier))
		if code := answers[len(seen)-1]; code != messaging.CodeSent {
			return failed(code)
		}
		return sent()
	})
	e := outcome(t, g, m)
	first, second := messaging.CodeUnavailable, messaging.CodeRateLimited
	mu.Lock()
	defer mu.Unlock()
	for i, want := range [][]messaging.Code{{first}, {first, second}, {first, second, messaging.CodeUnknown}} {
		if !slices.Equal(seen[i], want) {
			t.Errorf("try %d was told of %v, want %v", i+1, seen[i], want)
		}
	}
	if want := []messaging.Code{first, second, messaging.CodeUnknown, messaging.CodeSent}; !slices.Equal(codesOf(e.Attempts), want) {
		t.Errorf("the outcome has the attempts %v, want %v", codesOf(e.Attempts), want)
	}
	events := flushed(t, g, m, 3)
	for i, want := range []messaging.EventType{messaging.EventQueued, messaging.EventQueued, messaging.EventOutcome} {
		if events[i].Type != want || i < 2 && (events[i].Code != messaging.CodePending || len(events[i].Attempts) != i+2) {
			t.Errorf("event %d is %s, %s with %d attempts", i, events[i].Type, events[i].Code, len(events[i].Attempts))
		}
	}
}

func codesOf(attempts []messaging.Attempt) []messaging.Code {
	var codes []messaging.Code
	for _, a := range attempts {
		codes = append(codes, a.Code)
	}
	return codes
}

func TestWhatEndsTheWork(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	tests := map[string]struct {
		earlier []messaging.Attempt
		r       messaging.Receipt
		err     error
		want    messaging.Code
	}{
		"refused":       {err: &messaging.Error{Code: messaging.CodeRejected, Detail: "no"}, want: messaging.CodeRejected},
		"blocked":       {err: messaging.CodeBlocked, want: messaging.CodeBlocked},
		"misconfigured": {err: messaging.CodeMisconfigured, want: messaging.CodeMisconfigured},
		"a tenant that stops after unknown": {
			earlier: []messaging.Attempt{{Provider: "p", Code: messaging.CodeUnknown}},
			err:     messaging.CodeUnknown, want: messaging.CodeUnknown,
		},
	}
	given := sync.Map{}
	consume(t, worker(t, url, "w1"), 4, func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		n, _ := given.LoadOrStore(m.ID+" times", new(counter))
		n.(*counter).add()
		err, _ := given.Load(m.ID)
		return messaging.Receipt{}, err.(error)
	})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := message("demo", time.Minute)
			m.Earlier = test.earlier
			given.Store(m.ID, test.err)
			enqueue(t, g, m)
			e := outcome(t, g, m)
			if e.Code != test.want || e.Worker != "w1" {
				t.Errorf("the outcome is %s by %s, want %s", e.Code, e.Worker, test.want)
			}
			if n, _ := given.Load(m.ID + " times"); n.(*counter).value() != 1 {
				t.Errorf("it was tried %d times, want once", n.(*counter).value())
			}
		})
	}
}

func TestTheEndOfALifeEndsTheWork(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	consume(t, worker(t, url, "w1"), 4, func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		if m.Text == messaging.CodeUnknown.String() {
			return failed(messaging.CodeUnknown)
		}
		return failed(messaging.CodeUnavailable)
	})
	for code, want := range map[messaging.Code]messaging.Code{
		messaging.CodeUnavailable: messaging.CodeExpired, messaging.CodeUnknown: messaging.CodeUnknown,
	} {
		m := message("demo", 2500*time.Millisecond)
		m.Text = code.String()
		enqueue(t, g, m)
		e := outcome(t, g, m)
		if e.Code != want || len(e.Attempts) < 2 {
			t.Errorf("%s until the end of its life: %s after %d attempts, want %s after several", code, e.Code, len(e.Attempts), want)
		}
	}
}

func TestAPanicIsAnUnknownAttempt(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	m := message("demo", time.Minute)
	enqueue(t, g, m)
	consume(t, worker(t, url, "w1"), 1, func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		if len(m.Earlier) == 0 {
			panic("of the sender")
		}
		return sent()
	})
	if e := outcome(t, g, m); !slices.Equal(codesOf(e.Attempts), []messaging.Code{messaging.CodeUnknown, messaging.CodeSent}) {
		t.Errorf("the attempts are %v", codesOf(e.Attempts))
	}
}

func TestAWorkerHasNoMoreThanItsSlots(t *testing.T) {
	url := messagingtest.NATS(t)
	g, nc := gateway(t, url), dial(t, url)
	const n, slots = 40, 3
	for range n {
		enqueue(t, g, message("demo", time.Minute))
	}
	var now, most, done counter
	var mu sync.Mutex
	consume(t, worker(t, url, "w1"), slots, func(context.Context, messaging.Message) (messaging.Receipt, error) {
		mu.Lock()
		now.add()
		most.n.Store(max(most.n.Load(), now.n.Load()))
		mu.Unlock()
		time.Sleep(2 * time.Millisecond)
		now.n.Add(-1)
		done.add()
		return sent()
	})
	waitFor(t, "all messages", func() bool { return done.value() == n })
	waitFor(t, "the queue to be empty", func() bool { return queued(t, nc) == 0 })
	if most.value() != slots {
		t.Errorf("%d messages were in hand at once, want %d", most.value(), slots)
	}
}

// TestTheOtherTenantIsServedMeanwhile has one tenant's backlog in front of another's message.
func TestTheOtherTenantIsServedMeanwhile(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	const backlog = 60
	for range backlog {
		enqueue(t, g, message("demo", time.Minute))
	}
	enqueue(t, g, message("other", time.Minute))
	var mu sync.Mutex
	var order []string
	consume(t, worker(t, url, "w1"), 2, func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, m.Tenant)
		return sent()
	})
	var at int
	waitFor(t, "the other tenant's message", func() bool {
		mu.Lock()
		defer mu.Unlock()
		at = slices.Index(order, "other")
		return at >= 0
	})
	if at > 10 {
		t.Errorf("it was served after %d of the backlog of %d", at, backlog)
	}
}

func TestAWorkerTakesItsOwnTenantsAlone(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	mine, others := message("demo", time.Minute), message("other", time.Minute)
	enqueue(t, g, others)
	enqueue(t, g, mine)
	c, err := natsstore.NewConsumer(worker(t, url, "w1"), messaging.SenderFunc(func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		if m.Tenant != "demo" {
			t.Errorf("got a message of %s", m.Tenant)
		}
		return sent()
	}), natsstore.ConsumerOptions{Tenants: []string{"demo"}})
	if err != nil {
		t.Fatal(err)
	}
	outcome(t, g, mine)
	if err := c.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	if n := queued(t, dial(t, url)); n != 1 {
		t.Errorf("%d messages are left, want the other's", n)
	}
}

func TestDrainFinishesWhatIsInHand(t *testing.T) {
	url := messagingtest.NATS(t)
	g, w := gateway(t, url), worker(t, url, "w1")
	m := message("demo", time.Minute)
	enqueue(t, g, m)
	began, finish := make(chan struct{}), make(chan struct{})
	c, err := natsstore.NewConsumer(w, messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		close(began)
		<-finish
		return sent()
	}), natsstore.ConsumerOptions{Tenants: []string{"*"}, Slots: 1})
	if err != nil {
		t.Fatal(err)
	}
	<-began
	drained := make(chan error)
	go func() { drained <- c.Drain(t.Context()) }()
	enqueue(t, g, message("demo", time.Minute))
	close(finish)
	if err := <-drained; err != nil {
		t.Error(err)
	}
	outcome(t, g, m)
	if n := queued(t, dial(t, url)); n != 1 {
		t.Errorf("%d messages are left, want the second one", n)
	}
}

func TestDrainPutsBackWhatItCutsOff(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	m := message("demo", time.Minute)
	enqueue(t, g, m)
	began := make(chan struct{})
	c, err := natsstore.NewConsumer(worker(t, url, "w1"), messaging.SenderFunc(func(ctx context.Context, _ messaging.Message) (messaging.Receipt, error) {
		close(began)
		<-ctx.Done()
		return failed(messaging.CodeUnknown)
	}), natsstore.ConsumerOptions{Tenants: []string{"*"}, Slots: 1})
	if err != nil {
		t.Fatal(err)
	}
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		if err := c.Drain(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Drain: %v", err)
		}
	}
	consume(t, worker(t, url, "w2"), 1, func(context.Context, messaging.Message) (messaging.Receipt, error) { return sent() })
	e := outcome(t, g, m)
	if e.Worker != "w2" || !slices.Equal(codesOf(e.Attempts), []messaging.Code{messaging.CodeUnknown, messaging.CodeSent}) {
		t.Errorf("the outcome is by %s with the attempts %v", e.Worker, codesOf(e.Attempts))
	}
}
