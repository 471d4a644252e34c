package worker_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

// moody succeeds, fails in every way and dawdles, by chance, and counts.
type moody struct{ calls, sent atomic.Int64 }

func (p *moody) Send(ctx context.Context, _ provider.Message) (provider.Receipt, error) {
	p.calls.Add(1)
	switch chance := rand.IntN(100); { //nolint:gosec // it is chance for a test
	case chance < 20:
		kinds := []provider.Kind{provider.Throttled, provider.Unavailable, provider.Unknown, provider.Misconfigured, provider.Unroutable}
		return provider.Receipt{}, &provider.Error{Kind: kinds[chance%len(kinds)]}
	case chance < 22:
		<-ctx.Done()
		return provider.Receipt{}, &provider.Error{Kind: provider.Unknown}
	case chance < 60:
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Millisecond) //nolint:gosec // likewise
	}
	p.sent.Add(1)
	return provider.Receipt{ID: "vendor-1"}, nil
}

// Everything at once, so that what is shared meets the race detector, and nothing is
// counted twice or lost.
func TestNothingIsLostUnderLoad(t *testing.T) {
	cfg := parse(t, `
tenants:
  - name: "*"
    routes:
      - steps:
          - {provider: a, attempt_timeout: 2s, hedge_after: 300ms}
          - any: [{provider: b, weight: 2}, {provider: c, weight: 1}]
            hedge_after: 500ms
          - {provider: d}
`)
	bubble(t, func(t *testing.T) {
		moods := map[string]*moody{"a": {}, "b": {}, "c": {}, "d": {}}
		providers := make(map[string]provider.Provider)
		for name, p := range moods {
			providers[name] = p
		}
		d, _ := newDispatcher(t, cfg, providers, func(o *worker.Options) {
			o.Limits = map[string][]provider.Limit{"a": {{PerSecond: 80, InFlight: 60}}, "d": {{Channel: provider.SMS, PerSecond: 20}}}
		})
		const messages = 2000
		var sent, attempts, tooLong atomic.Int64
		var all sync.WaitGroup
		for range messages {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
				defer cancel()
				begun := time.Now()
				receipt, err := d.Send(ctx, message())
				attempts.Add(int64(len(receipt.Attempts)))
				if err == nil {
					sent.Add(1)
				}
				if (err == nil) != (messaging.CodeOf(receipt, err) == messaging.CodeSent) || time.Since(begun) > 6*time.Second {
					tooLong.Add(1)
				}
			})
			time.Sleep(5 * time.Millisecond)
		}
		all.Wait()
		time.Sleep(worker.MaxAttempt)
		var calls, requests int64
		for _, p := range moods {
			calls += p.calls.Load()
		}
		for _, p := range d.Health().Providers {
			requests += int64(p.Requests) //nolint:gosec // it is small
			if p.InFlight != 0 {
				t.Errorf("%s has %d in flight at the end", p.Provider, p.InFlight)
			}
		}
		if calls != requests || calls != attempts.Load() {
			t.Errorf("%d calls, %d requests and %d attempts; want the same", calls, requests, attempts.Load())
		}
		if tooLong.Load() != 0 {
			t.Errorf("%d calls took longer than they had", tooLong.Load())
		}
		if n := sent.Load(); n < messages*99/100 {
			t.Errorf("%d of %d messages were sent", n, messages)
		}
	})
}
