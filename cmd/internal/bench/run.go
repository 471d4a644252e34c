package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// runner holds the subjects' processes during a run.
type runner struct {
	opts     Options
	subjects map[role]*child
}

// Run starts all subjects, measures them and stops them again. Wrong answers are
// part of the report; an error means that there is none. When ctx ends, Run stops
// the subjects, waits for them and returns ctx's error.
func Run(ctx context.Context, opts Options) (report Report, err error) {
	if err := opts.Validate(); err != nil {
		return Report{}, err
	}
	r := &runner{opts: opts, subjects: make(map[role]*child)}
	defer func() { err = errors.Join(err, r.stop()) }()
	for _, each := range opts.allRoles() {
		if r.subjects[each], err = startChild(ctx, r.spec(each), opts.Command); err != nil {
			delete(r.subjects, each)
			return Report{}, err
		}
	}

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

// spec is what Serve is told for a role. A provider has to run by then.
func (r *runner) spec(each role) string {
	// Twice the slots that are needed, so that no call waits for one.
	through := func() settings {
		return settings{provider: r.subjects[providerRole].generator.target.String(), slots: 2 * providerConnections}
	}
	switch each {
	case skeletonRole:
		return Skeleton
	case providerRole:
		return settings{delay: r.opts.Provider}.of(Provider)
	case skeletonThrough:
		return through().of(Skeleton)
	case productThrough:
		return through().of(Product)
	case noDedupe:
		return settings{noDedupe: true}.of(Product)
	case productRole:
	}
	return Product
}

// stop ends the subjects, the provider last.
func (r *runner) stop() error {
	var errs []error
	all := r.opts.allRoles()
	slices.Reverse(all)
	all = append(slices.DeleteFunc(all, func(each role) bool { return each == providerRole }), providerRole)
	for _, each := range all {
		if c := r.subjects[each]; c != nil {
			errs = append(errs, c.stop())
		}
	}
	return errors.Join(errs...)
}

func (o Options) settings() Settings {
	s := Settings{RoundSeconds: o.Length.Seconds(), Rounds: o.Rounds, WarmUpSeconds: o.WarmUp.Seconds(), Product: productSetup}
	if o.Provider > 0 {
		s.Through = fmt.Sprintf("both send through a provider that takes %s, by HTTP; the product with its Vonage client and %d slots; first calls spread over %s", o.Provider, 2*providerConnections, o.Provider)
	}
	return s
}

func (r *runner) measureAll(ctx context.Context) ([]Scenario, error) {
	for _, each := range r.opts.allRoles() {
		r.progress("warming up: %s", each)
		if _, err := r.subjects[each].generator.closedLoop(ctx, warmUpConnections, r.opts.WarmUp, 0); err != nil {
			return nil, err
		}
	}
	scenarios := r.opts.scenarios()
	for i := range scenarios {
		for n := range r.opts.Rounds {
			if err := r.round(ctx, &scenarios[i], n); err != nil {
				return nil, err
			}
		}
		scenarios[i].conclude()
	}
	return scenarios, nil
}

// round puts the scenario's load on each of its subjects, one right after the other.
// The order turns round from round to round, so that a machine that grows slower or
// faster favours none.
func (r *runner) round(ctx context.Context, s *Scenario, n int) error {
	order := r.opts.roles(*s)
	if n%2 == 1 {
		slices.Reverse(order)
	}
	for _, each := range order {
		m, err := r.subjects[each].measure(ctx, *s, r.opts.Length)
		if err != nil {
			return err
		}
		s.add(each, m)
		r.progress("%s, round %d of %d: %s %.0f/s, p50 %.2f ms", s.Name(), n+1, r.opts.Rounds, each, m.RequestsPerSecond, m.P50MS)
	}
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
		result, err = c.generator.closedLoop(ctx, s.Connections, length, s.spread())
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
