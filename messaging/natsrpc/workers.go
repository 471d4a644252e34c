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
	// pulse is that of this process, or nil. After a pause it has heard nobody,
	// and the clock of silence starts anew as well.
	pulse *gap
}

// pauseLimit is how long this process may be paused before it can't tell who was
// silent: the time within which two beats should have come.
const pauseLimit = 2 * beatInterval

// watch notices pauses until over is closed.
func (w *workers) watch(over <-chan struct{}) {
	ticker := time.NewTicker(pauseLimit / 4)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if w.pulse.mark(time.Now()) {
				w.awake()
			}
		case <-over:
			return
		}
	}
}

// awake has the clock of silence start anew.
func (w *workers) awake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.connected = time.Now()
}

// deaf says whether nobody can have been heard now. w is locked.
func (w *workers) deaf() bool {
	return !w.disconnected.IsZero() || w.pulse != nil && w.pulse.open(time.Now())
}

// start follows the connection's state until stop is called, and calls back after
// each new connection. What is published then arrives behind everything that waited
// for the connection, and behind the subscriptions.
func (w *workers) start(nc *nats.Conn, connected func()) (stop func()) {
	w.seen = make(map[string]time.Time)
	changes := nc.StatusChanged() // buffered: what happens before the first note is not lost
	w.note(nc.IsConnected())
	go func() {
		for status := range changes {
			w.note(status == nats.CONNECTED)
			if status == nats.CONNECTED {
				connected()
			}
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

// beat takes a worker's beat and returns who it was.
func (w *workers) beat(msg *nats.Msg) string {
	worker := strings.TrimPrefix(msg.Subject, beatPrefix)
	if msg.Header.Get(headerReason) == reasonLeaving {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.seen, worker)
	} else {
		w.heard(worker)
	}
	return worker
}

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
	if w.deaf() {
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

// unsettled is how long an offer made at the given time should still be waited for
// because the connection is down, or came back only now: what was answered
// meanwhile is being said again. The same goes for a pause of this process, whose
// answers are still to be read. It is 0 when that is over.
func (w *workers) unsettled(offered time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.deaf():
		return acceptWithin
	case w.connected.After(offered):
		return max(0, acceptWithin-time.Since(w.connected))
	default:
		return 0
	}
}

// count returns the number of workers heard recently, and whether all can have been
// heard: the connection has been up for long enough, and self, unless it is empty, is
// one of them.
func (w *workers) count(self string) (n int, certain bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for _, at := range w.seen {
		if now.Sub(at) < silentAfter {
			n++
		}
	}
	return n, w.disconnected.IsZero() && now.Sub(w.connected) >= silentAfter &&
		(self == "" || now.Sub(w.seen[self]) < silentAfter)
}
