package bench

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// percentile returns the smallest element of sorted that at least the fraction q
// of all elements do not exceed (the nearest-rank definition: always a value that
// was measured, never one in between). It returns zero for no elements.
func percentile[T cmp.Ordered](sorted []T, q float64) T {
	if len(sorted) == 0 {
		var zero T
		return zero
	}
	// The product can come out a hair above a whole number, as 0.95*20 does not
	// but 0.07*100 does; 1e-9 is far below the step of one element.
	rank := int(math.Ceil(q*float64(len(sorted)) - 1e-9))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// median returns the middle of values, and the mean of the two middle ones where
// their number is even. It leaves values as they are.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// milliseconds returns d in milliseconds, to the microsecond: a finer figure
// would be the clock's noise.
func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond).Microseconds()) / 1000
}
