package worker

import (
	"context"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// start is an attempt that may begin.
type start struct {
	candidate candidate
	channel   messaging.Channel
	// ticket is nil where none may begin.
	ticket *ticket
	begun  time.Time
	limit  time.Duration
}

// pick takes the next candidate that may be tried off the list. Unless it may wait, it
// only looks for one that can begin at once.
func (w *delivery) pick(ctx context.Context, mayWait bool) start {
	if w.left == 0 || w.verdict.lost != nil {
		return start{}
	}
	now := time.Now()
	left := w.timeLeft(now)
	if left < leastAttempt || ctx.Err() != nil {
		w.verdict.timeOver = true
		return start{}
	}
	i, t := w.admitted(now)
	if t == nil && mayWait {
		i, t = w.waited(ctx, now.Add(left-leastAttempt))
		left = w.timeLeft(time.Now())
	}
	if t == nil {
		return start{}
	}
	limit := share(left, w.left)
	w.spend(i)
	s := start{candidate: w.order[i], channel: w.channel, ticket: t}
	if err := messaging.CheckHold(ctx); err != nil {
		w.verdict.lost = messaging.AsError(err)
		s.withdraw()
		return start{}
	}
	// Waiting and asking take time, but the time that is left for this one.
	s.begun = time.Now()
	if left = w.timeLeft(s.begun); left < leastAttempt {
		w.verdict.timeOver = true
		s.withdraw()
		return start{}
	}
	s.limit = min(limit, left)
	if own := s.candidate.timeout; own > 0 {
		s.limit = min(s.limit, own)
	}
	return s
}

// withdraw gives back what the attempt had taken, since it is not made.
func (s *start) withdraw() {
	s.ticket.withdraw()
	s.candidate.backend.throttle.release(s.channel)
}

// timeLeft is the time for attempts.
func (w *delivery) timeLeft(now time.Time) time.Duration {
	life := now
	if w.d.clock != nil {
		life = w.d.clock()
	}
	return min(w.deadline.Sub(now), w.expires.Sub(life)-answerMargin)
}

// share is how long an attempt may take when left is all there is and attempts is
// how many may still come, this one included.
func share(left time.Duration, attempts int) time.Duration {
	return min(left, max(left/time.Duration(attempts), usefulAttempt))
}

func (w *delivery) spend(i int) {
	w.marks[i] = spent
	w.left--
}

func (w *delivery) circuit(i int) *circuit {
	return w.order[i].backend.circuit(w.channel, w.country)
}

// admitted returns the first candidate whose breaker and limits let it begin now.
func (w *delivery) admitted(now time.Time) (int, *ticket) {
	for i := range w.order {
		if w.marks[i] == spent {
			continue
		}
		t := w.circuit(i).admit(now)
		if t == nil {
			continue
		}
		if _, ok := w.order[i].backend.throttle.take(w.channel, now); ok {
			return i, t
		}
		t.withdraw()
		if w.marks[i] != atLimit {
			w.marks[i] = atLimit
			t.circuit.passedOver()
		}
	}
	return 0, nil
}

// waited is for when no candidate can begin at once. It waits for one at its limit, as
// far as that is over by until. Where there is none, and nothing that was tried could
// have taken the message, it returns the least bad of those that fail.
func (w *delivery) waited(ctx context.Context, until time.Time) (int, *ticket) {
	for {
		i := w.soonest()
		if i < 0 {
			break
		}
		if t := w.await(ctx, i, until); t != nil {
			return i, t
		}
		w.spend(i)
	}
	i := w.leastBad()
	if i < 0 {
		return 0, nil
	}
	w.verdict.retry(openFor)
	if w.verdict.onlyUnfit() {
		if t := w.force(i); t != nil {
			w.verdict.paused = w.verdict.paused || w.left > 1
			return i, t
		}
	}
	w.verdict.paused = true
	return 0, nil
}

// soonest returns the candidate at its limit that can begin first, or -1.
func (w *delivery) soonest() int {
	best, shortest, now := -1, time.Duration(0), time.Now()
	for i := range w.order {
		if w.marks[i] != atLimit {
			continue
		}
		if wait := w.order[i].backend.throttle.wait(w.channel, now); best < 0 || wait < shortest {
			best, shortest = i, wait
		}
	}
	return best
}

// await waits until the limits of a candidate let it begin, or returns nil.
func (w *delivery) await(ctx context.Context, i int, until time.Time) *ticket {
	throttle := w.order[i].backend.throttle
	wait, ok := throttle.await(ctx, w.channel, until)
	if !ok {
		w.verdict.limited = true
		w.verdict.retry(wait)
		return nil
	}
	t := w.circuit(i).admit(time.Now())
	if t == nil { // it began to fail meanwhile
		throttle.release(w.channel)
		w.verdict.paused = true
		w.verdict.retry(openFor)
	}
	return t
}

// leastBad returns, of the candidates whose breakers are open, the one that worked most
// recently, or -1: it is the likeliest to work again. Of those that never did it is the
// first.
func (w *delivery) leastBad() int {
	best, latest := -1, time.Time{}
	for i := range w.order {
		if w.marks[i] == spent {
			continue
		}
		if at := w.circuit(i).workedAt(); best < 0 || at.After(latest) {
			best, latest = i, at
		}
	}
	return best
}

// force begins an attempt at a provider that fails, within what such attempts may hold
// of the worker and within the provider's limits, or returns nil.
//
// Where the worker has no other provider, there is no message to keep slots for. One that
// is only slow, as far as anybody knows, then gets them all: turning messages away would
// help none.
func (w *delivery) force(i int) *ticket {
	c := w.circuit(i)
	if w.d.forced.Add(1) > w.d.maxForced && !(len(w.d.order) == 1 && c.onlyLate()) {
		w.d.forced.Add(-1)
		return nil
	}
	now := time.Now()
	if wait, ok := w.order[i].backend.throttle.take(w.channel, now); !ok {
		w.d.forced.Add(-1)
		w.verdict.retry(wait)
		c.passedOver()
		return nil
	}
	return c.force(now, &w.d.forced)
}
