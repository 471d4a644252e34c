package natsstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// keepTrying is how long a record is offered to JetStream: longer than a cluster takes
	// to elect a leader, which is up to 10 s.
	keepTrying = 15 * time.Second
	// maxRecords are the records that are not stored yet: 1,000 a second for keepTrying,
	// and at the 700 bytes of an event 11 MiB.
	maxRecords = 16_384
	// maxUnderWay is how many are published and not yet acknowledged: at a cluster's
	// 5 ms, 100,000 a second.
	maxUnderWay = 512
	// gatherFor is the time between two publications; what is recorded meanwhile goes
	// together. One record alone wakes some ten goroutines here and in the server, and
	// costs several times as much as one of many. So much is lost with a process.
	gatherFor = 10 * time.Millisecond
	// gatherMost is how many end the wait early: with as many under way, half of
	// maxUnderWay is in use.
	gatherMost = 128
)

// record is something on its way into a stream.
type record struct {
	subject string
	body    []byte
	// id is that of the first publication, by which the server knows the others, where the
	// outbox gives ids.
	id   string
	born time.Time
	sent time.Time
}

// spare has records to use again, for their bodies' room.
var spare = sync.Pool{New: func() any { return new(record) }}

// slot is a place of a record that is under way. Its turn tells the answers to one record
// from those to another that has the slot later.
type slot struct {
	r    *record
	turn uint64
}

// outbox has a stream store what is recorded, without anybody waiting for it. Every record has
// an answer of its own: that a later one was stored tells nothing of those before it, since what
// reaches a stream while its leader changes is lost without a word, and the connection stays.
//
// Each stream has an outbox of its own, so that one which takes nothing holds up no other's records.
type outbox struct {
	s *Store
	// what is the records' name in the log, and acknowledged how JetStream's answer begins
	// that it has stored one.
	what         string
	acknowledged []byte

	mu      sync.Mutex
	waits   []*record // recorded, the oldest first
	again   []*record // to be published once more at the next tick
	slots   [maxUnderWay]slot
	free    []uint64  // slots without a record
	pending int       // in all of these
	last    time.Time // when was published last
	held    bool      // records wait for free slots
	closed  bool

	dropped atomic.Uint64
	due     *time.Timer // when what waits is to be published

	// What follows belongs to run.
	replies string      // answers come under this and a number
	unique  int         // from here on, this differs from that of any other process
	sending []addressed // to be published
	msg     nats.Msg
	// msgID is in msg's header; nil where records have no ids, because storing one twice
	// is storing it once.
	msgID      []string
	told       uint64    // of dropped, in the log
	complained time.Time // when that was
}

func newOutbox(s *Store, stream, what string) *outbox {
	o := &outbox{s: s, what: what, acknowledged: []byte(`{"stream":"` + stream + `","seq":`), due: time.NewTimer(time.Hour)}
	o.due.Stop() // until there is something
	for i := range uint64(maxUnderWay) {
		o.free = append(o.free, i)
	}
	return o
}

// withIDs gives each record an id, by which the server knows a repetition.
func (o *outbox) withIDs() *outbox {
	o.msgID = make([]string, 1)
	o.msg.Header = nats.Header{headerMsgID: o.msgID}
	return o
}

// newRecord returns a record to fill, with room for a body.
func newRecord() *record {
	r := spare.Get().(*record)
	*r = record{body: r.body[:0], born: time.Now()}
	return r
}

// post has a record stored if it is good and there is room for it, and else drops and counts it.
// It never blocks.
func (o *outbox) post(r *record, good bool) {
	if !good || !o.add(r) {
		spare.Put(r)
		o.dropped.Add(1)
	}
}

// add has a record wait for the next publication, if there is room for it.
func (o *outbox) add(r *record) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.pending >= maxRecords {
		return false
	}
	o.pending++
	o.waits = append(o.waits, r)
	switch len(o.waits) {
	case 1:
		o.due.Reset(max(0, gatherFor-r.born.Sub(o.last)))
	case gatherMost:
		o.due.Reset(0)
	}
	return true
}

// Dropped implements Events.
func (o *outbox) Dropped() uint64 { return o.dropped.Load() }

// Pending implements Events.
func (o *outbox) Pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pending
}

// flush waits until everything recorded is stored.
func (o *outbox) flush(ctx context.Context) error {
	o.due.Reset(0)
	for o.Pending() > 0 {
		if !sleep(ctx, 2*time.Millisecond) { // a round trip or two
			lost := o.Pending()
			o.dropped.Add(uint64(max(0, lost)))
			return fmt.Errorf("natsstore: %d %s were not stored: %w", lost, o.what, context.Cause(ctx))
		}
	}
	return nil
}
