package natsrpc_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// provider is a backend that takes its time, and adds up for how long it was used.
type provider struct {
	takes time.Duration
	used  atomic.Int64 // nanoseconds of all slots
	sent  atomic.Uint64
	late  atomic.Uint64 // begun after the end of the call
	ends  sync.Map      // of string, a message's id, to the time.Time at which its call ends
}

func (p *provider) Send(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
	began := time.Now()
	if end, ok := p.ends.Load(m.ID); !ok || began.After(end.(time.Time)) {
		p.late.Add(1)
	}
	time.Sleep(p.takes)
	p.sent.Add(1)
	p.used.Add(int64(time.Since(began)))
	return messaging.Receipt{Code: messaging.CodeSent}, nil
}

func TestOverloadIsShedAndTheRestIsServed(t *testing.T) {
	const (
		slots  = 8
		within = 2 * time.Second
		lasts  = 5 * time.Second
	)
	url := messagingtest.NATS(t)
	backend := &provider{takes: 50 * time.Millisecond} // 2 workers of 8 slots: at most 320 a second
	newServer(t, url, backend, natsrpc.ServerOptions{Slots: slots})
	newServer(t, url, backend, natsrpc.ServerOptions{Slots: slots})
	client := newClient(t, url)
	waitFor(t, "the workers", func() bool { return client.Workers() == 2 })
	var offered sync.Map // of string, a message's id
	nc := connect(t, url, "listener")
	if _, err := nc.Subscribe("phonehook.v1.deliver.*", func(msg *nats.Msg) { offered.Store(msg.Header.Get("Phonehook-Id"), nil) }); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}

	var calls sync.WaitGroup
	var through, shed, shedAfterOffer, small, other atomic.Uint64
	call := func(tenant, id string) {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		end, _ := ctx.Deadline()
		backend.ends.Store(id, end)
		_, err := client.Send(ctx, of(tenant, id))
		_, wasOffered := offered.Load(id)
		switch {
		case err == nil:
			through.Add(1)
		case errors.Is(err, messaging.CodeUnavailable) && messaging.AsError(err).RetryAfter >= time.Second:
			shed.Add(1)
			if wasOffered {
				shedAfterOffer.Add(1)
			}
		default:
			other.Add(1)
			t.Log(err)
		}
		if err != nil && tenant == "small" {
			small.Add(1)
		}
	}
	begun := time.Now()
	for i := 0; time.Since(begun) < lasts; i++ {
		tenant := "big"
		if i%20 == 0 {
			tenant = "small"
		}
		calls.Go(func() { call(tenant, fmt.Sprintf("m%d", i)) })
		time.Sleep(time.Millisecond)
	}
	took := time.Since(begun)
	used := time.Duration(backend.used.Load())
	calls.Wait()
	stats := client.Stats()
	t.Logf("%d went through, %d were shed, %d of them after an offer, %d ended otherwise; at the end %+v",
		through.Load(), shed.Load(), shedAfterOffer.Load(), other.Load(), stats)
	if used < took*2*slots*8/10 {
		t.Errorf("the slots were in use for %s of %s", used, took*2*slots)
	}
	if shed.Load() == 0 || stats.Shed < shed.Load() {
		t.Errorf("%d calls were shed, the client says %d", shed.Load(), stats.Shed)
	}
	// Those that waited first, as the workers turned out slower than they had been.
	if n := shedAfterOffer.Load() + other.Load(); n > (through.Load()+shed.Load())/50 {
		t.Errorf("%d calls were offered in vain", n)
	}
	if backend.late.Load() > 0 || backend.sent.Load() != through.Load() {
		t.Errorf("%d messages were sent, for %d calls, %d of them too late", backend.sent.Load(), through.Load(), backend.late.Load())
	}
	if small.Load() > 0 {
		t.Errorf("%d calls of the small tenant failed", small.Load())
	}
	if stats.InFlight != 0 || stats.Waiting != 0 {
		t.Errorf("afterwards there is %+v", stats)
	}
}
