package natsstore

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// What a consumer sends besides messages.
const (
	statusControl  = "100"
	headerLastSent = "Nats-Last-Consumer"
	headerStalled  = "Nats-Consumer-Stalled"
)

// farBehind is how many messages a process may be behind: a quarter of a second of a busy log.
const farBehind = 256

// receive takes what the consumer sends.
func (f *following) receive(msg *nats.Msg) {
	f.heard.Store(int64(time.Since(f.began)))
	if len(msg.Data) == 0 && msg.Header.Get(headerStatus) == statusControl {
		f.control(msg)
		return
	}
	meta, err := msg.Metadata()
	if err != nil {
		f.fail(fmt.Errorf("a message that is none of it: %w", err))
		return
	}
	if meta.Sequence.Consumer != f.delivered+1 {
		f.fail(fmt.Errorf("%d messages did not come", meta.Sequence.Consumer-f.delivered-1))
		return
	}
	f.delivered++
	f.take(msg.Data, meta)
}

// control answers what the consumer asks, and holds what has come against what was sent.
func (f *following) control(msg *nats.Msg) {
	respond := msg.Reply
	if respond == "" {
		respond = msg.Header.Get(headerStalled)
	}
	if respond != "" {
		_ = f.r.s.nc.Publish(respond, nil) // it asks again
	}
	last, err := strconv.ParseUint(msg.Header.Get(headerLastSent), 10, 64)
	switch {
	case err != nil: // no heartbeat
	case last != f.delivered:
		f.fail(fmt.Errorf("%d of %d messages came", f.delivered, last))
	default:
		f.r.mu.Lock()
		f.caughtUp()
		f.r.mu.Unlock()
	}
}

// take applies a message of the log, and tells those who wait for it.
func (f *following) take(data []byte, meta *nats.MsgMetadata) {
	from, serial, records, known := readHeader(data)
	mine := known && from == f.r.from
	f.verdicts = f.verdicts[:0]
	f.r.mu.Lock()
	if f.over {
		f.r.mu.Unlock()
		return
	}
	// What was in the log before its reader came may have gone, but not what came later.
	if f.r.current == f && f.sequence != 0 && meta.Sequence.Stream != f.sequence+1 {
		f.behind()
		f.r.mu.Unlock()
		f.fail(errors.New("messages are gone that were not read"))
		return
	}
	f.sequence = meta.Sequence.Stream
	f.table.advance(meta.Timestamp.UnixNano())
	for index := range batchLimit {
		record, others, more := readRecord(records)
		if !more {
			break
		}
		records = others
		got := f.table.apply(record, revisionOf(f.sequence, index))
		if mine {
			f.verdicts = append(f.verdicts, got)
		}
	}
	switch {
	case meta.NumPending == 0:
		f.caughtUp()
	case meta.NumPending > farBehind:
		f.behind()
	}
	f.r.mu.Unlock()
	if mine {
		f.r.tell(serial, f.verdicts)
	}
}

// tell gives the verdicts on a batch of this process to those who wait for them, and sends the next.
func (r *recent) tell(serial uint64, verdicts []verdict) {
	came, next := r.arrived(serial)
	_ = r.send(next) // whoever waits for that finds out
	if came == nil {
		return // nobody waits any more
	}
	for i, got := range verdicts {
		came.answers[i] <- got // has room
	}
}
