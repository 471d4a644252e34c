package natsrpc_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// stepper is a backend that tells which message it got and waits to be let on.
type stepper struct {
	got  chan string
	step chan struct{}
}

func newStepper() *stepper { return &stepper{make(chan string, 100), make(chan struct{})} }

func (s *stepper) Send(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
	s.got <- m.ID
	select {
	case <-s.step:
		return messaging.Receipt{Code: messaging.CodeSent}, nil
	case <-ctx.Done():
		return messaging.Receipt{}, messaging.CodeUnknown
	}
}

func of(tenant, id string) messaging.Message {
	m := messagingtest.Message()
	m.Tenant, m.ID = tenant, id
	return m
}

func TestAFullWorkerIsFairToTenants(t *testing.T) {
	url := messagingtest.NATS(t)
	backend := newStepper()
	newServer(t, url, backend, natsrpc.ServerOptions{Slots: 2, Queue: 3})
	g := newRawGateway(t, url)
	// In one connection and one subscription the offers keep their order.
	for call, id := range []string{"big0", "big1", "big2", "big3", "big4"} {
		g.offer(call, of("big", id))
	}
	waitFor(t, "a full queue", func() bool { return queued(t, url) == 3 })
	g.offer(5, of("big", "big5"))
	g.offer(6, of("small", "small6"))
	g.offer(7, of("small", "small7"))
	g.offer(8, of("small", "small8"))
	var said []string
	for len(said) < 11 {
		said = append(said, g.next())
	}
	var refused []string
	for _, each := range said {
		if each[2:] == "busy" {
			refused = append(refused, each[:1])
		}
	}
	// The sixth of the big tenant finds no place; its fifth and its fourth make
	// place for two of the small one, which then has as much as may be.
	if diff := cmp.Diff([]string{"5", "4", "3", "8"}, refused); diff != "" {
		t.Errorf("refused, wanted (-), got (+):\n%s\nof %v", diff, said)
	}
	got := []string{<-backend.got, <-backend.got}
	slices.Sort(got)
	for range 3 {
		backend.step <- struct{}{}
		got = append(got, <-backend.got)
	}
	slices.Sort(got[3:]) // either, depending on who ended first
	if diff := cmp.Diff([]string{"big0", "big1", "small6", "big2", "small7"}, got); diff != "" {
		t.Errorf("begun, wanted (-), got (+):\n%s", diff)
	}
	close(backend.step)
}

func TestHowManyWorkersThereAre(t *testing.T) {
	t.Parallel()
	url := messagingtest.NATS(t)
	wire := newWire(t, url)
	a := newServer(t, wire.url, &counter{}, natsrpc.ServerOptions{WorkerID: "a"})
	if n := a.Workers(); n != 1 {
		t.Errorf("at first there are %d workers", n)
	}
	b := newServer(t, url, &counter{}, natsrpc.ServerOptions{WorkerID: "b"})
	c := newServer(t, url, &counter{}, natsrpc.ServerOptions{WorkerID: "c"})
	three := func() bool { return a.Workers() == 3 && b.Workers() == 3 && c.Workers() == 3 }
	waitFor(t, "all to be heard", three)

	wire.cut()
	waitFor(t, "the one cut off to be missed", func() bool { return b.Workers() == 2 && c.Workers() == 2 })
	if n := a.Workers(); n != 3 {
		t.Errorf("the one cut off believes that there are %d workers", n)
	}
	wire.mend()
	waitFor(t, "it to be heard again", three)

	client := newClient(t, url)
	waitFor(t, "all to be heard by a gateway", func() bool { return client.Workers() == 3 })
	drain(t, c)
	waitFor(t, "the goodbye", func() bool { return a.Workers() == 2 && b.Workers() == 2 && client.Workers() == 2 })
}

func TestClocksThatDiffer(t *testing.T) {
	for name, off := range map[string]time.Duration{"behind": -30 * time.Second, "ahead": 30 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := messagingtest.NATS(t)
			clock := func() time.Time { return time.Now().Add(off) }
			type seen struct{ life, age, left time.Duration }
			arrived := make(chan seen, 1)
			newServer(t, url, messaging.SenderFunc(func(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
				deadline, _ := ctx.Deadline()
				arrived <- seen{m.Expires.Sub(clock()), clock().Sub(m.ReceivedAt), time.Until(deadline)}
				return messaging.Receipt{Code: messaging.CodeSent}, nil
			}), natsrpc.ServerOptions{Clock: clock})
			client := newClient(t, url)
			for range 5 {
				ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
				m := messagingtest.Message()
				m.ReceivedAt = time.Now()
				m.Expires = m.ReceivedAt.Add(20 * time.Second) // less than the clocks differ
				_, err := client.Send(ctx, m)
				cancel()
				if err != nil {
					t.Fatalf("the call ended with %v", err)
				}
				got := <-arrived
				if got.life > 20*time.Second+time.Second || got.life < 10*time.Second || got.age < -time.Second || got.age > 10*time.Second || got.left > 15*time.Second {
					t.Errorf("by the worker's clock, the message %+v", got)
				}
			}
		})
	}
}

// TestAStaleOfferIsNotSent by a worker whose clock makes it look fresh: its call has
// ended, which nobody but the gateway knows.
func TestAStaleOfferIsNotSent(t *testing.T) {
	for name, off := range map[string]time.Duration{"behind": -30 * time.Second, "ahead": 30 * time.Second, "right": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := messagingtest.NATS(t)
			raw := newRawWorker(t, url, "raw")
			client := newClient(t, url)
			done := begin(t, client, 300*time.Millisecond)
			offer := raw.next()
			<-done
			drainRaw(t, raw)
			backend := &counter{}
			server := newServer(t, url, backend, natsrpc.ServerOptions{Clock: func() time.Time { return time.Now().Add(off) }})
			if err := raw.nc.PublishMsg(offer); err != nil { // as if it had lain somewhere
				t.Fatal(err)
			}
			if got := <-begin(t, client, 15*time.Second); got.err != nil {
				t.Errorf("the next call ended with %v", got.err)
			}
			drain(t, server)
			if n := backend.deliveries()[messagingtest.Message().ID]; n != 1 {
				t.Errorf("the two messages were sent %d times", n)
			}
		})
	}
}

func drainRaw(t *testing.T, w *rawWorker) {
	t.Helper()
	if err := w.sub.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	if err := w.nc.Flush(); err != nil {
		t.Fatal(err)
	}
}
