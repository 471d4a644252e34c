package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// noticePauses are the pauses after the tries of a notice: those that Standard Webhooks recommends
// (github.com/standard-webhooks/standard-webhooks, "Retry schedule"). After as many tries as there
// are pauses and one more, three days after the first, a notice becomes a dead letter.
var noticePauses = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

const (
	// courierSlots is how many notices a worker sends at once: to servers that answer in
	// 100 ms, 320 a second.
	courierSlots = 32
	// courierEvery is how often a worker looks for notices: so much later than its report
	// a notice comes at most, which nobody signs in with.
	courierEvery = time.Second
	// noticeWithin bounds one try: Standard Webhooks asks senders to wait for 15 to 30 s.
	noticeWithin = 15 * time.Second
)

// CourierOptions are the settings of a Courier.
type CourierOptions struct {
	// Tenants are those whose notices are sent; "*" stands for all but those in Except.
	Tenants []string
	Except  []string
	// Logger gets dead letters and what goes wrong; nil drops it.
	Logger *zap.Logger

	pauses []time.Duration // tests shorten them
}

// CourierStats counts what became of notices since the start.
type CourierStats struct {
	Sent   uint64 `json:"sent"`
	Failed uint64 `json:"failed"` // tries, each of which is made again
	Dead   uint64 `json:"dead"`
}

// Courier takes notices from their queue and has a Notifier send them.
type Courier struct {
	s        *Store
	notifier messaging.Notifier
	opts     CourierOptions
	logger   *zap.Logger

	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	slots   chan struct{}

	sent, failed, dead atomic.Uint64
}

// NewCourier begins to send. It returns at once, also while NATS is not connected.
func NewCourier(s *Store, notifier messaging.Notifier, opts CourierOptions) *Courier {
	if opts.Logger == nil {
		opts.Logger = zap.NewNop()
	}
	if opts.pauses == nil {
		opts.pauses = noticePauses
	}
	c := &Courier{s: s, notifier: notifier, opts: opts, logger: opts.Logger, slots: make(chan struct{}, courierSlots)}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.running.Go(c.run)
	return c
}

// Stats returns the counts so far.
func (c *Courier) Stats() CourierStats {
	return CourierStats{Sent: c.sent.Load(), Failed: c.failed.Load(), Dead: c.dead.Load()}
}

// Close cuts off what is being sent, which is sent again by another worker.
func (c *Courier) Close() {
	c.stop()
	c.running.Wait()
}

func (c *Courier) run() {
	for sleep(c.ctx, courierEvery/2+rand.N(courierEvery)) { //nolint:gosec // no secret: so that workers don't look all together
		if !c.s.nc.IsConnected() {
			continue
		}
		for _, tenant := range c.waiting() {
			c.fetch(tenant)
		}
	}
}

// waiting returns the tenants that may have notices, in any order. One request tells that nobody has.
func (c *Courier) waiting() []string {
	ctx, cancel := context.WithTimeout(c.ctx, manageWithin)
	defer cancel()
	notices, err := c.s.js.Stream(ctx, streamNotices)
	if err != nil || notices.CachedInfo().State.Msgs == 0 {
		return nil // the Store says what is wrong
	}
	tenants := slices.Clone(c.opts.Tenants)
	if slices.Contains(tenants, everyTenant) {
		names, err := c.s.consumers(ctx, streamNotices)
		if err != nil {
			return nil
		}
		for _, name := range names {
			tenants = append(tenants, strings.TrimPrefix(name, noticesPrefix))
		}
	}
	tenants = slices.DeleteFunc(tenants, func(name string) bool { return name == everyTenant || slices.Contains(c.opts.Except, name) })
	rand.Shuffle(len(tenants), func(i, j int) { tenants[i], tenants[j] = tenants[j], tenants[i] }) //nolint:gosec // fairness needs no secret
	return tenants
}

// fetch takes as many notices of a tenant as there are free slots.
func (c *Courier) fetch(tenant string) {
	free := cap(c.slots) - len(c.slots)
	if free == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, manageWithin)
	defer cancel()
	consumer, err := c.s.js.Consumer(ctx, streamNotices, noticesName(tenant))
	if err != nil {
		return // it is not there yet, or JetStream isn't
	}
	batch, err := consumer.FetchNoWait(free)
	if err != nil {
		return
	}
	for msg := range batch.Messages() {
		c.slots <- struct{}{}
		c.running.Go(func() {
			defer func() { <-c.slots }()
			c.deliver(msg)
		})
	}
}

// deliver makes one try.
func (c *Courier) deliver(msg jetstream.Msg) {
	var n messaging.Notice
	meta, err := msg.Metadata()
	if err != nil || json.Unmarshal(msg.Data(), &n) != nil {
		_ = msg.Term() // nobody can read it
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, noticeWithin)
	defer cancel()
	err = c.notifier.Notify(ctx, n)
	tries := int(min(meta.NumDelivered, 1<<16))
	switch {
	case err == nil:
		c.sent.Add(1)
		_ = msg.Ack() // what gets lost is sent again, under the same id
	case c.ctx.Err() != nil:
		_ = msg.Nak()
	case errors.Is(err, messaging.CodeRejected) || tries > len(c.opts.pauses):
		c.bury(msg, n, err, tries)
	default:
		c.failed.Add(1)
		pause := c.opts.pauses[tries-1]
		_ = msg.NakWithDelay(pause + rand.N(pause/10+1)) //nolint:gosec // no secret: so that not all come back together
	}
}

// bury keeps a notice among the dead letters, and takes it from the queue when it is there.
func (c *Courier) bury(msg jetstream.Msg, n messaging.Notice, reason error, tries int) {
	ctx, cancel := context.WithTimeout(c.ctx, reportWithin)
	defer cancel()
	_, err := c.s.api.store(ctx, &nats.Msg{Subject: deadPrefix + n.Tenant, Data: msg.Data(), Header: nats.Header{
		headerMsgID: {"dead." + n.ID}, "Phonehook-Reason": {messaging.AsError(reason).Detail},
	}}, storeWithin)
	if err != nil {
		_ = msg.NakWithDelay(time.Minute) // and it will be tried and buried again
		return
	}
	c.dead.Add(1)
	c.logger.Warn("a notice was given up", zap.String("tenant", n.Tenant), zap.String("notice", n.ID), zap.Int("tries", tries), zap.Error(reason))
	_ = msg.Ack()
}
