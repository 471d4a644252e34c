package main

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func startLookalike(t *testing.T, latency time.Duration) *lookalike {
	t.Helper()
	l, err := newLookalike(t.Context(), "first", latency)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l
}

// send has worker-1 send the message a.
func send(t *testing.T, l *lookalike) error {
	t.Helper()
	form := url.Values{
		"api_key": {"worker-1"}, "api_secret": {"s"}, "from": {"15550100123"}, "to": {"18085555555"},
		"text": {"Your code is 1"}, "client-ref": {"a"},
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.url()+"/sms/json", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := monitorClient.Do(request)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func TestALookalikeTakesAMessageBeforeItAnswers(t *testing.T) {
	l := startLookalike(t, time.Hour) // it never answers in this test
	moment := time.Now()
	sent := make(chan error, 1)
	go func() { sent <- send(t, l) }()
	if err := await(t.Context(), "it is taken", patience, func() error {
		if l.sim.Count("a") == 0 {
			return errors.New("not yet")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	got := l.attempts(time.Now())
	if len(got) != 1 || got[0].begun.Before(moment) || !got[0].ended.IsZero() {
		t.Fatalf("attempts: %+v", got)
	}
	if a := got[0]; a.worker != "worker-1" || a.reference != "a" || a.number != "+18085555555" {
		t.Errorf("the attempt: %+v", a)
	}
	if early := l.attempts(moment); len(early) != 0 {
		t.Errorf("attempts before it began: %+v", early)
	}
	if l.idle(0) == nil {
		t.Error("it is idle with a request under way")
	}
	want := map[string][]delivery{"+18085555555": {{provider: "first", reference: "a", count: 1}}}
	delivered := deliveries([]*lookalike{l})
	for _, taken := range delivered {
		taken[0].last = time.Time{}
	}
	if diff := cmp.Diff(want, delivered, cmp.AllowUnexported(delivery{})); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
	l.close()
	if err := <-sent; err == nil {
		t.Error("the request that hung was answered")
	}
}

func TestALookalikeThatIsDownRefusesConnections(t *testing.T) {
	l := startLookalike(t, 0)
	if err := l.down(); err != nil {
		t.Fatal(err)
	}
	if err := send(t, l); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("while it is down: %v", err)
	}
	if err := l.up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := send(t, l); err != nil {
		t.Errorf("when it is up again: %v", err)
	}
	if got := l.sim.Count("a"); got != 1 {
		t.Errorf("taken %d times, want once", got)
	}
}

func TestALookalikeMisbehaves(t *testing.T) {
	l := startLookalike(t, 0)
	if err := l.misbehave(simulator.Fault{Kind: simulator.Reset}); err != nil {
		t.Fatal(err)
	}
	if err := send(t, l); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("with a reset ordered: %v", err)
	}
	l.reset()
	if err := send(t, l); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}
