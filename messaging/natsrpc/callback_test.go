package natsrpc_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// desk is a worker's.
type desk struct {
	messaging.CallbacksFunc
	feedback func(f messaging.Feedback) error
}

func (d desk) Feedback(_ context.Context, f messaging.Feedback) error { return d.feedback(f) }

func serveCallbacks(t *testing.T, url string, call messaging.CallbacksFunc, accounts ...string) *natsrpc.CallbackServer {
	t.Helper()
	nc := connect(t, url, "worker")
	server, err := natsrpc.NewCallbackServer(nc, desk{CallbacksFunc: call}, accounts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) //nolint:usetesting // runs in a cleanup, when t.Context has ended
		defer cancel()
		server.Drain(ctx)
	})
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return server
}

func callbackFor(account string) messaging.Callback {
	return messaging.Callback{Kind: "twilio", Account: account, Method: "POST", URI: "/receipts/twilio/" + account, Body: []byte("a=b"), ReceivedAt: time.Now().UTC()}
}

func TestACallbackReachesAWorkerThatHasTheAccount(t *testing.T) {
	url := messagingtest.NATS(t)
	client := newClient(t, url)
	var first, second atomic.Int32
	serveCallbacks(t, url, func(_ context.Context, c messaging.Callback) (messaging.CallbackAnswer, error) {
		first.Add(1)
		return messaging.CallbackAnswer{Type: "text/plain", Body: append([]byte(c.Account+" "), c.Body...)}, nil
	}, "main", "both")
	serveCallbacks(t, url, func(context.Context, messaging.Callback) (messaging.CallbackAnswer, error) {
		second.Add(1)
		return messaging.CallbackAnswer{}, &messaging.Error{Code: messaging.CodeUnauthorized, Detail: "forged"}
	}, "other", "both")
	answer, err := client.Call(t.Context(), callbackFor("main"))
	if err != nil || string(answer.Body) != "main a=b" || answer.Type != "text/plain" {
		t.Errorf("got %s, %v", answer.Body, err)
	}
	if _, err := client.Call(t.Context(), callbackFor("other")); !errors.Is(err, messaging.CodeUnauthorized) || messaging.AsError(err).Detail != "forged" {
		t.Errorf("got %v", err)
	}
	for range 50 {
		_, _ = client.Call(t.Context(), callbackFor("both"))
	}
	if n := first.Load() + second.Load(); n != 52 || first.Load() < 2 || second.Load() < 2 {
		t.Errorf("%d and %d were taken; want 52 in all, and some by each", first.Load(), second.Load())
	}
}

func TestACallbackThatNobodyTakesIsToBeMadeAgain(t *testing.T) {
	url := messagingtest.NATS(t)
	client := newClient(t, url)
	if _, err := client.Call(t.Context(), callbackFor("main")); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v", err)
	}
	for _, account := range []string{"", "a.b", "*", ">", "A", strings.Repeat("a", 64)} {
		if _, err := client.Call(t.Context(), callbackFor(account)); !errors.Is(err, messaging.CodeNotFound) {
			t.Errorf("%q: got %v", account, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	serveCallbacks(t, url, func(ctx context.Context, _ messaging.Callback) (messaging.CallbackAnswer, error) {
		<-ctx.Done()
		return messaging.CallbackAnswer{}, messaging.CodeUnavailable
	}, "slow")
	if _, err := client.Call(ctx, callbackFor("slow")); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestCallbacksInHandAreAnsweredBeforeAWorkerEnds(t *testing.T) {
	url := messagingtest.NATS(t)
	client := newClient(t, url)
	begun := make(chan struct{}, 100)
	release := make(chan struct{})
	server := serveCallbacks(t, url, func(context.Context, messaging.Callback) (messaging.CallbackAnswer, error) {
		begun <- struct{}{}
		<-release
		return messaging.CallbackAnswer{}, nil
	}, "main")
	var calls sync.WaitGroup
	var answered atomic.Int32
	for range 20 {
		calls.Go(func() {
			if _, err := client.Call(t.Context(), callbackFor("main")); err == nil {
				answered.Add(1)
			}
		})
	}
	for range 20 {
		<-begun
	}
	drained := make(chan struct{})
	go func() {
		server.Drain(t.Context())
		close(drained)
	}()
	close(release)
	calls.Wait()
	<-drained
	if answered.Load() != 20 {
		t.Errorf("%d of 20 were answered", answered.Load())
	}
}

func TestFeedbackReachesAWorkerThatHasTheAccount(t *testing.T) {
	url := messagingtest.NATS(t)
	client := newClient(t, url)
	nc := connect(t, url, "worker")
	var got messaging.Feedback
	server, err := natsrpc.NewCallbackServer(nc, desk{feedback: func(f messaging.Feedback) error {
		got = f
		if f.Worked {
			return nil
		}
		return &messaging.Error{Code: messaging.CodeConflict, Detail: "it wants none"}
	}}, []string{"main"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Drain(t.Context())
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	want := messaging.Feedback{Account: "main", ProviderMessageID: "VE1", Worked: true}
	if err := client.Feedback(t.Context(), want); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := client.Feedback(t.Context(), messaging.Feedback{Account: "main"}); !errors.Is(err, messaging.CodeConflict) {
		t.Errorf("got %v", err)
	}
	if err := client.Feedback(t.Context(), messaging.Feedback{Account: "none"}); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v", err)
	}
}
