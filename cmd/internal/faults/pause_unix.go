//go:build unix

package main

import "syscall"

// pause stops the process where it stands. It keeps its connections and its memory
// and runs no instruction until resume.
func (p *process) pause() error { return p.signal(syscall.SIGSTOP) }

// resume lets a paused process go on.
func (p *process) resume() error { return p.signal(syscall.SIGCONT) }
