package natsstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// TestEnqueueWaitsForTheServer has a caller with time, and a server that is away for longer
// than a single try takes.
func TestEnqueueWaitsForTheServer(t *testing.T) {
	s := startServer(t)
	g := gateway(t, s.URL())
	s.stop()
	stored := enqueueing(t, g, message("demo", time.Minute))
	time.Sleep(2 * time.Second)
	s.start()
	if err := <-stored; err != nil {
		t.Error(err)
	}
	if n := queued(t, dial(t, s.URL())); n != 1 {
		t.Errorf("%d messages are stored, want 1", n)
	}
}

// TestEnqueueWaitsForTheStream has a connection all the time, and nobody who stores at first.
func TestEnqueueWaitsForTheStream(t *testing.T) {
	url := messagingtest.NATS(t)
	stored := enqueueing(t, open(t, dial(t, url), natsstore.Options{Source: "w1"}), message("demo", time.Minute))
	time.Sleep(3 * time.Second)
	gateway(t, url)
	if err := <-stored; err != nil {
		t.Error(err)
	}
	if n := queued(t, dial(t, url)); n != 1 {
		t.Errorf("%d messages are stored, want 1", n)
	}
}

// enqueueing stores a message in the background, with much time, and tells the result.
func enqueueing(t *testing.T, s *natsstore.Store, m messaging.Message) <-chan error {
	t.Helper()
	stored := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		stored <- s.Queue().Enqueue(ctx, m)
	}()
	return stored
}

// TestEnqueueRepeatsTheSameMessage has a stand-in for JetStream that answers only the third
// time, and only then says that the message was there.
func TestEnqueueRepeatsTheSameMessage(t *testing.T) {
	url := messagingtest.NATS(t)
	nc := dial(t, url)
	m := message("demo", time.Minute)
	var times counter
	sub, err := nc.Subscribe("phonehook.v1.queue.demo."+m.ID, func(msg *nats.Msg) {
		times.add()
		if id := msg.Header.Get(nats.MsgIdHdr); id != "demo."+m.ID {
			t.Errorf("it came as %q", id)
		}
		answer := `{"error":{"code":503,"err_code":10008,"description":"JetStream system temporarily unavailable"}}`
		switch times.value() {
		case 1:
			return // the answer is lost
		case 3:
			answer = `{"stream":"PHONEHOOK_QUEUE","seq":7,"duplicate":true}`
		}
		if err := msg.Respond([]byte(answer)); err != nil {
			t.Error(err)
		}
	})
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, dial(t, url), natsstore.Options{Source: "w1"})
	if err := s.Queue().Enqueue(t.Context(), m); err != nil || times.value() != 3 {
		t.Errorf("%v after %d tries, want success after 3", err, times.value())
	}
	// Whether the answer was lost or the message is nobody knows, also after its life.
	var lost counter
	if err := sub.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	if _, err := nc.Subscribe("phonehook.v1.queue.>", func(*nats.Msg) { lost.add() }); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := s.Queue().Enqueue(t.Context(), message("demo", 500*time.Millisecond)); !errors.Is(err, messaging.CodeUnavailable) || lost.value() == 0 {
		t.Errorf("got %v after %d tries, want %v", err, lost.value(), messaging.CodeUnavailable)
	}
}
