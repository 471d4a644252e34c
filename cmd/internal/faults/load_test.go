package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/gateway/phone"
)

// fakeGateway answers calls as serve says, and is ready or not.
type fakeGateway struct {
	node *gatewayNode

	mu       sync.Mutex
	notReady bool
	requests []*http.Request
	bodies   []string
}

func startGateway(t *testing.T, serve http.HandlerFunc) *fakeGateway {
	t.Helper()
	g := &fakeGateway{}
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.mu.Lock()
		g.requests, g.bodies = append(g.requests, r), append(g.bodies, string(body))
		g.mu.Unlock()
		serve(w, r)
	}))
	private := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.notReady {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(public.Close)
	t.Cleanup(private.Close)
	g.node = &gatewayNode{listen: strings.TrimPrefix(public.URL, "http://"), admin: strings.TrimPrefix(private.URL, "http://")}
	return g
}

func taken(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"MessageID":"an-id"}`) }

func cutOff(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func runLoad(t *testing.T, o loadOptions, gateways ...*fakeGateway) *load {
	t.Helper()
	nodes := make([]*gatewayNode, len(gateways))
	for i, g := range gateways {
		nodes[i] = g.node
	}
	o.deadline = deadline
	l := newLoad(o, 7, nodes)
	if err := l.run(t.Context(), func(time.Time) {}); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheLoadMakesEveryPlannedCall(t *testing.T) {
	a, b := startGateway(t, taken), startGateway(t, taken)
	l := runLoad(t, loadOptions{rate: 100, length: 500 * time.Millisecond, asyncEvery: 5}, a, b)
	if len(l.calls) != 50 || len(a.requests)+len(b.requests) != 50 || len(a.requests) != 25 {
		t.Errorf("%d calls, %d and %d requests; want 50, 25 and 25", len(l.calls), len(a.requests), len(b.requests))
	}
	numbers, asyncs := make(map[string]bool), 0
	for i, c := range l.calls {
		if want := l.start.Add(time.Duration(i) * 10 * time.Millisecond); !c.planned.Equal(want) || c.started.Before(want) {
			t.Errorf("call %d was planned for %v and made at %v, want %v", i, c.planned, c.started, want)
		}
		if !c.answered || c.status != 200 || c.id != "an-id" {
			t.Errorf("call %d: %s %s", i, c.outcome(), c.id)
		}
		numbers[c.number] = true
		if c.kind == async {
			asyncs++
		}
	}
	if len(numbers) != 50 || asyncs != 10 {
		t.Errorf("%d numbers and %d asynchronous calls, want 50 and 10", len(numbers), asyncs)
	}
}

func TestTheLoadGoesOnUntilTheFaultIsOver(t *testing.T) {
	g, asked := startGateway(t, taken), 0
	l := runLoad(t, loadOptions{rate: 100, length: 100 * time.Millisecond, more: func() bool { asked++; return asked <= 5 }}, g)
	if len(l.calls) != 15 {
		t.Errorf("%d calls, want 10 and 5 more", len(l.calls))
	}
}

func TestTheLoadLeavesAGatewayThatIsNotReady(t *testing.T) {
	a, b := startGateway(t, taken), startGateway(t, taken)
	l := newLoad(loadOptions{}, 0, []*gatewayNode{a.node, b.node})
	end := l.watch(t.Context())
	defer end()
	for _, ready := range []bool{false, true, false} {
		a.mu.Lock()
		a.notReady = !ready
		a.mu.Unlock()
		if err := await(t.Context(), "the load has looked", patience, func() error {
			if l.targets[0].ready.Load() != ready {
				return errors.New("not yet")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		chosen := make(map[*target]int)
		for range 10 {
			chosen[l.next(nil)]++
		}
		want := map[bool]int{true: 5}[ready]
		if chosen[l.targets[0]] != want {
			t.Errorf("ready is %v, and the gateway gets %d of 10 calls", ready, chosen[l.targets[0]])
		}
	}
	if got := l.next(l.targets[1]); got != l.targets[1] && got != l.targets[0] {
		t.Errorf("with no gateway left: %v", got)
	}
}

func TestACallThatIsCutOffHasNoAnswer(t *testing.T) {
	l := runLoad(t, loadOptions{rate: 100, length: 50 * time.Millisecond}, startGateway(t, cutOff))
	for _, c := range l.calls {
		if c.answered || c.failure != "connection closed" || c.repeats != 0 {
			t.Errorf("answered %v, failure %q, %d repeats", c.answered, c.failure, c.repeats)
		}
	}
}

func TestACallThatIsCutOffIsRepeatedWithItsKeyAtTheOther(t *testing.T) {
	bad, good := startGateway(t, cutOff), startGateway(t, taken)
	l := runLoad(t, loadOptions{rate: 100, length: 100 * time.Millisecond, repeat: true}, bad, good)
	repeats := 0
	for _, c := range l.calls {
		if !c.answered {
			t.Errorf("%s", c.outcome())
		}
		repeats += c.repeats
	}
	if repeats == 0 || repeats != len(bad.requests) || len(good.requests) != len(l.calls) {
		t.Errorf("%d repeats, %d and %d requests; want as many as were cut off, and each call at the other in the end", repeats, len(bad.requests), len(good.requests))
	}
	first := make(map[string]string)
	for i, r := range bad.requests {
		first[r.Header.Get("Idempotency-Key")] = bad.bodies[i]
	}
	for i, r := range good.requests {
		key := r.Header.Get("Idempotency-Key")
		if want, ok := first[key]; ok {
			if diff := cmp.Diff(want, good.bodies[i]); diff != "" {
				t.Errorf("the body of the repeat (-want +got):\n%s", diff)
			}
			delete(first, key)
		}
	}
	if len(first) != 0 {
		t.Errorf("%d calls were not repeated with their key", len(first))
	}
}

func TestAnswersAreRead(t *testing.T) {
	for _, test := range []struct {
		status   int
		location string
		body     string
		id       string
		outcome  string
	}{
		{200, "", `{"MessageID":"a"}`, "a", "200"},
		{202, "/v1/messages/b", `{"id":"b","status":"pending","code":"pending"}`, "b", "202"},
		{202, "/v1/messages/c", ``, "c", "202"},
		{503, "", `{"type":"urn:phonehook:problem:unavailable","code":"unavailable","message_id":"d"}`, "d", "503 unavailable"},
		{502, "", `<html>`, "", "502"},
	} {
		c := &call{}
		c.read(test.status, http.Header{"Location": {test.location}}, []byte(test.body))
		if c.id != test.id || c.outcome() != test.outcome {
			t.Errorf("%d %s: got %q %q, want %q %q", test.status, test.body, c.id, c.outcome(), test.id, test.outcome)
		}
	}
}

func TestEveryCallHasAValidNumberOfItsOwn(t *testing.T) {
	seen := make(map[string]bool)
	for serial := range 2000 {
		// Spread over all numbers that there are.
		c := newCall(serial*(numbers/2000), hook, start)
		n, err := phone.Parse(c.number, "")
		if err != nil || n.E164 != c.number {
			t.Fatalf("call %d: %q, %v", c.serial, n.E164, err)
		}
		seen[c.number+c.oneTimeCode()] = true
	}
	if len(seen) != 2000 {
		t.Errorf("%d different calls, want 2000", len(seen))
	}
	for kind, path := range map[kind]string{hook: "/hooks/send-phone-message", async: "/v1/messages"} {
		c := newCall(3, kind, start)
		if !json.Valid([]byte(c.body())) || !strings.Contains(c.body(), fmt.Sprint("Your code is ", c.oneTimeCode())) || c.path() != path {
			t.Errorf("%s %s", c.path(), c.body())
		}
	}
}
