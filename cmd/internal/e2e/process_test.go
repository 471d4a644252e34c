package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is one that the test has started.
type process struct {
	t       *testing.T
	name    string
	command *exec.Cmd
	done    chan struct{}
	err     error

	mu     sync.Mutex
	output bytes.Buffer
}

// Write takes what the process writes to both of its outputs.
func (p *process) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.Write(data)
}

// text is all that the process has written so far.
func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// start starts a program, with its temporary files in a folder of the test. It is
// killed at the end of the test if it still runs then.
func start(t *testing.T, name, path string, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, done: make(chan struct{})}
	p.command = exec.Command(path, args...) //nolint:noctx,gosec // it is stopped below, and the test says what it is
	p.command.Env = append(append(os.Environ(), "TMPDIR="+t.TempDir()), env...)
	p.command.Stdout, p.command.Stderr = p, p
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.err = p.command.Wait()
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		<-p.done
		if t.Failed() {
			t.Logf("%s wrote:\n%s", name, p.text())
		}
	})
	return p
}

// program starts one of phonehook's programs.
func program(t *testing.T, name string, args ...string) *process {
	t.Helper()
	return start(t, name, filepath.Join(programs, name), nil, args...)
}

// awaits waits until the process has written something that matches pattern, and
// returns its groups.
func (p *process) awaits(pattern string) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if found := re.FindStringSubmatch(p.text()); found != nil {
			return found
		}
		select {
		case <-p.done:
			p.t.Fatalf("%s has ended: %v", p.name, p.err)
		default:
		}
	}
	p.t.Fatalf("%s never wrote %s", p.name, pattern)
	return nil
}

// signal sends a signal to the process, if it still runs.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.command.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("signal %s: %v", p.name, err)
	}
}

// kill ends the process as a crash would.
func (p *process) kill() {
	p.t.Helper()
	p.signal(syscall.SIGKILL)
	p.ended()
}

// ended waits for the process to end by itself and returns its exit status.
func (p *process) ended() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Fatalf("%s does not end", p.name)
	}
	return p.command.ProcessState.ExitCode()
}
