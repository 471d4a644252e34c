package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"
)

// openConnections is how many connections carry the calls of a fixed rate. With
// 64 of them and 500 calls/s, only answers that take longer than 128 ms make a
// later call wait, and the wait is counted.
const openConnections = 64

// warmUpConnections fills the subjects' pools and lets their heaps settle.
const warmUpConnections = 64

// Options say what Run measures.
type Options struct {
	// Connections are the closed loops: each number is one load.
	Connections []int
	// Rate is the calls a second of the open loop; zero leaves it out.
	Rate int
	// Length is how long each round takes, and WarmUp how long each subject is
	// called before the first.
	Length time.Duration
	WarmUp time.Duration
	// Rounds is how often each load is put on each subject.
	Rounds int
	// Command returns the command that runs Serve for a subject. Its standard
	// input and output are Run's to set.
	Command func(ctx context.Context, subject string) *exec.Cmd
	// Progress is told what is being done, a line at a time.
	Progress io.Writer
}

// Bounds of the options. Beyond them a figure says nothing about phonehook: the
// callers run out of ports, or a round holds too few calls or too many to keep.
const (
	maxConnections = 4096
	maxRate        = 100_000
	minLength      = 100 * time.Millisecond
	maxLength      = 10 * time.Minute
	maxRounds      = 100
)

// Validate returns what is wrong with the options, in the command line's words.
func (o Options) Validate() error {
	if len(o.Connections) == 0 && o.Rate == 0 {
		return errors.New("bench: there is nothing to measure; give --connections or --rate")
	}
	for _, n := range o.Connections {
		if n < 1 || n > maxConnections {
			return fmt.Errorf("bench: --connections: %d is not between 1 and %d", n, maxConnections)
		}
	}
	switch {
	case o.Rate < 0 || o.Rate > maxRate:
		return fmt.Errorf("bench: --rate: %d is not between 0 and %d calls a second", o.Rate, maxRate)
	case o.Length < minLength || o.Length > maxLength:
		return fmt.Errorf("bench: --duration: %s is not between %s and %s", o.Length, minLength, maxLength)
	case o.WarmUp < 0 || o.WarmUp > maxLength:
		return fmt.Errorf("bench: --warm-up: %s is not between 0s and %s", o.WarmUp, maxLength)
	case o.Rounds < 1 || o.Rounds > maxRounds:
		return fmt.Errorf("bench: --rounds: %d is not between 1 and %d", o.Rounds, maxRounds)
	}
	return nil
}

// Time is how long Run will take, less a second or two for starting and stopping.
func (o Options) Time() time.Duration {
	return 2*o.WarmUp + time.Duration(2*o.Rounds*len(o.scenarios()))*o.Length
}

func (o Options) scenarios() []Scenario {
	var all []Scenario
	for _, n := range o.Connections {
		all = append(all, Scenario{Connections: n})
	}
	if o.Rate > 0 {
		all = append(all, Scenario{Connections: openConnections, Rate: o.Rate})
	}
	return all
}

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
