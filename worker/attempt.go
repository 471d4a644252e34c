package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/worker/provider"
)

// returnGrace is how long a provider may take to return once its time is over.
// It is within answerMargin, so that a provider which never returns costs its
// attempt and not the answer to the caller.
const returnGrace = answerMargin / 2

// errAttemptOver is the cause with which an attempt's context ends, which tells
// it from the end of the whole call.
var errAttemptOver = errors.New("worker: the attempt's share of the time is over")

type attemptResult struct {
	receipt provider.Receipt
	failure *provider.Error
	took    time.Duration
}

// attempt has a provider make the attempt, and gives back what it held. A provider that
// breaks its contract by a panic or by an error of another type has made an unknown
// attempt: its request may be out.
func (d *Dispatcher) attempt(ctx context.Context, m provider.Message, s start) attemptResult {
	r := d.call(ctx, m, s.candidate.backend)
	now := time.Now()
	r.took = now.Sub(s.begun)
	s.ticket.end(now, ending{
		result:  resultOf(ctx, r.failure),
		unknown: r.failure != nil && codeOf(r.failure.Kind) == codeOf(provider.Unknown),
		took:    r.took,
		limit:   s.limit,
	})
	s.candidate.backend.throttle.release(s.channel)
	return r
}

// resultOf is what the end of an attempt says about its provider.
func resultOf(ctx context.Context, failure *provider.Error) result {
	if failure == nil {
		return took
	}
	switch failure.Kind {
	case provider.Refused, provider.Unroutable:
		return answered
	case provider.Throttled, provider.Misconfigured:
		return failed
	case provider.Unknown, provider.Unavailable:
	}
	switch {
	case ctx.Err() == nil:
		return failed
	case errors.Is(context.Cause(ctx), errAttemptOver):
		return timedOut
	}
	return notCounted // the caller has gone, or another attempt was faster
}

func (d *Dispatcher) call(ctx context.Context, m provider.Message, b *backend) (r attemptResult) {
	defer func() {
		if p := recover(); p != nil {
			d.logger.Error("provider panicked", zap.String("id", m.Reference), zap.String("provider", b.name),
				zap.String("panic", describePanic(p)), zap.Stack("stack"))
			r = attemptResult{failure: &provider.Error{Kind: provider.Unknown, Detail: "the provider panicked"}}
		}
	}()
	receipt, err := b.provider.Send(ctx, m)
	return attemptResult{receipt: receipt, failure: asFailure(err)}
}

// describePanic leaves out the value of a panic that is not the runtime's: it can
// hold anything, the message included.
func describePanic(p any) string {
	if fault, ok := p.(runtime.Error); ok {
		return fault.Error()
	}
	return fmt.Sprintf("a value of type %T", p)
}

// asFailure returns err as a *provider.Error. Of a foreign error only its type is
// kept, since its text can hold anything.
func asFailure(err error) *provider.Error {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*provider.Error](err); ok {
		return failure
	}
	return &provider.Error{Kind: provider.Unknown, Detail: fmt.Sprintf("an error of type %T", err)}
}
