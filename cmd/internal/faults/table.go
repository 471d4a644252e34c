package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// verdict is a row's in one word.
func (r row) verdict() string {
	if r.Holds {
		return "holds"
	}
	return "FAILS"
}

// tell writes what is known of a row when it has ended.
func (r row) tell(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "    %s in %.0f s; %s\n", r.verdict(), r.Seconds, strings.Join(r.Why, "; "))
	for _, line := range r.Examples {
		fmt.Fprintf(&b, "    | %s\n", line)
	}
	for _, line := range r.Logs {
		fmt.Fprintf(&b, "    | %.400s\n", line)
	}
	_, _ = io.WriteString(w, b.String()) // the table is what counts
}

// writeTable writes the rows for people.
func writeTable(w io.Writer, rows []row) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	cells := func(cells ...any) {
		format := strings.TrimSuffix(strings.Repeat("%v\t", len(cells)), "\t") + "\n"
		_, _ = fmt.Fprintf(t, format, cells...) // a strings.Builder takes everything
	}
	cells("fault", "calls", "answered", "200", "202", "p50", "p99", "max", "delivered", "duplicates", "lost", "verdict", "why")
	failed := 0
	for _, r := range rows {
		f := r.Figures
		cells(r.Fault, f.Calls, f.Answered, f.OK, f.Accepted, short(f.P50), short(f.P99), short(f.Max),
			f.Delivered, f.Duplicates, f.Lost, r.verdict(), strings.Join(r.Why, "; "))
		if !r.Holds {
			failed++
		}
	}
	_ = t.Flush() // likewise
	if failed > 0 {
		fmt.Fprintf(&b, "\n%d of %d rows do not hold\n", failed, len(rows))
	} else {
		fmt.Fprintf(&b, "\nall %d rows hold\n", len(rows))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeJSON writes the rows for machines.
func writeJSON(w io.Writer, rows []row) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Rows []row `json:"rows"`
	}{rows})
}
