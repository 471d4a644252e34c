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
}

// attempt calls one provider. A provider that breaks its contract, by a panic, by
// an error of another type or by not returning, has made an unknown attempt: its
// request may be out.
//
// One that does not return is left behind where there is another to try. The last one
// is waited for: its call holds the worker's slot, which bounds how many such calls
// there can be, and its caller is answered by the gateway at the deadline. It also
// spares the common route of one provider a goroutine, 7 % of a message's CPU.
func (d *Dispatcher) attempt(ctx context.Context, m provider.Message, t target, limit time.Duration, last bool) (provider.Receipt, *provider.Error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errAttemptOver)
	defer cancel()
	if last {
		r := d.call(ctx, m, t)
		return r.receipt, r.failure
	}
	done := make(chan attemptResult, 1)
	go func() { done <- d.call(ctx, m, t) }()
	select {
	case r := <-done:
		return r.receipt, r.failure
	case <-ctx.Done():
	}
	grace := time.NewTimer(returnGrace)
	defer grace.Stop()
	select {
	case r := <-done:
		return r.receipt, r.failure
	case <-grace.C:
		d.logger.Error("provider does not return", zap.String("id", m.Reference), zap.String("provider", t.name))
		return provider.Receipt{}, &provider.Error{Kind: provider.Unknown, Detail: "the provider did not return in time"}
	}
}

func (d *Dispatcher) call(ctx context.Context, m provider.Message, t target) (r attemptResult) {
	defer func() {
		if p := recover(); p != nil {
			d.logger.Error("provider panicked", zap.String("id", m.Reference), zap.String("provider", t.name),
				zap.String("panic", describePanic(p)), zap.Stack("stack"))
			r = attemptResult{failure: &provider.Error{Kind: provider.Unknown, Detail: "the provider panicked"}}
		}
	}()
	receipt, err := t.provider.Send(ctx, m)
	return attemptResult{receipt, asFailure(err)}
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
