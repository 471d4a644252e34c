package provider_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
)

// ask sends a POST to the handler through Do.
func ask(t *testing.T, handler http.HandlerFunc) (*provider.Answer, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return post(t, t.Context(), server.URL)
}

func post(t *testing.T, ctx context.Context, url string) (*provider.Answer, error) { //nolint:revive // t comes first in helpers
	t.Helper()
	client := provider.NewHTTPClient()
	t.Cleanup(client.CloseIdleConnections)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/path?code=493817", strings.NewReader("code=493817"))
	if err != nil {
		t.Fatal(err)
	}
	return provider.Do(client, request)
}

func TestDoReadsAnswersWholeUpToABound(t *testing.T) {
	for _, c := range []struct {
		name   string
		length int
		cut    bool
	}{
		{"empty", 0, false},
		{"short", 10, false},
		{"at the bound", provider.MaxAnswer, false},
		{"above the bound", provider.MaxAnswer + 1, true},
		{"far above the bound", 20 * provider.MaxAnswer, true},
	} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s chunked=%v", c.name, chunked), func(t *testing.T) {
				answer, err := ask(t, func(w http.ResponseWriter, _ *http.Request) {
					if chunked {
						w.WriteHeader(http.StatusAccepted)
						w.(http.Flusher).Flush()
					} else {
						w.Header().Set("Content-Length", fmt.Sprint(c.length))
						w.WriteHeader(http.StatusAccepted)
					}
					_, _ = w.Write([]byte(strings.Repeat("x", c.length)))
				})
				if err != nil {
					t.Fatal(err)
				}
				want := min(c.length, provider.MaxAnswer)
				if answer.Status != http.StatusAccepted || len(answer.Body) != want || answer.Cut != c.cut {
					t.Errorf("got status %d, %d bytes, cut %v; want 202, %d, %v", answer.Status, len(answer.Body), answer.Cut, want, c.cut)
				}
			})
		}
	}
}

func TestDoSendsTheRequestOnceAndAsItIs(t *testing.T) {
	var body, encoding string
	answer, err := ask(t, func(_ http.ResponseWriter, r *http.Request) {
		data := make([]byte, 100)
		n, _ := r.Body.Read(data)
		body, encoding = string(data[:n]), r.Header.Get("Accept-Encoding")
	})
	if err != nil || answer.Status != http.StatusOK {
		t.Fatalf("got %+v, %v", answer, err)
	}
	if body != "code=493817" || encoding != "" {
		t.Errorf("the server got the body %q and Accept-Encoding %q", body, encoding)
	}
}

func TestDoErrorsNameNoAddress(t *testing.T) {
	refused := httptest.NewServer(http.NotFoundHandler())
	refused.Close()
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(cut.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name  string
		ctx   context.Context
		url   string
		kind  provider.Kind
		cause error
		text  string
	}{
		{"refused", t.Context(), refused.URL, provider.Unavailable, syscall.ECONNREFUSED, "unavailable: no connection to the vendor's host: connection refused"},
		{"no such host", t.Context(), "http://nothing.invalid", provider.Unavailable, nil, "unavailable: the name of the vendor's host can't be resolved"},
		{"no TLS", t.Context(), strings.Replace(plain.URL, "http:", "https:", 1), provider.Unavailable, nil, ""},
		{"closed", t.Context(), cut.URL, provider.Unknown, nil, "unknown: the connection broke before the answer was complete: EOF"},
		{"over", over, plain.URL, provider.Unavailable, context.Canceled, "unavailable: the time was over before a connection was made: context canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := post(t, c.ctx, c.url)
			failure, ok := errors.AsType[*provider.Error](err)
			if !ok {
				t.Fatalf("got %T; want a *provider.Error", err)
			}
			if failure.Kind != c.kind || (c.cause != nil && !errors.Is(err, c.cause)) || (c.text != "" && err.Error() != c.text) {
				t.Errorf("got %q with cause %v; want %q with cause %v", err, failure.Cause, c.text, c.cause)
			}
			for _, secret := range []string{"127.0.0.1", "invalid", "493817", "/path"} {
				if strings.Contains(fmt.Sprintf("%+v %v", failure, failure.Cause), secret) {
					t.Errorf("the error %q has %q in it", err, secret)
				}
			}
		})
	}
}

func TestAClientUsesNoProxyFromTheEnvironment(t *testing.T) {
	proxied := false
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied = true }))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	if _, err := post(t, t.Context(), "http://nothing.invalid"); err == nil || proxied {
		t.Errorf("got error %v, proxied %v; want an error and no use of the proxy", err, proxied)
	}
}

func TestStatusError(t *testing.T) {
	for status, want := range map[int]provider.Kind{
		200: 0, 201: 0, 204: 0, 299: 0,
		101: provider.Unknown, 301: provider.Misconfigured, 304: provider.Misconfigured, 307: provider.Misconfigured,
		400: provider.Refused, 401: provider.Misconfigured, 402: provider.Misconfigured, 403: provider.Misconfigured,
		404: provider.Misconfigured, 405: provider.Misconfigured, 407: provider.Misconfigured, 408: provider.Unavailable,
		409: provider.Refused, 413: provider.Refused, 415: provider.Misconfigured, 418: provider.Refused,
		422: provider.Refused, 425: provider.Unavailable, 429: provider.Throttled, 431: provider.Misconfigured,
		500: provider.Unknown, 501: provider.Misconfigured, 502: provider.Unknown, 503: provider.Unavailable,
		504: provider.Unknown, 520: provider.Unknown, 599: provider.Unknown, 999: provider.Unknown,
	} {
		failure := provider.StatusError(&provider.Answer{Status: status, Body: []byte("the vendor's words")})
		if want == 0 {
			if failure != nil {
				t.Errorf("%d: got %v; want no error", status, failure)
			}
			continue
		}
		if failure == nil || failure.Kind != want || failure.Code != fmt.Sprintf("HTTP %d", status) || failure.Detail == "" {
			t.Errorf("%d: got %v; want kind %v", status, failure, want)
		} else if strings.Contains(failure.Error(), "words") {
			t.Errorf("%d: the error repeats the vendor's words", status)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	got := map[string]time.Duration{}
	want := map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 120 ": 2 * time.Minute, "-5": 0, "1.5": 0, "soon": 0,
		"3600": time.Hour, "3601": time.Hour, "999999999999": time.Hour, "99999999999999999999999999": time.Hour,
		"Mon, 23 Nov 2026 12:00:30 GMT": 30 * time.Second,
		"Mon, 23 Nov 2026 11:59:30 GMT": 0,
		"Tue, 24 Nov 2026 12:00:30 GMT": time.Hour,
	}
	for value := range want {
		header := http.Header{}
		header.Set("Retry-After", value)
		got[value] = provider.RetryAfter(header, now)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOnlyErrorsThatInviteARetrySayWhen(t *testing.T) {
	header := http.Header{"Retry-After": {"9"}}
	for status, want := range map[int]time.Duration{429: 9 * time.Second, 503: 9 * time.Second, 500: 0, 401: 0} {
		if got := provider.StatusError(&provider.Answer{Status: status, Header: header}).RetryAfter; got != want {
			t.Errorf("%d: got %v; want %v", status, got, want)
		}
	}
}

// As many requests can be under way as a worker has messages in hand.
func TestConnectionsHaveNoLimitOfTheirOwn(t *testing.T) {
	const requests = 1500
	all := make(chan struct{})
	var arrived atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if arrived.Add(1) == requests {
			close(all)
		}
		<-all // no answer before every request has arrived
	}))
	t.Cleanup(server.Close)
	client := provider.NewHTTPClient()
	t.Cleanup(client.CloseIdleConnections)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var group sync.WaitGroup
	for range requests {
		group.Go(func() {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader("code=493817"))
			if err == nil {
				_, err = provider.Do(client, request)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// TestConnectionsAreAboutAsManyAsNeeded sends 2,000 requests a second to a server that takes 50 ms: as
// many connections are needed as requests are under way at once, a hundred, and others would be
// handshakes in vain. What is compared was counted in the same run; a machine that is too slow for the
// rate has no more under way than a worker with as many slots.
func TestConnectionsAreAboutAsManyAsNeeded(t *testing.T) {
	const (
		rate   = 2000
		lasts  = 2 * time.Second
		answer = 50 * time.Millisecond
		slots  = 256
	)
	var made atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(answer) }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			made.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := provider.NewHTTPClient()
	t.Cleanup(client.CloseIdleConnections)

	var underWay, needed, sent atomic.Int64
	send := func() {
		now := underWay.Add(1)
		defer underWay.Add(-1)
		for most := needed.Load(); now > most && !needed.CompareAndSwap(most, now); most = needed.Load() {
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("code=493817"))
		if err == nil {
			_, err = provider.Do(client, request)
		}
		if err != nil {
			t.Error(err)
			return
		}
		sent.Add(1)
	}
	var group sync.WaitGroup
	free := make(chan struct{}, slots)
	begun := time.Now()
	for due := begun; due.Before(begun.Add(lasts)); due = due.Add(time.Second / rate) {
		time.Sleep(time.Until(due))
		free <- struct{}{}
		group.Go(func() { send(); <-free })
	}
	group.Wait()
	t.Logf("%d requests, at most %d at once, %d connections", sent.Load(), needed.Load(), made.Load())
	if sent.Load() != rate*int64(lasts/time.Second) {
		t.Errorf("%d requests were answered", sent.Load())
	}
	if made.Load() > 2*needed.Load() {
		t.Errorf("%d connections were made for %d requests at once; want at most twice as many", made.Load(), needed.Load())
	}
}
