package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

const (
	// readyWait bounds a subject's start, which takes well under a second.
	readyWait = 30 * time.Second
	// exitWait bounds its end: longer than the gateway's limit of 9 s for a call
	// that may still be under way. A process that is still there is killed.
	exitWait = 12 * time.Second
)

// child is a subject's process.
type child struct {
	name      string
	generator *generator
	command   *exec.Cmd
	questions *json.Encoder
	answers   *json.Decoder
	cancel    context.CancelFunc
}

// startChild starts command, which runs Serve, and waits until it is ready. The
// process ends when stop is called or ctx ends, whichever is first.
func startChild(ctx context.Context, name string, command func(ctx context.Context, subject string) *exec.Cmd) (*child, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &child{name: name, command: command(ctx, name), cancel: cancel}
	endpoint, err := c.start()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("bench: start the %s: %w", name, err)
	}
	if c.generator, err = newGenerator(endpoint); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return c, nil
}

func (c *child) start() (Endpoint, error) {
	in, err := c.command.StdinPipe()
	if err != nil {
		return Endpoint{}, err
	}
	out, err := c.command.StdoutPipe()
	if err != nil {
		return Endpoint{}, err
	}
	c.questions, c.answers = json.NewEncoder(in), json.NewDecoder(out)
	c.command.WaitDelay = exitWait
	c.command.Cancel = func() error {
		// The end of its input asks the process to finish. ErrProcessDone makes
		// Wait report the process's own exit instead of our asking.
		_ = in.Close()
		return os.ErrProcessDone
	}
	if err := c.command.Start(); err != nil {
		return Endpoint{}, err
	}
	late := time.AfterFunc(readyWait, c.cancel)
	defer late.Stop()
	var endpoint Endpoint
	if err := c.answers.Decode(&endpoint); err != nil {
		return Endpoint{}, errors.Join(fmt.Errorf("it never became ready: %w", err), c.stop())
	}
	return endpoint, nil
}

// usage asks the process what it has used so far.
func (c *child) usage() (Usage, error) {
	if err := c.questions.Encode(struct{}{}); err != nil {
		return Usage{}, fmt.Errorf("bench: ask the %s: %w", c.name, err)
	}
	var u Usage
	err := c.answers.Decode(&u)
	if errors.Is(err, io.EOF) {
		err = errors.New("its process is gone")
	}
	if err != nil {
		return Usage{}, fmt.Errorf("bench: ask the %s: %w", c.name, err)
	}
	return u, nil
}

// stop ends the process and waits for it. Only the first call does anything.
func (c *child) stop() error {
	c.cancel()
	if c.command.ProcessState != nil {
		return nil
	}
	if err := c.command.Wait(); err != nil {
		return fmt.Errorf("bench: the %s ended badly: %w", c.name, err)
	}
	return nil
}
