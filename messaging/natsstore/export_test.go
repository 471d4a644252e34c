package natsstore

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// WithAckWait returns the options with another time after which a silent worker loses its
// messages.
func WithAckWait(o Options, d time.Duration) Options {
	o.ackWait = d
	return o
}

// MaxRecords is how many events can wait.
const MaxRecords = maxRecords

// The streams of the queue, of the events and of the aliases.
const (
	StreamQueue   = streamQueue
	StreamEvents  = streamEvents
	StreamAliases = streamAliases
)

// NewAsker returns what stores a message and waits for the answer.
func NewAsker(t testing.TB, nc *nats.Conn) (ask func(*nats.Msg) error, done func()) {
	t.Helper()
	a, err := newAPI(nc)
	if err != nil {
		t.Fatal(err)
	}
	return func(m *nats.Msg) error {
		_, err := a.store(t.Context(), m, time.Second)
		return err
	}, a.close
}

// WithPauses returns the options with other pauses between the tries of a notice.
func WithPauses(o CourierOptions, pauses ...time.Duration) CourierOptions {
	o.pauses = pauses
	return o
}
