package natsrpc

import (
	"container/list"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// The settings of the waiting room.
const (
	// maxWaiting bounds its memory: a call that waits holds its connection's
	// buffers, its message and a goroutine's stack, some 45 KiB as measured, so
	// 10,000 of them hold 450 MiB.
	maxWaiting = 10_000
	// limitFor is how long the window outlives the last refusal. A worker that
	// is full refuses much more often than that as long as there is a demand.
	limitFor = 2 * time.Second
	// giveWay is how much narrower each refusal makes the window, beyond what
	// is in hand. All gateways widen theirs at the same speed, and the one with
	// the most is refused the most, so their windows become alike.
	giveWay = 1.0 / 8
	// caution is by how much the wait of a call may turn out longer than estimated:
	// of two gateways in an overload, one may first have 3/5 of the workers and then
	// 2/5, and the first estimate may be too good by a third. At 1.5, 3 % of the
	// calls waited in vain for their whole time.
	caution = 2
)

// The waits between two calls that are let through to see whether there is room
// which no outcome tells of: doubled from the first to the last, for a probe that is
// refused costs two messages.
const (
	firstProbe = 10 * time.Millisecond
	lastProbe  = 100 * time.Millisecond
)

// room is where calls wait once the workers are full. Until a worker refuses one,
// there is no limit to what is in hand, and nobody waits. Then there is a window, like
// that of TCP: at first what is really in hand, and a little more with every round of
// outcomes that no refusal interrupts. Each outcome lets the next call through.
//
// A call that could not be served in time is turned away before it waits, which
// leaves the others their time. It is safe for concurrent use.
type room struct {
	mu     sync.Mutex
	lanes  lanes[*ticket]
	inHand int
	serial uint64
	shed   uint64

	window   float64 // 0 is no limit
	growth   float64 // what a round of outcomes adds to the window
	round    int     // outcomes in this round
	refusal  time.Time
	meter    meter
	progress time.Time // the latest outcome, or when there was something in hand again

	probe   *time.Timer // running while somebody waits
	probeIn time.Duration
}

// ticket is a call's place in the room, or its permission to be offered.
type ticket struct {
	tenant   string
	deadline time.Time
	budget   time.Duration

	serial   uint64 // the order of arrival
	inHand   bool
	admitted time.Time
	place    *list.Element // while it waits
	ready    chan error    // told once, when it no longer waits
}

// errRoomTimeOver says that a call waited until its context ended, or so long that
// there was no time left in which to serve it.
var errRoomTimeOver = errors.New("natsrpc: the call's time ended while it waited")

// enter returns when t may be offered, at once if the workers are not full. It
// returns an *Error when t can't be served in time, and errRoomTimeOver when it waited
// in vain.
func (r *room) enter(ctx context.Context, t *ticket) error {
	r.mu.Lock()
	now := time.Now()
	r.serial++
	t.serial = r.serial
	if r.window == 0 || r.lanes.waiting == 0 && r.inHand < int(r.window) {
		r.admit(t, now)
		r.mu.Unlock()
		return nil
	}
	if late := r.tooLate(t, now); late > 0 {
		r.shed++
		r.mu.Unlock()
		return overloaded(late)
	}
	r.queue(t, nil)
	r.mu.Unlock()
	return r.wait(ctx, t, nil, nil)
}

// refused takes back a call that a full worker refused, and returns when it may be
// offered again, like enter. It also returns when there was a value in changed after
// which settled is true: then there is nothing more to offer.
func (r *room) refused(ctx context.Context, t *ticket, changed <-chan struct{}, settled func() bool) error {
	r.mu.Lock()
	r.release(t)
	if r.window == 0 {
		r.probeIn = firstProbe
	}
	if r.window == 0 || r.window > float64(r.inHand+1) {
		r.window = float64(r.inHand + 1)
	}
	r.window = max(1, r.window-giveWay)
	r.growth, r.round = 1, 0
	r.refusal = time.Now()
	r.queue(t, func(other *ticket) bool { return t.serial < other.serial })
	r.mu.Unlock()
	return r.wait(ctx, t, changed, settled)
}

// leave ends a call. If a worker told its outcome, that is counted.
func (r *room) leave(t *ticket, outcome bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !t.inHand {
		return
	}
	now := time.Now()
	r.release(t)
	if outcome {
		r.meter.note(now, now.Sub(t.admitted))
		r.progress = now
		r.probeIn = firstProbe
	}
	switch {
	case r.window == 0:
	case r.lanes.waiting == 0 && now.Sub(r.refusal) > limitFor:
		r.window = 0
	default:
		if outcome {
			r.grow()
		}
		r.next(now)
	}
}

// grow widens the window with an outcome while somebody waits: by growth in a
// round of outcomes, and by twice as much in the next if nobody was refused.
func (r *room) grow() {
	if r.lanes.waiting == 0 {
		return
	}
	r.window += r.growth / r.window
	if r.round++; r.round >= int(r.window) {
		r.growth, r.round = min(2*r.growth, 1+r.window/4), 0
	}
}

// next lets through as many as the window has room for.
func (r *room) next(now time.Time) {
	for r.lanes.waiting > 0 && r.inHand < int(r.window) {
		t := r.lanes.pop()
		t.place = nil
		if left := t.deadline.Sub(now) - keepBack; left < r.needs(t) {
			r.shed++
			t.ready <- errRoomTimeOver
			continue
		}
		r.admit(t, now)
		t.ready <- nil
	}
}

func (r *room) admit(t *ticket, now time.Time) {
	if r.inHand == 0 {
		r.progress = now
	}
	r.inHand++
	r.lanes.take(t.tenant)
	t.inHand, t.admitted = true, now
}

func (r *room) release(t *ticket) {
	r.inHand--
	r.lanes.done(t.tenant)
	t.inHand = false
}

func (r *room) queue(t *ticket, ahead func(*ticket) bool) {
	t.ready = make(chan error, 1)
	t.place = r.lanes.push(t.tenant, t, ahead)
	switch {
	case r.probe == nil:
		r.probe = time.AfterFunc(r.probeIn, r.seek)
	case r.lanes.waiting == 1:
		r.probe.Reset(r.probeIn)
	}
}

// wait returns what t is told, or that ctx has ended, or nil when t is settled.
func (r *room) wait(ctx context.Context, t *ticket, changed <-chan struct{}, settled func() bool) error {
	for {
		select {
		case err := <-t.ready:
			return err
		case <-ctx.Done():
			if r.withdraw(t, false) {
				return errRoomTimeOver
			}
			return <-t.ready
		case <-changed:
			if settled() {
				r.withdraw(t, true) // or it has just been told something, which matters no more
				return nil
			}
		}
	}
}

// withdraw takes out a call that waits, into what is in hand if it goes on. It
// returns false when the call has just been told something.
func (r *room) withdraw(t *ticket, goesOn bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.place == nil {
		return false
	}
	r.lanes.remove(t.tenant, t.place)
	t.place = nil
	if goesOn {
		r.admit(t, time.Now())
	}
	return true
}

// seek lets one call through that the window has no room for.
func (r *room) seek() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lanes.waiting == 0 {
		return
	}
	if r.inHand >= int(r.window) {
		r.window = float64(r.inHand + 1)
	}
	r.next(time.Now())
	r.probeIn = min(2*r.probeIn, lastProbe)
	r.probe.Reset(r.probeIn/2 + rand.N(r.probeIn/2)) //nolint:gosec // jitter needs no secrecy
}

// close stops what runs by itself.
func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.probe != nil {
		r.probe.Stop()
	}
}

// needs is the time that t must have left to be worth offering: what is usual, but
// no more than half of what it had, in case the usual is out of date.
func (r *room) needs(t *ticket) time.Duration { return min(r.meter.usual(), t.budget/2) }

// tooLate estimates by how much a call that comes now would be too late; 0 is in time.
func (r *room) tooLate(t *ticket, now time.Time) time.Duration {
	if r.lanes.waiting >= maxWaiting {
		return time.Second
	}
	speed := r.speed(now)
	if speed == 0 {
		return 0 // nothing has ended yet; nobody knows
	}
	wait := float64(r.lanes.ahead(t.tenant)+1) / speed * caution
	left := t.deadline.Sub(now) - keepBack - r.needs(t)
	return max(0, time.Duration(wait*float64(time.Second))-left)
}

// speed is how many messages a second the workers can end: those that they did end
// lately or, if that is more, since they may have had little to do, those in
// hand over the time that each takes.
func (r *room) speed(now time.Time) float64 {
	speed := r.meter.rate(now)
	if r.meter.average > 0 {
		each := max(r.meter.average, now.Sub(r.progress))
		speed = max(speed, float64(r.inHand)/each.Seconds())
	}
	return speed
}

// overloaded is what a call ends with that would be too late by so much.
func overloaded(late time.Duration) *messaging.Error {
	return &messaging.Error{
		Code:       messaging.CodeUnavailable,
		Detail:     "more calls wait than can be served in time; the message was not sent",
		RetryAfter: min(max(late, time.Second), 30*time.Second),
	}
}
