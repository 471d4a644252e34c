package natsstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

const (
	// keepTrying is how long an event is offered to JetStream: longer than a cluster takes
	// to elect a leader, which is up to 10 s.
	keepTrying = 15 * time.Second
	// maxRecords are the events that are not stored yet: 1,000 a second for keepTrying,
	// and at some 700 bytes each 11 MiB.
	maxRecords = 16_384
	// maxUnderWay is how many are published and not yet acknowledged: at a cluster's
	// 5 ms, 100,000 a second.
	maxUnderWay = 512
	// gatherFor is the time between two publications; what is recorded meanwhile goes
	// together. One event alone wakes some ten goroutines here and in the server, and
	// costs several times as much as one of many. So much is lost with a process.
	gatherFor = 10 * time.Millisecond
	// gatherMost is how many end the wait early: with as many under way, half of
	// maxUnderWay is in use.
	gatherMost = 128
	// sameClock is a difference of clocks that is left alone; a larger one is taken off
	// an event's time.
	sameClock = time.Second
)

// record is an event on its way.
type record struct {
	subject string
	body    []byte
	// id is that of the first publication, by which the server knows the others.
	id   string
	born time.Time
	sent time.Time
}

// spare has records to use again, for their bodies' room.
var spare = sync.Pool{New: func() any { return new(record) }}

// slot is a place of an event that is under way. Its turn tells the answers to one event
// from those to another that has the slot later.
type slot struct {
	r    *record
	turn uint64
}

// events is an Events. Every event has an answer of its own: that a later one was stored
// tells nothing of those before it, since what reaches a stream while its leader changes
// is lost without a word, and the connection stays.
type events struct {
	s *Store

	mu      sync.Mutex
	waits   []*record // recorded, the oldest first
	again   []*record // to be published once more at the next tick
	slots   [maxUnderWay]slot
	free    []uint64  // slots without an event
	pending int       // in all of these
	last    time.Time // when was published last
	held    bool      // events wait for free slots
	closed  bool

	dropped atomic.Uint64
	due     *time.Timer // when what waits is to be published

	// What follows belongs to run.
	replies    string      // answers come under this and a number
	unique     int         // from here on, this differs from that of any other process
	sending    []addressed // to be published
	msg        nats.Msg
	msgID      []string  // in msg's header
	told       uint64    // of dropped, in the log
	complained time.Time // when that was
}

func newEvents(s *Store) *events {
	e := &events{s: s, due: time.NewTimer(time.Hour), msgID: make([]string, 1)}
	e.due.Stop() // until there is something
	e.msg.Header = nats.Header{headerMsgID: e.msgID}
	for i := range uint64(maxUnderWay) {
		e.free = append(e.free, i)
	}
	return e
}

// Record implements messaging.Recorder.
func (e *events) Record(event messaging.Event) {
	if event.Worker == "" {
		event.Worker = e.s.opts.Source
	}
	if ahead := e.s.clock.ahead(); ahead.Abs() > sameClock {
		event.At = event.At.Add(ahead)
	}
	r := spare.Get().(*record)
	*r = record{body: r.body[:0], born: time.Now()}
	var err error
	if r.body, err = messaging.AppendEvent(r.body, event); err != nil || !messaging.ValidTenant(event.Tenant) {
		spare.Put(r)
		e.dropped.Add(1)
		return
	}
	r.subject = eventSubject(event)
	if !e.add(r) {
		spare.Put(r)
		e.dropped.Add(1)
	}
}

// add has an event wait for the next publication, if there is room for it.
func (e *events) add(r *record) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.pending >= maxRecords {
		return false
	}
	e.pending++
	e.waits = append(e.waits, r)
	switch len(e.waits) {
	case 1:
		e.due.Reset(max(0, gatherFor-r.born.Sub(e.last)))
	case gatherMost:
		e.due.Reset(0)
	}
	return true
}

// Dropped implements Events.
func (e *events) Dropped() uint64 { return e.dropped.Load() }

// Pending implements Events.
func (e *events) Pending() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pending
}

// flush waits until everything recorded is stored.
func (e *events) flush(ctx context.Context) error {
	e.due.Reset(0)
	for e.Pending() > 0 {
		if !sleep(ctx, 2*time.Millisecond) { // a round trip or two
			lost := e.Pending()
			e.dropped.Add(uint64(max(0, lost)))
			return fmt.Errorf("natsstore: %d events were not stored: %w", lost, context.Cause(ctx))
		}
	}
	return nil
}
