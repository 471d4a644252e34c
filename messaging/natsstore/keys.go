package natsstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/sony/gobreaker/v2"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

const (
	// keysWithin bounds an operation on a key: every call waits for one, and a cluster
	// needs a few milliseconds.
	keysWithin = 100 * time.Millisecond
	// recentTTL is the longest life of keys in memory: those of repeated calls live some
	// seconds. They are lost with a server, or a majority of its cluster.
	recentTTL = time.Minute
	// After so many operations without an answer in a row the others don't wait for theirs,
	// until one in probeEvery has got an answer again.
	failuresInARow = 3
	probeEvery     = time.Second
	// rounds is how often an operation looks again when the key changes meanwhile, and
	// roundPause how long a key takes to get through a cluster.
	rounds     = 4
	roundPause = 3 * time.Millisecond
)

// keys is a messaging.Keys. Only a gateway has the permission to use it. Keys that live for long
// are values of a stream on disk, one a key; the others are recent's.
type keys struct {
	s       *Store
	breaker *gobreaker.CircuitBreaker[claimed] // of the keys on disk
	recent  *recent
}

var _ messaging.Keys = (*keys)(nil)

// claimed is what an operation returns: the claim that is there, and whether it is the
// caller's.
type claimed struct {
	claim messaging.Claim
	mine  bool
}

func newKeys(s *Store) *keys {
	return &keys{s: s, breaker: newBreaker(s, "long-lived"), recent: newRecent(s)}
}

// newBreaker returns what keeps operations on one kind of keys from waiting in vain.
func newBreaker(s *Store, kind string) *gobreaker.CircuitBreaker[claimed] {
	return gobreaker.NewCircuitBreaker[claimed](gobreaker.Settings{
		MaxRequests: 1,
		Timeout:     probeEvery,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresInARow },
		IsExcluded: func(err error) bool {
			// Neither was waited for: the caller left, or the server answered at once
			// that the stream isn't there.
			return errors.Is(err, errCallerLeft) || errors.Is(err, nats.ErrNoResponders)
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				s.logger.Warn("JetStream does not answer for idempotency keys in time", zap.String("keys", kind))
			} else if to == gobreaker.StateClosed {
				s.logger.Info("JetStream answers for idempotency keys again", zap.String("keys", kind))
			}
		},
	})
}

// subjectOf hashes the key, so that any text can be one and none can be read in the store.
func subjectOf(key string) string { return keysPrefix + digest(key) }

// A revision is that of the stream, and its last bit tells which: who releases a key has
// nothing else to tell it by.
func keyRevision(sequence uint64) uint64 { return sequence << 1 }

func split(revision uint64) (sequence uint64, recent bool) { return revision >> 1, revision&1 == 1 }

// digest returns 128 bits of a hash as hexadecimal digits: enough that no two of any number of
// keys ever share one.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// Claim implements messaging.Keys. A claim of the same message is the caller's own, so
// that it can be repeated after an error.
func (k *keys) Claim(ctx context.Context, key string, mine messaging.Claim, ttl time.Duration) (messaging.Claim, bool, error) {
	if ttl <= recentTTL {
		return k.recent.claim(ctx, key, 0, mine, ttl)
	}
	return k.within(ctx, k.breaker, func(until time.Time) (claimed, error) {
		return k.claim(ctx, subjectOf(key), 0, mine, ttl, until)
	})
}

// Replace implements messaging.Keys. A key whose time is over is claimed anew.
func (k *keys) Replace(ctx context.Context, key string, earlier, mine messaging.Claim, ttl time.Duration) (messaging.Claim, bool, error) {
	if ttl <= recentTTL {
		return k.recent.claim(ctx, key, earlier.Revision, mine, ttl)
	}
	return k.within(ctx, k.breaker, func(until time.Time) (claimed, error) {
		sequence, _ := split(earlier.Revision)
		return k.claim(ctx, subjectOf(key), sequence, mine, ttl, until)
	})
}

// Release implements messaging.Keys. The key is free at once, for there is no marker in its
// place.
func (k *keys) Release(ctx context.Context, key string, mine messaging.Claim) error {
	sequence, recent := split(mine.Revision)
	if recent {
		return k.recent.release(ctx, key, mine)
	}
	_, _, err := k.within(ctx, k.breaker, func(until time.Time) (claimed, error) {
		// A stream that was lost and made anew counts from one again, so the sequence
		// may be another key's by now.
		there, found, err := k.read(ctx, subjectOf(key), until)
		if err != nil || !found || there.Revision != mine.Revision || there.MessageID != mine.MessageID {
			return claimed{}, err
		}
		return claimed{}, k.s.api.remove(ctx, streamKeys, sequence, time.Until(until))
	})
	return err
}

// errCallerLeft is no failure of JetStream's.
var errCallerLeft = errors.New("the caller did not wait")

// within does an operation in the time that it has, unless JetStream is known not to answer.
func (k *keys) within(ctx context.Context, breaker *gobreaker.CircuitBreaker[claimed], do func(until time.Time) (claimed, error)) (messaging.Claim, bool, error) {
	if !k.s.nc.IsConnected() {
		return messaging.Claim{}, false, keysUnavailable(nats.ErrDisconnected)
	}
	got, err := breaker.Execute(func() (claimed, error) {
		got, err := do(time.Now().Add(keysWithin))
		if err != nil && errors.Is(ctx.Err(), context.Canceled) {
			err = errCallerLeft
		}
		return got, err
	})
	if errors.Is(err, nats.ErrNoResponders) {
		k.s.look() // the stream may have gone with a server's memory
	}
	if err != nil {
		return messaging.Claim{}, false, keysUnavailable(err)
	}
	return got.claim, got.mine, nil
}

func keysUnavailable(cause error) error {
	return &messaging.Error{
		Code: messaging.CodeUnavailable, RetryAfter: time.Second,
		Detail: "the memory for idempotency keys can't be reached", Cause: cause,
	}
}

// claim stores mine in the place of the given revision, or returns what is there.
func (k *keys) claim(ctx context.Context, subject string, sequence uint64, mine messaging.Claim, ttl time.Duration, until time.Time) (claimed, error) {
	body, err := json.Marshal(mine)
	if err != nil {
		return claimed{}, err
	}
	for range rounds {
		made, err := k.s.api.put(ctx, subject, body, sequence, ttl, time.Until(until))
		if err == nil {
			mine.Revision = keyRevision(made)
			return claimed{mine, true}, nil
		}
		if _, conflict := errors.AsType[changed](err); !conflict {
			return claimed{}, err
		}
		there, found, err := k.read(ctx, subject, until)
		if err != nil {
			return claimed{}, err
		}
		if found && there.Revision != keyRevision(sequence) {
			return claimed{there, there.MessageID == mine.MessageID && there.Deadline.Equal(mine.Deadline)}, nil
		}
		if !found {
			sequence = 0
		}
		// It went a moment ago, or another one is on its way through the cluster.
		if !sleep(ctx, roundPause) {
			return claimed{}, context.Cause(ctx)
		}
	}
	return claimed{}, errors.New("the key changes all the time")
}

// read returns the claim under a subject.
func (k *keys) read(ctx context.Context, subject string, until time.Time) (messaging.Claim, bool, error) {
	found, err := k.s.api.last(ctx, streamKeys, subject, time.Until(until))
	if errors.Is(err, errNothing) {
		return messaging.Claim{}, false, nil
	}
	if err != nil {
		return messaging.Claim{}, false, err
	}
	var claim messaging.Claim
	if json.Unmarshal(found.Data, &claim) != nil {
		return messaging.Claim{}, false, errors.New("the claim in the store can't be read")
	}
	claim.Revision = keyRevision(found.Sequence)
	return claim, true, nil
}

// sleep waits for d, and returns false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
