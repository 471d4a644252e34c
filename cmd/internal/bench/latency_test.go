package bench_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/cmd/internal/bench"
)

// upTo returns the durations 1, 2, ... n.
func upTo(n int) []time.Duration {
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = time.Duration(i + 1)
	}
	return all
}

func TestPercentileIsTheNearestRank(t *testing.T) {
	for _, test := range []struct {
		name   string
		sorted []time.Duration
		q      float64
		want   time.Duration
	}{
		{"nothing measured", nil, 0.5, 0},
		{"one element is every percentile", upTo(1), 0.99, 1},
		{"the lowest", upTo(100), 0, 1},
		{"the highest", upTo(100), 1, 100},
		{"the middle of an odd number", upTo(5), 0.5, 3},
		{"the lower middle of an even number", upTo(4), 0.5, 2},
		{"p95 of 20", upTo(20), 0.95, 19},
		{"p99 of 100", upTo(100), 0.99, 99},
		{"p99 of 1,000", upTo(1000), 0.99, 990},
		{"p99 of fewer than 100 is the highest", upTo(99), 0.99, 99},
		{"a product just above a whole number", upTo(100), 0.07, 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := bench.Percentile(test.sorted, test.q); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestPercentileIsReachedByItsShareAndNoLess(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same numbers every time, on purpose
	for range 200 {
		values := make([]time.Duration, 1+random.IntN(500))
		for i := range values {
			values[i] = time.Duration(random.IntN(100))
		}
		slices.Sort(values)
		q := float64(1+random.IntN(100)) / 100
		got := bench.Percentile(values, q)

		atMost, below := 0, 0
		for _, v := range values {
			if v <= got {
				atMost++
			}
			if v < got {
				below++
			}
		}
		needed := q*float64(len(values)) - 1e-6
		if float64(atMost) < needed || float64(below) >= needed {
			t.Fatalf("percentile %.2f of %d values is %d: %d are at most that and %d below, %.2f are needed", q, len(values), got, atMost, below, needed)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"nothing", nil, 0},
		{"odd", []float64{3, 1, 2}, 2},
		{"even", []float64{4, 1, 3, 2}, 2.5},
		{"one outlier does not count", []float64{1, 1000, 2}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := slices.Clone(test.values)
			if got := bench.Median(test.values); got != test.want {
				t.Errorf("got %g, want %g", got, test.want)
			}
			if diff := cmp.Diff(before, test.values); diff != "" {
				t.Errorf("the values were changed (-before +after):\n%s", diff)
			}
		})
	}
}
