package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// WaitingOptions say what RunWaiting measures.
type WaitingOptions struct {
	// Calls is how many are made at once, each on a connection of its own.
	Calls int
	// Provider is how long the provider takes for each.
	Provider time.Duration
	// Command and Progress are as in Options.
	Command  func(ctx context.Context, subject string) *exec.Cmd
	Progress io.Writer
}

// maxWaiting is about what one address has ports for, on both sides of the gateway.
const maxWaiting = 20_000

// The limits that waiting calls are held against.
const (
	waitingTargetRSS = 600 << 20
	// dialsAtOnce keeps the callers' own storm of connections from being measured.
	dialsAtOnce = 128
)

// Validate returns what is wrong with the options, in the command line's words.
func (o WaitingOptions) Validate() error {
	switch {
	case o.Calls < 1 || o.Calls > maxWaiting:
		return fmt.Errorf("bench: --waiting: %d is not between 1 and %d", o.Calls, maxWaiting)
	case o.Provider <= 0 || o.Provider > maxProvider:
		return fmt.Errorf("bench: --provider: %s is not between 0s and %s", o.Provider, maxProvider)
	}
	return nil
}

// Waiting is what RunWaiting found out. Its JSON form only ever gains fields.
type Waiting struct {
	StartedAt time.Time `json:"started_at"`
	Machine   Machine   `json:"machine"`
	Calls     int       `json:"calls"`
	// ProviderMS is how long the provider takes.
	ProviderMS float64 `json:"provider_ms"`
	// Answered are right answers; the others are errors.
	Answered   int     `json:"answered"`
	Errors     int     `json:"errors"`
	FirstError string  `json:"first_error,omitempty"`
	P50MS      float64 `json:"p50_ms"`
	MaxMS      float64 `json:"max_ms"`
	// The most memory that each process has ever had resident.
	GatewayPeakRSSBytes int64    `json:"gateway_peak_rss_bytes"`
	WorkerPeakRSSBytes  int64    `json:"worker_peak_rss_bytes"`
	NATSPeakRSSBytes    int64    `json:"nats_peak_rss_bytes"`
	Targets             []Target `json:"targets"`
}

// waitingRun holds the processes of a run, in the order in which they were started.
type waitingRun struct {
	opts     WaitingOptions
	children []*child
}

// RunWaiting has many calls wait at once for a slow provider, with one gateway, one
// worker and a NATS server in processes of their own, and measures their memory.
func RunWaiting(ctx context.Context, opts WaitingOptions) (w Waiting, err error) {
	if err := opts.Validate(); err != nil {
		return Waiting{}, err
	}
	r := &waitingRun{opts: opts}
	defer func() {
		for _, c := range slices.Backward(r.children) {
			err = errors.Join(err, c.stop())
		}
	}()
	provider, err := r.start(ctx, settings{delay: opts.Provider}.of(Provider))
	if err != nil {
		return Waiting{}, err
	}
	bus, err := r.start(ctx, Bus)
	if err != nil {
		return Waiting{}, err
	}
	at := settings{provider: provider.generator.target.String(), nats: bus.generator.target.String(), slots: opts.Calls}
	worker, err := r.start(ctx, at.of(Worker))
	if err != nil {
		return Waiting{}, err
	}
	gateway, err := r.start(ctx, settings{nats: at.nats}.of(Gateway))
	if err != nil {
		return Waiting{}, err
	}
	w = Waiting{
		StartedAt: time.Now().UTC().Truncate(time.Second), Machine: thisMachine(),
		Calls: opts.Calls, ProviderMS: milliseconds(opts.Provider),
	}
	result, err := r.wait(ctx, gateway.generator)
	if err != nil {
		return Waiting{}, err
	}
	w.count(result)
	for c, peak := range map[*child]*int64{gateway: &w.GatewayPeakRSSBytes, worker: &w.WorkerPeakRSSBytes, bus: &w.NATSPeakRSSBytes} {
		u, err := c.usage()
		if err != nil {
			return Waiting{}, err
		}
		*peak = u.PeakRSSBytes
	}
	w.Targets = w.targets()
	return w, nil
}

func (r *waitingRun) start(ctx context.Context, spec string) (*child, error) {
	c, err := startChild(ctx, spec, r.opts.Command)
	if err == nil {
		r.children = append(r.children, c)
	}
	return c, err
}

// wait opens all connections and then makes one call on each at the same time.
func (r *waitingRun) wait(ctx context.Context, g *generator) (round, error) {
	deadline := time.Now().Add(2*answerWait + readyWait)
	// The first call of all sees that the gateway has a worker.
	_, _ = fmt.Fprintf(r.opts.Progress, "one call, to see that everything is there\n") // as in progress
	first := g.connection()
	defer first.close()
	if err := first.again(ctx, deadline.Add(-answerWait)); err != nil {
		return round{}, err
	}
	_, _ = fmt.Fprintf(r.opts.Progress, "opening %d connections\n", r.opts.Calls) // likewise
	open := make([]*connection, r.opts.Calls)
	defer func() {
		for _, c := range open {
			if c != nil {
				c.close()
			}
		}
	}()
	if err := g.openAll(ctx, open, deadline); err != nil {
		return round{}, err
	}
	_, _ = fmt.Fprintf(r.opts.Progress, "making %d calls at once\n", r.opts.Calls) // likewise
	tallies := make([]tally, len(open))
	start := time.Now()
	var group sync.WaitGroup
	for i, c := range open {
		group.Go(func() { tallies[i].count(c.call(), time.Since(start)) })
	}
	group.Wait()
	result := merge(tallies)
	result.elapsed = time.Since(start)
	return result, ctx.Err()
}

// openAll opens a connection for each place of open, some at a time.
func (g *generator) openAll(ctx context.Context, open []*connection, deadline time.Time) error {
	failures := make([]error, len(open))
	turns := make(chan struct{}, dialsAtOnce)
	var group sync.WaitGroup
	for i := range open {
		open[i] = g.connection()
		turns <- struct{}{}
		group.Go(func() {
			failures[i] = open[i].open(ctx, deadline)
			<-turns
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

func (w *Waiting) count(r round) {
	w.Answered, w.Errors = len(r.latencies), r.errors
	w.P50MS, w.MaxMS = milliseconds(percentile(r.latencies, 0.50)), milliseconds(percentile(r.latencies, 1))
	if r.firstError != nil {
		w.FirstError = r.firstError.Error()
	}
}

func (w *Waiting) targets() []Target {
	together := w.GatewayPeakRSSBytes + w.WorkerPeakRSSBytes
	return []Target{
		{
			Name: "calls that wait at once", Required: "all answered 200",
			Measured: fmt.Sprintf("%d of %d", w.Answered, w.Calls), Reached: w.Answered == w.Calls,
		},
		{
			Name: "memory of gateway and worker together", Required: fmt.Sprintf("less than %d MiB", waitingTargetRSS>>20),
			Measured: fmt.Sprintf("%d MiB", together>>20),
			// Zero is what the system doesn't tell.
			Reached: together > 0 && together < waitingTargetRSS && w.Answered == w.Calls,
		},
	}
}

// WriteText writes the result for people.
func (w Waiting) WriteText(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d calls at once, through a provider that takes %gms: %d answered 200, %d errors; p50 %.0f ms, the slowest %.0f ms\n",
		w.Calls, w.ProviderMS, w.Answered, w.Errors, w.P50MS, w.MaxMS)
	fmt.Fprintf(&b, "memory, the most resident: gateway %d MiB, worker %d MiB, NATS server %d MiB\n\n",
		w.GatewayPeakRSSBytes>>20, w.WorkerPeakRSSBytes>>20, w.NATSPeakRSSBytes>>20)
	for _, t := range w.Targets {
		fmt.Fprintf(&b, "target: %s: %s; %s\n", t.Name, t.Required, t.verdict())
	}
	if w.FirstError != "" {
		fmt.Fprintf(&b, "an error: %s\n", w.FirstError)
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return fmt.Errorf("bench: write the report: %w", err)
	}
	return nil
}

// WriteJSON writes the result for machines.
func (w Waiting) WriteJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(w); err != nil {
		return fmt.Errorf("bench: write the report: %w", err)
	}
	return nil
}
