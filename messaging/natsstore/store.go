package natsstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// DefaultKeepEvents is how long events are kept where nothing else is set: what a person
// asks support about happened within the last days.
const DefaultKeepEvents = 10 * 24 * time.Hour

// Options are the settings of a Store; the zero value is that of a worker.
type Options struct {
	// Manage says that this process makes the streams, and changes those that are there
	// to these settings when it starts: a gateway. Without it a Store waits until they exist.
	Manage bool
	// Replicas is how many servers keep everything; 0 means 1.
	Replicas int
	// KeepEvents is for how long, and EventBytes how many bytes of events are kept at
	// most; the oldest go first. 0 means DefaultKeepEvents and 512 MiB.
	KeepEvents time.Duration
	EventBytes int64
	// Tenants are those whose consumers of the queue Manage ensures.
	Tenants []string
	// Source is put into events that name no worker, and is the name of a Consumer: a
	// worker's id. A gateway has none.
	Source string
	// NumberKey hashes numbers. Empty means a random one, which is made once and kept
	// in JetStream. Only who manages gets that.
	NumberKey messaging.NumberKey
	// Clock is time.Now where it is nil. Tests give another one.
	Clock func() time.Time
	// Logger gets the changes of state; nil drops them.
	Logger *zap.Logger

	ackWait time.Duration // tests shorten it
}

// Events are the events of all messages, to write and to read.
type Events interface {
	messaging.Recorder
	messaging.History
	// Dropped returns how many events were lost since the start, because JetStream could
	// not be reached for too long.
	Dropped() uint64
	// Pending returns how many events are recorded and not yet stored.
	Pending() int
}

// Store is this process's access to what JetStream keeps. It is safe for concurrent use.
type Store struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	api    *api
	opts   Options
	logger *zap.Logger
	clock  clock
	reader reader

	keys    *keys
	events  *events
	aliases *aliases
	queue   *queue

	ctx     context.Context // ends with Close
	stop    context.CancelFunc
	running sync.WaitGroup
	wake    chan struct{} // to look at once
	// adjusted says that everything was there, with these settings, once. It belongs to
	// the goroutine that looks.
	adjusted bool

	mu        sync.Mutex
	trouble   error
	numberKey messaging.NumberKey
}

// errNotLooked is the state of a Store that has just been opened.
var errNotLooked = errors.New("JetStream has not answered yet")

// Open returns at once, also while nc is not connected. What the Store needs is looked for, and
// made if that is its part, in the background, and again after each reconnect. The
// connection stays the caller's.
func Open(nc *nats.Conn, opts Options) (*Store, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("natsstore: %w", err)
	}
	s := &Store{
		nc: nc, js: js, opts: opts.withDefaults(),
		wake: make(chan struct{}, 1), trouble: errNotLooked, numberKey: opts.NumberKey,
	}
	s.logger = s.opts.Logger
	s.clock.now = s.opts.Clock
	if s.api, err = newAPI(nc); err != nil {
		return nil, fmt.Errorf("natsstore: %w", err)
	}
	s.keys, s.events, s.aliases, s.queue = newKeys(s), newEvents(s), newAliases(s), &queue{s}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.running.Go(s.run)
	s.running.Go(s.events.run)
	if s.opts.Manage {
		s.running.Go(s.keys.recent.run)
	} else {
		s.running.Go(s.aliases.run)
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	o.Replicas = max(1, o.Replicas)
	if o.KeepEvents == 0 {
		o.KeepEvents = DefaultKeepEvents
	}
	if o.EventBytes == 0 {
		o.EventBytes = defaultEventBytes
	}
	if o.Manage {
		o.Source = ""
	} else if o.Source == "" {
		o.Source = nuid.Next()
	}
	if o.ackWait == 0 {
		o.ackWait = defaultAckWait
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	return o
}

// Ready returns why JetStream can't be used now, and nil when it can. It may be some seconds
// behind.
func (s *Store) Ready() error {
	if !s.nc.IsConnected() {
		return errors.New("natsstore: NATS is not connected")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble != nil {
		return fmt.Errorf("natsstore: %w", s.trouble)
	}
	return nil
}

// NumberKey returns the key for the hashes of numbers, or nil while it is not known.
func (s *Store) NumberKey() messaging.NumberKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.numberKey
}

// Queue is the durable queue.
func (s *Store) Queue() messaging.Queue { return s.queue }

// Events are the events of all messages.
func (s *Store) Events() Events { return s.events }

// Reports keeps what providers report.
func (s *Store) Reports() messaging.Reports { return &reports{s} }

// Aliases is the memory for which messages providers' ids are of. Only a worker writes it, and in
// nats.conf only a worker may.
func (s *Store) Aliases() Aliases { return s.aliases }

// Keys is the memory for idempotency keys. In nats.conf only a gateway may use it.
func (s *Store) Keys() messaging.Keys { return s.keys }

// Close waits until the events recorded and the aliases kept so far are stored, or ctx ends, and
// then stops everything. The error says how many were lost. Consumers are to be drained before.
func (s *Store) Close(ctx context.Context) error {
	err := errors.Join(s.events.flush(ctx), s.aliases.flush(ctx))
	s.stop()
	s.running.Wait()
	s.reader.close()
	s.api.close()
	return err
}

// When to look whether everything is there. A change is noticed earlier, by a reconnect or
// by a request that nobody answers.
const (
	lookEvery   = 5 * time.Second
	lookFirst   = 50 * time.Millisecond // doubled after each failure, to lookEvery
	lookAtLeast = 50 * time.Millisecond // between two, whoever asks for it
)

// run keeps everything that this process needs in being.
func (s *Store) run() {
	changes := s.nc.StatusChanged()
	defer s.nc.RemoveStatusListener(changes)
	wait := lookFirst
	for {
		if s.nc.IsConnected() {
			err := s.ensure(s.ctx)
			if s.ctx.Err() != nil {
				return
			}
			s.setTrouble(err)
			wait = min(2*wait, lookEvery)
			if err == nil {
				wait = lookFirst
			}
		}
		if !s.pause(changes, wait) || !sleep(s.ctx, lookAtLeast) {
			return
		}
	}
}

// pause waits until it is time to look again. It returns false at the end.
func (s *Store) pause(changes <-chan nats.Status, wait time.Duration) bool {
	if s.Ready() == nil {
		wait = lookEvery
	}
	timer := time.NewTimer(wait/2 + rand.N(wait/2+1)) //nolint:gosec // no secret: so that processes don't look all together
	defer timer.Stop()
	for {
		select {
		case status, open := <-changes:
			if !open {
				changes = nil // the connection is closed for good
			} else if status == nats.CONNECTED {
				return true
			}
		case <-s.wake:
			return true
		case <-timer.C:
			return true
		case <-s.ctx.Done():
			return false
		}
	}
}

// look has run look at once.
func (s *Store) look() {
	select {
	case s.wake <- struct{}{}:
	default: // it will
	}
}

// setTrouble notes the state and logs it when it has changed.
func (s *Store) setTrouble(err error) {
	s.mu.Lock()
	before := s.trouble
	s.trouble = err
	s.mu.Unlock()
	switch {
	case err == nil && before != nil:
		s.logger.Info("JetStream has everything that is needed")
	case err != nil && (before == nil || before.Error() != err.Error()):
		s.logger.Warn("JetStream can't be used fully", zap.Error(err))
	}
}
