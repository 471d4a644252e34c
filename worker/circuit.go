package worker

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"go.uber.org/zap"
)

// The settings of every circuit breaker.
const (
	// tripAfter failures without a success between them open a breaker: a vendor of
	// which one message in ten fails does that once in 100,000 messages, and one that is
	// down at once.
	tripAfter = 5
	// tripShare of at least tripOf attempts within tripWindow open it as well, for a
	// vendor that fails more often than not, but not each time. The window is as long
	// as five messages take where one comes every six seconds.
	tripShare  = 0.5
	tripOf     = 20
	tripWindow = 30 * time.Second
	// tripBucket is the part of the window that is forgotten at a time.
	tripBucket = 3 * time.Second
	// openFor is until a message may try whether the vendor is back, so that its
	// recovery is seen within two seconds.
	openFor = time.Second
	// probes is how many messages may try that at once, each of which may have to wait
	// for nothing. One that succeeds closes the breaker.
	probes = 1
	// patienceFactor times the average of successful attempts is how long one may take
	// before it is late, and at least usefulAttempt.
	patienceFactor = 2
	// averageOf is the weight of the earlier attempts in the average: some ten tell.
	averageOf = 8
)

// What a gobreaker.TwoStepCircuitBreaker is told.
var (
	errFailed     = errors.New("worker: the attempt failed")
	errNotCounted = errors.New("worker: the attempt says nothing about the provider")
)

// circuit is what a worker knows of one provider for one channel and country: the
// circuit breaker, the attempts in flight, and the counters for health.
//
// An attempt that hangs tells nothing until it is cut off, and hundreds can begin until
// then. So an attempt counts as failed as soon as it is late, unless another one that
// ended since it began shows that the vendor works. Whoever begins an attempt looks
// for late ones; there is no clock of its own.
type circuit struct {
	provider, channel, country string

	gate *gobreaker.TwoStepCircuitBreaker[struct{}]
	// opened holds a channel that is closed when the breaker opens next.
	opened atomic.Pointer[chan struct{}]

	mu sync.Mutex
	// first to last are the attempts in flight in the order of their beginning, and
	// unjudged is the first of them that was not late when last looked at.
	first, last, unjudged *ticket
	average               time.Duration
	// failing says that an attempt has ended in failure since the last good one. Without
	// that, a breaker that is open tells of attempts that are late and may yet succeed.
	failing bool
	// lastGood is when the vendor last took a message, or refused one for good.
	lastGood time.Time
	counts   counts
}

// counts are totals since the worker began, but for consecutive and inFlight.
type counts struct {
	requests, failures, unknown, limited uint64
	consecutive, inFlight                int
}

func newCircuit(provider, channel, country string, logger *zap.Logger) *circuit {
	c := &circuit{provider: provider, channel: channel, country: country}
	opened := make(chan struct{})
	c.opened.Store(&opened)
	c.gate = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  probes,
		Interval:     tripWindow,
		BucketPeriod: tripBucket,
		Timeout:      openFor,
		ReadyToTrip:  tripped,
		IsExcluded:   func(err error) bool { return err == errNotCounted }, //nolint:errorlint // it is ours, as it is
		// It runs under the breaker's own lock.
		OnStateChange: func(_ string, from, to gobreaker.State) { c.changed(from, to, logger) },
	})
	return c
}

func tripped(n gobreaker.Counts) bool {
	if n.ConsecutiveFailures >= tripAfter {
		return true
	}
	ended := n.TotalFailures + n.TotalSuccesses
	return ended >= tripOf && float64(n.TotalFailures) >= tripShare*float64(ended)
}

func (c *circuit) changed(from, to gobreaker.State, logger *zap.Logger) {
	fields := []zap.Field{zap.String("provider", c.provider), zap.String("channel", c.channel), zap.String("country", c.country)}
	switch to {
	case gobreaker.StateOpen:
		next := make(chan struct{})
		close(*c.opened.Swap(&next))
		if from == gobreaker.StateClosed { // and not at every probe that fails
			logger.Warn("provider fails and is passed over", fields...)
		}
	case gobreaker.StateClosed:
		logger.Info("provider works again", fields...)
	case gobreaker.StateHalfOpen:
	}
}

// admit begins an attempt, or returns nil where the breaker forbids it.
func (c *circuit) admit(now time.Time) *ticket {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.judge(now)
	done, err := c.gate.Allow()
	if err != nil {
		return nil
	}
	return c.begin(&ticket{circuit: c, begun: now, done: done})
}

// force begins an attempt whatever the breaker says. It is counted in all, until it ends.
func (c *circuit) force(now time.Time, all *atomic.Int64) *ticket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begin(&ticket{circuit: c, begun: now, all: all})
}

func (c *circuit) begin(t *ticket) *ticket {
	c.counts.requests++
	c.counts.inFlight++
	if t.prev = c.last; t.prev != nil {
		t.prev.next = t
	} else {
		c.first = t
	}
	c.last = t
	if c.unjudged == nil {
		c.unjudged = t
	}
	return t
}

// judge counts the attempts that are late.
func (c *circuit) judge(now time.Time) {
	for c.unjudged != nil && now.Sub(c.unjudged.begun) >= c.patience() {
		t := c.unjudged
		c.unjudged = t.next
		if c.lastGood.Before(t.begun) {
			c.countFailed(t)
		}
	}
}

// countFailed counts an attempt as failed, once.
func (c *circuit) countFailed(t *ticket) {
	if t.failed {
		return
	}
	t.failed = true
	c.counts.failures++
	c.counts.consecutive++
	t.tell(errFailed)
}

// patience is how long an attempt may take before it is late.
func (c *circuit) patience() time.Duration { return max(usefulAttempt, patienceFactor*c.average) }

// learn adds to the average how long an attempt took that succeeded. The first is all
// that is known, so it is the average.
func (c *circuit) learn(took time.Duration) {
	if c.average == 0 {
		c.average = took
		return
	}
	c.average += (took - c.average) / averageOf
}

func (c *circuit) remove(t *ticket) {
	if t.forced() {
		t.all.Add(-1)
	}
	c.counts.inFlight--
	if c.unjudged == t {
		c.unjudged = t.next
	}
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		c.first = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	} else {
		c.last = t.prev
	}
}

// passedOver counts that a limit kept a message away.
func (c *circuit) passedOver() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.limited++
}

// onlyLate says that nothing is known against the provider but that it is slow.
func (c *circuit) onlyLate() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.failing
}

// workedAt is when the provider last worked, as far as this worker knows.
func (c *circuit) workedAt() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastGood
}
