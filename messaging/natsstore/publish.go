package natsstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"
)

const (
	// askAgain is when an event that was not acknowledged is published once more.
	askAgain = 2 * time.Second
	// tick is how often that is looked at.
	tick = 200 * time.Millisecond
	// maxRefused is how many refused events make the others wait: JetStream can't store
	// any then. Fewer may have something wrong of their own.
	maxRefused = 32
	// complainEvery is how often the log says that events are lost.
	complainEvery = 30 * time.Second
)

// addressed is an event and the number under which its answer comes.
type addressed struct {
	r      *record
	number uint64
}

// run publishes what is recorded until the Store is closed.
func (e *events) run() {
	serial, replies := e.s.api.expectAll(e.settle)
	defer e.s.api.forget(serial)
	defer e.close()
	e.replies = replies
	e.unique = strings.LastIndexByte(strings.TrimSuffix(e.s.api.inbox, "."), '.') + 1
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-e.due.C:
			e.publish(false)
		case <-ticker.C:
			e.publish(true)
			e.complain()
		case <-e.s.ctx.Done():
			return
		}
	}
}

func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.due.Stop()
}

// publish sends off what waits, as much as there are slots for; and with retry before that
// what was refused, and what was not answered.
func (e *events) publish(retry bool) {
	if !e.s.nc.IsConnected() {
		return // and again at the next tick
	}
	for _, a := range e.take(retry) {
		r := a.r
		e.msg.Subject, e.msg.Data, e.msgID[0] = r.subject, r.body, r.id
		e.msg.Reply = e.replies + strconv.FormatUint(a.number, 36)
		if r.id == "" {
			r.id = e.msg.Reply[e.unique:]
			e.msgID[0] = r.id
		}
		if err := e.s.nc.PublishMsg(&e.msg); err != nil {
			e.failed(a.number, !errors.Is(err, nats.ErrMaxPayload))
		}
	}
}

// take moves events to free slots and returns them. The slice is good until the next call.
func (e *events) take(retry bool) []addressed {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	e.sending = e.sending[:0]
	if retry {
		for i, s := range e.slots {
			if s.r != nil && now.Sub(s.r.sent) > askAgain {
				e.again = append(e.again, e.takeBack(s.turn*maxUnderWay+uint64(i)))
			}
		}
		e.again = e.fill(e.again, now)
	}
	if len(e.again) <= maxRefused {
		e.waits = e.fill(e.waits, now)
	}
	e.held, e.last = len(e.waits) > 0, now
	return e.sending
}

// fill moves events from a queue to free slots, drops those that are too old, and returns the
// rest. The caller holds e.mu.
func (e *events) fill(queue []*record, now time.Time) []*record {
	n := 0
	for ; n < len(queue) && len(e.free) > 0; n++ {
		r := queue[n]
		if now.Sub(r.born) > keepTrying {
			e.lose(r)
			continue
		}
		i := e.free[len(e.free)-1]
		e.free = e.free[:len(e.free)-1]
		s := &e.slots[i]
		s.r, s.turn, r.sent = r, s.turn+1, now
		e.sending = append(e.sending, addressed{r, s.turn*maxUnderWay + i})
	}
	return slices.Delete(queue, 0, n)
}

// takeBack frees the slot of an event and returns the event, or nil where it is no longer
// there. The caller holds e.mu.
func (e *events) takeBack(number uint64) *record {
	s := &e.slots[number%maxUnderWay]
	if s.r == nil || s.turn != number/maxUnderWay {
		return nil
	}
	r := s.r
	s.r = nil
	e.free = append(e.free, number%maxUnderWay)
	if e.held && len(e.free) >= gatherMost {
		e.held = false
		e.due.Reset(0)
	}
	return r
}

// lose gives an event up. The caller holds e.mu.
func (e *events) lose(r *record) {
	e.pending--
	e.dropped.Add(1)
	spare.Put(r)
}

// failed has an event that could not be published tried again, or gives it up.
func (e *events) failed(number uint64, again bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.takeBack(number); again {
		e.again = append(e.again, r)
	} else {
		e.lose(r)
	}
}

// settle takes JetStream's answer to one event.
func (e *events) settle(number uint64, answer *nats.Msg) {
	done := isStored(answer.Data)
	if !done && answer.Header.Get(headerStatus) == statusNoResponders {
		e.s.look()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch r := e.takeBack(number); {
	case r == nil: // was published again meanwhile
	case done:
		e.pending--
		spare.Put(r)
	default:
		e.again = append(e.again, r)
	}
}

// acknowledged is how JetStream's answer begins that it has stored an event. A sequence and
// the end of the object follow.
var acknowledged = []byte(`{"stream":"` + streamEvents + `","seq":`)

// isStored says whether an answer is that an event is stored. The usual one needs no parser.
func isStored(answer []byte) bool {
	if rest, usual := bytes.CutPrefix(answer, acknowledged); usual {
		if number, whole := bytes.CutSuffix(rest, []byte("}")); whole && isNumber(number) {
			return true
		}
	}
	var ack stored
	return json.Unmarshal(answer, &ack) == nil && ack.Error == nil
}

func isNumber(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
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
