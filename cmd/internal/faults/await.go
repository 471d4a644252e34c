package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errNever, in what await asks, says that waiting is of no use.
var errNever = errors.New("it never will be")

// askEvery is the pause between two questions of await: short beside everything that
// is waited for.
const askEvery = 10 * time.Millisecond

// await asks until the answer is nil, for at most the time given.
func await(ctx context.Context, what string, within time.Duration, ask func() error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		if errors.Is(err, errNever) {
			return fmt.Errorf("waiting until %s: %w", what, err)
		}
		if !rest(ctx, askEvery) {
			return fmt.Errorf("waiting until %s: %w; last: %w", what, context.Cause(ctx), err)
		}
	}
}

// rest returns true after d, or false when ctx ended first.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
