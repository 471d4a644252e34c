package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// options are the command line's.
type options struct {
	short, list, keep bool
	only              []string
	rate              int
	json              string
	programs          string
}

// The rates that the suite is meant for, and what a core bears beside the rest of it.
const (
	leastRate = 300
	mostRate  = 1000
	ratePer   = 150
)

// errFails is that the suite ran and a row does not hold, which the table says.
var errFails = errors.New("faults: not every row holds")

const long = `Faults breaks one thing after the other in a running phonehook, under a steady load,
and counts what became of every call. It builds gateway and worker from the tree of
the current folder, and takes about %s; with --short it takes less than five minutes.

The exit status is 0 when every row holds, and 1 when one does not.`

func newCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "faults", Short: "Break phonehook in every way that it must bear", Long: fmt.Sprintf(long, "ten minutes"),
		Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSuite(cmd, o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.short, "short", false, "make every fault, but for a shorter time")
	f.BoolVar(&o.list, "list", false, "only list the rows")
	f.BoolVar(&o.keep, "keep", false, "keep the files and logs of the processes, and say where they are")
	f.StringSliceVar(&o.only, "only", nil, "run these `rows` alone; a name stands for all that begin with it")
	f.IntVar(&o.rate, "rate", 0, "calls a second; 0 is 300 with --short and else as many as the machine bears, up to 1000")
	f.StringVar(&o.json, "json", "", "write the rows as JSON to this `file` too; - is standard output, in place of the table")
	f.StringVar(&o.programs, "programs", "", "take gateway and worker from this `folder` instead of building them")
	return cmd
}

// selected returns the scenarios that --only names.
func selected(only []string) ([]scenario, error) {
	all := scenarios()
	if len(only) == 0 {
		return all, nil
	}
	var chosen []scenario
	for _, name := range only {
		if !slices.ContainsFunc(all, func(sc scenario) bool { return strings.HasPrefix(sc.name, name) }) {
			return nil, fmt.Errorf("faults: --only: no row is named %q; --list names all", name)
		}
	}
	for _, sc := range all {
		if slices.ContainsFunc(only, func(name string) bool { return strings.HasPrefix(sc.name, name) }) {
			chosen = append(chosen, sc)
		}
	}
	return chosen, nil
}

func (o options) chosenRate() (int, error) {
	switch {
	case o.rate < 0 || o.rate > 10*mostRate:
		return 0, fmt.Errorf("faults: --rate: %d is not between 1 and %d calls a second", o.rate, 10*mostRate)
	case o.rate > 0:
		return o.rate, nil
	case o.short:
		return leastRate, nil
	}
	return min(max(ratePer*runtime.NumCPU(), leastRate), mostRate), nil
}

func runSuite(cmd *cobra.Command, o options) (err error) {
	chosen, err := selected(o.only)
	if err != nil {
		return err
	}
	rate, err := o.chosenRate()
	if err != nil {
		return err
	}
	if o.list {
		return list(cmd.OutOrStdout(), chosen)
	}
	dir, err := os.MkdirTemp("", "phonehook-faults-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean(cmd.ErrOrStderr(), dir, o.keep)) }()
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%d rows at %d calls/s\n", len(chosen), rate)
	programs := o.programs
	if programs == "" {
		if programs, err = build(cmd.Context(), dir); err != nil {
			return err
		}
	}
	s := &suite{short: o.short, rate: rate, programs: programs, dir: dir, progress: cmd.ErrOrStderr()}
	rows, err := s.runAll(cmd.Context(), chosen)
	if err != nil {
		return err
	}
	if err := report(cmd.OutOrStdout(), o.json, rows); err != nil {
		return err
	}
	if slices.ContainsFunc(rows, func(r row) bool { return !r.Holds }) {
		return errFails
	}
	return nil
}

func list(w io.Writer, all []scenario) error {
	for _, sc := range all {
		if _, err := fmt.Fprintf(w, "%-20s %s\n", sc.name, sc.fault); err != nil {
			return err
		}
	}
	return nil
}

// report writes the table, and the JSON where it is wanted.
func report(out io.Writer, file string, rows []row) error {
	if file == "-" {
		return writeJSON(out, rows)
	}
	if err := writeTable(out, rows); err != nil || file == "" {
		return err
	}
	to, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("faults: --json: %w", err)
	}
	return errors.Join(writeJSON(to, rows), to.Close())
}

// build builds the programs into a folder below dir, which it returns.
func build(ctx context.Context, dir string) (string, error) {
	programs := filepath.Join(dir, "programs")
	command := exec.CommandContext(ctx, "go", "build", "-o", programs+string(filepath.Separator), //nolint:gosec // the folder is our own
		"github.com/phonehook/phonehook/cmd/gateway", "github.com/phonehook/phonehook/cmd/worker")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("faults: build: %w\n%s", err, out)
	}
	return programs, nil
}

// clean removes dir, or says where it is.
func clean(w io.Writer, dir string, keep bool) error {
	if keep {
		_, _ = fmt.Fprintln(w, "files and logs are in", dir)
		return nil
	}
	return os.RemoveAll(dir)
}

func main() {
	if code, was := natsChild(); was {
		os.Exit(code) //nolint:forbidigo // this is a main
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	stop()
	if errors.Is(err, context.Canceled) {
		err = errors.New("faults: stopped before it was done")
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // this is a main
	}
}
