package dedupe_test

import (
	"encoding/hex"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phonehook/phonehook/gateway/dedupe"
	"github.com/phonehook/phonehook/messaging"
)

// dead leaves the claim of a gateway that died right after it, and returns its
// message's id.
func (s *shared) dead(t *testing.T) string {
	t.Helper()
	req := request("k", "body")
	claim := messaging.Claim{MessageID: req.MessageID, Fingerprint: req.Fingerprint.String(), Deadline: req.Deadline}
	name := tenant + "." + hex.EncodeToString(req.Key[:])
	if _, held, err := s.keys.Claim(t.Context(), name, claim, 24*time.Hour); err != nil || !held {
		t.Fatal(held, err)
	}
	return req.MessageID
}

// told records the outcome of a dead gateway's message.
func (s *shared) told(id string, code messaging.Code) {
	m := messaging.Message{ID: id, Tenant: tenant, ReceivedAt: time.Now()}
	r, err := messaging.Receipt{Code: code, Worker: "w1"}, error(nil)
	if code != messaging.CodeSent && code != messaging.CodePending {
		r, err = messaging.Receipt{Worker: "w1"}, &messaging.Error{Code: code, Detail: "it failed"}
	}
	s.history.Record(messaging.EventOf(m, r, err))
}

func TestAnotherGatewaysRequestIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		one, other := s.gateway(), s.gateway()
		one.takes = 3 * time.Second
		first := make(chan dedupe.Outcome, 1)
		go func() { first <- one.do(t, request("k", "body")) }()
		synctest.Wait()
		out := other.do(t, request("k", "body"))
		if f := <-first; out.Err != nil || !out.Replayed || out.Event.ID != f.Event.ID || out.Event.Provider != "p" || other.count() != 0 {
			t.Errorf("%+v after %+v", out, f)
		}
	})
}

// TestAWindowShorterThanACallCoversTheCall has a repetition come after its window, while the
// first is still under way elsewhere.
func TestAWindowShorterThanACallCoversTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		one, other := s.gateway(), s.gateway()
		one.takes = 8 * time.Second
		short := func() dedupe.Request {
			req := request("k", "body")
			req.Window = 2 * time.Second
			return req
		}
		first := make(chan dedupe.Outcome, 1)
		go func() { first <- one.do(t, short()) }()
		time.Sleep(4 * time.Second)
		out := other.do(t, short())
		if f := <-first; out.Event.ID != f.Event.ID || !out.Replayed || other.count() != 0 {
			t.Errorf("%+v after %+v", out, f)
		}
		time.Sleep(time.Millisecond)
		if out := other.do(t, short()); out.Replayed || other.count() != 1 {
			t.Errorf("afterwards: %+v", out)
		}
	})
}

// TestAnotherBodyIsRefusedAtOnce has it come to a gateway that waits for another one's
// outcome of the same key.
func TestAnotherBodyIsRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		one, other := s.gateway(), s.gateway()
		one.takes = 5 * time.Second
		outcomes := make(chan dedupe.Outcome, 2)
		for _, g := range []*gateway{one, other} {
			go func() { outcomes <- g.do(t, request("k", "body")) }()
			synctest.Wait()
		}
		begun := time.Now()
		if out := other.do(t, request("k", "another body")); !errors.Is(out.Err, messaging.CodeKeyReused) || time.Since(begun) > 0 {
			t.Errorf("%+v after %v", out, time.Since(begun))
		}
		for range cap(outcomes) {
			if out := <-outcomes; out.Err != nil {
				t.Errorf("%+v", out)
			}
		}
	})
}

// TestTheFirstAnswerIsReplayed has a message delivered that was pending when its caller
// was answered.
func TestTheFirstAnswerIsReplayed(t *testing.T) {
	var s shared
	one, other := s.gateway(), s.gateway()
	one.code = messaging.CodePending
	first := one.do(t, request("k", "body"))
	s.told(first.Event.ID, messaging.CodeSent)
	for name, g := range map[string]*gateway{"the same gateway": one, "another": other} {
		if out := g.do(t, request("k", "body")); out.Event.Code != messaging.CodePending || out.Event.ID != first.Event.ID {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

func TestADeadGatewaysRequestIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		died := time.Now()
		id := s.dead(t)
		time.Sleep(5 * time.Second)
		g := s.gateway()
		out := g.do(t, request("k", "body"))
		if out.Err != nil || out.Replayed || out.Event.ID != id || len(g.sent) != 1 || g.sent[0] != id {
			t.Fatalf("%+v; sent %v; want %s", out, g.sent, id)
		}
		if waited := time.Since(died); waited < deadline+dedupe.Grace {
			t.Errorf("the first call could still be under way after %v", waited)
		}
		other := s.gateway()
		if again := other.do(t, request("k", "body")); !again.Replayed || again.Event.ID != id || other.count() != 0 {
			t.Errorf("afterwards: %+v", again)
		}
	})
}

func TestOneGatewayTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		id := s.dead(t)
		time.Sleep(5 * time.Second)
		gateways := []*gateway{s.gateway(), s.gateway(), s.gateway(), s.gateway()}
		outcomes := make(chan dedupe.Outcome, 2*len(gateways))
		for _, g := range gateways {
			g.takes = time.Second
			for range 2 {
				time.Sleep(time.Microsecond) // no two requests come at the very same time
				go func() { outcomes <- g.do(t, request("k", "body")) }()
			}
		}
		for range cap(outcomes) {
			if out := <-outcomes; out.Err != nil || out.Event.ID != id {
				t.Errorf("%+v", out)
			}
		}
		sent := 0
		for _, g := range gateways {
			sent += g.count()
		}
		if sent != 1 {
			t.Errorf("sent %d times", sent)
		}
	})
}
