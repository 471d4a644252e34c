//go:build !linux

package bench

import "time"

// preciseSleep sleeps for d as exactly as the runtime can.
func preciseSleep(d time.Duration) { time.Sleep(d) }
