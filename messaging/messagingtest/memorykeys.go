package messagingtest

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// MemoryKeys are messaging.Keys of one process, for tests. The zero value is empty and
// ready. They are safe for concurrent use.
type MemoryKeys struct {
	mu       sync.Mutex
	keys     map[string]memoryKey
	revision uint64
	broken   bool
	claims   map[string]int
}

type memoryKey struct {
	claim   messaging.Claim
	expires time.Time
}

// Break has every method fail from now on, or work again.
func (k *MemoryKeys) Break(broken bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.broken = broken
}

// Claims returns how often each key was claimed, with or without success.
func (k *MemoryKeys) Claims() map[string]int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.claims)
}

// Len returns how many keys are kept now.
func (k *MemoryKeys) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	for key := range k.keys {
		if _, there := k.live(key); there {
			n++
		}
	}
	return n
}

// Claim implements messaging.Keys. A claim of the same message counts as the caller's own,
// as where a claim is repeated after an error.
func (k *MemoryKeys) Claim(_ context.Context, key string, mine messaging.Claim, ttl time.Duration) (messaging.Claim, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken {
		return messaging.Claim{}, false, away()
	}
	if k.claims == nil {
		k.claims = map[string]int{}
	}
	k.claims[key]++
	if there, ok := k.live(key); ok {
		return there, there.MessageID == mine.MessageID, nil
	}
	return k.put(key, mine, ttl), true, nil
}

// Replace implements messaging.Keys. A key whose time is over is claimed anew.
func (k *MemoryKeys) Replace(_ context.Context, key string, earlier, mine messaging.Claim, ttl time.Duration) (messaging.Claim, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken {
		return messaging.Claim{}, false, away()
	}
	if there, ok := k.live(key); ok && there.Revision != earlier.Revision {
		return there, there.MessageID == mine.MessageID, nil
	}
	return k.put(key, mine, ttl), true, nil
}

// Release implements messaging.Keys.
func (k *MemoryKeys) Release(_ context.Context, key string, mine messaging.Claim) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken {
		return away()
	}
	if there, ok := k.live(key); ok && there.Revision == mine.Revision {
		delete(k.keys, key)
	}
	return nil
}

func (k *MemoryKeys) live(key string) (messaging.Claim, bool) {
	there, ok := k.keys[key]
	if !ok || !time.Now().Before(there.expires) {
		return messaging.Claim{}, false
	}
	return there.claim, true
}

func (k *MemoryKeys) put(key string, mine messaging.Claim, ttl time.Duration) messaging.Claim {
	if k.keys == nil {
		k.keys = map[string]memoryKey{}
	}
	k.revision++
	mine.Revision = k.revision
	k.keys[key] = memoryKey{mine, time.Now().Add(ttl)}
	return mine
}

func away() error {
	return &messaging.Error{Code: messaging.CodeUnavailable, Detail: "the memory is broken"}
}
