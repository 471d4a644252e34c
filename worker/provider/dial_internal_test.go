package provider

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// hung is a dialer to a host that never answers.
func hung(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

func TestConnectionsAreMadeSomeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var all sync.WaitGroup
		begun, most, now := 0, 0, 0
		dial := inTurn(func(context.Context, string, string) (net.Conn, error) {
			mu.Lock()
			begun, now = begun+1, now+1
			most = max(most, now)
			mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			now--
			return nil, errors.New("refused")
		})
		for range 4 * dialsAtOnce {
			all.Go(func() { _, _ = dial(t.Context(), "tcp", "192.0.2.1:443") })
		}
		all.Wait()
		if begun != 4*dialsAtOnce || most != dialsAtOnce || now != 0 {
			t.Errorf("%d began, at most %d at a time, and %d go on; want %d, %d and 0", begun, most, now, 4*dialsAtOnce, dialsAtOnce)
		}
	})
}

func TestWaitingForATurnHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		dial := inTurn(hung)
		for range dialsAtOnce {
			go func() { _, _ = dial(ctx, "tcp", "192.0.2.1:443") }()
		}
		synctest.Wait()
		begun := time.Now()
		if _, err := dial(ctx, "tcp", "192.0.2.1:443"); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != dialTimeout {
			t.Errorf("got %v after %v, want a timeout after %v", err, time.Since(begun), dialTimeout)
		}
		left := errors.New("the caller left")
		ctx2, leave := context.WithCancelCause(ctx)
		leave(left)
		if _, err := dial(ctx2, "tcp", "192.0.2.1:443"); !errors.Is(err, left) {
			t.Errorf("got %v, want %v", err, left)
		}
	})
}
