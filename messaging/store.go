package messaging

import (
	"context"
	"time"
)

// Recorder keeps events. Record never blocks and never fails: what can't be kept is
// dropped and counted, for no delivery may wait for its own record.
type Recorder interface {
	Record(e Event)
}

// History is what was recorded. Its errors are *Error: CodeNotFound where there is
// nothing, CodeUnavailable where it can't be read now.
type History interface {
	// Events returns all events of one tenant's message, the oldest first.
	Events(ctx context.Context, tenant, id string) ([]Event, error)
	// ByNumber returns the ids of a tenant's messages to the number with this
	// hash, the newest first, at most limit.
	ByNumber(ctx context.Context, tenant, toHash string, limit int) ([]string, error)
	// Await returns the event of the message's end: its outcome, or that it came
	// to the durable queue, or was cancelled. It waits for it until ctx ends, and
	// then returns ctx's error.
	Await(ctx context.Context, tenant, id string) (Event, error)
}

// Queue keeps messages that outlive their call until a worker has delivered them or
// their life ends.
type Queue interface {
	// Enqueue returns nil once m is stored, and else an *Error. With CodeUnavailable
	// nobody knows whether it is. Storing the same message twice stores it once.
	Enqueue(ctx context.Context, m Message) error
	// Cancel takes a message out of the queue and has its EventCancelled recorded. One
	// that is cancelled already is no error. The error is CodeConflict where a worker
	// has begun on it or it has ended, CodeNotFound where it was never there.
	Cancel(ctx context.Context, tenant, id string) error
}

// Claim says which message an idempotency key stands for.
type Claim struct {
	// MessageID is that of the first request with the key.
	MessageID string `json:"id"`
	// Fingerprint tells one request's body from another's; empty where the key
	// was made of the body itself.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Deadline is when the first request was answered at the latest. Nothing is
	// sent for it later, unless it came to the durable queue.
	Deadline time.Time `json:"deadline"`
	// Revision is set by Keys, for Keys.
	Revision uint64 `json:"-"`
}

// Keys is the memory for idempotency keys that all gateways share. Every method
// returns within a short time of its own, whatever its context allows; its errors are
// *Error with CodeUnavailable, after which nobody knows whether it was done.
type Keys interface {
	// Claim stores mine under the key for ttl and returns it with its revision and
	// true, or returns the claim that is there already and false. Where that one is of
	// the same message, true may be returned with it.
	Claim(ctx context.Context, key string, mine Claim, ttl time.Duration) (Claim, bool, error)
	// Replace puts mine in the place of earlier, if that is still there.
	Replace(ctx context.Context, key string, earlier, mine Claim, ttl time.Duration) (Claim, bool, error)
	// Release forgets the key, if mine is still there.
	Release(ctx context.Context, key string, mine Claim) error
}
