package worker

import (
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// ticket is an attempt in flight at a circuit.
type ticket struct {
	circuit *circuit
	begun   time.Time
	// done tells the breaker; nil where the attempt was made in spite of it.
	done func(error)
	// failed says that the attempt was counted as failed already.
	failed     bool
	prev, next *ticket
	// all counts the attempts that were made in spite of a breaker; nil for others.
	all *atomic.Int64
}

func (t *ticket) forced() bool { return t.all != nil }

// result is what an ended attempt says about its provider.
type result uint8

const (
	// took: the provider took the message.
	took result = iota
	// answered: it refused the message properly, which a working provider does.
	answered
	failed
	// timedOut: its time was over, which is a failure if the time was fair.
	timedOut
	// notCounted: we ended the attempt ourselves before it could succeed.
	notCounted
)

// ending is how an attempt ended.
type ending struct {
	result result
	// unknown says that the message may have gone out.
	unknown     bool
	took, limit time.Duration
}

// withdraw ends an attempt that was not made after all.
func (t *ticket) withdraw() {
	c := t.circuit
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(t)
	c.counts.requests--
	t.tell(errNotCounted)
}

// end ends the attempt. It is called once, when the provider has returned.
func (t *ticket) end(now time.Time, e ending) {
	c := t.circuit
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(t)
	if e.unknown {
		c.counts.unknown++
	}
	if e.result == timedOut {
		e.result = failed
		if e.limit < c.patience() {
			e.result = notCounted
		}
	}
	switch e.result {
	case took, answered:
		if e.result == took {
			c.learn(e.took)
		}
		c.lastGood, c.counts.consecutive, c.failing = now, 0, false
		t.tell(nil) // also after it was late: the vendor works
	case failed:
		c.failing = true
		c.countFailed(t)
	case timedOut, notCounted:
		if !t.failed {
			t.tell(errNotCounted)
		}
	}
}

// abandon counts an attempt as failed whose provider does not return.
func (t *ticket) abandon() {
	t.circuit.mu.Lock()
	defer t.circuit.mu.Unlock()
	t.circuit.failing = true
	t.circuit.countFailed(t)
}

func (t *ticket) tell(err error) {
	if t.done != nil {
		t.done(err)
	}
}

// lateAt is when the attempt will be late, by what is known now.
func (t *ticket) lateAt() time.Time {
	t.circuit.mu.Lock()
	defer t.circuit.mu.Unlock()
	return t.begun.Add(t.circuit.patience())
}

// hopeless says whether the attempt is late at a provider that does not work. Where it
// is not, it may become so at a certain time, or when opened is closed.
func (t *ticket) hopeless(now time.Time) (yes bool, lateAt time.Time, opened <-chan struct{}) {
	c := t.circuit
	c.mu.Lock()
	c.judge(now)
	lateAt = t.begun.Add(c.patience())
	c.mu.Unlock()
	if now.Before(lateAt) {
		return false, lateAt, nil
	}
	opened = *c.opened.Load() // before the state, so that no opening is missed
	return c.gate.State() != gobreaker.StateClosed, time.Time{}, opened
}
