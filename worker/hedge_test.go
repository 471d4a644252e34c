package worker_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

// hedged hedges its first provider after a second and its second one after two more.
const hedged = `tenants: [{name: "*", routes: [{steps: [{provider: a, hedge_after: 1s}, {provider: b, hedge_after: 2s}, {provider: c}]}]}]`

// after takes d to end with the error, or sooner if its time is over.
func after(d time.Duration, err error) *fake {
	return &fake{do: func(ctx context.Context, _ provider.Message) (provider.Receipt, error) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return provider.Receipt{ID: "vendor-1"}, err
		case <-ctx.Done():
			return provider.Receipt{}, &provider.Error{Kind: provider.Unknown, Detail: "no answer", Cause: ctx.Err()}
		}
	}}
}

// deaf does not return before it is told to.
func deaf(release <-chan struct{}) *fake {
	return &fake{do: func(context.Context, provider.Message) (provider.Receipt, error) {
		<-release
		return provider.Receipt{}, nil
	}}
}

func TestHedging(t *testing.T) {
	refused := &provider.Error{Kind: provider.Refused, Detail: "barred"}
	busy := &provider.Error{Kind: provider.Unavailable}
	sent := func(name string, took time.Duration) messaging.Attempt {
		return messaging.Attempt{Provider: name, Code: messaging.CodeSent, ProviderMessageID: "vendor-1", Duration: took}
	}
	attempt := func(name string, code messaging.Code, took time.Duration) messaging.Attempt {
		return messaging.Attempt{Provider: name, Code: code, Duration: took}
	}
	const s = time.Second
	for name, tt := range map[string]struct {
		a, b, c  *fake
		want     messaging.Code
		attempts []messaging.Attempt
		took     time.Duration
	}{
		"not needed":             {after(s/2, nil), takes(), takes(), messaging.CodeSent, []messaging.Attempt{sent("a", s/2)}, s / 2},
		"the second is faster":   {hangs(), after(s/2, nil), takes(), messaging.CodeSent, []messaging.Attempt{attempt("a", messaging.CodeUnknown, 3*s/2), sent("b", s/2)}, 3 * s / 2},
		"the first is faster":    {after(3*s/2, nil), hangs(), takes(), messaging.CodeSent, []messaging.Attempt{attempt("b", messaging.CodeUnknown, s/2), sent("a", 3*s/2)}, 3 * s / 2},
		"the second fails":       {after(2*s, nil), after(s/2, busy), hangs(), messaging.CodeSent, []messaging.Attempt{attempt("b", messaging.CodeUnavailable, s/2), attempt("c", messaging.CodeUnknown, s/2), sent("a", 2*s)}, 2 * s},
		"the first fails":        {after(3*s/2, busy), after(s, nil), takes(), messaging.CodeSent, []messaging.Attempt{attempt("a", messaging.CodeUnavailable, 3*s/2), sent("b", s)}, 2 * s},
		"the third has to":       {hangs(), hangs(), after(s/2, nil), messaging.CodeSent, []messaging.Attempt{attempt("a", messaging.CodeUnknown, 7*s/2), attempt("b", messaging.CodeUnknown, 5*s/2), sent("c", s/2)}, 7 * s / 2},
		"the second refuses":     {hangs(), after(s/2, refused), takes(), messaging.CodeUnknown, []messaging.Attempt{attempt("b", messaging.CodeRejected, s/2), attempt("a", messaging.CodeUnknown, 3*s/2)}, 3 * s / 2},
		"fails before its hedge": {after(s/2, busy), after(s/2, nil), takes(), messaging.CodeSent, []messaging.Attempt{attempt("a", messaging.CodeUnavailable, s/2), sent("b", s/2)}, s},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d, _ := newDispatcher(t, parse(t, hedged), map[string]provider.Provider{"a": tt.a, "b": tt.b, "c": tt.c})
				begun := time.Now()
				receipt, err := d.Send(within(t, 18020*time.Millisecond), message())
				if got := messaging.CodeOf(receipt, err); got != tt.want {
					t.Errorf("got %v (%v), want %v", got, err, tt.want)
				}
				if diff := cmp.Diff(tt.attempts, receipt.Attempts); diff != "" {
					t.Errorf("attempts (-want +got):\n%s", diff)
				}
				if took := time.Since(begun); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				synctest.Wait() // what was cut off has ended
				for _, p := range d.Health().Providers {
					if p.InFlight != 0 {
						t.Errorf("%s has %d in flight", p.Provider, p.InFlight)
					}
				}
			})
		})
	}
}

func TestHedgesThatAllHangEndInTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan struct{})
		d, logs := newDispatcher(t, parse(t, hedged), map[string]provider.Provider{"a": deaf(release), "b": hangs(), "c": deaf(release)})
		begun := time.Now()
		receipt, err := d.Send(within(t, 9*time.Second), message())
		if !errors.Is(err, messaging.CodeUnknown) {
			t.Errorf("got %v, want unknown", err)
		}
		if took := time.Since(begun); took > 9*time.Second {
			t.Errorf("took %v of 9s", took)
		}
		if len(receipt.Attempts) != 3 || logs.FilterMessage("provider does not return").Len() != 2 {
			t.Errorf("%d attempts, and %v was logged", len(receipt.Attempts), logs.All())
		}
		close(release)
	})
}

func TestACallThatIsCalledOffEndsItsHedges(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(within(t, 9*time.Second))
		c := takes()
		d, _ := newDispatcher(t, parse(t, hedged), map[string]provider.Provider{"a": hangs(), "b": hangs(), "c": c})
		begun := time.Now()
		time.AfterFunc(1800*time.Millisecond, cancel) // before an attempt is late
		receipt, err := d.Send(ctx, message())
		if !errors.Is(err, messaging.CodeUnknown) || len(receipt.Attempts) != 2 || len(c.calls) != 0 {
			t.Errorf("got %v after %d attempts", err, len(receipt.Attempts))
		}
		if took := time.Since(begun); took > 1900*time.Millisecond {
			t.Errorf("it ended %v after the call", took-1800*time.Millisecond)
		}
		for _, p := range d.Health().Providers {
			if p.Failures != 0 {
				t.Errorf("%s has %d failures, though the caller ended its attempt", p.Provider, p.Failures)
			}
		}
	})
}

func TestAHedgeThatCanNotBeginIsLeftOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := takes()
		cfg := parse(t, `tenants: [{name: "*", routes: [{steps: [{provider: a, hedge_after: 1s}, {provider: b}]}, {providers: [b]}]}]`)
		d, _ := newDispatcher(t, cfg, map[string]provider.Provider{"a": after(3*time.Second, nil), "b": b}, func(o *worker.Options) {
			o.Limits = map[string][]provider.Limit{"b": {{PerSecond: 0.01}}}
		})
		for i, want := range [][]string{{"a", "b"}, {"a"}} { // the only token goes to the first
			receipt, err := d.Send(within(t, 9*time.Second), message())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, tried(receipt)); diff != "" {
				t.Errorf("message %d (-want +got):\n%s", i, diff)
			}
		}
		if len(b.calls) != 1 {
			t.Errorf("b was called %d times beyond its limit", len(b.calls)-1)
		}
	})
}
