package bench

import (
	"context"
	"time"
)

// The tests of the arithmetic and of the callers reach what Run alone uses.
var (
	Percentile = percentile[time.Duration]
	Median     = median
	Targets    = targets
	ThisUsage  = ownUsage
)

// Conclude works out a scenario's medians from its rounds.
func Conclude(s *Scenario) { s.conclude() }

// WaitingTargets judges what waiting calls came to.
func WaitingTargets(w Waiting) []Target { return w.targets() }

// Result is what one round of calls came to.
type Result struct {
	Latencies  []time.Duration
	Errors     int
	FirstError error
}

func exported(r round, err error) (Result, error) {
	return Result{r.latencies, r.errors, r.firstError}, err
}

// ClosedLoop runs one round of a closed loop.
func ClosedLoop(ctx context.Context, e Endpoint, connections int, length, spread time.Duration) (Result, error) {
	g, err := newGenerator(e)
	if err != nil {
		return Result{}, err
	}
	return exported(g.closedLoop(ctx, connections, length, spread))
}

// OpenLoop runs one round of an open loop.
func OpenLoop(ctx context.Context, e Endpoint, connections, rate int, length time.Duration) (Result, error) {
	g, err := newGenerator(e)
	if err != nil {
		return Result{}, err
	}
	return exported(g.openLoop(ctx, connections, rate, length))
}
