package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// runner holds both subjects' processes during a run.
type runner struct {
	opts     Options
	skeleton *child
	product  *child
}

// Run starts both subjects, measures them and stops them again. Wrong answers are
// part of the report; an error means that there is none. When ctx ends, Run stops
// both subjects, waits for them and returns ctx's error.
func Run(ctx context.Context, opts Options) (report Report, err error) {
	if err := opts.Validate(); err != nil {
		return Report{}, err
	}
	r := &runner{opts: opts}
	if r.skeleton, err = startChild(ctx, Skeleton, opts.Command); err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, r.skeleton.stop()) }()
	if r.product, err = startChild(ctx, Product, opts.Command); err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, r.product.stop()) }()

	report = Report{StartedAt: time.Now().UTC().Truncate(time.Second), Machine: thisMachine(), Settings: opts.settings()}
	report.Scenarios, err = r.measureAll(ctx)
	if ctx.Err() != nil {
		return Report{}, ctx.Err() // What broke because of it is no news.
	}
	if err != nil {
		return Report{}, err
	}
	report.Targets = targets(report.Scenarios)
	return report, nil
}

func (o Options) settings() Settings {
	return Settings{RoundSeconds: o.Length.Seconds(), Rounds: o.Rounds, WarmUpSeconds: o.WarmUp.Seconds(), Product: productSetup}
}

func (r *runner) measureAll(ctx context.Context) ([]Scenario, error) {
	for _, c := range []*child{r.skeleton, r.product} {
		r.progress("warming up: %s", c.name)
		if _, err := c.generator.closedLoop(ctx, warmUpConnections, r.opts.WarmUp); err != nil {
			return nil, err
		}
	}
	scenarios := r.opts.scenarios()
	for i := range scenarios {
		for n := range r.opts.Rounds {
			if err := r.pair(ctx, &scenarios[i], n); err != nil {
				return nil, err
			}
		}
		scenarios[i].conclude()
	}
	return scenarios, nil
}

// pair puts the scenario's load on both subjects, one right after the other. The
// first to go changes from round to round, so that a machine that grows slower or
// faster favours neither.
func (r *runner) pair(ctx context.Context, s *Scenario, n int) error {
	order := []*child{r.skeleton, r.product}
	if n%2 == 1 {
		slices.Reverse(order)
	}
	found := make(map[*child]Measurement, len(order))
	for _, c := range order {
		m, err := c.measure(ctx, *s, r.opts.Length)
		if err != nil {
			return err
		}
		found[c] = m
	}
	a, b := found[r.skeleton], found[r.product]
	s.add(a, b)
	r.progress("%s, round %d of %d: skeleton %.0f/s, p50 %.2f ms; product %.0f/s, p50 %.2f ms", s.Name(), n+1, r.opts.Rounds, a.RequestsPerSecond, a.P50MS, b.RequestsPerSecond, b.P50MS)
	return nil
}

// measure puts one round of the scenario's load on the subject.
func (c *child) measure(ctx context.Context, s Scenario, length time.Duration) (Measurement, error) {
	before, err := c.usage()
	if err != nil {
		return Measurement{}, err
	}
	callers := ownUsage()
	var result round
	if s.Rate > 0 {
		result, err = c.generator.openLoop(ctx, s.Connections, s.Rate, length)
	} else {
		result, err = c.generator.closedLoop(ctx, s.Connections, length)
	}
	if err != nil {
		return Measurement{}, err
	}
	callersAfter := ownUsage()
	after, err := c.usage()
	if err != nil {
		return Measurement{}, err
	}
	return measurement(result, before, after, callers, callersAfter), nil
}

func (r *runner) progress(format string, args ...any) {
	// Nobody is helped by a benchmark that fails because its progress could
	// not be shown.
	_, _ = fmt.Fprintf(r.opts.Progress, format+"\n", args...)
}
