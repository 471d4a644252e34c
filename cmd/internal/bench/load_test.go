package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phonehook/phonehook/cmd/internal/bench"
)

const rightAnswer = `{"MessageID":"998a9ad1-c9b9-4b85-97b1-ac0305aa5532"}`

// callee is a server on the loopback interface that counts its calls.
type callee struct {
	*httptest.Server
	calls atomic.Int64
}

func newCallee(t *testing.T, handle http.HandlerFunc) *callee {
	t.Helper()
	c := &callee{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.calls.Add(1)
		handle(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *callee) endpoint() bench.Endpoint {
	return bench.Endpoint{URL: c.URL + "/hooks/send-phone-message", Token: "dev-token"}
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestClosedLoopCountsEveryCallOnce(t *testing.T) {
	server := newCallee(t, answer(http.StatusOK, rightAnswer))
	const connections = 4
	got, err := bench.ClosedLoop(t.Context(), server.endpoint(), connections, 100*time.Millisecond, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Each connection's first call is not counted.
	if want := int(server.calls.Load()) - connections; len(got.Latencies) != want || want == 0 {
		t.Errorf("counted %d calls, the server had %d", len(got.Latencies), want)
	}
	if got.Errors != 0 {
		t.Errorf("%d errors, such as %v", got.Errors, got.FirstError)
	}
	if !slices.IsSorted(got.Latencies) {
		t.Error("the latencies are not in order")
	}
}

func TestFirstCallsAreSpread(t *testing.T) {
	var mutex sync.Mutex
	calls := map[string]int{} // by the connection's other end
	server := newCallee(t, func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		calls[r.RemoteAddr]++
		mutex.Unlock()
		answer(http.StatusOK, rightAnswer)(w, r)
	})
	got, err := bench.ClosedLoop(t.Context(), server.endpoint(), 4, 100*time.Millisecond, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	// The first connection calls at once. The others would in a quarter of an hour
	// or later, and have made the call that is not counted.
	counts := slices.Sorted(maps.Values(calls))
	if len(counts) != 4 || counts[2] != 1 || counts[3] != len(got.Latencies)+1 || len(got.Latencies) == 0 {
		t.Errorf("the connections made %d calls, of which %d were counted", counts, len(got.Latencies))
	}
}

func TestOpenLoopMakesExactlyTheCallsOfItsRate(t *testing.T) {
	server := newCallee(t, answer(http.StatusOK, rightAnswer))
	const connections = 3
	got, err := bench.OpenLoop(t.Context(), server.endpoint(), connections, 400, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Latencies) != 40 || server.calls.Load() != 40+connections {
		t.Errorf("counted %d calls, the server had %d; want 40 and %d", len(got.Latencies), server.calls.Load(), 40+connections)
	}
}

func TestOpenLoopCountsTheWaitForAFreeConnection(t *testing.T) {
	const service = 20 * time.Millisecond
	server := newCallee(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(service)
		answer(http.StatusOK, rightAnswer)(w, r)
	})
	// 20 calls, 5 ms apart, each 20 ms of the only connection: the last is due
	// at 95 ms and cannot be answered before 400 ms.
	got, err := bench.OpenLoop(t.Context(), server.endpoint(), 1, 200, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Latencies) != 20 {
		t.Fatalf("%d calls, want 20", len(got.Latencies))
	}
	if highest, least := got.Latencies[19], 20*service-95*time.Millisecond; highest < least {
		t.Errorf("the highest latency is %s; a call waited at least %s", highest, least)
	}
}

func TestWrongAnswersAreErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		handle http.HandlerFunc
		want   string
	}{
		{"status 503", answer(http.StatusServiceUnavailable, rightAnswer), "status 503"},
		{"status 202", answer(http.StatusAccepted, rightAnswer), "status 202"},
		{"no body", answer(http.StatusOK, ""), "not JSON"},
		{"not JSON", answer(http.StatusOK, "sent"), "not JSON"},
		{"no MessageID", answer(http.StatusOK, "{}"), "MessageID"},
		{"a MessageID that is none", answer(http.StatusOK, `{"MessageID":"1"}`), "MessageID"},
		{"MessageID of another type", answer(http.StatusOK, `{"MessageID":1}`), "not JSON"},
		{"the connection cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "read"},
		{"the body cut", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, rightAnswer)
		}, "read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newCallee(t, test.handle)
			got, err := bench.OpenLoop(t.Context(), server.endpoint(), 2, 100, 100*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if got.Errors != 10 || len(got.Latencies) != 0 {
				t.Fatalf("%d errors and %d right answers, want 10 and none", got.Errors, len(got.Latencies))
			}
			if !strings.Contains(got.FirstError.Error(), test.want) {
				t.Errorf("the error is %q, want it to say %q", got.FirstError, test.want)
			}
		})
	}
}

func TestAConnectionThatTheServerClosesIsOpenedAgain(t *testing.T) {
	server := newCallee(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		answer(http.StatusOK, rightAnswer)(w, r)
	})
	got, err := bench.OpenLoop(t.Context(), server.endpoint(), 2, 100, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Latencies) != 10 || got.Errors != 0 {
		t.Errorf("%d right answers and %d errors (%v), want 10 and none", len(got.Latencies), got.Errors, got.FirstError)
	}
}

func TestEveryCallHasItsOwnNumberAndCode(t *testing.T) {
	var mutex sync.Mutex
	recipients, codes := map[string]bool{}, map[string]bool{}
	american := regexp.MustCompile(`^1-808-[2-9]\d\d-\d{4}$`)
	server := newCallee(t, func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			Recipient, Text string
			Context         struct{ Code string }
		}
		if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
			t.Errorf("the body is not JSON: %v", err)
		}
		if !american.MatchString(call.Recipient) {
			t.Errorf("%q is not like the example's number", call.Recipient)
		}
		if call.Text != "Here is your one time password: "+call.Context.Code {
			t.Errorf("the text %q does not hold the code %q", call.Text, call.Context.Code)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer dev-token" {
			t.Errorf("Authorization is %q", got)
		}
		mutex.Lock()
		recipients[call.Recipient], codes[call.Context.Code] = true, true
		mutex.Unlock()
		answer(http.StatusOK, rightAnswer)(w, r)
	})
	if _, err := bench.OpenLoop(t.Context(), server.endpoint(), 3, 500, 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if calls := int(server.calls.Load()); len(recipients) != calls || len(codes) != calls {
		t.Errorf("%d calls had %d numbers and %d codes", calls, len(recipients), len(codes))
	}
}

func TestTheEndOfTheContextEndsARoundAtOnce(t *testing.T) {
	release := make(chan struct{})
	server := newCallee(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for server.calls.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	// Without the end of ctx, each of these would take longer than the test may.
	if _, err := bench.ClosedLoop(ctx, server.endpoint(), 2, time.Hour, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("closed loop: got %v, want context.Canceled", err)
	}
	if _, err := bench.OpenLoop(ctx, server.endpoint(), 2, 10, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("open loop: got %v, want context.Canceled", err)
	}
}

func TestNobodyListening(t *testing.T) {
	server := newCallee(t, answer(http.StatusOK, rightAnswer))
	server.Close()
	if _, err := bench.ClosedLoop(t.Context(), server.endpoint(), 2, time.Second, 0); err == nil {
		t.Error("a round without a server succeeded")
	}
}
