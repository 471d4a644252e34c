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
	o, ok := readOffer(msg, time.Now())
	if !ok {
		s.opts.Logger.Warn("ignored a message that is not an offer", zap.String("subject", msg.Subject))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining:
		s.answer(&o, answerBusy, nil)
	case s.busy < s.opts.Slots:
		s.busy++
		s.begin(&o)
	case len(s.queue) < s.opts.Queue && s.inTime(&o):
		s.queue = append(s.queue, &o)
		s.answer(&o, answerAccepted, nil)
	default:
		s.answer(&o, answerBusy, nil)
	}
}

// inTime says whether an offer that is queued now will get a slot before half of
// its time is over; the other half is for sending it.
func (s *Server) inTime(o *offer) bool {
	turns := len(s.queue)/s.opts.Slots + 1
	return time.Duration(turns)*s.pace.average < time.Until(o.deadline())/2
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
			o = s.next(time.Since(began))
		}
		select {
		case o = <-s.idlers:
		case <-s.closed:
			return
		}
	}
}

// next returns the offer that has waited longest, or nil when the slot is free.
func (s *Server) next(took time.Duration) *offer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace.note(took)
	if len(s.queue) > 0 {
		o := s.queue[0]
		s.queue = s.queue[1:]
		return o
	}
	s.busy--
	if s.busy == 0 && s.draining {
		close(s.idle)
	}
	return nil
}

// serve sees one offer through: claim it if it must be claimed, have it sent,
// report the outcome.
func (s *Server) serve(o *offer) {
	if o.needsClaim(time.Now()) && !s.claim(o) {
		return // another worker has it, or nobody waits for it any more
	}
	accepted := time.AfterFunc(acceptAfter, func() { s.answer(o, answerAccepted, nil) })
	began := time.Now()
	receipt, err := s.send(o)
	accepted.Stop()
	s.stats.requests.Add(1)
	s.stats.nanos.Add(int64(time.Since(began)))
	if err != nil {
		s.stats.errors.Add(1)
	}
	receipt.Worker = s.opts.WorkerID
	body, err := messaging.EncodeOutcome(receipt, err)
	if err != nil {
		s.opts.Logger.Error("an outcome cannot be encoded", zap.String("id", o.id), zap.Error(err))
		return
	}
	s.answer(o, answerOutcome, body)
}

// send decodes the message and hands it to the Sender, whose panics become errors.
func (s *Server) send(o *offer) (receipt messaging.Receipt, err error) {
	m, err := messaging.DecodeMessage(o.body)
	if err != nil {
		return receipt, &messaging.Error{Code: messaging.CodeInternal, Detail: "the worker can't read the message", Cause: err}
	}
	ctx, cancel := context.WithDeadlineCause(s.ctx, o.deadline(), errDeadline)
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
	// A gateway answers at once; after this long it is gone, or far behind.
	ctx, cancel := context.WithTimeout(s.ctx, claimWithin)
	defer cancel()
	left, err := s.claims.ask(ctx, o.reply)
	switch {
	case err != nil:
		s.answer(o, answerBusy, nil) // a grant may be on its way: give it back
		return false
	case left <= 0:
		return false
	}
	o.granted(time.Now(), left)
	return true
}

// answer publishes an answer to an offer. While the connection is down it waits in
// the connection's buffer: a late outcome still ends its call.
func (s *Server) answer(o *offer, answer string, body []byte) {
	if err := s.nc.PublishMsg(newAnswer(o.reply, answer, s.opts.WorkerID, body)); err != nil {
		s.opts.Logger.Error("an answer was not sent", zap.String("id", o.id), zap.String("answer", answer), zap.Error(err))
	}
}

// pace is a moving average of how long messages take.
type pace struct{ average time.Duration }

// note weighs a new duration with an eighth, so that some ten messages tell.
func (p *pace) note(took time.Duration) { p.average += (took - p.average) / 8 }
