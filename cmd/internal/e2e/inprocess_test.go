package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/devd"
)

// startInProcess runs everything within this program, where the race detector sees
// it, until the test ends.
func startInProcess(t *testing.T) *devd.Process {
	t.Helper()
	cfg, err := devd.Load("")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Gateway.Listen, cfg.Gateway.Admin = "127.0.0.1:0", "127.0.0.1:0"
	p, err := devd.Start(cfg, devd.Options{Logger: zap.NewNop(), Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ended, end := context.WithCancel(t.Context())
		end()
		if err := p.Wait(ended); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestManyCallsAtOnceArriveOnceEach(t *testing.T) {
	const n = 400 // more than the worker's slots, so that some wait or are offered again
	p := startInProcess(t)
	answers := make(chan answer, n)
	for i := range n {
		go func() {
			answers <- do(t, http.MethodPost, "http://"+p.Addr()+"/hooks/send-phone-message", devd.Token, example(fmt.Sprintf("+1808555%04d", i)))
		}()
	}
	all := make([]answer, 0, n)
	for range n {
		all = append(all, <-answers)
	}
	ids := allSent(t, all)

	var inbox []struct{ ID, To string }
	shown := do(t, http.MethodGet, "http://"+p.AdminAddr()+"/inbox", "", "")
	if err := json.Unmarshal([]byte(shown.body), &inbox); err != nil {
		t.Fatal(err)
	}
	arrived, numbers := make(map[string]int), make(map[string]bool)
	for _, m := range inbox {
		arrived[m.ID]++
		numbers[m.To] = true
	}
	for _, id := range ids {
		if arrived[id] != 1 {
			t.Errorf("%s arrived %d times", id, arrived[id])
		}
	}
	if len(numbers) != n {
		t.Errorf("%d numbers got a message, want %d", len(numbers), n)
	}
}
