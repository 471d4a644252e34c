package bench

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// answerWait is how long after a round's end its last answers are waited
	// for: longer than the gateway's own limit of 9 s, so that what the subject
	// reports as too late is counted as that, and not as our impatience.
	answerWait = 10 * time.Second
	// redialWait keeps connections that fail at once from spinning.
	redialWait = 10 * time.Millisecond
)

// round is what one round of calls came to.
type round struct {
	// elapsed is the time from the first call to the last answer.
	elapsed time.Duration
	// latencies are those of the right answers, in ascending order.
	latencies []time.Duration
	errors    int
	// firstError is one of the errors, or nil.
	firstError error
}

// tally is what one connection saw.
type tally struct {
	latencies  []time.Duration
	errors     int
	firstError error
}

func (t *tally) count(err error, latency time.Duration) {
	if err == nil {
		t.latencies = append(t.latencies, latency)
		return
	}
	t.errors++
	if t.firstError == nil {
		t.firstError = err
	}
}

// closedLoop keeps the given number of calls under way for a time: each
// connection calls again as soon as it has its answer. Every connection has made
// one call before the clock starts. Their first calls begin evenly spread over the
// given time: behind a provider that always takes the same, calls that begin together
// end together and begin together again, and each burst would mostly wait for itself.
func (g *generator) closedLoop(ctx context.Context, connections int, length, spread time.Duration) (round, error) {
	return g.run(ctx, connections, length, func(start time.Time, c *connection, t *tally) {
		end := start.Add(length)
		first := start.Add(spread * time.Duration(c.place) / time.Duration(connections))
		if first.After(end) {
			first = end
		}
		if spread > 0 && !await(ctx, first) {
			return
		}
		for now := time.Now(); now.Before(end) && ctx.Err() == nil; {
			err := c.again(ctx, end)
			done := time.Now()
			t.count(err, done.Sub(now))
			now = done
		}
	})
}

// openLoop makes rate calls a second for a time, each at its own moment, however
// long the answers take. A latency counts from that moment, so a call that had to
// wait for a free connection shows all of its waiting.
func (g *generator) openLoop(ctx context.Context, connections, rate int, length time.Duration) (round, error) {
	total := int(length.Seconds() * float64(rate))
	due := make(chan time.Time, total)
	var pacing sync.Once
	return g.run(ctx, connections, length, func(start time.Time, c *connection, t *tally) {
		pacing.Do(func() { go pace(ctx, start, rate, total, due) })
		for moment := range due {
			err := c.again(ctx, start.Add(length))
			t.count(err, time.Since(moment))
		}
	})
}

// pace sends each call's moment when it has come, and then closes due.
func pace(ctx context.Context, start time.Time, rate, total int, due chan<- time.Time) {
	defer close(due)
	for i := range total {
		moment := start.Add(time.Duration(float64(i) / float64(rate) * float64(time.Second)))
		if !sleepUntil(ctx, moment) {
			return
		}
		due <- moment
	}
}

// sleepUntil returns true at the moment, or false when ctx ends before it.
func sleepUntil(ctx context.Context, moment time.Time) bool {
	// The longest that the end of ctx goes unnoticed.
	const step = 50 * time.Millisecond
	for {
		if ctx.Err() != nil {
			return false
		}
		left := time.Until(moment)
		if left <= 0 {
			return true
		}
		preciseSleep(min(left, step))
	}
}

// await returns true at the moment, to a millisecond or so, or false when ctx ends
// before it. Unlike sleepUntil it takes no thread while it waits.
func await(ctx context.Context, moment time.Time) bool {
	timer := time.NewTimer(time.Until(moment))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// again makes one call, on a new connection where the last one is gone.
func (c *connection) again(ctx context.Context, end time.Time) error {
	if err := c.open(ctx, end.Add(answerWait)); err != nil {
		preciseSleep(redialWait)
		return err
	}
	return c.call()
}

// run opens the connections, makes one call on each, and then lets all of them
// work at once. It fails where a connection cannot be opened or ctx ends.
func (g *generator) run(ctx context.Context, connections int, length time.Duration, work func(time.Time, *connection, *tally)) (round, error) {
	open := make([]*connection, connections)
	for i := range open {
		open[i] = g.connection()
		open[i].place = i
	}
	defer func() {
		for _, c := range open {
			c.close()
		}
	}()
	if err := g.greet(ctx, open, time.Now().Add(length+2*answerWait)); err != nil {
		return round{}, err
	}

	tallies := make([]tally, connections)
	start := time.Now()
	var group sync.WaitGroup
	for i := range open {
		group.Go(func() { work(start, open[i], &tallies[i]) })
	}
	group.Wait()
	result := merge(tallies)
	result.elapsed = time.Since(start)
	return result, ctx.Err()
}

// greet opens every connection and makes one call on it that is not counted.
func (g *generator) greet(ctx context.Context, connections []*connection, deadline time.Time) error {
	failures := make([]error, len(connections))
	var group sync.WaitGroup
	for i, c := range connections {
		group.Go(func() {
			if failures[i] = c.open(ctx, deadline); failures[i] == nil {
				// A wrong answer will be counted in the round.
				_ = c.call()
			}
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

func merge(tallies []tally) round {
	var r round
	for _, t := range tallies {
		r.latencies = append(r.latencies, t.latencies...)
		r.errors += t.errors
		if r.firstError == nil {
			r.firstError = t.firstError
		}
	}
	slices.Sort(r.latencies)
	return r
}
