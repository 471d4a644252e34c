package messaging

import (
	"context"
	"encoding/json"
	"time"
)

// Notice is something that a tenant's own server is to be told.
type Notice struct {
	// ID is the same for the same fact, however often it is reported: the receiver tells
	// repetitions by it.
	ID     string `json:"id"`
	Tenant string `json:"tenant"`
	// Body is the JSON to be sent.
	Body json.RawMessage `json:"body"`
	// At is when it came up.
	At time.Time `json:"at"`
}

// Reports keep what providers report. The methods return nil once it is stored for good, however
// often they were called with the same, and else an *Error with CodeUnavailable: then nobody knows,
// and whoever reported it should do so again. They wait for at most some seconds.
type Reports interface {
	// Report stores an EventReport among the message's events.
	Report(ctx context.Context, e Event) error
	// Notify puts a notice into the durable queue of those to be sent.
	Notify(ctx context.Context, n Notice) error
}

// Notifier sends one notice, once. A nil error says that it was taken. An *Error with CodeRejected
// says that no repetition would help; after any other it is tried again later.
type Notifier interface {
	Notify(ctx context.Context, n Notice) error
}
