package dedupe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/gateway/dedupe"
	"github.com/phonehook/phonehook/messaging"
)

// TestWhatIsNotTakenOver has everything under which another gateway's request may still be
// delivered, or there is no time.
func TestWhatIsNotTakenOver(t *testing.T) {
	for name, c := range map[string]struct {
		// before is between the death and the duplicate.
		before time.Duration
		during func(*shared, string)
		left   time.Duration
		want   messaging.Code
	}{
		"the first could last longer":         {0, nil, deadline, messaging.CodeUnknown},
		"too little time":                     {time.Minute, nil, 900 * time.Millisecond, messaging.CodeExpired},
		"its history can't be read":           {time.Minute, func(s *shared, _ string) { s.history.Break(true) }, deadline, messaging.CodeUnknown},
		"its history can't be read meanwhile": {5 * time.Second, func(s *shared, _ string) { s.history.Break(true) }, deadline, messaging.CodeUnknown},
		"too little time after a failure":     {time.Minute, func(s *shared, id string) { s.told(id, messaging.CodeUnavailable) }, 900 * time.Millisecond, messaging.CodeUnavailable},
		"it was refused":                      {time.Minute, func(s *shared, id string) { s.told(id, messaging.CodeRejected) }, deadline, messaging.CodeRejected},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s shared
				id := s.dead(t)
				time.Sleep(c.before)
				g := s.gateway()
				if c.during != nil {
					c.during(&s, id)
				}
				req := request("k", "body")
				req.Window = 24 * time.Hour
				req.Deadline = time.Now().Add(c.left)
				out := g.do(t, req)
				if !errors.Is(out.Err, c.want) || out.Event.ID != id || g.count() != 0 {
					t.Errorf("%+v, sent %v", out, g.sent)
				}
				if e := messaging.AsError(out.Err); c.want == messaging.CodeUnknown && e.RetryAfter == 0 {
					t.Errorf("it does not say to ask again: %+v", e)
				}
			})
		})
	}
}

// irreplaceable are Keys that can be claimed but not replaced.
type irreplaceable struct{ messaging.Keys }

func (irreplaceable) Replace(context.Context, string, messaging.Claim, messaging.Claim, time.Duration) (messaging.Claim, bool, error) {
	return messaging.Claim{}, false, messaging.CodeUnavailable
}

func TestATakeOverThatNobodyConfirmsSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		id := s.dead(t)
		s.told(id, messaging.CodeExpired)
		g := s.gateway()
		g.Deduper = dedupe.New(dedupe.Options{Keys: irreplaceable{&s.keys}, History: &s.history, Logger: zap.NewNop()})
		if out := g.do(t, request("k", "body")); !errors.Is(out.Err, messaging.CodeUnknown) || g.count() != 0 {
			t.Errorf("%+v", out)
		}
	})
}

// fleeting are Keys whose key is released before it is replaced.
type fleeting struct{ *shared }

func (f fleeting) Claim(ctx context.Context, key string, mine messaging.Claim, ttl time.Duration) (messaging.Claim, bool, error) {
	return f.keys.Claim(ctx, key, mine, ttl)
}

func (f fleeting) Replace(ctx context.Context, key string, earlier, _ messaging.Claim, _ time.Duration) (messaging.Claim, bool, error) {
	return messaging.Claim{}, false, f.keys.Release(ctx, key, earlier)
}

func (f fleeting) Release(ctx context.Context, key string, mine messaging.Claim) error {
	return f.keys.Release(ctx, key, mine)
}

func TestAKeyThatIsReleasedDuringTheTakeOverIsClaimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		id := s.dead(t)
		s.told(id, messaging.CodeExpired)
		g := s.gateway()
		g.Deduper = dedupe.New(dedupe.Options{Keys: fleeting{&s}, History: &s.history, Logger: zap.NewNop()})
		if out := g.do(t, request("k", "body")); out.Err != nil || out.Event.ID == id || g.count() != 1 || s.keys.Len() != 1 {
			t.Errorf("%+v, sent %v", out, g.sent)
		}
	})
}

func TestWithoutHistoryNothingIsSentTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		s.dead(t)
		time.Sleep(time.Minute)
		g := s.gateway()
		g.Deduper = dedupe.New(dedupe.Options{Keys: &s.keys, Logger: zap.NewNop()})
		if out := g.do(t, request("k", "body")); !errors.Is(out.Err, messaging.CodeUnknown) || g.count() != 0 {
			t.Errorf("%+v", out)
		}
	})
}

func TestAHistoryThatComesBackIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		id := s.dead(t)
		s.history.Break(true)
		g := s.gateway()
		outcome := make(chan dedupe.Outcome, 1)
		go func() { outcome <- g.do(t, request("k", "body")) }()
		time.Sleep(3 * time.Second)
		s.told(id, messaging.CodeSent)
		s.history.Break(false)
		if out := <-outcome; out.Err != nil || out.Event.ID != id || g.count() != 0 {
			t.Errorf("%+v", out)
		}
	})
}

// TestAFailureThatWasNotReleasedIsTakenOver has a gateway die between its outcome and
// the release of its key.
func TestAFailureThatWasNotReleasedIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		id := s.dead(t)
		s.told(id, messaging.CodeUnavailable)
		g := s.gateway()
		out := g.do(t, request("k", "body"))
		if out.Err != nil || out.Replayed || out.Event.ID == id || g.count() != 1 {
			t.Errorf("%+v", out)
		}
	})
}

// TestADoubtIsRepeatedUnderTheSameID has a message of which nobody knows whether it
// came to the queue, which stores an id once.
func TestADoubtIsRepeatedUnderTheSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		g := s.gateway()
		req := request("k", "body")
		first := g.Do(t.Context(), req, func(_ context.Context, id string) (messaging.Event, error) {
			return messaging.Event{Type: dedupe.EventDoubt, ID: id, Code: messaging.CodeUnknown}, messaging.CodeUnknown
		})
		if !errors.Is(first.Err, messaging.CodeUnknown) || s.keys.Len() != 1 {
			t.Fatalf("%+v, %d keys", first, s.keys.Len())
		}
		time.Sleep(5 * time.Second)
		for _, g := range []*gateway{g, s.gateway()} {
			if out := g.do(t, request("k", "body")); out.Err != nil || out.Event.ID != req.MessageID {
				t.Errorf("%+v, want %s", out, req.MessageID)
			}
		}
		if g.count() != 1 {
			t.Errorf("sent %v", g.sent)
		}
	})
}
