package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report for people.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, "%s, %s/%s, %d cores, GOMAXPROCS %d; callers, both subjects and their NATS servers on this one machine\n", m.Go, m.OS, m.Arch, m.Cores, m.GOMAXPROCS)
	fmt.Fprintf(&b, "medians of rounds of %gs, %d for each subject and load; a = skeleton, b = product (%s)\n", r.Settings.RoundSeconds, r.Settings.Rounds, r.Settings.Product)
	if r.Settings.Through != "" {
		fmt.Fprintf(&b, "through = %s\n", r.Settings.Through)
	}
	b.WriteByte('\n')
	r.table(&b)
	b.WriteString("\nCPU: cores busy in the subject's process. Memory: the most resident so far. Callers: cores busy making the calls.\n\n")
	for _, t := range r.Targets {
		fmt.Fprintf(&b, "target: %s: %s; %s\n", t.Name, t.Required, t.verdict())
	}
	r.failures(&b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("bench: write the report: %w", err)
	}
	return nil
}

func (r Report) table(w io.Writer) {
	// Everything is aligned to the right but the first column's words, which
	// stand at the left because they are padded to one width.
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...string) {
		_, _ = fmt.Fprintf(t, "%-17s\t%-9s\t%s\t\n", cells[0], cells[1], strings.Join(cells[2:], "\t"))
	}
	row("load", "subject", "requests/s", "p50 ms", "p95 ms", "p99 ms", "CPU", "CPU µs/call", "memory MB", "errors", "callers")
	for _, s := range r.Scenarios {
		name := s.Name()
		line := func(subject string, cells []string) {
			row(append([]string{name, subject}, cells...)...)
			name = "" // once is enough
		}
		if s.Provider != nil {
			line(Provider, s.Provider.Median.cells())
		}
		line(Skeleton, s.Skeleton.Median.cells())
		for _, step := range s.Steps {
			line(step.Name, step.Side.Median.cells())
			line("step/a", comparison(step.Ratio, step.P50DifferenceMS, s.Skeleton.Median, step.Side.Median))
		}
		line(Product, s.Product.Median.cells())
		line("b/a", comparison(s.Ratio, s.P50DifferenceMS, s.Skeleton.Median, s.Product.Median))
	}
	_ = t.Flush() // A strings.Builder takes everything.
}

func (m Measurement) cells() []string {
	return []string{
		fmt.Sprintf("%.0f", m.RequestsPerSecond),
		fmt.Sprintf("%.2f", m.P50MS),
		fmt.Sprintf("%.2f", m.P95MS),
		fmt.Sprintf("%.2f", m.P99MS),
		fmt.Sprintf("%.2f", m.cores()),
		fmt.Sprintf("%.0f", m.CPUMicrosecondsPerCall),
		fmt.Sprintf("%.0f", float64(m.PeakRSSBytes)/1e6),
		fmt.Sprintf("%d", m.Errors),
		fmt.Sprintf("%.2f", over(m.CallersCPUSeconds, m.Seconds)),
	}
}

// comparison holds the ratio of the rates, the differences of the latencies and
// the ratios of what was used.
func comparison(rates, p50 float64, a, b Measurement) []string {
	ratio := func(b, a float64) string {
		if a == 0 {
			return "-" // The system doesn't tell.
		}
		return fmt.Sprintf("%.2f", b/a)
	}
	return []string{
		fmt.Sprintf("%.2f", rates),
		fmt.Sprintf("%+.2f", p50),
		fmt.Sprintf("%+.2f", b.P95MS-a.P95MS),
		fmt.Sprintf("%+.2f", b.P99MS-a.P99MS),
		ratio(b.cores(), a.cores()),
		ratio(b.CPUMicrosecondsPerCall, a.CPUMicrosecondsPerCall),
		ratio(float64(b.PeakRSSBytes), float64(a.PeakRSSBytes)),
		"", "",
	}
}

func (t Target) verdict() string {
	switch {
	case t.Measured == "":
		return "not measured in this run"
	case t.Reached:
		return "measured " + t.Measured + ": reached"
	}
	return "measured " + t.Measured + ": NOT reached"
}

// failures lists what went wrong, if anything did.
func (r Report) failures(w io.Writer) {
	tell := func(s Scenario, name string, m Measurement) {
		if m.Errors > 0 {
			_, _ = fmt.Fprintf(w, "%s, %s: %d of %d calls went wrong, such as: %s\n", s.Name(), name, m.Errors, m.Errors+m.Calls, m.FirstError)
		}
	}
	for _, s := range r.Scenarios {
		if s.Provider != nil {
			tell(s, Provider, s.Provider.Median)
		}
		tell(s, Skeleton, s.Skeleton.Median)
		for _, step := range s.Steps {
			tell(s, step.Name, step.Side.Median)
		}
		tell(s, Product, s.Product.Median)
	}
}
