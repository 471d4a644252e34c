package natsstore_test

import (
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/phonehook/phonehook/messaging/messagingtest"
)

// callers is how many claims there are at a time.
const callers = 64

// BenchmarkClaim claims keys that nobody has: in the log in memory ("recent"), and as a value on
// disk ("long"). The server runs in the same process, so the CPU time is that of both.
func BenchmarkClaim(b *testing.B) {
	for name, ttl := range spans {
		b.Run(name, func(b *testing.B) {
			keys := gateway(b, messagingtest.NATS(b)).Keys()
			ids := make([]string, b.N)
			for i := range ids {
				ids[i] = strconv.Itoa(i)
			}
			mine := aClaim("a")
			mine.Fingerprint = ""
			var n, failed atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
			b.ResetTimer()
			before := cpuTime(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					// One that a busy machine leaves undecided for 100 ms is counted.
					if _, held, err := keys.Claim(b.Context(), ids[n.Add(1)-1], mine, ttl); err != nil || !held {
						failed.Add(1)
					}
				}
			})
			b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/op")
			b.ReportMetric(float64(failed.Load()), "failed")
		})
	}
}

// cpuTime is what this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
