package natsrpc

import (
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// workers knows when each worker was last heard. While the connection is down
// nobody can be heard, so the clock of silence starts anew with each connection.
type workers struct {
	mu           sync.Mutex
	seen         map[string]time.Time
	connected    time.Time
	disconnected time.Time // zero while connected
}

// start follows the connection's state until stop is called.
func (w *workers) start(nc *nats.Conn) (stop func()) {
	w.seen = make(map[string]time.Time)
	changes := nc.StatusChanged() // buffered: what happens before the first note is not lost
	w.note(nc.IsConnected())
	go func() {
		for status := range changes {
			w.note(status == nats.CONNECTED)
		}
	}()
	return func() { nc.RemoveStatusListener(changes) }
}

func (w *workers) note(connected bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case connected:
		w.connected, w.disconnected = time.Now(), time.Time{}
	case w.disconnected.IsZero():
		w.disconnected = time.Now()
	}
}

// disconnectedSince returns when the connection was lost, or zero while it is up.
func (w *workers) disconnectedSince() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.disconnected
}

// beat takes a worker's beat.
func (w *workers) beat(msg *nats.Msg) { w.heard(strings.TrimPrefix(msg.Subject, beatPrefix)) }

// heard notes that the worker lives, and forgets those long silent.
func (w *workers) heard(worker string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if _, known := w.seen[worker]; !known {
		for name, at := range w.seen {
			if now.Sub(at) > time.Minute {
				delete(w.seen, name)
			}
		}
	}
	w.seen[worker] = now
}

// alive says whether the worker, which was last heard no earlier than since, has
// been heard recently enough to still be at work.
func (w *workers) alive(worker string, since time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.disconnected.IsZero() {
		return true // it may well be; nothing can be done about it now either
	}
	last := since
	for _, at := range []time.Time{w.seen[worker], w.connected} {
		if at.After(last) {
			last = at
		}
	}
	return time.Since(last) < silentAfter
}

// count returns the number of workers heard recently.
func (w *workers) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, at := range w.seen {
		if time.Since(at) < silentAfter {
			n++
		}
	}
	return n
}
