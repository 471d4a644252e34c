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

There are three kinds of load. With --connections, each connection calls again as
soon as it has its answer: that finds the most requests a second. With --rate,
calls are made at fixed moments, and a latency counts from that moment, so that
waiting in a queue shows. With --provider, 256 connections call through a provider
that takes its time, and also that provider by itself: what a call takes beyond it
is what the subject adds. The first calls are spread evenly over that time, for
the provider and both subjects alike: it always takes the same, so calls that
begin together would stay together, and each would mostly wait for the others.

With --steps, the loads of --connections are put on the product without
deduplication as well, to see what that costs.

--waiting is a measurement of its own: so many calls wait at once for a provider
that takes 5 s, or --provider. The gateway and the worker are processes of their
own then, and their memory is what is measured.

Rounds alternate between the subjects, because machines grow slower and faster by
themselves; the figures are medians over the rounds, and the ratio is the median
of each pair's. The subjects share this machine with the calls: compare b with a
on it, not with figures from elsewhere. Nothing else should be running.

The exit status is 0 when everything could be measured, whether or not the
targets were reached. Ctrl-C stops both subjects.`

const benchExample = `  # The whole benchmark
  phonehook bench

  # One load, in a quarter of a minute, with a report for machines
  phonehook bench --connections 64 --rate 0 --provider 0 --steps=false --rounds 2 --duration 3s --json bench.json

  # Ten thousand people who wait for a slow provider
  phonehook bench --waiting 10000`

// newBenchCommand returns the command bench.
func newBenchCommand() *cobra.Command {
	opts, waiting := bench.Options{}, bench.WaitingOptions{Provider: 5 * time.Second}
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
			opts.Command, opts.Progress = subjectCommand(cmd.ErrOrStderr(), profiles), cmd.ErrOrStderr()
			if !cmd.Flags().Changed("waiting") {
				return runBench(cmd, opts, jsonFile)
			}
			waiting.Command, waiting.Progress = opts.Command, opts.Progress
			if cmd.Flags().Changed("provider") {
				waiting.Provider = opts.Provider
			}
			return runWaiting(cmd, waiting, jsonFile)
		},
	}
	f := cmd.Flags()
	f.IntSliceVar(&opts.Connections, "connections", []int{1, 16, 64, 256}, "keep-alive connections, each with a call always under way; one load for each number; 0 leaves them out")
	f.IntVar(&opts.Rate, "rate", 500, "calls a second at fixed moments; 0 leaves that load out")
	f.DurationVar(&opts.Provider, "provider", 100*time.Millisecond, "time that a provider takes for a message; 0 leaves that load out")
	f.BoolVar(&opts.Steps, "steps", true, "measure the product without deduplication too")
	f.IntVar(&waiting.Calls, "waiting", 0, "only have so many `calls` wait at once for a slow provider")
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

// benchReport is what a measurement ends with.
type benchReport interface {
	WriteText(w io.Writer) error
	WriteJSON(w io.Writer) error
}

func runBench(cmd *cobra.Command, opts bench.Options, jsonFile string) error {
	if err := opts.Validate(); err != nil {
		return err
	}
	return measure(cmd, jsonFile, opts.Time(), func() (benchReport, error) { return bench.Run(cmd.Context(), opts) })
}

func runWaiting(cmd *cobra.Command, opts bench.WaitingOptions, jsonFile string) error {
	if err := opts.Validate(); err != nil {
		return err
	}
	// A first call, and then all of the others.
	return measure(cmd, jsonFile, 2*opts.Provider, func() (benchReport, error) { return bench.RunWaiting(cmd.Context(), opts) })
}

// measure runs a measurement, which takes about so long, and writes its report.
func measure(cmd *cobra.Command, jsonFile string, takes time.Duration, run func() (benchReport, error)) error {
	if jsonFile == "" {
		_, err := measured(cmd, takes, run)
		return err
	}
	// Now, because in some minutes it would be a pity.
	file, err := os.Create(jsonFile)
	if err != nil {
		return fmt.Errorf("bench: --json: %w", err)
	}
	report, err := measured(cmd, takes, run)
	if err == nil {
		err = report.WriteJSON(file)
	}
	return errors.Join(err, file.Close())
}

// measured runs a measurement and prints its report.
func measured(cmd *cobra.Command, takes time.Duration, run func() (benchReport, error)) (benchReport, error) {
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "This takes about %s.\n", takes.Round(time.Second))
	report, err := run()
	if errors.Is(err, context.Canceled) {
		return nil, errors.New("bench: stopped before it was done")
	}
	if err != nil {
		return nil, err
	}
	return report, report.WriteText(cmd.OutOrStdout())
}

// newBenchSubjectCommand returns the command that bench runs itself as. It is of
// no use to people: it talks to its parent on its standard input and output.
func newBenchSubjectCommand() *cobra.Command {
	var profile string
	cmd := &cobra.Command{
		Use:    "subject name[?settings]",
		Short:  "Be one of the processes that bench measures",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
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
