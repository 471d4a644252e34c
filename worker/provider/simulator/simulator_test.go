package simulator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const odd = simulator.Kind("odd")

type site struct {
	*simulator.Server

	url    string
	client *http.Client
}

// start starts a look-alike that takes everything it gets; the body is the reference.
func start(t *testing.T, keep int) *site {
	t.Helper()
	s := &site{client: &http.Client{Transport: &http.Transport{}}}
	s.Server = simulator.New(simulator.Options{Keep: keep, Kinds: []simulator.Kind{odd}, Handler: func(_ *http.Request, body []byte, f *simulator.Fault) simulator.Answer {
		if f != nil {
			return simulator.Answer{Status: http.StatusTeapot, Body: []byte(f.Code)}
		}
		if len(body) == 0 {
			s.Refuse("there is no body")
			return simulator.Answer{Status: http.StatusBadRequest}
		}
		s.Take(simulator.Message{Reference: string(body), Text: "text of " + string(body), Parts: 1})
		return simulator.Answer{Status: http.StatusOK, Body: []byte(`{"id":"0123456789"}`)}
	}})
	server := httptest.NewServer(s)
	s.url = server.URL
	t.Cleanup(func() {
		s.Close()
		s.Close()
		s.client.CloseIdleConnections()
		server.Close()
	})
	return s
}

func (s *site) do(t *testing.T, method, path, body string) (status int, answer string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, string(data), err
}

func (s *site) mustDo(t *testing.T, method, path, body string, want int) string {
	t.Helper()
	status, answer, err := s.do(t, method, path, body)
	if err != nil || status != want {
		t.Fatalf("%s %s: got %d %s, %v; want %d", method, path, status, answer, err, want)
	}
	return answer
}

func TestFaults(t *testing.T) {
	const usual = `{"id":"0123456789"}`
	for _, c := range []struct {
		name   string
		fault  simulator.Fault
		status int
		answer string
		err    error
		taken  int
	}{
		{"none of this path", simulator.Fault{Kind: simulator.Close, Path: "/other"}, 200, usual, nil, 1},
		{"delay", simulator.Fault{Kind: simulator.Delay, Delay: configs.Duration(time.Millisecond)}, 200, usual, nil, 1},
		{"close", simulator.Fault{Kind: simulator.Close}, 0, "", io.EOF, 0},
		{"close after taking", simulator.Fault{Kind: simulator.Close, Taken: true}, 0, "", io.EOF, 1},
		{"reset", simulator.Fault{Kind: simulator.Reset, Taken: true}, 0, "", syscall.ECONNRESET, 1},
		{"status", simulator.Fault{Kind: simulator.Status, Status: 503}, 503, "", nil, 0},
		{"status after taking", simulator.Fault{Kind: simulator.Status, Status: 500, Taken: true}, 500, "", nil, 1},
		{"truncate", simulator.Fault{Kind: simulator.Truncate}, 200, usual[:9], io.ErrUnexpectedEOF, 1},
		{"garbage", simulator.Fault{Kind: simulator.Garbage}, 200, "<html><body>Bad Gateway", nil, 1},
		{"empty", simulator.Fault{Kind: simulator.Empty}, 200, "", nil, 1},
		{"huge", simulator.Fault{Kind: simulator.Huge}, 200, strings.Repeat(" ", 1<<20) + usual, nil, 1},
		{"the vendor's own", simulator.Fault{Kind: odd, Code: "c"}, 418, "c", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, 0)
			if err := s.SetFaults(c.fault); err != nil {
				t.Fatal(err)
			}
			status, answer, err := s.do(t, http.MethodPost, "/send", "r")
			if !errors.Is(err, c.err) || status != c.status || answer != c.answer {
				t.Errorf("got %d, %d bytes, %v; want %d, %d bytes, %v", status, len(answer), err, c.status, len(c.answer), c.err)
			}
			if got := s.Count("r"); got != c.taken {
				t.Errorf("taken %d times; want %d", got, c.taken)
			}
		})
	}
}

func TestRetryAfterIsAnswered(t *testing.T) {
	s := start(t, 0)
	if err := s.SetFaults(simulator.Fault{Kind: simulator.Status, Status: 429, RetryAfter: "7"}); err != nil {
		t.Fatal(err)
	}
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, nil)
	response, err := s.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if got := response.Header.Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After is %q; want 7", got)
	}
}

func TestHangLastsUntilTheServerCloses(t *testing.T) {
	s := start(t, 0)
	if err := s.SetFaults(simulator.Fault{Kind: simulator.Hang}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, _, err := s.do(t, http.MethodPost, "/", "r")
		done <- err
	}()
	for s.Stats().Faults[simulator.Hang] == 0 {
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-done:
		t.Fatalf("it ended: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	s.Close()
	if err := <-done; err == nil {
		t.Error("a request that hung was answered")
	}
}

func TestFaultsAreCounted(t *testing.T) {
	s := start(t, 0)
	if err := s.SetFaults(
		simulator.Fault{Kind: simulator.Status, Status: 500, Count: 2},
		simulator.Fault{Kind: simulator.Status, Status: 503, Every: 3},
	); err != nil {
		t.Fatal(err)
	}
	var got []int
	for range 9 {
		status, _, err := s.do(t, http.MethodPost, "/", "r")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, status)
	}
	if diff := cmp.Diff([]int{500, 500, 200, 200, 503, 200, 200, 503, 200}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := simulator.Stats{Requests: 9, Taken: 5, Refused: map[string]int{}, Receipts: map[string]int{}, Faults: map[simulator.Kind]int{simulator.Status: 4}}
	if diff := cmp.Diff(want, s.Stats()); diff != "" {
		t.Errorf("stats: -want +got:\n%s", diff)
	}
}

func TestControl(t *testing.T) {
	s := start(t, 0)
	answer := s.mustDo(t, http.MethodPost, "/_control", `{"faults":[{"kind":"delay","delay":"250ms","count":1,"path":"/x"},{"kind":"odd","code":"9"}]}`, http.StatusOK)
	const set = `{"faults":[{"kind":"delay","path":"/x","count":1,"delay":"250ms"},{"kind":"odd","code":"9"}],"receipts":{"delay":"1s","reports":["delivered"]}}`
	if diff := cmp.Diff(normal(t, set), normal(t, answer)); diff != "" {
		t.Errorf("the faults set: -want +got:\n%s", diff)
	}
	s.mustDo(t, http.MethodPost, "/send", "r", http.StatusTeapot)
	s.mustDo(t, http.MethodPost, "/_control", `{"faults":[]}`, http.StatusOK)
	for _, reference := range []string{"a", "b", "a"} {
		s.mustDo(t, http.MethodPost, "/send", reference, http.StatusOK)
	}
	s.mustDo(t, http.MethodPost, "/send", "", http.StatusBadRequest)

	var list struct{ Messages []simulator.Message }
	if err := json.Unmarshal([]byte(s.mustDo(t, http.MethodGet, "/_control/messages", "", http.StatusOK)), &list); err != nil {
		t.Fatal(err)
	}
	want := []simulator.Message{{Reference: "a", Count: 2, Text: "text of a", Parts: 1}, {Reference: "b", Count: 1, Text: "text of b", Parts: 1}}
	if diff := cmp.Diff(want, list.Messages); diff != "" {
		t.Errorf("messages: -want +got:\n%s", diff)
	}
	stats := s.mustDo(t, http.MethodGet, "/_control/stats", "", http.StatusOK)
	if diff := cmp.Diff(normal(t, `{"requests":5,"taken":3,"refused":{"there is no body":1},"faults":{"odd":1},"receipts":{}}`), normal(t, stats)); diff != "" {
		t.Errorf("stats: -want +got:\n%s", diff)
	}
	s.mustDo(t, http.MethodPost, "/_control", `{"reset":true}`, http.StatusOK)
	if s.Count("a") != 0 || s.Stats().Requests != 0 {
		t.Error("a reset forgets nothing")
	}
}

func normal(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestControlRefusesWhatItDoesNotUnderstand(t *testing.T) {
	s := start(t, 0)
	for body, want := range map[string]string{
		``:                                "EOF",
		`{"fault":[]}`:                    "unknown field",
		`{"faults":[]} x`:                 "more after",
		`{"faults":[{"kind":"explode"}]}`: `there is no fault \"explode\"; there are delay, hang, close, reset, status, truncate, garbage, empty, huge, odd`,
		`{"faults":[{"kind":"status"}]}`:  "needs a status",
		`{"faults":[{"kind":"delay"}]}`:   "needs a delay",
		`{"faults":[{"kind":"delay","delay":5}]}`:                                    "cannot unmarshal",
		`{"faults":[{"kind":"hang","count":-1}]}`:                                    "negative",
		`{"faults":[` + strings.Repeat(`{"kind":"hang"},`, 64) + `{"kind":"hang"}]}`: "65 faults",
	} {
		if answer := s.mustDo(t, http.MethodPost, "/_control", body, http.StatusBadRequest); !strings.Contains(answer, want) {
			t.Errorf("%.40s: got %s; want %s", body, answer, want)
		}
	}
	s.mustDo(t, http.MethodGet, "/_control", "", http.StatusNotFound)
	s.mustDo(t, http.MethodGet, "/_control/nothing", "", http.StatusNotFound)
	if s.Stats().Requests != 0 {
		t.Error("the control endpoint is counted")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s := start(t, 3)
	for i := range 8 {
		s.Take(simulator.Message{Reference: fmt.Sprint("r", i)})
	}
	s.Take(simulator.Message{Reference: "r7"})
	var got []string
	for _, m := range s.Messages() {
		got = append(got, fmt.Sprint(m.Reference, "x", m.Count))
	}
	if diff := cmp.Diff([]string{"r5x1", "r6x1", "r7x2"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if s.Count("r0") != 0 || s.Stats().Taken != 9 {
		t.Errorf("r0 counted %d, taken %d; want 0 and 9", s.Count("r0"), s.Stats().Taken)
	}
	for i := range 500 {
		s.Refuse(fmt.Sprint("reason ", i))
	}
	if n := len(s.Stats().Refused); n > 100 {
		t.Errorf("%d reasons are kept; want at most 100", n)
	}
	s.mustDo(t, http.MethodPost, "/send", strings.Repeat("x", 64<<10+1), http.StatusRequestEntityTooLarge)
}

func TestUseByManyAtOnce(t *testing.T) {
	s := start(t, 10)
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			_ = s.SetFaults(simulator.Fault{Kind: simulator.Status, Status: 500, Count: 1})
			_, _, _ = s.do(t, http.MethodPost, "/send", fmt.Sprint(i))
			_ = s.Messages()
			_ = s.SetFaults()
		})
	}
	wait.Wait()
	if got := s.Stats().Requests; got != 50 {
		t.Errorf("%d requests; want 50", got)
	}
}
