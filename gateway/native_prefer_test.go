package gateway_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
)

// hangs is work that ends only when the time is up, less what a worker keeps back for
// saying so.
func hangs(ctx context.Context, _ messaging.Message) (messaging.Receipt, error) {
	end, _ := ctx.Deadline()
	time.Sleep(time.Until(end) - 300*time.Millisecond)
	return messaging.Receipt{Worker: "w1", Attempts: []messaging.Attempt{{Provider: "slow", Code: messaging.CodeUnavailable}}},
		&messaging.Error{Code: messaging.CodeExpired, Detail: "no provider answered in time"}
}

func TestRespondAsyncQueuesTheMessage(t *testing.T) {
	for _, prefer := range []string{"respond-async", "Respond-Async", "foo, respond-async; x=1", "wait=0", "respond-async, wait=0"} {
		var e engine
		g := e.gateway(t, config())
		got := g.send(t, nativeBody, "Prefer", prefer)
		m := as[message](t, got)
		if got.status != http.StatusAccepted || got.header.Get("Location") != messagesPath+"/"+m.ID || m.Status != "pending" || len(e.received()) > 0 {
			t.Errorf("%s: %+v", prefer, got)
		}
		if got.header.Get("Preference-Applied") == "" {
			t.Errorf("%s: nothing was applied: %v", prefer, got.header)
		}
		events := e.history.All()
		if len(events) != 1 || events[0].Type != messaging.EventQueued || events[0].ID != m.ID || events[0].ToHash == "" {
			t.Errorf("%s: recorded %+v", prefer, events)
		}
		queued, _ := e.queue.Take()
		if queued.ID != m.ID || queued.Code != "424242" || queued.ToHash != events[0].ToHash {
			t.Errorf("%s: queued %v", prefer, queued)
		}
	}
}

func TestWaitIsTheCallersDeadline(t *testing.T) {
	var e engine
	e.work = hangs
	g := e.gateway(t, config())
	got := g.send(t, nativeBody, "Prefer", "wait=1")
	m := as[message](t, got)
	if got.status != http.StatusAccepted || m.Status != "pending" || got.header.Get("Location") != messagesPath+"/"+m.ID ||
		got.header.Get("Preference-Applied") != "wait=1" {
		t.Errorf("the answer is %+v", got)
	}
	if len(m.Attempts) != 1 || m.Attempts[0].Provider != "slow" {
		t.Errorf("the attempts are %+v", m.Attempts)
	}
	if queued, _ := e.queue.Take(); queued.ID != m.ID || len(queued.Earlier) != 1 {
		t.Errorf("queued %v with %v", queued, queued.Earlier)
	}
	last := e.history.All()
	if n := len(last); n == 0 || last[n-1].Type != messaging.EventQueued || last[n-1].Worker != "" {
		t.Errorf("recorded %+v", last)
	}
}

func TestWaitEndsWithTheOutcome(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	got := g.send(t, nativeBody, "Prefer", "respond-async, wait=5")
	if got.status != http.StatusOK || got.header.Get("Preference-Applied") != "wait=5" || as[message](t, got).Status != "sent" || e.queue.Len() > 0 {
		t.Errorf("the answer is %+v", got)
	}
}

func TestWaitIsAtMostWhatAGatewayWaits(t *testing.T) {
	left := make(chan time.Duration, 1)
	sender := messaging.SenderFunc(func(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
		end, _ := ctx.Deadline()
		left <- time.Until(end)
		if !m.Accept {
			t.Error("the message does not go on afterwards")
		}
		return messaging.Receipt{Code: messaging.CodeSent, Worker: "w1"}, nil
	})
	g := start(t, config(), gateway.Deps{Sender: sender})
	got := g.send(t, nativeBody, "Prefer", "wait=99999999999999999999")
	if d := <-left; d > gateway.MaxDeadline || d < gateway.MaxDeadline-5*time.Second || got.header.Get("Preference-Applied") != "wait=20" {
		t.Errorf("%v are left; %+v", d, got)
	}
}

func TestNonsenseInPreferIsRefused(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	for _, prefer := range []string{"wait=abc", "wait=-1", "wait=1.5", "wait", "wait=", `wait=""`, "wait=5s", "respond-async=yes", "handling=lenient, wait=x"} {
		got := g.send(t, nativeBody, "Prefer", prefer)
		if p := as[problem](t, got); got.status != http.StatusBadRequest || p.Code != "invalid_request" || p.Detail == "" {
			t.Errorf("%s: %+v", prefer, got)
		}
	}
	for _, prefer := range []string{"", "return=minimal", "handling=strict", `foo="wait=abc, respond-async=1"`, "wait=5, wait=abc", ",,", `wait="5"`, `foo="`} {
		got := g.send(t, nativeBody, "Prefer", prefer)
		if got.status != http.StatusOK {
			t.Errorf("%s: %+v", prefer, got)
		}
	}
}

// TestAQueueThatDoesNotConfirmLeavesDoubt has a queue fail in a way that does not tell
// whether it has the message: what comes again must come under the same id.
func TestAQueueThatDoesNotConfirmLeavesDoubt(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	e.queue.Break(true)
	got := g.send(t, nativeBody, "Prefer", "respond-async", "Idempotency-Key", "k")
	p := as[problem](t, got)
	if got.status != http.StatusGatewayTimeout || p.Code != "unknown" || got.header.Get("Retry-After") == "" || got.header.Get("Preference-Applied") != "" {
		t.Errorf("the answer is %+v", got)
	}
	if len(e.history.All()) > 0 || e.keys.Len() != 1 {
		t.Errorf("recorded %+v; %d keys", e.history.All(), e.keys.Len())
	}
	e.queue.Break(false)
	var again answer
	eventually(t, "the repetition is queued", func() bool {
		again = g.send(t, nativeBody, "Prefer", "respond-async", "Idempotency-Key", "k")
		return again.status == http.StatusAccepted
	})
	if id := as[message](t, again).ID; id != p.MessageID || e.queue.Len() != 1 {
		t.Errorf("%s is queued, not %s", id, p.MessageID)
	}
}

func TestATenantThatAcceptsAtTheDeadline(t *testing.T) {
	for on, want := range map[string]int{"": http.StatusGatewayTimeout, gateway.OnDeadlineFail: http.StatusGatewayTimeout, gateway.OnDeadlineAccept: http.StatusOK} {
		var e engine
		e.work = hangs
		settings := config()
		settings.Tenants[0].OnDeadline = on
		settings.Tenants[0].Deadline = deadline(time.Second)
		g := e.gateway(t, settings)
		got := g.post(t, seedBody)
		if got.status != want {
			t.Errorf("%q: %+v", on, got)
		}
		if accepted := want == http.StatusOK; (e.queue.Len() == 1) != accepted {
			t.Errorf("%q: %d messages are queued", on, e.queue.Len())
		}
		if want == http.StatusOK { // the native API tells the two apart
			if got := g.send(t, nativeBody); got.status != http.StatusAccepted {
				t.Errorf("the native API: %+v", got)
			}
		}
	}
}
