package worker

import (
	"context"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
)

// delivery is the work on one message.
type delivery struct {
	d       *Dispatcher
	tenant  *tenant
	message provider.Message
	channel messaging.Channel
	country string
	// deadline is the call's, and expires the end of the message's life, which is on
	// another clock.
	deadline, expires time.Time

	// order are the candidates in their order, marks what is known of each, and left
	// how many are not spent.
	order []candidate
	marks []mark
	left  int

	verdict verdict
	receipt messaging.Receipt

	// air are the attempts in flight that are not waited for here, the newest last,
	// and landed is where they end.
	air    []*flight
	landed chan landing
}

// mark is what became of a candidate.
type mark uint8

const (
	_ mark = iota // it can be tried
	// atLimit is one that was passed over because of a limit.
	atLimit
	// spent is no candidate any more.
	spent
)

// deliver makes attempts until one settles the matter, the candidates are used up or
// the time is.
func (w *delivery) deliver(ctx context.Context) *messaging.Error {
	if w.verdict.earlier && w.tenant.stop {
		return w.verdict.err()
	}
	w.marks, w.left = make([]mark, len(w.order)), len(w.order)
	for {
		alone := len(w.air) == 0
		s := w.pick(ctx, alone)
		switch {
		case s.ticket == nil && alone:
			return w.verdict.err()
		case s.ticket == nil:
			w.air[len(w.air)-1].stayAlone()
		case w.left == 0 && alone: // there is nothing to do beside it but to wait for it
			w.attemptHere(ctx, s)
		default:
			w.launch(ctx, s)
		}
		if len(w.air) > 0 {
			w.attend(ctx)
		}
		if w.receipt.Code == messaging.CodeSent {
			return nil
		}
		if w.verdict.refused || w.verdict.unknown && w.tenant.stop {
			w.cutOff()
			return w.verdict.err()
		}
	}
}

// attemptHere makes an attempt and waits for it. That spares the common route of one
// provider a goroutine, 7 % of a message's CPU. A provider that does not return when its
// time is over holds the worker's slot, which bounds how many such calls there can be,
// and its caller is answered by the gateway at the deadline.
func (w *delivery) attemptHere(ctx context.Context, s start) {
	w.countFailover()
	ctx, cancel := context.WithTimeoutCause(ctx, s.limit, errAttemptOver)
	defer cancel()
	if r := w.d.attempt(ctx, w.message, s); r.failure == nil {
		w.win(s.candidate.name, r)
	} else {
		w.lose(s.candidate.name, r)
	}
}

// countFailover counts an attempt that is about to begin although the message may have
// been delivered, or may yet be.
func (w *delivery) countFailover() {
	if w.verdict.mayHaveGone() || len(w.air) > 0 {
		w.d.afterUnknown.Add(1)
	}
}

// win records the attempt that succeeded, after those that it cuts off.
func (w *delivery) win(name string, r attemptResult) {
	w.callOff()
	w.record(sent(name, r))
	w.receipt.Code, w.receipt.Provider, w.receipt.ProviderMessageID = messaging.CodeSent, name, r.receipt.ID
}

// lose records an attempt that failed.
func (w *delivery) lose(name string, r attemptResult) {
	w.record(messaging.Attempt{Provider: name, Code: codeOf(r.failure.Kind), ProviderCode: r.failure.Code, Duration: r.took})
	w.verdict.add(name, r.failure)
}

// sent is an attempt that succeeded.
func sent(name string, r attemptResult) messaging.Attempt {
	return messaging.Attempt{Provider: name, Code: messaging.CodeSent, ProviderMessageID: r.receipt.ID, Duration: r.took}
}

func (w *delivery) record(a messaging.Attempt) { w.receipt.Attempts = append(w.receipt.Attempts, a) }
