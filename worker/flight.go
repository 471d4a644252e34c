package worker

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/worker/provider"
)

// flight is an attempt beside which another one may begin.
type flight struct {
	start

	cancel context.CancelFunc
	// overAt is when it is given up though its provider has not returned.
	overAt time.Time
	// hedgeAt is when the next candidate begins beside it, and lateAt when it is late,
	// or zero for never. opened, if it is closed, says that its provider fails.
	hedgeAt, lateAt time.Time
	opened          <-chan struct{}
	// late says that the next candidate began because this one was late at a provider
	// that fails.
	late bool
}

// landing is a flight whose provider has returned.
type landing struct {
	flight *flight
	result attemptResult
}

// launch begins an attempt in a goroutine of its own. Its context does not end with ctx,
// but when attend sees that ctx has.
func (w *delivery) launch(ctx context.Context, s start) {
	w.countFailover()
	if w.landed == nil {
		w.landed = make(chan landing, len(w.order)) // so that nobody ever waits to land
	}
	f := &flight{start: s, overAt: s.begun.Add(s.limit + returnGrace)}
	if s.candidate.hedge > 0 && w.left > 0 {
		f.hedgeAt = s.begun.Add(s.candidate.hedge)
	}
	if !w.tenant.stop && !s.ticket.forced() && w.left > 0 {
		f.lateAt = s.ticket.lateAt()
	}
	ctx, f.cancel = context.WithTimeoutCause(context.WithoutCancel(ctx), s.limit, errAttemptOver)
	w.air = append(w.air, f)
	d, m, landed := w.d, w.message, w.landed
	go func() {
		defer f.cancel()
		landed <- landing{f, d.attempt(ctx, m, f.start)}
	}()
}

// stayAlone says that nothing can begin beside the flight.
func (f *flight) stayAlone() { f.hedgeAt, f.lateAt, f.opened = time.Time{}, time.Time{}, nil }

// attend waits until the newest flight has ended, another candidate should begin beside
// it, or the matter is settled.
func (w *delivery) attend(ctx context.Context) {
	newest := w.air[len(w.air)-1]
	ended := ctx.Done()
	timer := time.NewTimer(time.Until(w.wakeAt(newest)))
	defer timer.Stop()
	for {
		select {
		case l := <-w.landed:
			w.land(l.flight, l.result)
			if l.flight == newest || len(w.air) == 0 || w.receipt.Code != 0 || w.verdict.refused {
				return
			}
		case now := <-timer.C:
			if w.goOn(newest, now) {
				return
			}
		case <-newest.opened:
			newest.stayAlone()
			newest.late = true
			return
		case <-ended:
			ended = nil
			for _, f := range w.air {
				f.cancel()
				f.overAt = time.Now().Add(returnGrace)
			}
		}
		timer.Reset(time.Until(w.wakeAt(newest)))
	}
}

// wakeAt is when something has to be done though nothing has happened.
func (w *delivery) wakeAt(newest *flight) time.Time {
	next := newest.overAt
	for _, at := range []time.Time{newest.hedgeAt, newest.lateAt} {
		if !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	for _, f := range w.air {
		if f.overAt.Before(next) {
			next = f.overAt
		}
	}
	return next
}

// goOn does what the time has come for, and says whether the next candidate should
// begin.
func (w *delivery) goOn(newest *flight, now time.Time) bool {
	for i := 0; i < len(w.air); {
		f := w.air[i]
		if f.overAt.After(now) {
			i++
			continue
		}
		w.d.logger.Error("provider does not return", zap.String("id", w.message.Reference), zap.String("provider", f.candidate.name))
		f.ticket.abandon()
		w.land(f, unanswered(f, "the provider did not return in time")) // and out of w.air
		if f == newest {
			return true
		}
	}
	if !newest.hedgeAt.IsZero() && !newest.hedgeAt.After(now) {
		newest.stayAlone()
		return true
	}
	if newest.lateAt.IsZero() || newest.lateAt.After(now) {
		return false
	}
	newest.late, newest.lateAt, newest.opened = newest.ticket.hopeless(now)
	if newest.late {
		newest.stayAlone()
	}
	return newest.late
}

// land takes note of how a flight ended, unless it was given up before.
func (w *delivery) land(f *flight, r attemptResult) {
	switch {
	case !w.ground(f):
	case r.failure == nil:
		w.win(f.candidate.name, r)
	default:
		w.lose(f.candidate.name, r)
	}
}

// ground takes the flight out of the air, and says whether it was there.
func (w *delivery) ground(f *flight) bool {
	i := slices.Index(w.air, f)
	if i < 0 {
		return false
	}
	w.air = slices.Delete(w.air, i, i+1)
	return true
}

// callOff cancels what is in flight beside the attempt that succeeded. Nobody waits for
// it, so of what has not ended yet it is not known whether it went out.
//
// What was late goes on to the end of its own time: a provider that became slow, and
// takes messages all the same, is known by those alone.
func (w *delivery) callOff() {
	for _, f := range w.air {
		if !f.late {
			f.cancel()
		}
	}
	for len(w.air) > 0 {
		select {
		case l := <-w.landed:
			switch name := l.flight.candidate.name; {
			case !w.ground(l.flight):
			case l.result.failure == nil:
				w.record(sent(name, l.result))
			default:
				w.lose(name, l.result)
			}
		default:
			w.giveUp(w.air[0])
		}
	}
}

// cutOff cancels what is in flight, and lets it tell for a moment what became of it.
func (w *delivery) cutOff() {
	for _, f := range w.air {
		f.cancel()
	}
	grace := time.NewTimer(returnGrace)
	defer grace.Stop()
	for len(w.air) > 0 {
		select {
		case l := <-w.landed:
			w.land(l.flight, l.result)
		case <-grace.C:
			for len(w.air) > 0 {
				w.giveUp(w.air[0])
			}
		}
	}
}

// giveUp takes note of a flight that is not waited for.
func (w *delivery) giveUp(f *flight) { w.land(f, unanswered(f, "the attempt was not waited for")) }

// unanswered is the result of a flight of which nobody knows how it ended.
func unanswered(f *flight, detail string) attemptResult {
	return attemptResult{failure: &provider.Error{Kind: provider.Unknown, Detail: detail}, took: time.Since(f.begun)}
}
