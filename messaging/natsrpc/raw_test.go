package natsrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// rawWorker plays a worker by hand, one message at a time.
type rawWorker struct {
	t      *testing.T
	nc     *nats.Conn
	id     string
	offers chan *nats.Msg
	sub    *nats.Subscription
}

func newRawWorker(t *testing.T, url, id string) *rawWorker {
	t.Helper()
	w := &rawWorker{t: t, nc: connect(t, url, id), id: id, offers: make(chan *nats.Msg, 100)}
	var err error
	if w.sub, err = w.nc.ChanQueueSubscribe("phonehook.v1.deliver.*", "workers", w.offers); err != nil {
		t.Fatal(err)
	}
	if err := w.nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return w
}

// next returns the next offer.
func (w *rawWorker) next() *nats.Msg {
	w.t.Helper()
	select {
	case msg := <-w.offers:
		return msg
	case <-time.After(10 * time.Second):
		w.t.Fatal("no offer came")
		return nil
	}
}

func (w *rawWorker) answer(offer *nats.Msg, answer, body string) {
	w.t.Helper()
	msg := nats.NewMsg(offer.Reply)
	msg.Header.Set("Phonehook-Answer", answer)
	msg.Header.Set("Phonehook-Worker", w.id)
	msg.Header.Set("Phonehook-From-The-Future", "ignored")
	msg.Data = []byte(body)
	if err := w.nc.PublishMsg(msg); err != nil {
		w.t.Fatal(err)
	}
}

// claim asks whether to begin and returns the gateway's answer.
func (w *rawWorker) claim(offer *nats.Msg) string {
	w.t.Helper()
	msg := nats.NewMsg(offer.Reply)
	msg.Header.Set("Phonehook-Answer", "claim")
	msg.Header.Set("Phonehook-Worker", w.id)
	answer, err := w.nc.RequestMsg(msg, 10*time.Second)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.Header.Get("Phonehook-Granted")
}

// begin starts a call and returns what it will end with.
func begin(t *testing.T, client *natsrpc.Client, within time.Duration) <-chan outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	done := make(chan outcome, 1)
	go func() {
		defer cancel()
		r, err := client.Send(ctx, messagingtest.Message())
		done <- outcome{r, err, ctx.Err() != nil}
	}()
	return done
}

type outcome struct {
	receipt  messaging.Receipt
	err      error
	deadline bool // it took until the deadline
}

const sentOutcome = `{"code":"sent","provider":"p","from_the_future":{"a":[1]}}`

func TestAnOfferThatNobodyAnswersIsOfferedAgain(t *testing.T) {
	url := messagingtest.NATS(t)
	w := newRawWorker(t, url, "w1")
	done := begin(t, newClient(t, url), 15*time.Second)
	if first := w.next(); first.Header.Get("Phonehook-Try") != "1" {
		t.Errorf("the first offer's try is %q", first.Header.Get("Phonehook-Try"))
	}
	second := w.next()
	if second.Header.Get("Phonehook-Try") != "2" {
		t.Errorf("the second offer's try is %q", second.Header.Get("Phonehook-Try"))
	}
	if got := w.claim(second); got != "true" {
		t.Fatalf("the claim of the second offer was answered %q", got)
	}
	w.answer(second, "outcome", sentOutcome)
	if got := <-done; got.err != nil || got.receipt.Provider != "p" {
		t.Errorf("the call ended with %+v", got)
	}
}

func TestOneClaimIsGranted(t *testing.T) {
	url := messagingtest.NATS(t)
	slow, quick := newRawWorker(t, url, "slow"), newRawWorker(t, url, "quick")
	client := newClient(t, url)
	done := begin(t, client, 15*time.Second)
	offers := make([]*nats.Msg, 0, 2)
	for len(offers) < 2 { // both offers, whoever got them
		select {
		case msg := <-slow.offers:
			offers = append(offers, msg)
		case msg := <-quick.offers:
			offers = append(offers, msg)
		case <-time.After(10 * time.Second):
			t.Fatal("the message was not offered twice")
		}
	}
	if got := quick.claim(offers[1]); got != "true" {
		t.Errorf("the first claim was answered %q", got)
	}
	if got := quick.claim(offers[1]); got != "true" {
		t.Errorf("the first claim, repeated, was answered %q", got)
	}
	if got := slow.claim(offers[0]); got != "false" {
		t.Errorf("the second claim was answered %q", got)
	}
	slow.answer(offers[0], "outcome", `{"code":"unavailable"}`) // not its to say
	quick.answer(offers[1], "outcome", sentOutcome)
	if got := <-done; got.err != nil {
		t.Errorf("the call ended with %v", got.err)
	}
	if got := slow.claim(offers[0]); got != "false" {
		t.Errorf("a claim after the call was answered %q", got)
	}
}

func TestAWorkerThatFallsSilentLosesTheMessage(t *testing.T) {
	for name, test := range map[string]struct {
		second string
		want   messaging.Code
	}{
		"and another one sends it":       {sentOutcome, messaging.CodeSent},
		"and another one can't send it":  {`{"code":"unavailable"}`, messaging.CodeUnknown},
		"and another one doesn't either": {`{"code":"unknown"}`, messaging.CodeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := messagingtest.NATS(t)
			w := newRawWorker(t, url, "w1")
			done := begin(t, newClient(t, url), 15*time.Second)
			w.answer(w.next(), "accepted", "")
			second := w.next() // after two seconds without a beat
			if got := w.claim(second); got != "true" {
				t.Fatalf("the claim was answered %q", got)
			}
			w.answer(second, "outcome", test.second)
			if got := <-done; messaging.CodeOf(got.receipt, got.err) != test.want {
				t.Errorf("the call ended with %v, want %v", got.err, test.want)
			}
		})
	}
}

func TestAMessageHandedBackIsOfferedAgainAtOnce(t *testing.T) {
	url := messagingtest.NATS(t)
	w := newRawWorker(t, url, "w1")
	done := begin(t, newClient(t, url), 15*time.Second)
	first := w.next()
	w.answer(first, "accepted", "")
	w.answer(first, "busy", "")
	second := w.next()
	w.answer(second, "outcome", sentOutcome)
	if got := <-done; got.err != nil {
		t.Errorf("the call ended with %v", got.err)
	}
}

func TestWhetherABusyWorkerIsFull(t *testing.T) {
	for reason, full := range map[string]bool{"": true, "leaving": false, "cut-off": false} {
		t.Run(reason, func(t *testing.T) {
			url := messagingtest.NATS(t)
			w := newRawWorker(t, url, "w1")
			client := newClient(t, url)
			done := begin(t, client, 15*time.Second)
			offer := w.next()
			busy := nats.NewMsg(offer.Reply)
			busy.Header.Set("Phonehook-Answer", "busy")
			busy.Header.Set("Phonehook-Worker", w.id)
			if reason != "" {
				busy.Header.Set("Phonehook-Reason", reason)
			}
			if err := w.nc.PublishMsg(busy); err != nil {
				t.Fatal(err)
			}
			w.answer(w.next(), "outcome", sentOutcome)
			if got := <-done; got.err != nil {
				t.Errorf("the call ended with %v", got.err)
			}
			if stats := client.Stats(); stats.Window > 0 != full {
				t.Errorf("afterwards there is %+v", stats)
			}
		})
	}
}

func TestWhatADeadlineLeavesBehind(t *testing.T) {
	for name, test := range map[string]struct {
		play func(w *rawWorker)
		want messaging.Code
	}{
		"nobody answered":     {func(w *rawWorker) { w.next() }, messaging.CodeUnknown},
		"everybody was busy":  {(*rawWorker).refuse, messaging.CodeExpired},
		"a worker had it":     {func(w *rawWorker) { w.answer(w.next(), "accepted", "") }, messaging.CodeUnknown},
		"garbage as outcome":  {func(w *rawWorker) { w.answer(w.next(), "outcome", "{") }, messaging.CodeUnknown},
		"an unheard-of code":  {func(w *rawWorker) { w.answer(w.next(), "outcome", `{"code":"teleported"}`) }, messaging.CodeUnknown},
		"an unheard-of reply": {func(w *rawWorker) { w.answer(w.next(), "perhaps", "") }, messaging.CodeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := messagingtest.NATS(t)
			w := newRawWorker(t, url, "w1")
			done := begin(t, newClient(t, url), 600*time.Millisecond)
			test.play(w)
			if got := <-done; !errors.Is(got.err, test.want) {
				t.Errorf("the call ended with %v, want %v", got.err, test.want)
			}
		})
	}
}

// refuse answers every offer with busy until the test is over.
func (w *rawWorker) refuse() {
	over := make(chan struct{})
	var refusing sync.WaitGroup
	refusing.Go(func() {
		for {
			select {
			case msg := <-w.offers:
				w.answer(msg, "busy", "")
			case <-over:
				return
			}
		}
	})
	w.t.Cleanup(func() {
		close(over)
		refusing.Wait()
	})
}

func TestTheServerIgnoresWhatItDoesNotKnow(t *testing.T) {
	url := messagingtest.NATS(t)
	arrived := make(chan messaging.Message, 1)
	newServer(t, url, messaging.SenderFunc(func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		arrived <- m
		return messaging.Receipt{Code: messaging.CodeSent}, nil
	}), natsrpc.ServerOptions{})
	nc := connect(t, url, "newer gateway")

	body, err := messaging.EncodeMessage(messagingtest.Message())
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	fields["from_the_future"] = map[string]any{"a": 1}
	newer, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	for _, msg := range []*nats.Msg{
		{Subject: "phonehook.v1.deliver.demo", Data: []byte("by hand")}, // no headers: no offer
		{Subject: "phonehook.v1.deliver.demo", Data: newer, Reply: "phonehook.v1.reply.x.1.1", Header: nats.Header{
			"Phonehook-Try": {"1"}, "Phonehook-Sent-At": {nowMillis()}, "Phonehook-Timeout": {"9000"}, "Phonehook-New": {"x"},
		}},
	} {
		if err := nc.PublishMsg(msg); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case got := <-arrived:
		if got.Code != messagingtest.Message().Code {
			t.Errorf("arrived: %v", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the message did not arrive")
	}
}
