package main

import (
	"os"
	"syscall"
)

// attributes keep a terminal's interrupt from the processes, which this program ends
// itself, and have the kernel kill them should this program die first.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// onFirstThread says whether this runs on the thread that the program began with.
func onFirstThread() bool { return syscall.Gettid() == os.Getpid() }
