//go:build unix

package bench

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// ownUsage returns what this process has used so far.
func ownUsage() Usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return Usage{}
	}
	cpu := time.Duration(r.Utime.Nano() + r.Stime.Nano())
	return Usage{CPUSeconds: cpu.Seconds(), PeakRSSBytes: peakRSS(int64(r.Maxrss))}
}

// peakRSS returns the largest resident size of this process in bytes. Linux
// hands a parent's peak down to its children in maxrss, so the kernel's figure for
// this address space is read where there is one.
func peakRSS(maxrss int64) int64 {
	// The file is a constant of Linux and exists nowhere else.
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range bytes.Lines(status) {
			fields := bytes.Fields(line)
			if len(fields) < 2 || string(fields[0]) != "VmHWM:" {
				continue
			}
			if kib, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
				return kib << 10
			}
		}
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return maxrss // Apple's systems count in bytes, the others in KiB.
	}
	return maxrss << 10
}
