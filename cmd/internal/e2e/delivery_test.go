package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestOutcomesReachTheCaller(t *testing.T) {
	s, _ := startSystem(t, 2)
	voice := strings.Replace(example("+18085550111"), `"sms"`, `"voice"`, 1)
	for _, tt := range []struct {
		name, tenant, body string
		// first and second are the faults of the look-alikes.
		first, second string
		status        int
		code          string
		// counts are how often each look-alike took the message.
		counts [2]int
	}{
		{"sent", "solo", example("1-808-555-5555"), "", "", 200, "", [2]int{1, 0}},
		{"spoken", "solo", voice, "", "", 200, "", [2]int{1, 0}},
		{"refused for good", "pair", example("+18085550112"), `{"kind":"refuse","code":"7"}`, "", 422, "rejected", [2]int{0, 0}},
		{"throttled by the only one", "solo", example("+18085550113"), `{"kind":"throttle"}`, "", 503, "unavailable", [2]int{0, 0}},
		{"throttled by the first", "pair", example("+18085550114"), `{"kind":"throttle"}`, "", 200, "", [2]int{0, 1}},
		{"broken off by the only one", "solo", example("+18085550115"), `{"kind":"close","taken":true}`, "", 504, "unknown", [2]int{1, 0}},
		{"broken off by the first", "pair", example("+18085550116"), `{"kind":"close"}`, "", 200, "", [2]int{0, 1}},
		{"garbage from both", "pair", example("+18085550117"), `{"kind":"garbage"}`, `{"kind":"garbage"}`, 504, "unknown", [2]int{1, 1}},
		{"hanging for longer than the caller waits", "short", example("+18085550118"), `{"kind":"hang"}`, "", 504, "unknown", [2]int{0, 0}},
		{"account that is not ours", "solo", example("+18085550119"), `{"kind":"refuse","code":"4"}`, "", 500, "misconfigured", [2]int{0, 0}},
		{"number that is none", "solo", example("12"), "", "", 422, "invalid_number", [2]int{0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.first.reset()
			s.second.reset()
			s.first.fault(tt.first)
			s.second.fault(tt.second)
			got := s.call(tt.tenant, tt.body)
			if got.status != tt.status || got.Code != tt.code {
				t.Errorf("answered %d %s, want %d %s", got.status, got.body, tt.status, tt.code)
			}
			for i, l := range []look{s.first, s.second} {
				count := 0
				for _, m := range l.messages() {
					count += m.Count
				}
				if count != tt.counts[i] {
					t.Errorf("look-alike %d took it %d times, want %d", i+1, count, tt.counts[i])
				}
			}
		})
	}
}

func TestWithoutWorkerTheCallEndsWellBeforeItsDeadline(t *testing.T) {
	s := newSystem(t)
	s.startNATS()
	s.startGateway()
	s.awaitReady()
	begun := time.Now()
	got := s.call("solo", example("+18085555555"))
	if got.status != http.StatusServiceUnavailable || got.Code != "unavailable" {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	// The tenant's deadline is 20 s.
	if took := time.Since(begun); took > 12*time.Second {
		t.Errorf("it took %s", took)
	}
}
