package messaging

import "context"

// Hold confirms that a worker still has the message that it was given. A worker
// that was paused, or cut off, can be taken for dead, and its message given to another
// one; what it began before that can't be undone, but nothing new may begin.
//
// A Hold blocks for at most a round trip, and only where there is doubt. Its error is
// an *Error with CodeConflict, with which the work on the message ends.
type Hold func(ctx context.Context) error

type holdKey struct{}

// WithHold returns a context under which CheckHold asks hold.
func WithHold(ctx context.Context, hold Hold) context.Context {
	return context.WithValue(ctx, holdKey{}, hold)
}

// CheckHold asks the Hold of ctx, before every attempt, whether it may begin. Where
// there is none, as between a gateway and a worker in one test, it may.
func CheckHold(ctx context.Context) error {
	if hold, ok := ctx.Value(holdKey{}).(Hold); ok {
		return hold(ctx)
	}
	return nil
}
