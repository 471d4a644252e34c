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
	// askAgain is when a record that was not acknowledged is published once more.
	askAgain = 2 * time.Second
	// tick is how often that is looked at.
	tick = 200 * time.Millisecond
	// maxRefused is how many refused records make the others wait: JetStream can't store
	// any then. Fewer may have something wrong of their own.
	maxRefused = 32
	// complainEvery is how often the log says that records are lost.
	complainEvery = 30 * time.Second
)

// addressed is a record and the number under which its answer comes.
type addressed struct {
	r      *record
	number uint64
}

// run publishes what is recorded until the Store is closed.
func (o *outbox) run() {
	serial, replies := o.s.api.expectAll(o.settle)
	defer o.s.api.forget(serial)
	defer o.close()
	o.replies = replies
	o.unique = strings.LastIndexByte(strings.TrimSuffix(o.s.api.inbox, "."), '.') + 1
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-o.due.C:
			o.publish(false)
		case <-ticker.C:
			o.publish(true)
			o.complain()
		case <-o.s.ctx.Done():
			return
		}
	}
}

func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.due.Stop()
}

// publish sends off what waits, as much as there are slots for; and with retry before that
// what was refused, and what was not answered.
func (o *outbox) publish(retry bool) {
	if !o.s.nc.IsConnected() {
		return // and again at the next tick
	}
	for _, a := range o.take(retry) {
		r := a.r
		o.msg.Subject, o.msg.Data = r.subject, r.body
		o.msg.Reply = o.replies + strconv.FormatUint(a.number, 36)
		if o.msgID != nil {
			if r.id == "" {
				r.id = o.msg.Reply[o.unique:]
			}
			o.msgID[0] = r.id
		}
		if err := o.s.nc.PublishMsg(&o.msg); err != nil {
			o.failed(a.number, !errors.Is(err, nats.ErrMaxPayload))
		}
	}
}

// take moves records to free slots and returns them. The slice is good until the next call.
func (o *outbox) take(retry bool) []addressed {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	o.sending = o.sending[:0]
	if retry {
		for i, s := range o.slots {
			if s.r != nil && now.Sub(s.r.sent) > askAgain {
				o.again = append(o.again, o.takeBack(s.turn*maxUnderWay+uint64(i)))
			}
		}
		o.again = o.fill(o.again, now)
	}
	if len(o.again) <= maxRefused {
		o.waits = o.fill(o.waits, now)
	}
	o.held, o.last = len(o.waits) > 0, now
	return o.sending
}

// fill moves records from a queue to free slots, drops those that are too old, and returns the
// rest. The caller holds o.mu.
func (o *outbox) fill(queue []*record, now time.Time) []*record {
	n := 0
	for ; n < len(queue) && len(o.free) > 0; n++ {
		r := queue[n]
		if now.Sub(r.born) > keepTrying {
			o.lose(r)
			continue
		}
		i := o.free[len(o.free)-1]
		o.free = o.free[:len(o.free)-1]
		s := &o.slots[i]
		s.r, s.turn, r.sent = r, s.turn+1, now
		o.sending = append(o.sending, addressed{r, s.turn*maxUnderWay + i})
	}
	return slices.Delete(queue, 0, n)
}

// takeBack frees the slot of a record and returns the record, or nil where it is no longer
// there. The caller holds o.mu.
func (o *outbox) takeBack(number uint64) *record {
	s := &o.slots[number%maxUnderWay]
	if s.r == nil || s.turn != number/maxUnderWay {
		return nil
	}
	r := s.r
	s.r = nil
	o.free = append(o.free, number%maxUnderWay)
	if o.held && len(o.free) >= gatherMost {
		o.held = false
		o.due.Reset(0)
	}
	return r
}

// lose gives a record up. The caller holds o.mu.
func (o *outbox) lose(r *record) {
	o.pending--
	o.dropped.Add(1)
	spare.Put(r)
}

// failed has a record that could not be published tried again, or gives it up.
func (o *outbox) failed(number uint64, again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.takeBack(number); again {
		o.again = append(o.again, r)
	} else {
		o.lose(r)
	}
}

// settle takes JetStream's answer to one record.
func (o *outbox) settle(number uint64, answer *nats.Msg) {
	done := o.isStored(answer.Data)
	if !done && answer.Header.Get(headerStatus) == statusNoResponders {
		o.s.look()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch r := o.takeBack(number); {
	case r == nil: // was published again meanwhile
	case done:
		o.pending--
		spare.Put(r)
	default:
		o.again = append(o.again, r)
	}
}

// isStored says whether an answer is that a record is stored. The usual one needs no parser: after
// its beginning follow a sequence and the end of the object.
func (o *outbox) isStored(answer []byte) bool {
	if rest, usual := bytes.CutPrefix(answer, o.acknowledged); usual {
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

// complain logs now and then how many records were lost.
func (o *outbox) complain() {
	dropped := o.dropped.Load()
	if dropped == o.told || time.Since(o.complained) < complainEvery {
		return
	}
	o.s.logger.Warn(o.what+" were lost: JetStream could not store them", zap.Uint64("lost", dropped-o.told))
	o.told, o.complained = dropped, time.Now()
}
