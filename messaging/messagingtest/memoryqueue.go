package messagingtest

import (
	"context"
	"sync"

	"github.com/phonehook/phonehook/messaging"
)

// MemoryQueue is a messaging.Queue of one process, for tests. The zero value is empty
// and ready. It is safe for concurrent use.
type MemoryQueue struct {
	// Recorder is told what was cancelled; nil tells nobody.
	Recorder messaging.Recorder

	mu       sync.Mutex
	messages []messaging.Message
	// gone has what was taken, as false, and what was cancelled, as true.
	gone   map[string]bool
	broken bool
}

// Break has every method fail from now on, or work again.
func (q *MemoryQueue) Break(broken bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.broken = broken
}

// Take removes the oldest message, as a worker that begins on it does.
func (q *MemoryQueue) Take() (messaging.Message, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.messages) == 0 {
		return messaging.Message{}, false
	}
	return q.remove(0, false), true
}

// Len returns how many messages wait.
func (q *MemoryQueue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages)
}

// Enqueue implements messaging.Queue.
func (q *MemoryQueue) Enqueue(_ context.Context, m messaging.Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.broken {
		return away()
	}
	for _, there := range q.messages {
		if there.ID == m.ID {
			return nil
		}
	}
	if _, gone := q.gone[m.Tenant+" "+m.ID]; !gone {
		q.messages = append(q.messages, m)
	}
	return nil
}

// Cancel implements messaging.Queue.
func (q *MemoryQueue) Cancel(_ context.Context, tenant, id string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.broken {
		return away()
	}
	for i, m := range q.messages {
		if m.Tenant == tenant && m.ID == id {
			e := messaging.EventOf(q.remove(i, true), messaging.Receipt{}, messaging.CodeCancelled)
			e.Type = messaging.EventCancelled
			if q.Recorder != nil {
				q.Recorder.Record(e)
			}
			return nil
		}
	}
	switch cancelled, gone := q.gone[tenant+" "+id]; {
	case cancelled:
		return nil
	case gone:
		return &messaging.Error{Code: messaging.CodeConflict, Detail: "the message is no longer in the queue"}
	}
	return &messaging.Error{Code: messaging.CodeNotFound, Detail: "the message was never in the queue"}
}

func (q *MemoryQueue) remove(i int, cancelled bool) messaging.Message {
	if q.gone == nil {
		q.gone = map[string]bool{}
	}
	m := q.messages[i]
	q.gone[m.Tenant+" "+m.ID] = cancelled
	q.messages = append(q.messages[:i], q.messages[i+1:]...)
	return m
}
