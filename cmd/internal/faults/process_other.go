//go:build !linux

package main

import "syscall"

// attributes are the system's own: only Linux ties processes to the one that started
// them.
func attributes() *syscall.SysProcAttr { return nil }

// onFirstThread makes no difference here: no process is tied to a thread.
func onFirstThread() bool { return false }
