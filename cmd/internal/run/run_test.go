package run_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/phonehook/phonehook/cmd/internal/run"
)

func TestStatusTellsWhetherItFailed(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		status int
		said   string
	}{
		"success": {nil, 0, ""},
		"failure": {errors.New("worker: no such thing"), 1, "worker: no such thing\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			status := run.Main(&said, func(context.Context) error { return tt.err })
			if status != tt.status || said.String() != tt.said {
				t.Errorf("got %d and %q", status, &said)
			}
		})
	}
}

func TestSignalEndsTheContext(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			status := run.Main(os.Stderr, func(ctx context.Context) error {
				if err := syscall.Kill(os.Getpid(), sig); err != nil {
					return err
				}
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(20 * time.Second):
					return errors.New("the context goes on")
				}
			})
			if status != 0 {
				t.Errorf("got status %d", status)
			}
		})
	}
}

func TestVersionIsKnown(t *testing.T) {
	if run.Version() == "" {
		t.Error("it is empty")
	}
}
