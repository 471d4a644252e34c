package natsstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// The waits before a message is tried again: doubled from the first to the last, each one
// shortened by up to a quarter at random.
const (
	firstBackoff = time.Second
	lastBackoff  = 30 * time.Second
	// tooLate is the least rest of a life that is worth another try.
	tooLate = time.Second
	// maxAttempts are kept of a message's attempts, the newest: some 10 KiB.
	maxAttempts = 100
)

// The waits before an end is written down again, while JetStream is away.
const (
	firstEndAgain = 100 * time.Millisecond
	lastEndAgain  = 2 * time.Second
)

// conclude does what the Sender's results ask for.
func (j *job) conclude(r messaging.Receipt, err error) {
	r.Worker = j.c.s.opts.Source
	code := messaging.CodeOf(r, err)
	if j.lost.Load() && code != messaging.CodeSent {
		j.c.logger.Warn("another worker has taken over a queued message", zap.String("id", j.m.ID))
		return
	}
	attempts := r.Attempts
	if code == messaging.CodeUnknown && len(attempts) == 0 {
		attempts = []messaging.Attempt{{Code: messaging.CodeUnknown}}
	}
	switch {
	case j.final(r, code):
		j.finish(r, err)
	case j.c.ctx.Err() == nil && j.left() < tooLate:
		j.mark.Attempts = append(j.mark.Attempts, attempts...)
		j.finish(messaging.Receipt{Worker: r.Worker}, j.lifeOver())
	default:
		j.putBack(attempts)
	}
}

// final says whether a later try can't change the outcome. A worker that may not go on after an
// unknown outcome says that it is unknown, and makes no attempt: that is the tenant's
// wish, of which the queue does not know.
func (j *job) final(r messaging.Receipt, code messaging.Code) bool {
	switch code {
	case messaging.CodeUnknown:
		return len(r.Attempts) == 0 && j.c.ctx.Err() == nil && slices.ContainsFunc(j.earlier(), isUnknown)
	case messaging.CodePending:
		return false // whoever says so has not delivered it
	default:
		return !code.Retryable()
	}
}

func isUnknown(a messaging.Attempt) bool { return a.Code == messaging.CodeUnknown }

// lifeOver is what a message ends with that nobody could deliver in its life.
func (j *job) lifeOver() error {
	if slices.ContainsFunc(j.earlier(), isUnknown) {
		return &messaging.Error{Code: messaging.CodeUnknown, Detail: "its life ended in the queue, and an attempt may have reached the phone"}
	}
	return &messaging.Error{Code: messaging.CodeExpired, Detail: "its life ended in the queue"}
}

// record records what became of the message.
func (j *job) record(r messaging.Receipt, err error) {
	m := j.m
	m.Earlier = j.earlier()
	e := messaging.EventOf(m, r, err)
	e.At = j.c.s.clock.now()
	j.c.s.events.Record(e)
}

// finish records the outcome and takes the message out of the queue. What is written first
// is that it has ended: from then on, nobody sends the message again.
func (j *job) finish(r messaging.Receipt, err error) {
	r.Worker = j.c.s.opts.Source
	j.record(r, err)
	j.mark.State, j.mark.Attempts = ended, nil
	marked := false
	for wait := firstEndAgain; ; wait = min(2*wait, lastEndAgain) {
		if !marked {
			err := j.write()
			marked = err == nil || errors.Is(err, errHeld) // that one will find it gone from the queue
		}
		if j.acknowledge() && marked {
			return
		}
		// While JetStream is away, there is nothing else to do with the slot either.
		if j.left() <= 0 || !sleep(j.c.ctx, wait) {
			return
		}
	}
}

// write writes the mark. A write that was not answered may have been done, and so is one
// whose revision is no longer the expected one: only this worker can have changed it.
func (j *job) write() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(j.c.ctx), markWithin)
	defer cancel()
	err := j.c.s.writeMark(ctx, j.m.Tenant, j.m.ID, &j.mark, j.left())
	if _, conflict := errors.AsType[changed](err); !conflict {
		return err
	}
	there, err := j.c.s.readMark(ctx, j.m.Tenant, j.m.ID)
	switch {
	case err != nil:
		return err
	case there.Run == j.run && there.State == j.mark.State:
		return nil
	case there.Run == j.run:
		j.mark.revision = there.revision // of a write by hold
		return changed{}
	}
	return errHeld
}

// acknowledge takes the message out of the queue, and says whether that is certain.
func (j *job) acknowledge() bool { return j.say("+ACK") == nil }

// putBack has the message tried again later. The attempts so far go with the mark.
func (j *job) putBack(attempts []messaging.Attempt) {
	wait := backoff(j.mark.Tries)
	j.mark.Tries++
	if j.c.ctx.Err() != nil {
		wait = 0 // this worker stops, and another one goes on at once
	}
	wait = min(wait, max(0, j.left()/2)) // there is one try more before the end
	j.mark.State = waiting
	j.mark.Attempts = newest(append(j.mark.Attempts, attempts...))
	for try := range rounds {
		err := j.write()
		if err == nil {
			break
		}
		if errors.Is(err, errHeld) {
			return
		}
		if try == rounds-1 || !sleep(j.c.ctx, beginAgain) {
			j.c.logger.Warn("the attempts of a queued message could not be written down", zap.String("id", j.m.ID), zap.Error(err))
		}
	}
	j.record(messaging.Receipt{Code: messaging.CodePending, Worker: j.c.s.opts.Source}, nil)
	j.giveBack(wait)
}

// giveBack has the message delivered again after wait, and looks for it then.
func (j *job) giveBack(wait time.Duration) {
	what := string(nakNow)
	if wait > 0 {
		what += ` {"delay": ` + strconv.FormatInt(int64(wait), 10) + `}`
	}
	_ = j.say(what) // or it is delivered after ackWait
	tenant := j.m.Tenant
	if wait == 0 {
		_ = j.c.s.nc.Publish(hintSubject, []byte(tenant)) // to another worker, for this one stops
		return
	}
	time.AfterFunc(wait+roundPause, func() { j.c.expect(tenant) })
}

func backoff(tries int) time.Duration {
	wait := min(firstBackoff<<min(tries, 5), lastBackoff)
	return wait - rand.N(wait/4) //nolint:gosec // no secret: so that what failed together is not tried together
}

// newest drops the oldest attempts of too many, but not that one of them was unknown.
func newest(attempts []messaging.Attempt) []messaging.Attempt {
	over := len(attempts) - maxAttempts
	if over <= 0 {
		return attempts
	}
	kept := slices.Clone(attempts[over:])
	if i := slices.IndexFunc(attempts[:over], isUnknown); i >= 0 && !slices.ContainsFunc(kept, isUnknown) {
		kept[0] = attempts[i]
	}
	return kept
}
