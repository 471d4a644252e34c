// Package messagingtest proves Senders: a suite that every implementation of
// messaging.Sender between gateway and worker passes, and what its users need,
// an in-memory Sender, an example message and an embedded NATS server.
package messagingtest

import (
	"context"
	"testing"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/natsserver"
)

// Message returns a message that is valid in every respect, with every field set
// that a door can set.
func Message() messaging.Message {
	received := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	return messaging.Message{
		ID:         "019389b8-7c00-7000-8000-0123456789ab",
		Tenant:     "demo",
		Channel:    messaging.SMS,
		Action:     messaging.Enrollment,
		To:         "+18085555555",
		Country:    "US",
		From:       "+18085550100",
		Text:       "Here is your one time password: 999111",
		Code:       "999111",
		Language:   "en",
		ReceivedAt: received,
		Expires:    received.Add(5 * time.Minute),
		IP:         "127.0.0.1",
		UserAgent:  "Mozilla/5.0",
		Client:     &messaging.Client{ID: "1235", Name: "Test Application", Metadata: []byte(`{"plan":"gold"}`)},
		User: &messaging.User{
			ID: "auth0|test12345", Name: "Billie Magnusson", Email: "billie@example.com",
			AppMetadata: []byte(`{"a":1}`), UserMetadata: []byte(`{"b":[2]}`),
		},
	}
}

// NATS starts a NATS server with JetStream for the time of the test and returns
// its URL.
func NATS(t testing.TB) string {
	t.Helper()
	server, err := natsserver.Start(natsserver.Options{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return server.URL()
}

// InMemory returns a Sender that hands every message to backend through the wire
// format but over no wire, and gives up at the deadline whether backend returns
// or not.
func InMemory(backend messaging.Sender) messaging.Sender {
	return messaging.SenderFunc(func(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
		deadline, ok := ctx.Deadline()
		if !ok {
			return messaging.Receipt{}, &messaging.Error{Code: messaging.CodeInternal, Detail: "the call has no deadline"}
		}
		if err := m.Validate(); err != nil {
			return messaging.Receipt{}, err
		}
		body, err := messaging.EncodeMessage(m)
		if err != nil {
			return messaging.Receipt{}, err
		}
		outcome := make(chan []byte, 1)
		go func() { outcome <- work(backend, body, deadline) }()
		select {
		case answer := <-outcome:
			return messaging.DecodeOutcome(answer)
		case <-ctx.Done():
			return messaging.Receipt{}, &messaging.Error{Code: messaging.CodeUnknown, Detail: "the deadline passed; the message may have been sent"}
		}
	})
}

// work is the far side of InMemory. Like a worker's, its context ends with the
// deadline and not with the caller.
func work(backend messaging.Sender, body []byte, deadline time.Time) (answer []byte) {
	defer func() {
		if recover() != nil {
			answer, _ = messaging.EncodeOutcome(messaging.Receipt{}, messaging.CodeUnknown)
		}
	}()
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	m, err := messaging.DecodeMessage(body)
	if err != nil {
		answer, _ = messaging.EncodeOutcome(messaging.Receipt{}, err)
		return answer
	}
	answer, _ = messaging.EncodeOutcome(backend.Send(ctx, m))
	return answer
}
