package dedupe

import (
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// Status says how far duplicates are seen now.
type Status struct {
	// Shared says whether the gateways see each other's keys. Where they do not,
	// each still sees its own.
	Shared bool `json:"shared"`
	// Since is when that changed last; zero where it never did.
	Since time.Time `json:"since,omitzero"`
	// Failures counts the times that the shared memory could not be used.
	Failures uint64 `json:"failures"`
	// Remembered is how many keys this process has in its own memory.
	Remembered int `json:"remembered"`
}

// Status returns how things are now.
func (d *Deduper) Status() Status {
	s := d.sharing.status()
	s.Shared = s.Shared && d.keys != nil
	s.Remembered = d.memory.len()
	return s
}

// sharing watches whether the shared memory answers, and says when that changes.
type sharing struct {
	log      *zap.Logger
	failures atomic.Uint64
	degraded atomic.Bool

	mu    sync.Mutex
	since time.Time
}

// note takes the result of using the shared memory.
func (s *sharing) note(err error) {
	if err != nil {
		s.failures.Add(1)
	}
	if s.degraded.Load() == (err != nil) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.degraded.CompareAndSwap(err == nil, err != nil) {
		return
	}
	s.since = time.Now()
	if err != nil {
		s.log.Warn("duplicates are seen within this process alone", zap.Error(err))
		return
	}
	s.log.Info("duplicates are seen across gateways again")
}

func (s *sharing) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Status{Shared: !s.degraded.Load(), Since: s.since, Failures: s.failures.Load()}
}
