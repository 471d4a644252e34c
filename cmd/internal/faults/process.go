package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// endsWithin bounds how long a process that was told to end may take. A worker drains
// for at most 20 s and a gateway for 22 s.
const endsWithin = 30 * time.Second

// spawner starts processes from one thread that lives until close. On Linux the
// kernel kills them when that thread ends, which it does with this program at the
// latest.
type spawner struct {
	jobs chan func()
	done chan struct{}
}

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan func()), done: make(chan struct{})}
	go s.run()
	return s
}

// run does the jobs on a thread that ends with them. The program's first thread would
// not, so if that is what it got, it keeps it busy and does them on another.
func (s *spawner) run() {
	runtime.LockOSThread()
	if onFirstThread() {
		defer runtime.UnlockOSThread()
		go s.run()
		<-s.done
		return
	}
	defer close(s.done) // and the thread is never unlocked
	for job := range s.jobs {
		job()
	}
}

// close ends the thread, and with it whatever it started that still runs.
func (s *spawner) close() {
	close(s.jobs)
	<-s.done
}

// command is what a process is started from, as often as it has to be.
type command struct {
	name string
	path string
	args []string
	env  []string
	// log is the file that gets both outputs of every process of this command.
	log string
}

// process is one that runs or has ended.
type process struct {
	command
	cmd  *exec.Cmd
	done chan struct{}

	mu sync.Mutex
	// asked says that the process was told to end, or was killed.
	asked bool
}

// start starts a process of the command.
func (s *spawner) start(c command) (*process, error) {
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	defer func() { _ = log.Close() }() // the process has its own descriptor
	p := &process{command: c, done: make(chan struct{})}
	p.cmd = exec.Command(c.path, c.args...) //nolint:noctx,gosec // it is ended by its pid, in stop or kill, and is one of our own programs
	p.cmd.Env = append(os.Environ(), c.env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = attributes()
	started := make(chan error, 1)
	s.jobs <- func() { started <- p.cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // how it ended is in ProcessState
	}()
	return p, nil
}

// signal sends a signal to the process, if it still runs.
func (p *process) signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// ended says whether the process has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// crashed returns how the process ended, if nobody had told it to.
func (p *process) crashed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked || !p.ended() {
		return nil
	}
	return fmt.Errorf("%s ended by itself: %s", p.name, p.cmd.ProcessState)
}

// kill ends the process as a crash of the machine would, and waits until it is gone.
func (p *process) kill() error {
	p.mu.Lock()
	p.asked = true
	p.mu.Unlock()
	err := p.signal(syscall.SIGKILL)
	<-p.done
	return err
}

// terminate asks the process to end and waits for it. It is an error when that takes
// too long or the process says that something was left undone.
func (p *process) terminate() error {
	p.mu.Lock()
	p.asked = true
	p.mu.Unlock()
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-time.After(endsWithin):
		return errors.Join(fmt.Errorf("%s still ran %v after SIGTERM", p.name, endsWithin), p.kill())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with status %d after SIGTERM", p.name, code)
	}
	return nil
}

// self returns the command that runs this program as something else, as its
// environment says.
func self(name, dir string, env ...string) (command, error) {
	path, err := os.Executable()
	if err != nil {
		return command{}, err
	}
	return command{name: name, path: path, env: env, log: filepath.Join(dir, name+".log")}, nil
}
