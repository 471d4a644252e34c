package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// scenario is a fault and what must hold under it.
type scenario struct {
	name  string
	fault string
	shape shape
	// short and whole are how long the load is, at least, in the two forms of the
	// suite. It goes on until act has returned.
	short, whole time.Duration
	// load changes the load's options, if it is not nil.
	load func(o *loadOptions)
	// act makes the fault while the load runs. nil makes none.
	act func(ctx context.Context, s *stage) error
	// rules are what must hold for all calls, besides the rules of every row.
	rules []rule
	// judge returns further complaints, if it is not nil.
	judge func(s *stage) []string
}

// stage is a scenario that runs: what act and judge work with.
type stage struct {
	*system

	short bool
	// start is the load's first moment, for act; calls and delivered are there for
	// judge.
	start time.Time
	rate  int
	calls []*call
	// warmed are the calls of the warming up, which are not accounted for.
	warmed    []*call
	delivered map[string][]delivery
	// marks are the moments of the row, by name.
	marks map[string]time.Time
	// holds are the moments at which something ended that had messages in hand.
	holds []hold
	// tried is how often the first provider was asked while its breaker had to be
	// open.
	tried int
	notes []string
	// cleanups end what act has started in this process, before the system ends.
	cleanups []func() error
}

// at waits until so much of the load is over.
func (s *stage) at(ctx context.Context, after time.Duration) error {
	if !rest(ctx, time.Until(s.start.Add(after))) {
		return ctx.Err()
	}
	return nil
}

// pick returns one value in the short form and another in the whole.
func (s *stage) pick(short, whole time.Duration) time.Duration {
	if s.short {
		return short
	}
	return whole
}

// mark remembers now under a name.
func (s *stage) mark(name string) time.Time {
	now := time.Now()
	s.marks[name] = now
	return now
}

// note is told beside the verdict, whatever that is.
func (s *stage) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// figures accounts for the calls that were planned between two marks; "" is the
// beginning and the end.
func (s *stage) figures(from, to string) figures { return s.accountFor(s.between(from, to)) }

func (s *stage) accountFor(calls []*call) figures {
	return account(calls, s.delivered, s.shape.deadline)
}

func (s *stage) between(from, to string) []*call {
	begin, end := s.marks[from], s.marks[to]
	if to == "" {
		end = time.Now()
	}
	return between(s.calls, begin, end)
}

// hooks are the calls that wait for an outcome.
func hooks(calls []*call) []*call { return choose(calls, func(c *call) bool { return c.kind == hook }) }

// How long messages may take to arrive after the load's end: those in the durable
// queue wait for a redelivery where a worker died with them.
const (
	settleHook  = 10 * time.Second
	settleAsync = 60 * time.Second
	// quiet is how long the providers have to be without a request for a row to be
	// over: longer than anybody waits before a message is offered again.
	quiet = 1500 * time.Millisecond
)

// settle waits until what was promised is delivered and nothing moves any more, or
// until there is no hope. The account says which.
func (s *stage) settle(ctx context.Context, asyncs bool) error {
	within := settleHook
	if asyncs {
		within = settleAsync
	}
	begun := time.Now()
	err := await(ctx, "every message is delivered", within, func() error {
		s.delivered = deliveries(s.looks)
		if lost := account(s.calls, s.delivered, s.shape.deadline).Lost; lost > 0 {
			rest(ctx, 10*askEvery) // counting is not for free
			return fmt.Errorf("%d are not", lost)
		}
		return nil
	})
	if took := time.Since(begun); err == nil && took > time.Second {
		s.note("the last promised message came %s after the load", short(took))
	}
	_ = await(ctx, "the providers are idle", settleHook, func() error {
		var errs []error
		for _, l := range s.looks {
			errs = append(errs, l.idle(quiet))
		}
		return errors.Join(errs...)
	})
	s.delivered = deliveries(s.looks)
	return ctx.Err()
}
