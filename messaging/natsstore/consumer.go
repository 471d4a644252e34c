package natsstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// everyTenant stands for all tenants that have a consumer.
const everyTenant = "*"

// DefaultSlots is how many queued messages a worker has in hand at once: they are not
// waited for, so they take less of the worker than calls do.
const DefaultSlots = 64

// pollEvery is how often a worker looks for messages of which no hint came: those whose next try
// is due, those of a worker that died, those whose hint was lost.
const pollEvery = 2 * time.Second

// ConsumerOptions are the settings of a Consumer.
type ConsumerOptions struct {
	// Tenants are those whose messages are taken; "*" stands for all.
	Tenants []string
	// Slots is how many messages are worked on at once; 0 means DefaultSlots.
	Slots int
	// Logger gets what goes wrong; nil drops it.
	Logger *zap.Logger
}

// Consumer takes messages from the durable queue and has a Sender deliver them, a turn for
// each tenant. What fails for now is put back, until the message's life ends. Every end, and
// every putting back, is recorded as an event.
type Consumer struct {
	s      *Store
	sender messaging.Sender
	opts   ConsumerOptions
	logger *zap.Logger
	subs   []*nats.Subscription

	ctx      context.Context // parent of every Send; ends when Drain gives up
	stop     context.CancelCauseFunc
	closing  chan struct{}
	fetching sync.WaitGroup
	working  sync.WaitGroup
	drained  sync.Once
	drainErr error
	wake     chan struct{} // there is something to fetch, and a slot for it

	// What follows belongs to run.
	inbox  string
	pulls  uint64         // so many were made
	pulled chan *nats.Msg // messages, and answers that there are none

	mu   sync.Mutex
	free int
	due  map[string]bool // tenants that may have messages
	last string          // the tenant that was asked last
}

// NewConsumer begins to take messages. It returns at once, also while NATS is not connected.
func NewConsumer(s *Store, sender messaging.Sender, opts ConsumerOptions) (*Consumer, error) {
	if opts.Slots <= 0 {
		opts.Slots = DefaultSlots
	}
	if opts.Logger == nil {
		opts.Logger = zap.NewNop()
	}
	c := &Consumer{
		s: s, sender: sender, opts: opts, logger: opts.Logger,
		closing: make(chan struct{}), wake: make(chan struct{}, 1),
		free: opts.Slots, due: make(map[string]bool),
	}
	c.ctx, c.stop = context.WithCancelCause(context.Background())
	if err := c.subscribe(); err != nil {
		c.unsubscribe()
		return nil, fmt.Errorf("natsstore: %w", err)
	}
	c.fetching.Go(c.run)
	return c, nil
}

func (c *Consumer) subscribe() error {
	c.inbox = c.s.nc.NewInbox() + "."
	// Room for a pull and for what may come late of the one before.
	c.pulled = make(chan *nats.Msg, 2*c.opts.Slots+1)
	sub, err := c.s.nc.ChanSubscribe(c.inbox+"*", c.pulled)
	if err != nil {
		return err
	}
	c.subs = append(c.subs, sub)
	if sub, err = c.s.nc.Subscribe(hintSubject, c.hint); err == nil {
		c.subs = append(c.subs, sub)
	}
	return err
}

func (c *Consumer) unsubscribe() {
	for _, sub := range c.subs {
		_ = sub.Unsubscribe() // fails only when the connection is closed already
	}
}

// Drain takes nothing new, and returns when what is in hand has ended or was put back. When
// ctx ends first, what is still being sent is cut off and put back for other workers.
// A second call returns what the first did.
func (c *Consumer) Drain(ctx context.Context) error {
	c.drained.Do(func() { c.drainErr = c.drain(ctx) })
	return c.drainErr
}

func (c *Consumer) drain(ctx context.Context) error {
	close(c.closing)
	c.fetching.Wait()
	c.unsubscribe()
	c.handBackLate()
	idle := make(chan struct{})
	go func() {
		c.working.Wait()
		close(idle)
	}()
	defer c.stop(nil)
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	c.stop(errCutOff)
	select {
	case <-idle:
	case <-time.After(leaveWithin):
		return errors.New("natsstore: queued messages were left in hand; others take them up after half a minute")
	}
	return fmt.Errorf("natsstore: queued messages were cut off: %w", context.Cause(ctx))
}

var errCutOff = errors.New("the worker had to stop")

// leaveWithin is how long a message takes to be put back once its Sender was cut off, which
// returns shortly after its context has ended.
const leaveWithin = 3 * time.Second

// hint hears that there is a new message.
func (c *Consumer) hint(msg *nats.Msg) { c.expect(string(msg.Data)) }

// expect notes that a tenant may have messages.
func (c *Consumer) expect(tenant string) {
	if !messaging.ValidTenant(tenant) || !c.serves(tenant) {
		return
	}
	c.mu.Lock()
	c.due[tenant] = true
	ready := c.free > 0
	c.mu.Unlock()
	if ready {
		c.rouse()
	}
}

func (c *Consumer) serves(tenant string) bool {
	return slices.Contains(c.opts.Tenants, everyTenant) || slices.Contains(c.opts.Tenants, tenant)
}

func (c *Consumer) rouse() {
	select {
	case c.wake <- struct{}{}:
	default: // it is awake
	}
}

// run fetches messages until the Consumer drains.
func (c *Consumer) run() {
	ticker := time.NewTimer(0)
	defer ticker.Stop()
	for {
		select {
		case <-c.wake:
		case <-ticker.C:
			c.poll()
			ticker.Reset(pollEvery/2 + rand.N(pollEvery)) //nolint:gosec // no secret: so that workers don't look all together
		case <-c.closing:
			return
		}
		c.handBackLate()
		c.fetch()
	}
}

// poll looks whether the queue has anything, and if so asks for all tenants. One request
// tells of an empty queue.
func (c *Consumer) poll() {
	if c.freeSlots() == 0 || !c.s.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, pollEvery)
	defer cancel()
	asked := c.s.clock.now()
	queue, err := c.s.js.Stream(ctx, streamQueue)
	if err != nil {
		return // the Store says so
	}
	c.s.clock.learn(asked, c.s.clock.now(), queue.CachedInfo().TimeStamp)
	if queue.CachedInfo().State.Msgs == 0 {
		return
	}
	tenants := c.opts.Tenants
	if slices.Contains(tenants, everyTenant) {
		if tenants, err = c.everyone(ctx); err != nil {
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tenant := range tenants {
		c.due[tenant] = true
	}
}

// everyone returns the tenants that have a consumer.
func (c *Consumer) everyone(ctx context.Context) ([]string, error) {
	names, err := c.s.consumers(ctx, streamQueue)
	var tenants []string
	for _, name := range names {
		if tenant, ok := strings.CutPrefix(name, consumerPrefix); ok && messaging.ValidTenant(tenant) {
			tenants = append(tenants, tenant)
		}
	}
	return tenants, err
}

// fetch asks for one tenant after the other as long as there are free slots and tenants
// that may have messages.
func (c *Consumer) fetch() {
	for {
		tenant, quota := c.turn()
		if quota == 0 {
			return
		}
		got := c.pull(tenant, quota)
		c.release(quota - got)
		if got == quota {
			c.mu.Lock()
			c.due[tenant] = true // there may be more
			c.mu.Unlock()
		}
		select {
		case <-c.closing:
			return
		default:
		}
	}
}

// turn returns the tenant whose turn it is and takes slots for it: of the free ones its share, and
// at least one. It returns 0 when there is nothing to ask for.
func (c *Consumer) turn() (tenant string, quota int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free == 0 || len(c.due) == 0 {
		return "", 0
	}
	for candidate := range c.due {
		// The next one after the last, in the order of names, and round again.
		after, best := candidate > c.last, tenant > c.last
		if tenant == "" || after && !best || after == best && candidate < tenant {
			tenant = candidate
		}
	}
	quota = max(1, c.free/len(c.due))
	delete(c.due, tenant) // before asking: a hint that comes meanwhile counts
	c.last = tenant
	c.free -= quota
	return tenant, quota
}

func (c *Consumer) freeSlots() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.free
}

// release gives slots back.
func (c *Consumer) release(n int) {
	c.mu.Lock()
	c.free += n
	more := c.free > 0 && len(c.due) > 0
	c.mu.Unlock()
	if more {
		c.rouse()
	}
}
