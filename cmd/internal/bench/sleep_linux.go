package bench

import (
	"syscall"
	"time"
)

// preciseSleep sleeps for d. The runtime's own timers wait in whole milliseconds
// on Linux when a process is idle, which would add up to one to every latency
// that counts from a call's moment; nanosleep keeps to about 0.1 ms.
func preciseSleep(d time.Duration) {
	wait := syscall.NsecToTimespec(d.Nanoseconds())
	// An interrupted sleep is a short one; callers look at the clock again.
	_ = syscall.Nanosleep(&wait, nil)
}
