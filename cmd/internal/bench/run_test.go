package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/cmd/internal/bench"
)

func shortRun() bench.Options {
	return bench.Options{
		Connections: []int{2},
		Rate:        50,
		Length:      200 * time.Millisecond,
		WarmUp:      50 * time.Millisecond,
		Rounds:      2,
		Command:     subjectCommand,
		Progress:    io.Discard,
	}
}

func TestRunMeasuresBothSubjects(t *testing.T) {
	report, err := bench.Run(t.Context(), shortRun())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Scenarios) != 2 {
		t.Fatalf("%d scenarios, want 2", len(report.Scenarios))
	}
	for _, s := range report.Scenarios {
		for name, side := range map[string]bench.Side{bench.Skeleton: s.Skeleton, bench.Product: s.Product} {
			if len(side.Rounds) != 2 {
				t.Errorf("%s, %s: %d rounds, want 2", s.Name(), name, len(side.Rounds))
			}
			m := side.Median
			if m.Errors != 0 || m.Calls == 0 {
				t.Errorf("%s, %s: %d right answers, %d errors: %s", s.Name(), name, m.Calls, m.Errors, m.FirstError)
			}
			if m.P50MS <= 0 || m.P99MS < m.P50MS || m.MaxMS < m.P99MS {
				t.Errorf("%s, %s: p50 %g, p99 %g and the highest %g ms can't be", s.Name(), name, m.P50MS, m.P99MS, m.MaxMS)
			}
			if own := bench.ThisUsage(); own.CPUSeconds > 0 && (m.CPUSeconds <= 0 || m.PeakRSSBytes < 1<<20) {
				t.Errorf("%s, %s: %g s of processor time and %d bytes can't be", s.Name(), name, m.CPUSeconds, m.PeakRSSBytes)
			}
		}
	}
	if open := report.Scenarios[1]; open.Product.Median.Calls != 20 {
		t.Errorf("50 calls/s for two rounds of 0.2 s were %d calls, want 20", open.Product.Median.Calls)
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	opts := shortRun()
	opts.Length = time.Minute
	opts.Progress = cancelAfter(2, cancel)
	if _, err := bench.Run(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// cancelAfter returns a writer that calls cancel at its nth line.
func cancelAfter(n int, cancel func()) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		if n--; n == 0 {
			cancel()
		}
		return len(p), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestRunSaysWhichSubjectDidNotStart(t *testing.T) {
	for _, test := range []struct {
		name    string
		command func(context.Context, string) *exec.Cmd
	}{
		{"no such program", func(ctx context.Context, _ string) *exec.Cmd {
			return exec.CommandContext(ctx, "/nonexistent/phonehook")
		}},
		{"it ends at once", func(ctx context.Context, _ string) *exec.Cmd {
			cmd := subjectCommand(ctx, "nothing")
			cmd.Stderr = nil
			return cmd
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := shortRun()
			opts.Command = test.command
			_, err := bench.Run(t.Context(), opts)
			if err == nil || !strings.Contains(err.Error(), bench.Skeleton) {
				t.Errorf("got %v, want an error that names the skeleton", err)
			}
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*bench.Options)
		want   string
	}{
		{"nothing to measure", func(o *bench.Options) { o.Connections, o.Rate = nil, 0 }, "nothing to measure"},
		{"no connections", func(o *bench.Options) { o.Connections = []int{16, 0} }, "--connections: 0"},
		{"too many connections", func(o *bench.Options) { o.Connections = []int{1_000_000} }, "--connections: 1000000"},
		{"a negative rate", func(o *bench.Options) { o.Rate = -1 }, "--rate: -1"},
		{"a provider that takes too long", func(o *bench.Options) { o.Provider = time.Minute }, "--provider: 1m0s"},
		{"rounds of no length", func(o *bench.Options) { o.Length = 0 }, "--duration: 0s"},
		{"a negative warm-up", func(o *bench.Options) { o.WarmUp = -time.Second }, "--warm-up: -1s"},
		{"no rounds", func(o *bench.Options) { o.Rounds = 0 }, "--rounds: 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := shortRun()
			test.change(&opts)
			if _, err := bench.Run(t.Context(), opts); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestTimeIsThatOfAllRounds(t *testing.T) {
	opts := shortRun()
	// Two loads, two rounds, two subjects, 0.2 s each, and twice the warm-up.
	if got, want := opts.Time(), 1700*time.Millisecond; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	opts.Provider, opts.Steps = time.Second, true
	// One subject more for the load of --connections, three for the third load, and
	// the warm-up of these four.
	if got, want := opts.Time(), 3500*time.Millisecond; got != want {
		t.Errorf("with all loads: got %s, want %s", got, want)
	}
}

func TestRunMeasuresThroughAProviderAndInSteps(t *testing.T) {
	opts := shortRun()
	opts.Rate, opts.Rounds, opts.Provider, opts.Steps = 0, 1, 20*time.Millisecond, true
	report, err := bench.Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Scenarios) != 2 {
		t.Fatalf("%d scenarios, want 2", len(report.Scenarios))
	}
	steps, through := report.Scenarios[0], report.Scenarios[1]
	if len(steps.Steps) != 1 || steps.Provider != nil || through.Provider == nil || len(through.Steps) != 0 {
		t.Fatalf("the loads have the wrong subjects: %+v", report.Scenarios)
	}
	for name, m := range map[string]bench.Measurement{
		"without deduplication": steps.Steps[0].Side.Median, "product": steps.Product.Median,
		"provider": through.Provider.Median, "skeleton through it": through.Skeleton.Median, "product through it": through.Product.Median,
	} {
		if m.Calls == 0 || m.Errors != 0 {
			t.Errorf("%s: %d right answers, %d errors: %s", name, m.Calls, m.Errors, m.FirstError)
		}
	}
	for name, side := range map[string]bench.Side{"provider": *through.Provider, "skeleton": through.Skeleton, "product": through.Product} {
		if side.Median.P50MS < 20 {
			t.Errorf("%s: p50 is %g ms, less than the provider takes", name, side.Median.P50MS)
		}
	}
}

func TestWaitingCallsAreAllAnswered(t *testing.T) {
	opts := bench.WaitingOptions{Calls: 100, Provider: 300 * time.Millisecond, Command: subjectCommand, Progress: io.Discard}
	w, err := bench.RunWaiting(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if w.Answered != 100 || w.Errors != 0 || w.P50MS < 300 || w.MaxMS < w.P50MS {
		t.Errorf("%d answered, %d errors (%s), p50 %g ms, the slowest %g ms", w.Answered, w.Errors, w.FirstError, w.P50MS, w.MaxMS)
	}
	if own := bench.ThisUsage(); own.PeakRSSBytes > 0 && (w.GatewayPeakRSSBytes < 1<<20 || w.WorkerPeakRSSBytes < 1<<20 || w.NATSPeakRSSBytes < 1<<20) {
		t.Errorf("%d, %d and %d bytes can't be", w.GatewayPeakRSSBytes, w.WorkerPeakRSSBytes, w.NATSPeakRSSBytes)
	}
	var text, data bytes.Buffer
	if err := errors.Join(w.WriteText(&text), w.WriteJSON(&data)); err != nil {
		t.Fatal(err)
	}
	if want := "target: calls that wait at once: all answered 200; measured 100 of 100: reached"; !strings.Contains(text.String(), want) {
		t.Errorf("the report has no %q:\n%s", want, text.String())
	}
	var decoded bench.Waiting
	if err := json.Unmarshal(data.Bytes(), &decoded); err != nil || decoded.Answered != 100 || len(decoded.Targets) != 2 {
		t.Errorf("%v\n%s", err, data.String())
	}
}

func TestWaitingTargets(t *testing.T) {
	for _, test := range []struct {
		name            string
		answered        int
		gateway, worker int64
		want            []bool
	}{
		{"all answered, in little memory", 10, 300 << 20, 299 << 20, []bool{true, true}},
		{"too much memory", 10, 300 << 20, 300 << 20, []bool{true, false}},
		{"one not answered", 9, 100 << 20, 100 << 20, []bool{false, false}},
		{"a system that tells nothing", 10, 0, 0, []bool{true, false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := bench.Waiting{Calls: 10, Answered: test.answered, GatewayPeakRSSBytes: test.gateway, WorkerPeakRSSBytes: test.worker}
			var reached []bool
			for _, target := range bench.WaitingTargets(w) {
				reached = append(reached, target.Reached)
			}
			if diff := cmp.Diff(test.want, reached); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSubjectsKnowTheirSettings(t *testing.T) {
	for _, test := range []struct{ spec, want string }{
		{"product?slots=many", `"many"`},
		{"product?dedup=off", `no setting "dedup"`},
		{"provider?delay=5", `missing unit`},
		{"other?dedupe=off", `no subject is named "other"`},
		{"worker?nats=", `nats`},
	} {
		err := bench.Serve(t.Context(), test.spec, strings.NewReader(""), io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.spec, err, test.want)
		}
	}
}

func TestServeEndsWithItsInput(t *testing.T) {
	in, parent := io.Pipe()
	var out bytes.Buffer
	served := make(chan error, 1)
	go func() { served <- bench.Serve(t.Context(), bench.Skeleton, in, &out) }()
	if _, err := io.WriteString(parent, "{}\n{}\n"); err != nil {
		t.Fatal(err)
	}
	if err := parent.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	lines := json.NewDecoder(&out)
	var endpoint bench.Endpoint
	if err := lines.Decode(&endpoint); err != nil || endpoint.URL == "" {
		t.Errorf("the first line gives no address: %+v, %v", endpoint, err)
	}
	for range 2 {
		if err := lines.Decode(new(bench.Usage)); err != nil {
			t.Errorf("an answer is missing: %v", err)
		}
	}
	if err := lines.Decode(new(bench.Usage)); !errors.Is(err, io.EOF) {
		t.Errorf("after two answers: %v, want the end", err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	for _, subject := range []string{bench.Skeleton, bench.Product} {
		t.Run(subject, func(t *testing.T) {
			in, parent := io.Pipe()
			// It ends what is still reading when Serve has returned.
			t.Cleanup(func() { _ = parent.Close() })
			ready, out := io.Pipe()
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() { served <- bench.Serve(ctx, subject, in, out) }()
			var endpoint bench.Endpoint
			if err := json.NewDecoder(ready).Decode(&endpoint); err != nil {
				t.Fatal(err)
			}
			cancel()
			if err := <-served; err != nil {
				t.Fatal(err)
			}
			if _, err := bench.ClosedLoop(t.Context(), endpoint, 1, time.Second, 0); err == nil {
				t.Error("it still answers")
			}
		})
	}
}
