package natsrpc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// Defaults of ServerOptions.
const (
	// DefaultSlots is how many messages a worker has in hand at once: at a
	// provider's usual 100 ms, 2,560 messages a second, and at 50 KiB or so
	// each, with its connection to the provider, some 13 MiB.
	DefaultSlots = 256
	// defaultQueueShare is the part of the slots that may wait in the worker
	// for one to become free: at most a quarter of a message's usual time.
	defaultQueueShare = 4
)

// ServerOptions are the settings of a Server.
type ServerOptions struct {
	// Tenants are those whose messages the worker takes; "*" stands for all.
	Tenants []string
	// Slots is how many messages are worked on at once; 0 means DefaultSlots.
	Slots int
	// Queue is how many more may wait for a slot; 0 means a quarter of Slots, and
	// a negative number none.
	Queue int
	// WorkerID names this worker. It is one subject token and differs between
	// workers; empty makes one up.
	WorkerID string
	// Version is what this worker reports of itself to `nats micro info`, which
	// shows a semantic version; anything else is shown as 0.0.0.
	Version string
	// Clock is the worker's clock where it is compared with a gateway's; nil means
	// time.Now. What only takes time is measured without it.
	Clock func() time.Time
	// Logger gets what goes wrong between the lines; nil drops it.
	Logger *zap.Logger
}

// Server takes offers from gateways and has a Sender work on them. Under the context
// of each Send there is a messaging.Hold. Its error has CodeConflict; a Sender which
// returns that says that it has certainly not sent the message.
type Server struct {
	nc     *nats.Conn
	sender messaging.Sender
	opts   ServerOptions
	subs   []*nats.Subscription // of offers
	side   []*nats.Subscription // of everything else
	stats  stats

	// ctx is the parent of every Send; it ends when Drain gives up.
	ctx  context.Context
	stop context.CancelCauseFunc

	mu       sync.Mutex
	draining bool
	busy     int
	queue    lanes[*offer]
	inHand   map[*offer]struct{} // busy and queued
	idle     chan struct{}       // closed when draining and nothing is in hand
	pace     pace
	recent   recent

	peers workers
	count atomic.Int64        // of workers, this one included
	pulse *gap                // of this process and its connection
	echo  atomic.Pointer[gap] // of this worker's own beats; nil until one was heard
	leave func()              // stops following the connection

	idlers   chan *offer    // to goroutines without work
	workers  sync.WaitGroup // all goroutines that work or idle
	beats    sync.WaitGroup
	closed   chan struct{} // when drained
	claims   *claims
	drained  sync.Once
	drainErr error
}

// stats counts for `nats micro stats`.
type stats struct {
	started  time.Time
	requests atomic.Int64
	errors   atomic.Int64
	nanos    atomic.Int64
}

// NewServer subscribes to the offers of opts.Tenants and begins to work on them.
// It returns at once, also while nc is not connected.
func NewServer(nc *nats.Conn, sender messaging.Sender, opts ServerOptions) (*Server, error) {
	opts = opts.withDefaults()
	s := &Server{
		nc: nc, sender: sender, opts: opts,
		idle: make(chan struct{}), closed: make(chan struct{}), idlers: make(chan *offer),
		inHand: make(map[*offer]struct{}), pulse: newGap(pulseLimit, time.Now()),
	}
	s.count.Store(1)
	s.stats.started = time.Now().UTC()
	s.ctx, s.stop = context.WithCancelCause(context.Background())
	if err := s.subscribe(); err != nil {
		s.unsubscribe()
		return nil, fmt.Errorf("natsrpc: %w", err)
	}
	s.beats.Go(s.beat)
	s.beats.Go(s.watch)
	return s, nil
}

func (o ServerOptions) withDefaults() ServerOptions {
	if o.Slots == 0 {
		o.Slots = DefaultSlots
	}
	if o.Queue == 0 {
		o.Queue = o.Slots / defaultQueueShare
	}
	if o.WorkerID == "" {
		o.WorkerID = nuid.Next()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	return o
}

func (s *Server) subscribe() error {
	var err error
	if s.claims, err = newClaims(s.nc, s.opts.WorkerID); err != nil {
		return err
	}
	if err := s.serveMicro(); err != nil {
		return err
	}
	s.leave = s.peers.start(s.nc, func() { s.resend(replyPrefix) })
	for subject, handle := range map[string]nats.MsgHandler{
		beatPrefix + "*":   s.hear,
		resendPrefix + "*": s.resendTo,
	} {
		sub, err := s.nc.Subscribe(subject, handle)
		if err != nil {
			return err
		}
		s.side = append(s.side, sub)
	}
	for _, tenant := range s.opts.Tenants {
		sub, err := s.nc.QueueSubscribe(deliverSubject(tenant), queueGroup, s.receive)
		if err != nil {
			return err
		}
		s.subs = append(s.subs, sub)
	}
	return nil
}

func (s *Server) unsubscribe() {
	if s.leave != nil {
		s.leave()
	}
	for _, sub := range append(s.subs, s.side...) {
		_ = sub.Unsubscribe() // fails only when the connection is closed already
	}
	if s.claims != nil {
		s.claims.close()
	}
}

// WorkerID is the name of this worker.
func (s *Server) WorkerID() string { return s.opts.WorkerID }

// Drain takes no new offers, hands back those that wait for a slot, and returns
// when the others are done and their outcomes have left. When ctx ends first, what
// is still being sent is cut off and reported as such. The connection stays open.
// A second call returns what the first did.
func (s *Server) Drain(ctx context.Context) error {
	s.drained.Do(func() { s.drainErr = s.drain(ctx) })
	return s.drainErr
}

func (s *Server) drain(ctx context.Context) error {
	for _, sub := range s.subs {
		_ = sub.Drain() // fails only when the connection is closed already
	}
	s.handBack()
	s.awaitDrained(ctx)
	err := s.finish(ctx)
	close(s.closed)
	s.beats.Wait()
	if err == nil {
		s.workers.Wait() // they are idle; one that was cut off may never return
	}
	if flushErr := s.flush(ctx); err == nil {
		err = flushErr
	}
	s.unsubscribe()
	s.stop(nil)
	return err
}

// handBack answers every waiting offer with busy, now and from now on.
func (s *Server) handBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	for _, o := range s.queue.clear() {
		delete(s.inHand, o)
		s.answer(o, answerBusy, reasonLeaving, nil)
	}
	if s.busy == 0 {
		close(s.idle)
	}
}

// awaitDrained waits until every offer that NATS had given us is answered. While
// the connection is down none comes, and no answer leaves.
func (s *Server) awaitDrained(ctx context.Context) {
	ticker := time.NewTicker(time.Millisecond) // a drained subscription sends no signal
	defer ticker.Stop()
	for _, sub := range s.subs {
		for sub.IsValid() && s.nc.IsConnected() {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
	}
}

// finish waits until nothing is in hand, or cuts it off when ctx ends.
func (s *Server) finish(ctx context.Context) error {
	select {
	case <-s.idle:
		return nil
	case <-ctx.Done():
	}
	s.stop(errors.New("the worker had to stop"))
	select {
	case <-s.idle:
	case <-time.After(time.Second): // a Sender returns shortly after its context ends
	}
	return fmt.Errorf("natsrpc: messages were cut off: %w", context.Cause(ctx))
}

// flush waits until everything published has reached the server.
func (s *Server) flush(ctx context.Context) error {
	if !s.nc.IsConnected() {
		return nil // nothing can leave; the gateways go on without this worker
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := s.nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("natsrpc: the last outcomes may not have left: %w", err)
	}
	return nil
}
