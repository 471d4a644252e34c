package e2e_test

import (
	"net/http"
	"strings"
	"testing"
)

// api is the address of a message in the native API, or of all for "".
func (s *system) api(id string) string {
	all := strings.TrimSuffix(s.hook, "/hooks/send-phone-message") + "/v1/messages"
	if id == "" {
		return all
	}
	return all + "/" + id
}

// enqueue has a message sent that nobody waits for, and returns its id.
func (s *system) enqueue(code string) string {
	s.t.Helper()
	var got answer
	eventually(s.t, "a message is queued", func() bool {
		got = do(s.t, http.MethodPost, s.api(""), "token-of-solo", `{"to":"+18085555555","text":"Your code: `+code+`","code":"`+code+`"}`,
			"Prefer", "respond-async")
		return got.status == http.StatusAccepted
	})
	return got.Message
}

// awaitStatus waits until a tenant's message has this status.
func (s *system) awaitStatus(tenant, id, status string) {
	s.t.Helper()
	eventually(s.t, id+" is "+status, func() bool {
		return do(s.t, http.MethodGet, s.api(id), "token-of-"+tenant, "").Status == status
	})
}

func TestQueuedMessageOutlivesItsGatewayAndNATS(t *testing.T) {
	s := newSystem(t)
	s.startNATS()
	s.startGateway()
	id := s.enqueue("4711")
	s.awaitStatus("solo", id, "pending")
	s.gateway.kill()
	s.nats.kill()
	s.startNATS()
	s.startGateway()
	s.startWorker()
	s.awaitStatus("solo", id, "sent")
	if got := s.first.messages()[id].Count; got != 1 {
		t.Errorf("it arrived %d times", got)
	}
}

func TestCancelledMessageIsNotSent(t *testing.T) {
	s := newSystem(t)
	s.startNATS()
	s.startGateway()
	cancelled, kept := s.enqueue("4712"), s.enqueue("4713")
	if got := do(t, http.MethodPost, s.api(cancelled)+"/cancel", "token-of-solo", ""); got.status != http.StatusOK || got.Status != "cancelled" {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	if got := do(t, http.MethodPost, s.api(kept)+"/cancel", "token-of-pair", ""); got.status != http.StatusNotFound {
		t.Errorf("another tenant's message: answered %d %s", got.status, got.body)
	}
	s.startWorker()
	s.awaitStatus("solo", kept, "sent")
	s.awaitStatus("solo", cancelled, "cancelled")
	if arrived := s.first.messages(); arrived[cancelled].Count != 0 || arrived[kept].Count != 1 {
		t.Errorf("the cancelled one arrived %d times, the other one %d", arrived[cancelled].Count, arrived[kept].Count)
	}
	if got := do(t, http.MethodPost, s.api(kept)+"/cancel", "token-of-solo", ""); got.status != http.StatusConflict {
		t.Errorf("a message that was sent: answered %d %s", got.status, got.body)
	}
}

func TestRepetitionMayReachAnotherGateway(t *testing.T) {
	s, _ := startSystem(t, 1)
	s.awaitReady()
	one := s.hook
	s.startGateway() // a second one; the first goes on
	s.awaitReady()
	s.first.reset()
	other := s.hook
	for name, headers := range map[string][]string{"by its code": nil, "by its key": {"Idempotency-Key", `"4714"`}} {
		body := example("+18085550177")
		first := do(t, http.MethodPost, one, "token-of-solo", body, headers...)
		again := do(t, http.MethodPost, other, "token-of-solo", body, headers...)
		if first.status != http.StatusOK || again.body != first.body {
			t.Errorf("%s: answered %d %s, and then %d %s", name, first.status, first.body, again.status, again.body)
		}
		if got := s.first.messages()[first.ID].Count; got != 1 {
			t.Errorf("%s: it arrived %d times", name, got)
		}
	}
	if got := len(s.first.messages()); got != 2 {
		t.Errorf("%d messages arrived, want 2", got)
	}
}

func TestLateMessageGoesOnInTheQueue(t *testing.T) {
	s, _ := startSystem(t, 1)
	s.first.fault(`{"kind":"status","status":500}`)
	got := s.call("patient", example("+18085550178"))
	if got.status != http.StatusOK || got.ID == "" {
		t.Fatalf("answered %d %s, want 200 since it is in the queue", got.status, got.body)
	}
	s.awaitStatus("patient", got.ID, "pending")
	s.first.fault("")
	s.awaitStatus("patient", got.ID, "sent")
	if count := s.first.messages()[got.ID].Count; count != 1 {
		t.Errorf("it arrived %d times", count)
	}
}
