package natsrpc

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// receive takes every offer. NATS calls it for one offer at a time, so it only
// decides what happens to the offer and never waits.
func (s *Server) receive(msg *nats.Msg) {
	read, ok := readOffer(msg, time.Now(), s.opts.Clock())
	if !ok {
		s.opts.Logger.Warn("ignored a message that is not an offer", zap.String("subject", msg.Subject))
		return
	}
	o := &read
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining:
		s.answer(o, answerBusy, reasonLeaving, nil)
	case s.busy < s.opts.Slots:
		s.busy++
		s.queue.take(o.tenant)
		s.inHand[o] = struct{}{}
		s.begin(o)
	case s.inTime(o) && s.makeRoom(o):
		s.queue.push(o.tenant, o, nil)
		s.inHand[o] = struct{}{}
		s.answer(o, answerAccepted, reasonFull, nil)
	default:
		s.answer(o, answerBusy, reasonFull, nil)
	}
}

// inTime says whether an offer that is queued now will get a slot before half of
// its time is over; the other half is for sending it.
func (s *Server) inTime(o *offer) bool {
	turns := s.queue.ahead(o.tenant)/s.opts.Slots + 1
	return time.Duration(turns)*s.pace.average < o.left(time.Now())/2
}

// makeRoom says whether an offer can be queued. In a full queue it hands back the
// newest offer of the tenant that has the most, if that is more than this one's.
func (s *Server) makeRoom(o *offer) bool {
	if s.queue.waiting < s.opts.Queue {
		return true
	}
	other, ok := s.queue.yield(o.tenant)
	if ok {
		delete(s.inHand, other)
		s.answer(other, answerBusy, reasonFull, nil)
	}
	return ok
}

// begin has a goroutine work on an offer: one that is idle, or else a new one. So there
// are about as many as there were messages in hand at once. An old goroutine has the
// stack that the work takes; a new one has to grow it.
func (s *Server) begin(o *offer) {
	select {
	case s.idlers <- o:
	default:
		s.workers.Go(func() { s.work(o) })
	}
}

// work holds a slot for one offer after the other until none is waiting, and then
// stays for the next that gets a slot, until the server has drained.
func (s *Server) work(o *offer) {
	for {
		for o != nil {
			began := time.Now()
			s.serve(o)
			o = s.next(o, time.Since(began))
		}
		select {
		case o = <-s.idlers:
		case <-s.closed:
			return
		}
	}
}

// next ends a worker's part in an offer and returns the next one: of the tenant that
// has the fewest slots, the one that has waited longest. It returns nil when the slot
// is free.
func (s *Server) next(ended *offer, took time.Duration) *offer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace.note(took)
	delete(s.inHand, ended)
	s.queue.done(ended.tenant)
	if s.queue.waiting > 0 {
		o := s.queue.pop()
		s.queue.take(o.tenant)
		return o
	}
	s.busy--
	if s.busy == 0 && s.draining {
		close(s.idle)
	}
	return nil
}

// settle notes that an offer is no longer in hand. An offer that is handed back must
// not be called accepted any more; one that has ended may.
func (s *Server) settle(o *offer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inHand, o)
}

// serve sees one offer through: claim it if it must be claimed, have it sent,
// report the outcome.
func (s *Server) serve(o *offer) {
	now := time.Now()
	// What was received just after a pause may have lain about for as long.
	if (o.needsClaim(now) || s.doubtful(o.received.Add(-acceptWithin))) && !s.claim(o) {
		return // another worker has it, or nobody waits for it any more
	}
	held := &grip{server: s, offer: o, since: now}
	accepted := time.AfterFunc(acceptAfter, func() { s.answer(o, answerAccepted, reasonFull, nil) })
	began := time.Now()
	receipt, err := s.send(messaging.WithHold(s.ctx, held.check), o)
	accepted.Stop()
	s.stats.requests.Add(1)
	s.stats.nanos.Add(int64(time.Since(began)))
	if err != nil {
		s.stats.errors.Add(1)
	}
	s.report(o, held, receipt, err)
}

// report tells the gateway what became of an offer. Where the worker lost its hold of
// the message, and has certainly not sent it, another one may.
func (s *Server) report(o *offer, held *grip, receipt messaging.Receipt, err error) {
	if refuse, cutOff := held.failed(); refuse != nil && messaging.CodeOf(receipt, err) == messaging.CodeConflict {
		if cutOff {
			s.conclude(o, answerBusy, reasonCutOff, nil)
			return
		}
		err = &messaging.Error{
			Code: messaging.CodeExpired, RetryAfter: time.Second, Detail: "the worker that had the message lost it; it was not sent",
		}
	}
	receipt.Worker = s.opts.WorkerID
	body, err := messaging.EncodeOutcome(receipt, err)
	if err != nil {
		s.opts.Logger.Error("an outcome cannot be encoded", zap.String("id", o.id), zap.Error(err))
		return
	}
	s.conclude(o, answerOutcome, reasonFull, body)
}

// send decodes the message and hands it to the Sender, whose panics become errors.
func (s *Server) send(ctx context.Context, o *offer) (receipt messaging.Receipt, err error) {
	m, err := messaging.DecodeMessage(o.body)
	if err != nil {
		return receipt, &messaging.Error{Code: messaging.CodeInternal, Detail: "the worker can't read the message", Cause: err}
	}
	o.rebase(&m)
	ctx, cancel := context.WithDeadlineCause(ctx, o.deadline(), errDeadline)
	defer cancel()
	if ctx.Err() != nil {
		return receipt, &messaging.Error{Code: messaging.CodeExpired, Detail: "the deadline passed before any attempt"}
	}
	defer func() {
		if cause := recover(); cause != nil {
			s.opts.Logger.Error("panic while sending", zap.String("id", o.id), zap.String("type", fmt.Sprintf("%T", cause)), zap.ByteString("stack", debug.Stack()))
			err = &messaging.Error{Code: messaging.CodeUnknown, Detail: "the worker failed while sending it"}
		}
	}()
	return s.sender.Send(ctx, m)
}

// errDeadline is the cause of a Send's context that ended with its offer.
var errDeadline = fmt.Errorf("the deadline of the offer: %w", context.DeadlineExceeded)

// claim asks the gateway whether to begin, and takes over the time it grants.
func (s *Server) claim(o *offer) bool {
	left, err := s.ask(s.ctx, o)
	switch {
	case err != nil:
		s.conclude(o, answerBusy, reasonCutOff, nil) // a grant may be on its way: give it back
		return false
	case left <= 0:
		return false
	}
	o.granted(time.Now(), s.opts.Clock(), left)
	return true
}

// answer publishes an answer to an offer. While the connection is down it waits in
// the connection's buffer: a late outcome still ends its call.
func (s *Server) answer(o *offer, answer, reason string, body []byte) {
	if err := s.nc.PublishMsg(newAnswer(o.reply, answer, s.opts.WorkerID, reason, body)); err != nil {
		s.opts.Logger.Error("an answer was not sent", zap.String("id", o.id), zap.String("answer", answer), zap.Error(err))
	}
}

// pace is a moving average of how long messages take.
type pace struct{ average time.Duration }

// note weighs a new duration with an eighth, so that some ten messages tell.
func (p *pace) note(took time.Duration) { p.average += (took - p.average) / 8 }
