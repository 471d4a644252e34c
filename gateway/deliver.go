package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/phonehook/phonehook/gateway/dedupe"
	"github.com/phonehook/phonehook/messaging"
)

// keyLife is how long an idempotency key is remembered: a day, as other APIs do, so
// that a job that failed overnight can be repeated in the morning.
const keyLife = 24 * time.Hour

// queueing is how long a caller that does not wait for the outcome waits at most for the
// queue, which gives up after two seconds by itself.
const queueing = 3 * time.Second

// errDeadline is the cause of a call's end by its deadline.
var errDeadline = errors.New("gateway: the tenant's deadline passed")

// deliver has the call's message carried out once, and waits for its outcome until the
// call's deadline, which counts from its arrival.
//
// The delivery does not stop when the caller hangs up. A message that is half-way at a
// provider cannot be taken back; if it arrives, the person has the code, and if the
// caller tries again, it makes no difference that the first one was cancelled late.
func (s *Server) deliver(ctx context.Context, call *call) error {
	deadline := call.started.Add(call.limit)
	ctx, cancel := context.WithDeadlineCause(context.WithoutCancel(ctx), deadline, errDeadline)
	defer cancel()
	if ctx.Err() != nil {
		return &messaging.Error{Code: messaging.CodeExpired, Detail: "the request took too long to arrive"}
	}
	send := func(ctx context.Context, id string) (messaging.Event, error) {
		return s.send(ctx, call, id)
	}
	var out dedupe.Outcome
	if request, once := s.request(call, deadline); once {
		out = s.dedupe.Do(ctx, request, send)
	} else {
		out.Event, out.Err = send(ctx, call.id)
	}
	call.event, call.replayed = out.Event, out.Replayed
	if out.Event.ID != "" {
		call.id = out.Event.ID
	}
	call.receipt, _ = out.Event.Result()
	if out.Err != nil {
		return inBody(call.draft, out.Err, "")
	}
	return nil
}

// request returns the call as one that is to be carried out once, and false where the
// tenant wants every one carried out.
func (s *Server) request(call *call, deadline time.Time) (dedupe.Request, bool) {
	request := dedupe.Request{
		Tenant: call.tenant.name, MessageID: call.id, ReceivedAt: call.message.ReceivedAt, Deadline: deadline,
	}
	secret := dedupe.Secret(s.numberKey())
	switch {
	case call.key != "":
		request.Key, request.Fingerprint = secret.ClientKey(call.tenant.name, call.key), call.fingerprint
		request.Window = keyLife
	case call.tenant.window > 0:
		request.Key = secret.NaturalKey(call.message)
		request.Window = call.tenant.window
	default:
		return request, false
	}
	return request, true
}

// send hands the call's message over under the given id, and records what became of it
// where no worker has: that it was queued here, or that no worker told its outcome.
func (s *Server) send(ctx context.Context, call *call, id string) (messaging.Event, error) {
	m := call.message
	m.ID = id
	var receipt messaging.Receipt
	doubtful := false
	err := s.guard(func() error {
		var err error
		if !call.prefer.atOnce() {
			receipt, err = s.deps.Sender.Send(ctx, m)
			return outcome(receipt, err)
		}
		receipt.Code = messaging.CodePending
		err = s.deps.Queue.Enqueue(ctx, m)
		if doubtful = errors.Is(err, messaging.CodeUnavailable); doubtful {
			err = &messaging.Error{
				Code: messaging.CodeUnknown, Detail: "the queue did not say that it has it; ask again with the same Idempotency-Key",
				RetryAfter: time.Second, Cause: err,
			}
		}
		return err
	})
	event := messaging.EventOf(m, receipt, err)
	switch {
	case doubtful:
		event.Type = dedupe.EventDoubt
	case event.Worker == "" && s.deps.Recorder != nil:
		s.deps.Recorder.Record(event)
	}
	return event, err
}

// outcome returns a sender's error as one of messaging's. A bare error of the context
// says nothing about the message, so it may have been sent.
func outcome(receipt messaging.Receipt, err error) error {
	switch {
	case err == nil && receipt.Code != messaging.CodeSent && receipt.Code != messaging.CodePending:
		return &messaging.Error{Code: messaging.CodeInternal, Detail: "the sender told no outcome"}
	case err == nil:
		return nil
	}
	if _, ok := errors.AsType[*messaging.Error](err); ok {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &messaging.Error{Code: messaging.CodeUnknown, Detail: "no outcome was known at the deadline", Cause: err}
	}
	return messaging.AsError(err)
}

// numberKey returns the key for hashing numbers, or nil where there is none (yet).
func (s *Server) numberKey() messaging.NumberKey {
	if len(s.ownNumberKey) > 0 || s.deps.NumberKey == nil {
		return s.ownNumberKey
	}
	return s.deps.NumberKey()
}
