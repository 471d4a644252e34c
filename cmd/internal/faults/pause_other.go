//go:build !unix

package main

import "errors"

var errNoPause = errors.New("this system can't pause a process")

// pause would stop the process where it stands.
func (p *process) pause() error { return errNoPause }

// resume would let it go on.
func (p *process) resume() error { return errNoPause }
