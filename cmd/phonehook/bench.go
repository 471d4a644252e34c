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
	"runtime/pprof"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/phonehook/phonehook/cmd/internal/bench"
)

const benchLong = `Bench measures, in one run on this machine, what phonehook costs.

It puts the same load on two subjects in turn and prints for each the requests a
second, the latencies, the processor time and the memory, and how they compare:

  skeleton  Echo, a NATS request to a queue group, a reply: the least that could
            stand in phonehook's place, written as plainly as possible
  product   phonehook itself with the inbox provider, wired as in production

Each is a process of its own with its own embedded NATS server; a third process,
this one, makes the calls, with the hook's documented example as their body and a
number and a code of its own in each. An answer counts when it has status 200 and
a MessageID.

There are two kinds of load. With --connections, each connection calls again as
soon as it has its answer: that finds the most requests a second. With --rate,
calls are made at fixed moments, and a latency counts from that moment, so that
waiting in a queue shows.

Rounds alternate between the subjects, because machines grow slower and faster by
themselves; the figures are medians over the rounds, and the ratio is the median
of each pair's. The subjects share this machine with the calls: compare b with a
on it, not with figures from elsewhere. Nothing else should be running.

The exit status is 0 when everything could be measured, whether or not the
targets were reached. Ctrl-C stops both subjects.`

const benchExample = `  # The whole benchmark
  phonehook bench

  # One load, in a quarter of a minute, with a report for machines
  phonehook bench --connections 64 --rate 0 --rounds 2 --duration 3s --json bench.json`

// newBenchCommand returns the command bench.
func newBenchCommand() *cobra.Command {
	opts := bench.Options{}
	var jsonFile, profiles string
	cmd := &cobra.Command{
		Use:     "bench",
		Short:   "Compare phonehook's speed with that of a bare skeleton",
		Long:    benchLong,
		Example: benchExample,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if slices.Equal(opts.Connections, []int{0}) {
				opts.Connections = nil
			}
			opts.Command = subjectCommand(cmd.ErrOrStderr(), profiles)
			opts.Progress = cmd.ErrOrStderr()
			return runBench(cmd, opts, jsonFile)
		},
	}
	f := cmd.Flags()
	f.IntSliceVar(&opts.Connections, "connections", []int{1, 16, 64, 256}, "keep-alive connections, each with a call always under way; one load for each number; 0 leaves them out")
	f.IntVar(&opts.Rate, "rate", 500, "calls a second at fixed moments; 0 leaves that load out")
	f.DurationVar(&opts.Length, "duration", 5*time.Second, "length of one round of one subject")
	f.DurationVar(&opts.WarmUp, "warm-up", 2*time.Second, "how long each subject is called before the first round")
	f.IntVar(&opts.Rounds, "rounds", 3, "rounds of each load")
	f.StringVar(&jsonFile, "json", "", "write the report as JSON to this `file` too")
	f.StringVar(&profiles, "cpuprofile", "", "write a processor profile of each subject to this `folder`")
	// For those who make phonehook faster; the profiling itself costs a little.
	_ = f.MarkHidden("cpuprofile") // It fails only for a flag that isn't there.
	cmd.AddCommand(newBenchSubjectCommand())
	return cmd
}

// subjectCommand returns a function that makes this program run as a subject.
func subjectCommand(stderr io.Writer, profiles string) func(context.Context, string) *exec.Cmd {
	return func(ctx context.Context, subject string) *exec.Cmd {
		args := []string{"bench", "subject", subject}
		if profiles != "" {
			args = append(args, "--cpuprofile", filepath.Join(profiles, subject+".pprof"))
		}
		self, err := os.Executable()
		if err != nil {
			self = os.Args[0]
		}
		cmd := exec.CommandContext(ctx, self, args...) //nolint:gosec // it is this very program
		cmd.Stderr = stderr
		return cmd
	}
}

func runBench(cmd *cobra.Command, opts bench.Options, jsonFile string) error {
	if err := opts.Validate(); err != nil {
		return err
	}
	if jsonFile == "" {
		_, err := measure(cmd, opts)
		return err
	}
	// Now, because in some minutes it would be a pity.
	file, err := os.Create(jsonFile)
	if err != nil {
		return fmt.Errorf("bench: --json: %w", err)
	}
	report, err := measure(cmd, opts)
	if err == nil {
		err = report.WriteJSON(file)
	}
	return errors.Join(err, file.Close())
}

// measure runs the benchmark and prints its report.
func measure(cmd *cobra.Command, opts bench.Options) (bench.Report, error) {
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "This takes about %s.\n", opts.Time().Round(time.Second))
	report, err := bench.Run(cmd.Context(), opts)
	if errors.Is(err, context.Canceled) {
		return report, errors.New("bench: stopped before it was done")
	}
	if err != nil {
		return report, err
	}
	return report, report.WriteText(cmd.OutOrStdout())
}

// newBenchSubjectCommand returns the command that bench runs itself as. It is of
// no use to people: it talks to its parent on its standard input and output.
func newBenchSubjectCommand() *cobra.Command {
	var profile string
	cmd := &cobra.Command{
		Use:       "subject {skeleton|product}",
		Short:     "Be one of the processes that bench measures",
		Hidden:    true,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{bench.Skeleton, bench.Product},
		RunE: func(cmd *cobra.Command, args []string) error {
			// A terminal sends an interrupt to both processes, and this one must
			// live until the other has let go of it.
			signal.Ignore(os.Interrupt)
			serve := func() error {
				return bench.Serve(cmd.Context(), args[0], cmd.InOrStdin(), cmd.OutOrStdout())
			}
			if profile == "" {
				return serve()
			}
			return profiled(profile, serve)
		},
	}
	cmd.Flags().StringVar(&profile, "cpuprofile", "", "write a processor profile to this `file`")
	return cmd
}

// profiled runs work and writes the processor profile of that time to path.
func profiled(path string, work func() error) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(fmt.Errorf("bench: %w", err), file.Close())
	}
	err = work()
	pprof.StopCPUProfile()
	return errors.Join(err, file.Close())
}
