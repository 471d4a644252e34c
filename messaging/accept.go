package messaging

import (
	"context"
	"errors"
	"time"
)

// handOver is the time that Accepting keeps back for storing a message: a store of
// three servers takes some milliseconds, and a busy machine some more.
const handOver = 200 * time.Millisecond

// Accepting returns a Sender that hands what next could not deliver in time to the
// durable queue, where the caller accepts that (Message.Accept), and answers with
// CodePending. It gives next a little less time than it has itself.
//
// A failure that a later try can't mend stays one. An outcome that is not known is
// queued like a failure: the attempts made so far are in the message, so whoever takes
// it from the queue decides whether to try again. What the queue refuses stays next's
// own error; where nobody knows whether the queue has it, that is not known either.
func Accepting(next Sender, queue Queue) Sender {
	return SenderFunc(func(ctx context.Context, m Message) (Receipt, error) {
		deadline, ok := ctx.Deadline()
		if !m.Accept || !ok {
			return next.Send(ctx, m)
		}
		inner, cancel := context.WithDeadline(ctx, deadline.Add(-handOver))
		defer cancel()
		r, err := next.Send(inner, m)
		if err == nil || !laterHelps(err) || !m.Expires.After(time.Now()) {
			return r, err
		}
		queued := m
		queued.Earlier = append(append([]Attempt(nil), m.Earlier...), r.Attempts...)
		if errors.Is(err, CodeUnknown) && len(r.Attempts) == 0 {
			// A worker had it and fell silent.
			queued.Earlier = append(queued.Earlier, Attempt{Code: CodeUnknown})
		}
		switch stored := queue.Enqueue(ctx, queued); {
		case errors.Is(stored, CodeUnavailable):
			return r, &Error{Code: CodeUnknown, Detail: "the durable queue did not say whether it has it", Cause: err}
		case stored != nil:
			return r, err
		}
		// Whoever stored it has to tell that, and not the worker that failed.
		r.Code, r.Worker = CodePending, ""
		return r, nil
	})
}

// laterHelps says whether err may be mended by a later try. A message that another worker
// has taken over is not this one's to queue.
func laterHelps(err error) bool {
	code := AsError(err).Code
	return (code.Retryable() || code == CodeUnknown) && !errors.Is(err, CodeConflict)
}
