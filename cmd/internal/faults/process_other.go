//go:build !linux

package main

import "syscall"

// attributes are the system's own: only Linux ties processes to the one that started
// them.
func attributes() *syscall.SysProcAttr { return nil }
