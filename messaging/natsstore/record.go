package natsstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

const (
	// keepTrying is how long an event is offered to JetStream: longer than a cluster takes
	// to elect a leader, which is up to 10 s.
	keepTrying = 15 * time.Second
	// maxRecords are the events that wait: 1,000 a second for keepTrying, and at some
	// 700 bytes each 11 MiB.
	maxRecords = 16_384
	// maxUnderWay is how many are published and not yet acknowledged: at a cluster's
	// 5 ms, 100,000 a second.
	maxUnderWay = 512
	// askAgain is when one that was not acknowledged is published once more.
	askAgain = 2 * time.Second
	// tick is how often that is looked at.
	tick = 200 * time.Millisecond
	// complainEvery is how often the log says that events are lost.
	complainEvery = 30 * time.Second
	// sameClock is a difference of clocks that is left alone; a larger one is taken off
	// an event's time.
	sameClock = time.Second
)

// record is an event on its way.
type record struct {
	msg  *nats.Msg
	born time.Time
	sent time.Time
}

// events is an Events.
type events struct {
	s       *Store
	name    string // the first part of the events' message ids, different for each process
	serial  atomic.Uint64
	records chan *record
	pending atomic.Int64 // in records, under way, or to be tried again
	dropped atomic.Uint64

	// What follows belongs to run.
	acks       chan *nats.Msg
	underWay   map[uint64]*record
	again      []*record // to be published once more at the next tick
	told       uint64    // of dropped, in the log
	complained time.Time
}

func newEvents(s *Store) *events {
	return &events{
		s: s, name: nuid.Next() + "-", records: make(chan *record, maxRecords),
		// There is room for an answer to each: none is lost here.
		acks: make(chan *nats.Msg, maxUnderWay), underWay: make(map[uint64]*record),
	}
}

// Record implements messaging.Recorder.
func (e *events) Record(event messaging.Event) {
	if event.Worker == "" {
		event.Worker = e.s.opts.Source
	}
	if ahead := e.s.clock.ahead(); ahead.Abs() > sameClock {
		event.At = event.At.Add(ahead)
	}
	body, err := messaging.EncodeEvent(event)
	if err != nil || !messaging.ValidTenant(event.Tenant) || e.s.ctx.Err() != nil {
		e.dropped.Add(1)
		return
	}
	r := &record{born: time.Now(), msg: &nats.Msg{Subject: eventSubject(event), Data: body, Header: nats.Header{
		headerMsgID: {e.name + strconv.FormatUint(e.serial.Add(1), 36)},
	}}}
	e.pending.Add(1)
	select {
	case e.records <- r:
	default:
		e.drop()
	}
}

// Dropped implements Events.
func (e *events) Dropped() uint64 { return e.dropped.Load() }

// Pending implements Events.
func (e *events) Pending() int { return int(e.pending.Load()) }

func (e *events) drop() {
	e.pending.Add(-1)
	e.dropped.Add(1)
}

// run publishes what is recorded until the Store is closed.
func (e *events) run() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		records := e.records
		if len(e.underWay) >= maxUnderWay || len(e.again) > 0 || !e.s.nc.IsConnected() {
			records = nil // first what is under way
		}
		select {
		case r := <-records:
			e.publish(r)
		case answer := <-e.acks:
			e.settle(answer)
		case <-ticker.C:
			e.retry()
			e.complain()
		case <-e.s.ctx.Done():
			return
		}
	}
}

// publish sends one event off.
func (e *events) publish(r *record) {
	now := time.Now()
	if now.Sub(r.born) > keepTrying {
		e.drop()
		return
	}
	serial, reply := e.s.api.expect(e.acks)
	r.msg.Reply, r.sent = reply, now
	e.underWay[serial] = r
	if err := e.s.nc.PublishMsg(r.msg); err != nil {
		e.takeBack(serial)
		e.again = append(e.again, r)
	}
}

// takeBack forgets that an event is under way.
func (e *events) takeBack(serial uint64) *record {
	r := e.underWay[serial]
	delete(e.underWay, serial)
	e.s.api.forget(serial)
	return r
}

// settle takes JetStream's answer to one event.
func (e *events) settle(answer *nats.Msg) {
	serial, err := strconv.ParseUint(strings.TrimPrefix(answer.Subject, e.s.api.inbox), 36, 64)
	if err != nil {
		return
	}
	r := e.takeBack(serial)
	if r == nil {
		return // was published again meanwhile
	}
	var ack stored
	if json.Unmarshal(answer.Data, &ack) == nil && ack.Error == nil {
		e.pending.Add(-1)
		return
	}
	if answer.Header.Get(headerStatus) == statusNoResponders {
		e.s.look()
	}
	e.again = append(e.again, r)
}

// retry publishes again what was refused, and what was not answered. The server knows by
// the message's id what it has stored already.
func (e *events) retry() {
	if !e.s.nc.IsConnected() {
		return
	}
	again := e.again
	e.again = nil
	for serial, r := range e.underWay {
		if time.Since(r.sent) > askAgain {
			again = append(again, e.takeBack(serial))
		}
	}
	for _, r := range again {
		e.publish(r)
	}
}

// complain logs now and then how many events were lost.
func (e *events) complain() {
	dropped := e.dropped.Load()
	if dropped == e.told || time.Since(e.complained) < complainEvery {
		return
	}
	e.s.logger.Warn("events were lost: JetStream could not store them", zap.Uint64("lost", dropped-e.told))
	e.told, e.complained = dropped, time.Now()
}

// flush waits until everything recorded is stored.
func (e *events) flush(ctx context.Context) error {
	for e.pending.Load() > 0 {
		if !sleep(ctx, 2*time.Millisecond) { // a round trip or two
			lost := e.pending.Load()
			e.dropped.Add(uint64(max(0, lost)))
			return fmt.Errorf("natsstore: %d events were not stored: %w", lost, context.Cause(ctx))
		}
	}
	return nil
}
