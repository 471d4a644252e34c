package run

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestAHeapThatIsLargeGrowsByLess(t *testing.T) {
	for _, tt := range []struct {
		used uint64
		want int
	}{
		{0, 400},
		{1 << 20, 400},
		{32 << 20, 400},
		{40 << 20, 320},
		{64 << 20, 200},
		{128 << 20, 100},
		{1 << 30, 100},
		{1 << 62, 100},
	} {
		if got := percentFor(tt.used); got != tt.want {
			t.Errorf("%d MiB in use: got %d, want %d", tt.used>>20, got, tt.want)
		}
	}
}

// percentNow returns the percentage that is set.
func percentNow() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func awaitPercent(t *testing.T, want uint64) {
	t.Helper()
	for range 500 {
		runtime.GC()
		if percentNow() == want {
			return
		}
		time.Sleep(10 * time.Millisecond) // the finalizer runs by itself
	}
	t.Fatalf("the percentage is %d, want %d", percentNow(), want)
}

func TestThePercentageFollowsTheHeap(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	defer debug.SetGCPercent(debug.SetGCPercent(minPercent))
	tuneMemory()
	awaitPercent(t, maxPercent)
	ballast := make([]byte, headroom)
	awaitPercent(t, minPercent)
	runtime.KeepAlive(ballast) // and from here on it is garbage
	awaitPercent(t, maxPercent)
}

func TestWhoeverStartsTheProgramDecides(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOGC", "")
			t.Setenv("GOMEMLIMIT", "")
			t.Setenv(name, "77")
			const theirs = 77
			defer debug.SetGCPercent(debug.SetGCPercent(theirs))
			tuneMemory()
			if got := percentNow(); got != theirs {
				t.Errorf("the percentage is %d, want %d", got, theirs)
			}
		})
	}
}
