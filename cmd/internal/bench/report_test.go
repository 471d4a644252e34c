package bench_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/cmd/internal/bench"
)

var update = flag.Bool("update", false, "write the golden files")

// rounds returns three rounds of a subject that makes rate calls a second at p50
// milliseconds, one of them on a bad moment of the machine.
func rounds(rate, p50 float64) []bench.Measurement {
	usual := bench.Measurement{
		Calls: int(rate * 5), Seconds: 5, RequestsPerSecond: rate,
		P50MS: p50, P95MS: 2 * p50, P99MS: 3 * p50, MaxMS: 9 * p50,
		CPUSeconds: 6.5, CPUMicrosecondsPerCall: 1.3e6 / rate, PeakRSSBytes: 40_000_000, CallersCPUSeconds: 2,
	}
	bad := usual
	bad.Calls, bad.RequestsPerSecond, bad.P50MS, bad.PeakRSSBytes = usual.Calls/2, rate/2, 2*p50, 50_000_000
	return []bench.Measurement{usual, bad, usual}
}

func scenario(connections, rate int, skeleton, product []bench.Measurement) bench.Scenario {
	s := bench.Scenario{Connections: connections, Rate: rate}
	s.Skeleton.Rounds, s.Product.Rounds = skeleton, product
	bench.Conclude(&s)
	return s
}

func through(ms float64, provider, skeleton, product []bench.Measurement) bench.Scenario {
	s := bench.Scenario{Connections: 256, ProviderMS: ms, Provider: &bench.Side{Rounds: provider}}
	s.Skeleton.Rounds, s.Product.Rounds = skeleton, product
	bench.Conclude(&s)
	return s
}

func exampleReport() bench.Report {
	wrong := rounds(6000, 30)
	wrong[1].Errors, wrong[1].FirstError = 7, "bench: status 503"
	r := bench.Report{
		StartedAt: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC),
		Machine:   bench.Machine{Go: "go1.26.8", OS: "linux", Arch: "amd64", Cores: 2, GOMAXPROCS: 2},
		Settings:  bench.Settings{RoundSeconds: 5, Rounds: 3, WarmUpSeconds: 2, Product: "as in production"},
		Scenarios: []bench.Scenario{
			scenario(1, 0, rounds(2000, 0.5), rounds(1500, 0.66)),
			scenario(64, 0, rounds(12000, 5), rounds(9000, 6.6)),
			scenario(256, 0, rounds(11000, 20), wrong),
			scenario(64, 500, rounds(500, 0.8), rounds(500, 1.9)),
			through(100, rounds(2550, 100.3), rounds(2400, 101.1), rounds(2300, 102.5)),
		},
	}
	r.Settings.Through = "both send through a provider"
	step := bench.Step{Name: "no dedupe", Side: bench.Side{Rounds: rounds(10000, 6.1)}}
	r.Scenarios[1].Steps = []bench.Step{step}
	bench.Conclude(&r.Scenarios[1])
	r.Targets = bench.Targets(r.Scenarios)
	return r
}

func TestReportsKeepTheirForm(t *testing.T) {
	for _, test := range []struct {
		golden string
		write  func(bench.Report, io.Writer) error
	}{
		{"report.json", bench.Report.WriteJSON},
		{"report.txt", bench.Report.WriteText},
	} {
		t.Run(test.golden, func(t *testing.T) {
			var got bytes.Buffer
			if err := test.write(exampleReport(), &got); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", test.golden)
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("the report differs from %s; if that is meant, run the test with -update (-want +got):\n%s", path, diff)
			}
		})
	}
}

func TestTheRatioIsTheMedianOfThePairs(t *testing.T) {
	// The machine slows down from pair to pair; the product always does half.
	of := func(rates ...float64) (all []bench.Measurement) {
		for _, rate := range rates {
			all = append(all, bench.Measurement{Calls: 1, RequestsPerSecond: rate, P50MS: 100 / rate})
		}
		return all
	}
	s := scenario(64, 0, of(1000, 400, 100), of(500, 200, 50))
	if s.Ratio != 0.5 {
		t.Errorf("the ratio is %g, want 0.5", s.Ratio)
	}
	if s.P50DifferenceMS != 0.25 {
		t.Errorf("the difference is %g ms, want that of the middle pair, 0.25", s.P50DifferenceMS)
	}
}

func TestTargets(t *testing.T) {
	at := func(rate, p50 float64) []bench.Measurement {
		return []bench.Measurement{{Calls: 10, RequestsPerSecond: rate, P50MS: p50}}
	}
	failing := at(900, 1)
	failing[0].Errors = 1
	none := ""
	for _, test := range []struct {
		name      string
		scenarios []bench.Scenario
		want      []bool
		measured  []string
	}{
		{"not measured", nil, []bool{false, false, false}, []string{none, none, none}},
		{
			"measured at other loads",
			[]bench.Scenario{scenario(16, 0, at(1, 1), at(1, 1)), scenario(64, 100, at(1, 1), at(1, 1)), through(50, at(1, 50), at(1, 50), at(1, 50))},
			[]bool{false, false, false},
			[]string{none, none, none},
		},
		{
			"just reached",
			[]bench.Scenario{
				scenario(64, 0, at(1000, 1), at(650, 9)), scenario(64, 500, at(500, 1), at(500, 2)),
				through(100, at(2500, 100.5), at(2000, 101), at(2000, 102.5)),
			},
			[]bool{true, true, true},
			[]string{"0.65", "+1.00 ms", "+2.00 ms"},
		},
		{
			"just missed",
			[]bench.Scenario{
				scenario(64, 0, at(1000, 1), at(649, 1)), scenario(64, 500, at(500, 1), at(500, 2.001)),
				through(100, at(2500, 100.5), at(2000, 101), at(2000, 102.501)),
			},
			[]bool{false, false, false},
			[]string{"0.65", "+1.00 ms", "+2.00 ms"},
		},
		{
			"fast and wrong",
			[]bench.Scenario{
				scenario(64, 0, at(1000, 1), failing), scenario(64, 500, at(500, 1), failing),
				through(100, failing, at(2000, 1), at(2000, 1)),
			},
			[]bool{false, false, false},
			[]string{"0.90", "+0.00 ms", "+0.00 ms"},
		},
		{"no answers at all", []bench.Scenario{scenario(64, 500, []bench.Measurement{{}}, []bench.Measurement{{}})}, []bool{false, false, false}, []string{none, "+0.00 ms", none}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var reached []bool
			var measured []string
			for _, target := range bench.Targets(test.scenarios) {
				reached, measured = append(reached, target.Reached), append(measured, target.Measured)
			}
			if diff := cmp.Diff(test.want, reached); diff != "" {
				t.Errorf("reached (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.measured, measured); diff != "" {
				t.Errorf("measured (-want +got):\n%s", diff)
			}
		})
	}
}
