package messagingtest

import (
	"context"
	"slices"
	"sync"

	"github.com/phonehook/phonehook/messaging"
)

// MemoryHistory is a messaging.Recorder and a messaging.History of one process, for
// tests. Events pass through their JSON, as kept ones do. The zero value is empty and
// ready. It is safe for concurrent use.
type MemoryHistory struct {
	mu     sync.Mutex
	events []messaging.Event
	broken bool
	// recorded is closed and replaced with every event.
	recorded chan struct{}
}

// Break has every read fail from now on, or work again.
func (h *MemoryHistory) Break(broken bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken = broken
}

// All returns every event, the oldest first.
func (h *MemoryHistory) All() []messaging.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events)
}

// Record implements messaging.Recorder.
func (h *MemoryHistory) Record(e messaging.Event) {
	data, err := messaging.EncodeEvent(e)
	if err != nil {
		panic(err) // only a test's own event has what JSON can't hold
	}
	if e, err = messaging.DecodeEvent(data); err != nil {
		panic(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
	if h.recorded != nil {
		close(h.recorded)
		h.recorded = nil
	}
}

// Events implements messaging.History.
func (h *MemoryHistory) Events(_ context.Context, tenant, id string) ([]messaging.Event, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken {
		return nil, away()
	}
	found := h.of(tenant, id)
	if len(found) == 0 {
		return nil, &messaging.Error{Code: messaging.CodeNotFound, Detail: "there is no such message"}
	}
	return found, nil
}

// ByNumber implements messaging.History.
func (h *MemoryHistory) ByNumber(_ context.Context, tenant, toHash string, limit int) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken {
		return nil, away()
	}
	var ids []string
	for _, e := range slices.Backward(h.events) {
		if len(ids) < limit && e.Tenant == tenant && e.ToHash == toHash && !slices.Contains(ids, e.ID) {
			ids = append(ids, e.ID)
		}
	}
	return ids, nil
}

// Await implements messaging.History.
func (h *MemoryHistory) Await(ctx context.Context, tenant, id string) (messaging.Event, error) {
	for {
		h.mu.Lock()
		found, broken := h.of(tenant, id), h.broken
		if h.recorded == nil {
			h.recorded = make(chan struct{})
		}
		recorded := h.recorded
		h.mu.Unlock()
		switch {
		case broken:
			return messaging.Event{}, away()
		case len(found) > 0:
			return found[len(found)-1], nil
		}
		select {
		case <-recorded:
		case <-ctx.Done():
			return messaging.Event{}, ctx.Err()
		}
	}
}

func (h *MemoryHistory) of(tenant, id string) []messaging.Event {
	var found []messaging.Event
	for _, e := range h.events {
		if e.Tenant == tenant && e.ID == id {
			found = append(found, e)
		}
	}
	return found
}
