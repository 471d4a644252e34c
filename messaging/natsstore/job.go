package natsstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

const (
	// sendWithin bounds one go at a message: a whole route of providers is tried within
	// the 20 s that the longest call has.
	sendWithin = 30 * time.Second
	// askWithin bounds one answer to an acknowledgement.
	askWithin = time.Second
	// beginAgain is the pause after a mark could not be written.
	beginAgain = 200 * time.Millisecond
)

// touchEvery is how often a worker says that it still works on a message: two may be lost
// within ackWait.
func (o Options) touchEvery() time.Duration { return o.ackWait / 3 }

// sureFor is how long after that it can be sure that it has the message still.
func (o Options) sureFor() time.Duration { return o.ackWait / 2 }

// silentFor is how old a mark that says begun has to be before another worker takes the
// message: its own was silent for ackWait, give or take some round trips.
func (o Options) silentFor() time.Duration { return o.ackWait * 5 / 6 }

// job is one go at a message of the queue.
type job struct {
	c       *Consumer
	msg     *nats.Msg
	run     string // differs for each
	m       messaging.Message
	expires time.Time // by the server's clock
	mark    mark
	lost    atomic.Bool // another worker has it

	holding sync.Mutex // one hold at a time asks
	mu      sync.Mutex
	touched time.Time // when the server last knew that this worker has it
}

// earlier are the attempts that were made before this go.
func (j *job) earlier() []messaging.Attempt {
	return append(append([]messaging.Attempt(nil), j.m.Earlier...), j.mark.Attempts...)
}

// left is what remains of the message's life.
func (j *job) left() time.Duration { return j.expires.Sub(j.c.s.clock.server()) }

// work sees one message through.
func (c *Consumer) work(j *job) {
	j.run, j.touched = nuid.Next(), time.Now()
	if !j.read() {
		c.logger.Error("dropped what is no message from the queue", zap.String("subject", j.msg.Subject))
		_ = c.s.nc.Publish(j.msg.Reply, []byte("+TERM"))
		return
	}
	done := make(chan struct{})
	var touching sync.WaitGroup
	touching.Go(func() { j.keep(done) })
	defer touching.Wait()
	defer close(done)

	wait, err := j.claim()
	switch {
	case errors.Is(err, errOver):
		j.acknowledge()
	case errors.Is(err, errHeld):
		j.giveBack(wait)
	case err != nil:
		c.logger.Warn("a queued message could not be begun", zap.String("id", j.m.ID), zap.Error(err))
		j.giveBack(beginAgain)
	case j.left() <= 0:
		j.finish(messaging.Receipt{}, j.lifeOver())
	default:
		j.conclude(j.send())
	}
}

// read decodes the message. It has to be under its own subject.
func (j *job) read() bool {
	var err error
	if j.m, err = messaging.DecodeMessage(j.msg.Data); err != nil || j.m.Validate() != nil {
		return false
	}
	j.expires = j.m.Expires
	if ms, err := strconv.ParseInt(j.msg.Header.Get(headerExpires), 10, 64); err == nil {
		j.expires = time.UnixMilli(ms)
	}
	return strings.EqualFold(queueSubject(j.m.Tenant, j.m.ID), j.msg.Subject)
}

var (
	errOver = errors.New("the work on the message has ended")
	errHeld = errors.New("another worker has the message")
)

// claim writes down that this worker has begun. With errHeld it returns when to look
// again.
func (j *job) claim() (wait time.Duration, err error) {
	s := j.c.s
	next := mark{State: begun, Worker: s.opts.Source, Run: j.run}
	for range rounds {
		err = s.writeMark(j.c.ctx, j.m.Tenant, j.m.ID, &next, j.left())
		if err == nil {
			j.mark = next
			return 0, nil
		}
		if _, conflict := errors.AsType[changed](err); !conflict {
			// It may be written or not; a second time tells.
			if !sleep(j.c.ctx, beginAgain) {
				return 0, err
			}
			continue
		}
		var there mark
		var age time.Duration
		if there, age, err = j.readMark(); err != nil {
			continue
		}
		switch {
		case there.State == ended || there.State == cancelled:
			return 0, errOver
		case there.State == begun && there.Run == j.run:
			j.mark = there
			return 0, nil
		case there.State == begun && age < s.opts.silentFor():
			return s.opts.silentFor() - age, errHeld
		case there.State == begun:
			there.Attempts = append(there.Attempts, messaging.Attempt{Code: messaging.CodeUnknown})
		}
		there.State, there.Worker, there.Run = begun, s.opts.Source, j.run
		next = there
	}
	return 0, err
}

// readMark returns the message's mark, and how long ago it was written.
func (j *job) readMark() (mark, time.Duration, error) {
	m, err := j.c.s.readMark(j.c.ctx, j.m.Tenant, j.m.ID)
	return m, j.c.s.clock.server().Sub(m.written), err
}

// send has the Sender deliver the message. Its clock may be off, so it gets the end of the
// message's life by its own clock. Its panics become errors.
func (j *job) send() (r messaging.Receipt, err error) {
	left := j.left()
	ctx, cancel := context.WithTimeout(j.c.ctx, min(left, sendWithin))
	defer cancel()
	m := j.m
	m.Earlier, m.Accept = j.earlier(), false // it is in the queue already
	m.Expires = j.c.s.clock.now().Add(left)
	defer func() {
		if cause := recover(); cause != nil {
			j.c.logger.Error("panic while sending", zap.String("id", m.ID), zap.String("type", fmt.Sprintf("%T", cause)), zap.ByteString("stack", debug.Stack()))
			err = &messaging.Error{Code: messaging.CodeUnknown, Detail: "the worker failed while sending it"}
		}
	}()
	return j.c.sender.Send(messaging.WithHold(ctx, j.hold), m)
}

// keep tells the server that this worker still has the message, until done.
func (j *job) keep(done <-chan struct{}) {
	ticker := time.NewTicker(j.c.s.opts.touchEvery())
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			j.touch()
		case <-done:
			return
		}
	}
}

func (j *job) touch() {
	asked := time.Now()
	if j.say("+WPI") == nil {
		j.mu.Lock()
		j.touched = asked
		j.mu.Unlock()
	}
}

// say tells the server something about the message and returns when it has heard it.
func (j *job) say(what string) error {
	_, err := j.c.s.api.ask(context.Background(), &nats.Msg{Subject: j.msg.Reply, Data: []byte(what)}, askWithin)
	return err
}

// hold is the messaging.Hold of the message. Only when the server has not known for a while
// that this worker has the message, as after a pause of the process, does it ask.
func (j *job) hold(ctx context.Context) error {
	j.holding.Lock()
	defer j.holding.Unlock()
	if j.sure() {
		return nil
	}
	if ctx.Err() != nil {
		return &messaging.Error{Code: messaging.CodeExpired, Detail: "the time for the message is over", Cause: context.Cause(ctx)}
	}
	err := j.c.s.writeMark(ctx, j.m.Tenant, j.m.ID, &j.mark, j.left())
	if _, taken := errors.AsType[changed](err); taken {
		j.lost.Store(true)
		return &messaging.Error{Code: messaging.CodeConflict, Detail: "another worker has taken the message over"}
	}
	if err != nil {
		return &messaging.Error{Code: messaging.CodeUnavailable, Detail: "the queue can't confirm that this worker still has the message", Cause: err}
	}
	j.touch()
	return nil
}

// sure says whether the server can't have given the message to another worker. Of two clocks,
// one of which stands still while the machine sleeps, and one of which can be set,
// the one that says more counts.
func (j *job) sure() bool {
	j.mu.Lock()
	touched := j.touched
	j.mu.Unlock()
	now := time.Now()
	return max(now.Sub(touched), now.Round(0).Sub(touched.Round(0)).Abs()) < j.c.s.opts.sureFor()
}
