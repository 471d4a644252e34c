package e2e_test

import (
	"net/http"
	"syscall"
	"testing"
	"time"
)

// allSent fails for every call that was not answered with 200, and returns the ids
// of the others.
func allSent(t *testing.T, answers []answer) (ids []string) {
	t.Helper()
	seen := make(map[string]bool)
	for _, a := range answers {
		if a.status != http.StatusOK || a.ID == "" || seen[a.ID] {
			t.Errorf("answered %d %s", a.status, a.body)
		}
		seen[a.ID] = true
		ids = append(ids, a.ID)
	}
	return ids
}

func TestKilledWorkerCostsNoCall(t *testing.T) {
	s, workers := startSystem(t, 2)
	s.first.fault(`{"kind":"delay","delay":"200ms"}`) // so that both have some in hand
	ids := allSent(t, s.calls(100, 10*time.Millisecond, workers[0].kill))
	arrived := s.first.messages()
	for _, id := range ids {
		if arrived[id].Count == 0 {
			t.Errorf("%s never arrived", id)
		}
	}
}

func TestEndingWorkerFinishesItsWork(t *testing.T) {
	s, workers := startSystem(t, 2)
	s.first.reset()
	s.first.fault(`{"kind":"delay","delay":"200ms"}`)
	ids := allSent(t, s.calls(100, 10*time.Millisecond, func() { workers[0].signal(syscall.SIGTERM) }))
	arrived := s.first.messages()
	for _, id := range ids {
		if arrived[id].Count != 1 {
			t.Errorf("%s arrived %d times", id, arrived[id].Count)
		}
	}
	// More requests would mean that it dropped what it had and another began anew.
	if requests := s.first.stats().Requests; requests != len(ids) {
		t.Errorf("%d calls made %d requests", len(ids), requests)
	}
	if status := workers[0].ended(); status != 0 {
		t.Errorf("the worker ended with %d", status)
	}
	workers[0].awaits(`"msg":"message done"`) // it had a part in it
}

func TestEndingGatewayAnswersWhatItHas(t *testing.T) {
	s, _ := startSystem(t, 1)
	s.first.fault(`{"kind":"delay","delay":"1s"}`)
	answered := make(chan answer, 1)
	go func() { answered <- s.call("solo", example("+18085555555")) }()
	eventually(t, "the call is at the provider", func() bool {
		return s.first.stats().Faults["delay"] > 0
	})
	s.gateway.signal(syscall.SIGTERM)
	allSent(t, []answer{<-answered})
	if status := s.gateway.ended(); status != 0 {
		t.Errorf("the gateway ended with %d", status)
	}
}

func TestSystemRecoversFromLossOfNATS(t *testing.T) {
	s, _ := startSystem(t, 2)
	for _, a := range s.calls(40, 20*time.Millisecond, func() {
		s.nats.kill()
		s.startNATS()
	}) {
		// A call that was at a worker when the server died may be lost, and is
		// then told so; none hangs and none breaks anything.
		switch a.status {
		case http.StatusOK, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		default:
			t.Errorf("answered %d %s", a.status, a.body)
		}
	}
	s.awaitCall()
	allSent(t, s.calls(20, time.Millisecond, func() {}))
}

func TestProcessesStartInAnyOrder(t *testing.T) {
	for name, order := range map[string][]func(*system){
		"worker, gateway, nats": {func(s *system) { s.startWorker() }, (*system).startGateway, (*system).startNATS},
		"gateway, worker, nats": {(*system).startGateway, func(s *system) { s.startWorker() }, (*system).startNATS},
		"gateway, nats, worker": {(*system).startGateway, (*system).startNATS, func(s *system) { s.startWorker() }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t)
			for _, start := range order {
				start(s)
			}
			s.awaitCall()
		})
	}
}
