package worker

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
)

const (
	// burstShare is the part of a second's messages that may begin together. Vendors
	// count by the second, so what is let through at once is taken off the rate at
	// which more may follow: no second has more than the limit. A tenth costs a tenth
	// of the rate at most, and of a limit below 20 it is one message, evenly spaced.
	burstShare = 10
	// fullFor is how long a caller should wait when a provider has in hand what it may
	// have: an attempt of a slow day.
	fullFor = usefulAttempt
)

// throttle keeps one provider within its limits. Every worker keeps to its part of
// them, which is the same for all, so the parts change with the number of workers.
type throttle struct {
	workers func() int

	mu      sync.Mutex
	limits  []*limit
	waiting []*waiter // for a place, the first to be served first
}

// limit is a provider.Limit with this worker's part of it.
type limit struct {
	provider.Limit

	among  int           // the number of workers that bucket and room are for
	bucket *rate.Limiter // nil where any number may begin
	room   int           // 0 where any number may be in flight
	busy   int
}

type waiter struct {
	channel messaging.Channel
	granted chan struct{} // closed once it has its place
}

// newThrottle returns nil where there are no limits.
func newThrottle(limits []provider.Limit, workers func() int) *throttle {
	if len(limits) == 0 {
		return nil
	}
	t := &throttle{workers: workers}
	for _, l := range limits {
		t.limits = append(t.limits, &limit{Limit: l})
	}
	return t
}

func (l *limit) covers(channel messaging.Channel) bool {
	return l.Channel == "" || l.Channel == provider.Channel(channel)
}

// follow takes over the number of workers.
func (t *throttle) follow(now time.Time) {
	n := 1
	if t.workers != nil {
		n = max(1, t.workers())
	}
	for _, l := range t.limits {
		if l.among == n {
			continue
		}
		l.among = n
		if l.InFlight > 0 {
			l.room = max(1, l.InFlight/n)
		}
		if l.PerSecond > 0 {
			l.resize(now, l.PerSecond/float64(n))
		}
	}
}

func (l *limit) resize(now time.Time, share float64) {
	burst := max(1, int(share/burstShare))
	refill := rate.Limit(share - float64(burst-1))
	if l.bucket == nil {
		l.bucket = rate.NewLimiter(refill, burst)
		return
	}
	l.bucket.SetLimitAt(now, refill)
	l.bucket.SetBurstAt(now, burst)
}

// take takes a place and a token of every limit that covers the channel, or nothing.
// Then it returns about how long it takes until there may be one. What is taken must be
// given back with release.
func (t *throttle) take(channel messaging.Channel, now time.Time) (wait time.Duration, ok bool) {
	if t == nil {
		return 0, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.follow(now)
	if !t.hasRoom(channel) {
		return fullFor, false
	}
	if wait := t.delay(channel, now); wait > 0 {
		return wait, false
	}
	t.occupy(channel)
	for _, l := range t.limits {
		if l.bucket != nil && l.covers(channel) {
			l.bucket.AllowN(now, 1) // delay saw that it does
		}
	}
	return 0, true
}

// wait is about how long it takes until take can succeed.
func (t *throttle) wait(channel messaging.Channel, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.hasRoom(channel) {
		return fullFor
	}
	return t.delay(channel, now)
}

// await does what take does, and waits for it unless it can only be later than until.
// Whoever waits for a place gets it before those who come later.
func (t *throttle) await(ctx context.Context, channel messaging.Channel, until time.Time) (wait time.Duration, ok bool) {
	t.mu.Lock()
	t.follow(time.Now())
	if t.hasRoom(channel) {
		t.occupy(channel)
		t.mu.Unlock()
	} else if t.mu.Unlock(); !t.awaitPlace(ctx, channel, until) {
		return fullFor, false
	}
	reserved, wait, ok := t.reserve(channel, until)
	if !ok {
		t.release(channel)
		return wait, false
	}
	if !sleep(ctx, wait) {
		for _, r := range reserved {
			r.Cancel()
		}
		t.release(channel)
		return 0, false
	}
	return 0, true
}

// awaitPlace returns true once a place is taken.
func (t *throttle) awaitPlace(ctx context.Context, channel messaging.Channel, until time.Time) bool {
	w := &waiter{channel, make(chan struct{})}
	t.mu.Lock()
	t.waiting = append(t.waiting, w)
	t.grant() // a place may have become free since the caller looked
	t.mu.Unlock()
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-w.granted:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting, w); i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
		return false
	}
	return true // it was granted just now
}

// reserve takes the tokens that come next, if they come by until, and says how long
// that takes.
func (t *throttle) reserve(channel messaging.Channel, until time.Time) (reserved []*rate.Reservation, wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if wait = t.delay(channel, now); now.Add(wait).After(until) {
		return nil, wait, false
	}
	for _, l := range t.limits {
		if l.bucket != nil && l.covers(channel) {
			reserved = append(reserved, l.bucket.ReserveN(now, 1))
		}
	}
	return reserved, wait, true
}

// release gives a place back.
func (t *throttle) release(channel messaging.Channel) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.limits {
		if l.covers(channel) {
			l.busy--
		}
	}
	t.grant()
}

// grant gives places to those who wait, as far as there are any.
func (t *throttle) grant() {
	t.waiting = slices.DeleteFunc(t.waiting, func(w *waiter) bool {
		if !t.hasRoom(w.channel) {
			return false
		}
		t.occupy(w.channel)
		close(w.granted)
		return true
	})
}

func (t *throttle) hasRoom(channel messaging.Channel) bool {
	for _, l := range t.limits {
		if l.covers(channel) && l.room > 0 && l.busy >= l.room {
			return false
		}
	}
	return true
}

func (t *throttle) occupy(channel messaging.Channel) {
	for _, l := range t.limits {
		if l.covers(channel) {
			l.busy++
		}
	}
}

// delay is how long it takes until every bucket has a token.
func (t *throttle) delay(channel messaging.Channel, now time.Time) (longest time.Duration) {
	for _, l := range t.limits {
		if l.bucket == nil || !l.covers(channel) {
			continue
		}
		if missing := 1 - l.bucket.TokensAt(now); missing > 0 {
			longest = max(longest, time.Duration(missing/float64(l.bucket.Limit())*float64(time.Second)))
		}
	}
	return longest
}

// sleep returns false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
