package dedupe_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/gateway/dedupe"
	"github.com/phonehook/phonehook/messaging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDuplicatesInOneGatewayAreOneRequest(t *testing.T) {
	var s shared
	g := s.gateway()
	g.takes = 5 * time.Millisecond
	const keys, callers = 20, 10
	outcomes := make([][]dedupe.Outcome, keys)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for key := range keys {
		for range callers {
			wg.Go(func() {
				out := g.do(t, request(fmt.Sprint(key), "body"))
				mu.Lock()
				outcomes[key] = append(outcomes[key], out)
				mu.Unlock()
			})
		}
	}
	wg.Wait()
	for key, outs := range outcomes {
		first := 0
		for _, out := range outs {
			if out.Err != nil || out.Event.ID != outs[0].Event.ID || out.Event.Code != messaging.CodeSent {
				t.Errorf("key %d: %+v, %+v", key, out, outs[0])
			}
			if !out.Replayed {
				first++
			}
		}
		if first != 1 {
			t.Errorf("key %d: %d requests say that they are the first", key, first)
		}
	}
	if g.count() != keys {
		t.Errorf("%d messages were sent", g.count())
	}
	for key, n := range s.keys.Claims() {
		if n != 1 {
			t.Errorf("%s was claimed %d times", key, n)
		}
	}
}

func TestTheWindowEnds(t *testing.T) {
	for name, window := range map[string]time.Duration{"as long as a call": window, "shorter than a call": 2 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s shared
				one, other := s.gateway(), s.gateway()
				at := func(g *gateway) dedupe.Outcome {
					req := request("k", "body")
					req.Window = window
					return g.do(t, req)
				}
				first := at(one)
				time.Sleep(window - time.Millisecond)
				if a, b := at(one), at(other); a.Event.ID != first.Event.ID || b.Event.ID != first.Event.ID || !a.Replayed || !b.Replayed {
					t.Errorf("within the window: %+v, %+v, %+v", first, a, b)
				}
				time.Sleep(2 * time.Millisecond)
				second := at(other)
				if second.Replayed || second.Event.ID == first.Event.ID || second.Err != nil {
					t.Errorf("after the window: %+v", second)
				}
				if again := at(one); again.Event.ID != second.Event.ID || !again.Replayed {
					t.Errorf("the second window: %+v", again)
				}
			})
		})
	}
}

// TestWhatMayBeRepeated goes through all outcomes: a certain failure that a retry
// may mend frees the key, and every other outcome stands.
func TestWhatMayBeRepeated(t *testing.T) {
	for _, code := range messaging.Codes() {
		var s shared
		one, other := s.gateway(), s.gateway()
		one.code = code
		first := one.do(t, request("k", "body"))
		if released := s.keys.Len() == 0; released != code.Retryable() {
			t.Errorf("%s: released is %t", code, released)
		}
		for name, g := range map[string]*gateway{"the same gateway": one, "another": other} {
			g.code = messaging.CodeSent
			out := g.do(t, request("k", "body"))
			switch {
			case !code.Retryable() && (!out.Replayed || out.Event.ID != first.Event.ID || messaging.CodeOf(messaging.Receipt{Code: out.Event.Code}, out.Err) != code):
				t.Errorf("%s in %s: %+v after %+v", code, name, out, first)
			case code.Retryable() && (out.Err != nil || out.Event.ID == first.Event.ID):
				t.Errorf("%s in %s: %+v after %+v", code, name, out, first)
			}
		}
		want := 1
		if code.Retryable() {
			want = 2
		}
		if n := one.count() + other.count(); n != want {
			t.Errorf("%s: sent %d times, want %d", code, n, want)
		}
	}
}

func TestAKeyStandsForOneBody(t *testing.T) {
	var s shared
	one, other := s.gateway(), s.gateway()
	one.do(t, request("k", "body"))
	for name, g := range map[string]*gateway{"the same gateway": one, "another": other} {
		if out := g.do(t, request("k", "another body")); !errors.Is(out.Err, messaging.CodeKeyReused) || out.Replayed || out.Event.ID != "" {
			t.Errorf("%s: %+v", name, out)
		}
		if out := g.do(t, request("k", "body")); out.Err != nil || !out.Replayed {
			t.Errorf("%s is confused: %+v", name, out)
		}
	}
	stranger := request("k", "body")
	stranger.Tenant, stranger.Key = "other", dedupe.Secret(nil).ClientKey("other", "k")
	if out := one.do(t, stranger); out.Err != nil || out.Replayed {
		t.Errorf("another tenant: %+v", out)
	}
}

// gate is Keys whose next claim waits.
type gate struct {
	messaging.Keys
	entered, open chan struct{}
	armed         atomic.Bool
}

func (k *gate) Claim(ctx context.Context, key string, mine messaging.Claim, ttl time.Duration) (messaging.Claim, bool, error) {
	if k.armed.CompareAndSwap(true, false) {
		close(k.entered)
		<-k.open
	}
	return k.Keys.Claim(ctx, key, mine, ttl)
}

// TestAWrongBodyDoesNotHideTheRightOne has the wrong body come to a gateway first that
// does not know the key yet, and the right one while it asks.
func TestAWrongBodyDoesNotHideTheRightOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		first := s.gateway().do(t, request("k", "right"))
		g := s.gateway()
		keys := &gate{Keys: &s.keys, entered: make(chan struct{}), open: make(chan struct{})}
		keys.armed.Store(true)
		g.Deduper = dedupe.New(dedupe.Options{Keys: keys, History: &s.history, Logger: zap.NewNop()})
		wrong, right := make(chan dedupe.Outcome, 1), make(chan dedupe.Outcome, 1)
		go func() { wrong <- g.do(t, request("k", "wrong")) }()
		<-keys.entered
		go func() { right <- g.do(t, request("k", "right")) }()
		synctest.Wait()
		close(keys.open)
		if out := <-wrong; !errors.Is(out.Err, messaging.CodeKeyReused) {
			t.Errorf("the wrong body: %+v", out)
		}
		if out := <-right; out.Err != nil || out.Event.ID != first.Event.ID {
			t.Errorf("the right body: %+v", out)
		}
	})
}

func TestAPanicIsNobodysSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		g := s.gateway()
		begun := make(chan struct{})
		go func() {
			defer func() { _ = recover() }()
			req := request("k", "body")
			g.Do(t.Context(), req, func(context.Context, string) (messaging.Event, error) {
				close(begun)
				time.Sleep(time.Second)
				panic("a fault")
			})
		}()
		<-begun
		if out := g.do(t, request("k", "body")); !errors.Is(out.Err, messaging.CodeUnknown) {
			t.Errorf("who waited got %+v", out)
		}
		if g.count() != 0 {
			t.Error("it was sent again")
		}
	})
}

func TestAWaitEndsAtItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		one, other := s.gateway(), s.gateway()
		one.takes = 8 * time.Second
		first := make(chan dedupe.Outcome, 1)
		go func() { first <- one.do(t, request("k", "body")) }()
		synctest.Wait()
		for name, g := range map[string]*gateway{"the same gateway": one, "another": other} {
			begun := time.Now()
			req := request("k", "body")
			req.Deadline = begun.Add(2 * time.Second)
			out := g.do(t, req)
			if e := messaging.AsError(out.Err); e == nil || e.Code != messaging.CodeUnknown || e.RetryAfter == 0 || time.Since(begun) != 2*time.Second {
				t.Errorf("%s: %+v after %v", name, out, time.Since(begun))
			}
			if out.Event.ID != one.sent[0] {
				t.Errorf("%s does not name the first message: %+v", name, out)
			}
		}
		if out := <-first; out.Err != nil {
			t.Errorf("the first: %+v", out)
		}
		if out := other.do(t, request("k", "body")); out.Err != nil || !out.Replayed || other.count() != 0 {
			t.Errorf("afterwards: %+v", out)
		}
	})
}

func TestWithoutSharedKeysAProcessGoesOnAlone(t *testing.T) {
	var s shared
	one, other := s.gateway(), s.gateway()
	if st := one.Status(); !st.Shared || !st.Since.IsZero() {
		t.Errorf("at first: %+v", st)
	}
	s.keys.Break(true)
	for range 3 {
		one.do(t, request("k", "body"))
		one.do(t, request("k2", "body"))
		other.do(t, request("k", "body"))
	}
	if one.count() != 2 || other.count() != 1 {
		t.Errorf("sent %d and %d", one.count(), other.count())
	}
	if st := one.Status(); st.Shared || st.Since.IsZero() || st.Failures != 2 || st.Remembered != 2 {
		t.Errorf("broken: %+v", st)
	}
	s.keys.Break(false)
	one.do(t, request("k3", "body"))
	if st := one.Status(); !st.Shared {
		t.Errorf("mended: %+v", st)
	}
	var said []string
	for _, line := range one.logs.All() {
		said = append(said, line.Level.String()+" "+line.Message)
	}
	want := "[warn duplicates are seen within this process alone info duplicates are seen across gateways again]"
	if fmt.Sprint(said) != want {
		t.Errorf("it said %v", said)
	}
	alone := dedupe.New(dedupe.Options{Logger: zap.NewNop()})
	if st := alone.Status(); st.Shared || st.Failures != 0 {
		t.Errorf("without keys: %+v", st)
	}
}
