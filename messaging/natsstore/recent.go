package natsstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/sony/gobreaker/v2"

	"github.com/phonehook/phonehook/messaging"
)

// recent is the memory for keys that live no longer than recentTTL: a log of claims that all
// gateways write to and follow. Whoever follows it knows the living claims, so a key that is
// taken costs no message. A claim of another key is decided when it comes by in the log:
// the first one there wins, for everyone alike. Records of the calls of a moment travel
// together.
//
// A gateway that missed something of the log, or does not hear of it, decides nothing until it
// has read it from the beginning.
type recent struct {
	s       *Store
	breaker *gobreaker.CircuitBreaker[claimed]
	from    session
	wake    chan struct{} // to follow at once

	mu      sync.RWMutex
	current *following    // nil while it isn't known what is in the log
	ready   chan struct{} // closed while current is not nil
	trouble error         // why the log could not be read the last time

	batches struct {
		sync.Mutex
		serial uint64
		next   *batch            // is filled
		sent   map[uint64]*batch // under way, by serial
	}
	answers sync.Pool // of chan verdict with room for one
}

// batch is some records that travel as one message.
type batch struct {
	serial  uint64
	body    []byte
	answers []chan verdict // of the records, in their order
	sent    time.Time
}

var errNotFollowing = errors.New("the log of recent keys has not been read up to its end")

func newRecent(s *Store) *recent {
	r := &recent{s: s, breaker: newBreaker(s, "recent"), wake: make(chan struct{}, 1), ready: make(chan struct{})}
	_, _ = rand.Read(r.from[:]) // never fails
	r.batches.sent = make(map[uint64]*batch)
	r.answers.New = func() any { return make(chan verdict, 1) }
	return r
}

func hashOf(key string) keyHash {
	sum := sha256.Sum256([]byte(key))
	return keyHash(sum[:16])
}

// revisionOf returns the revision of a claim by its place in the log. The last bit says that
// it is in the log, see split.
func revisionOf(sequence uint64, index int) uint64 {
	return (sequence*batchLimit+uint64(index))<<1 | 1 //nolint:gosec // an index is less than batchLimit
}

// claim claims a key, in the place of the claim with the given revision if that isn't 0.
func (r *recent) claim(ctx context.Context, key string, earlier uint64, mine messaging.Claim, ttl time.Duration) (messaging.Claim, bool, error) {
	wanted, err := heldOf(mine)
	if err != nil {
		return messaging.Claim{}, false, keysUnavailable(err)
	}
	record := claimRecord{
		kind: kindClaim, key: hashOf(key), claim: wanted,
		life: max(ttl.Round(time.Millisecond), time.Millisecond),
	}
	there, taken, err := r.look(record.key)
	switch {
	case err != nil:
		return messaging.Claim{}, false, keysUnavailable(err)
	case earlier != 0:
		record.kind, record.revision = kindReplace, earlier
	case taken:
		return there.claim(), there.same(wanted), nil
	}
	return r.s.keys.within(ctx, r.breaker, func(until time.Time) (claimed, error) {
		got, err := r.decide(ctx, record, until)
		if err != nil {
			return claimed{}, err
		}
		if got.mine {
			mine.Revision = got.there.revision
			return claimed{mine, true}, nil
		}
		return claimed{got.there.claim(), false}, nil
	})
}

// release forgets a key, if it is still the claim's, and waits until that is done.
func (r *recent) release(ctx context.Context, key string, mine messaging.Claim) error {
	id, err := idOf(mine.MessageID)
	if err != nil {
		return keysUnavailable(err)
	}
	if _, _, err := r.look(hashOf(key)); err != nil {
		return keysUnavailable(err)
	}
	_, _, err = r.s.keys.within(ctx, r.breaker, func(until time.Time) (claimed, error) {
		_, err := r.decide(ctx, claimRecord{
			kind: kindRelease, key: hashOf(key), claim: held{id: id}, revision: mine.Revision,
		}, until)
		return claimed{}, err
	})
	return err
}

// clockError is how far the server's clock may be behind this process's idea of it. A claim that
// seems to have ended is left alone for so long: its successor would lose to it in the log,
// and who begins to read there would take the loser for the winner.
const clockError = 250 * time.Millisecond

// look returns the living claim of a key as far as this process has heard, or an error while it
// doesn't hear.
func (r *recent) look(key keyHash) (held, bool, error) {
	if !r.s.nc.IsConnected() {
		return held{}, false, nats.ErrDisconnected
	}
	now := r.s.clock.server().Add(-clockError).UnixNano()
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.current == nil {
		return held{}, false, errNotFollowing
	}
	t := r.current.table
	there, taken := t.alive(key, max(now, t.now))
	return there, taken, nil
}

// decide puts a record into the log and returns what became of it. After an error nobody
// knows whether it comes to be there.
func (r *recent) decide(ctx context.Context, record claimRecord, until time.Time) (verdict, error) {
	answer := r.answers.Get().(chan verdict)
	if err := r.send(r.add(record, answer)); err != nil {
		return verdict{}, err
	}
	timer := r.s.api.timer(time.Until(until))
	defer r.s.api.timers.Put(timer)
	defer timer.Stop()
	// An answer that is not waited for may come into the channel later, so that one is not
	// used again.
	select {
	case got := <-answer:
		r.answers.Put(answer)
		return got, nil
	case <-timer.C:
		_ = r.send(r.due(time.Now())) // whoever waits for that finds out
		return verdict{}, errNoAnswer
	case <-ctx.Done():
		return verdict{}, context.Cause(ctx)
	}
}

// add puts a record into the next batch, and returns that if it is to be sent at once.
func (r *recent) add(record claimRecord, answer chan verdict) *batch {
	b := &r.batches
	b.Lock()
	defer b.Unlock()
	if b.next == nil {
		b.serial++
		b.next = &batch{serial: b.serial}
		b.next.body = appendHeader(make([]byte, 0, headerSize+2+claimSize), r.from, b.serial)
	}
	b.next.body = appendRecord(b.next.body, record)
	b.next.answers = append(b.next.answers, answer)
	return r.dueLocked(time.Now())
}

// due returns the next batch if it is to be sent.
func (r *recent) due(now time.Time) *batch {
	r.batches.Lock()
	defer r.batches.Unlock()
	return r.dueLocked(now)
}

// dueLocked returns the next batch if it is full or no other is under way, which gathers as
// many records into one as come in during a round trip. A batch that nobody can be waiting for
// any more is not under way. Waiting for more than a round trip, 500 µs at 10,000 claims a
// second, made a claim no cheaper.
func (r *recent) dueLocked(now time.Time) *batch {
	b := &r.batches
	for serial, each := range b.sent {
		if now.Sub(each.sent) > keysWithin {
			delete(b.sent, serial)
		}
	}
	due := b.next
	if due == nil || len(b.sent) > 0 && len(due.answers) < batchLimit {
		return nil
	}
	due.sent, b.next = now, nil
	b.sent[due.serial] = due
	return due
}

// send publishes a batch, if there is one.
func (r *recent) send(b *batch) error {
	if b == nil {
		return nil
	}
	if !r.s.nc.IsConnected() {
		return nats.ErrDisconnected // or it would wait in the connection and be sent much later
	}
	return r.s.nc.Publish(subjectRecent, b.body)
}

// arrived takes a batch of this process's out of those under way.
func (r *recent) arrived(serial uint64) (came, next *batch) {
	r.batches.Lock()
	defer r.batches.Unlock()
	came = r.batches.sent[serial]
	delete(r.batches.sent, serial)
	return came, r.dueLocked(time.Now())
}
