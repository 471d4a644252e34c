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
	fmt.Fprintf(&b, "medians of rounds of %gs, %d for each subject and load; a = skeleton, b = product (%s)\n\n", r.Settings.RoundSeconds, r.Settings.Rounds, r.Settings.Product)
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
		_, _ = fmt.Fprintf(t, "%-16s\t%-8s\t%s\t\n", cells[0], cells[1], strings.Join(cells[2:], "\t"))
	}
	row("load", "subject", "requests/s", "p50 ms", "p95 ms", "p99 ms", "CPU", "CPU µs/call", "memory MB", "errors", "callers")
	for _, s := range r.Scenarios {
		row(append([]string{s.Name(), Skeleton}, s.Skeleton.Median.cells()...)...)
		row(append([]string{"", Product}, s.Product.Median.cells()...)...)
		row(append([]string{"", "b/a"}, s.comparison()...)...)
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
func (s Scenario) comparison() []string {
	a, b := s.Skeleton.Median, s.Product.Median
	ratio := func(b, a float64) string {
		if a == 0 {
			return "-" // The system doesn't tell.
		}
		return fmt.Sprintf("%.2f", b/a)
	}
	return []string{
		fmt.Sprintf("%.2f", s.Ratio),
		fmt.Sprintf("%+.2f", s.P50DifferenceMS),
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
	for _, s := range r.Scenarios {
		for _, side := range []struct {
			name string
			m    Measurement
		}{{Skeleton, s.Skeleton.Median}, {Product, s.Product.Median}} {
			if side.m.Errors > 0 {
				_, _ = fmt.Fprintf(w, "%s, %s: %d of %d calls went wrong, such as: %s\n", s.Name(), side.name, side.m.Errors, side.m.Errors+side.m.Calls, side.m.FirstError)
			}
		}
	}
}
