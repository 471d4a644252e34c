package run

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How far the heap may grow before it is collected, in percent of what is in use.
//
// A gateway or worker of usual load uses a few MiB and allocates some 20 KiB a message:
// with Go's default of 100 it collects dozens of times a second and spends a sixth of its
// CPU on it, to save some 20 MiB. With thousands of calls that wait it uses hundreds of
// MiB, and maxPercent would take four times as much again to save a collection or two a
// second. So up to headroom may be taken at maxPercent; what is used beyond grows by
// less, down to Go's default.
const (
	maxPercent = 400
	minPercent = 100
	headroom   = 128 << 20
	// percentStep is how much the percentage has to change before it is set, since all
	// goroutines stop for a moment when it is.
	percentStep = 20
)

// tuneMemory has the heap grow by percentFor what is in use, unless whoever starts the
// program decides for himself.
func tuneMemory() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(maxPercent)
		followHeap(maxPercent)
	}
}

// percentFor returns the percentage for so many bytes in use.
func percentFor(used uint64) int {
	const most = headroom * 100 / maxPercent
	if used <= most {
		return maxPercent
	}
	return max(minPercent, int(headroom*100/used))
}

// followHeap sets the percentage after each collection, which is now at the given one.
func followHeap(percent int) {
	// Each collection finds one of these unused, and nobody ever waits for it: a
	// clock would look too late at a heap that grows tenfold within a second.
	type marker struct{ _ [4]*byte } // with a pointer, so that it shares its place with none
	runtime.SetFinalizer(new(marker), func(*marker) {
		if wanted := percentFor(used()); wanted-percent >= percentStep || percent-wanted >= percentStep ||
			wanted != percent && (wanted == minPercent || wanted == maxPercent) {
			debug.SetGCPercent(wanted)
			percent = wanted
		}
		followHeap(percent)
	})
}

// used is what the percentage counts from: what the last collection found in use, and the
// stacks.
func used() uint64 {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() + samples[1].Value.Uint64()
}
