package dedupe

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// numbered returns a request with a key of its own.
func numbered(n int, window time.Duration) Request {
	now := time.Now()
	req := Request{Tenant: "acme", MessageID: "id", Window: window, ReceivedAt: now, Deadline: now.Add(time.Minute)}
	binary.BigEndian.PutUint64(req.Key[:], uint64(n)) //nolint:gosec // never negative
	return req
}

func sent(_ context.Context, id string) (messaging.Event, error) {
	return messaging.Event{ID: id, Code: messaging.CodeSent}, nil
}

func TestMemoryIsBounded(t *testing.T) {
	const limit = 100
	d := New(Options{Logger: zap.NewNop()})
	d.memory = newMemory(limit)
	for i := range 10 {
		d.Do(t.Context(), numbered(i, 24*time.Hour), sent)
	}
	for i := range 50 * limit {
		d.Do(t.Context(), numbered(1000+i, time.Minute), sent)
	}
	if n := d.memory.len(); n != limit {
		t.Errorf("%d keys are remembered", n)
	}
	if out := d.Do(t.Context(), numbered(0, 24*time.Hour), sent); !out.Replayed {
		t.Error("a flood of one window pushed another one's keys out")
	}
	if out := d.Do(t.Context(), numbered(1000+50*limit-1, time.Minute), sent); !out.Replayed {
		t.Error("the newest key is forgotten")
	}
	if out := d.Do(t.Context(), numbered(1000, time.Minute), sent); out.Replayed {
		t.Error("the oldest key is still there")
	}
	for _, l := range d.memory.lines {
		if len(l.entries) > 2*limit {
			t.Errorf("a line of %d has %d places", l.len(), len(l.entries))
		}
	}
}

func TestExpiredKeysAreForgotten(t *testing.T) {
	d := New(Options{Logger: zap.NewNop()})
	for i := range 100 {
		d.Do(t.Context(), numbered(i, time.Millisecond), sent)
	}
	time.Sleep(2 * time.Millisecond)
	d.Do(t.Context(), numbered(1000, time.Hour), sent)
	for i := range 2 {
		d.Do(t.Context(), numbered(2000+i, time.Millisecond), sent)
		time.Sleep(2 * time.Millisecond)
	}
	if n := d.memory.len(); n > 2 {
		t.Errorf("%d keys are remembered", n)
	}
}

// BenchmarkInMemory is what every call pays in the process's own memory: a key of its
// own, and the entry that it leaves.
func BenchmarkInMemory(b *testing.B) {
	secret := Secret("0123456789abcdef")
	m := messaging.Message{Tenant: "acme", To: "+18085555555", Channel: messaging.SMS, Code: "000000"}
	b.Run("key", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			secret.NaturalKey(m)
		}
	})
	b.Run("first", func(b *testing.B) {
		d := New(Options{Logger: zap.NewNop()})
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			d.Do(b.Context(), numbered(i, time.Minute), sent)
		}
	})
	b.Run("duplicate", func(b *testing.B) {
		d := New(Options{Logger: zap.NewNop()})
		b.ReportAllocs()
		for b.Loop() {
			d.Do(b.Context(), numbered(0, time.Hour), sent)
		}
	})
}
