package natsrpc

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/phonehook/phonehook/messaging"
)

// ClientOptions are the settings of a Client; the zero value is fine.
type ClientOptions struct {
	// ID names this gateway in the subjects of answers. It is one subject token and
	// differs between gateways; empty makes one up.
	ID string
}

// Client offers messages to workers and waits for their outcomes. It implements
// messaging.Sender.
type Client struct {
	nc      *nats.Conn
	id      string
	inbox   string
	subs    []*nats.Subscription
	workers workers
	unwatch func()
	closed  chan struct{}
	closing sync.Once

	room   room
	calls  sync.Map // of uint64 to *call
	serial atomic.Uint64
	// deserted holds the tenants whose offers find no worker at all, of string to
	// the time.Time at which that began.
	deserted sync.Map
}

var (
	_ messaging.Sender    = (*Client)(nil)
	_ messaging.Callbacks = (*Client)(nil)
	_ messaging.Feedbacks = (*Client)(nil)
)

// NewClient subscribes to answers on nc, once for all calls, and returns at once,
// also while nc is not connected.
func NewClient(nc *nats.Conn, opts ClientOptions) (*Client, error) {
	if opts.ID == "" {
		opts.ID = nuid.Next()
	}
	c := &Client{nc: nc, id: opts.ID, inbox: replyPrefix + opts.ID + ".", closed: make(chan struct{})}
	c.workers.pulse = newGap(pauseLimit, time.Now())
	go c.workers.watch(c.closed)
	c.unwatch = c.workers.start(nc, c.reconnected)
	for subject, handle := range map[string]nats.MsgHandler{
		c.inbox + ">":    c.receive,
		beatPrefix + "*": func(msg *nats.Msg) { c.workers.beat(msg) },
	} {
		sub, err := nc.Subscribe(subject, handle)
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("natsrpc: subscribe to %s: %w", subject, err)
		}
		c.subs = append(c.subs, sub)
	}
	return c, nil
}

// Close ends the subscriptions. Calls still waiting hear nothing more, so it
// belongs after the last one has returned.
func (c *Client) Close() {
	c.closing.Do(func() { close(c.closed) })
	c.unwatch()
	c.room.close()
	for _, sub := range c.subs {
		_ = sub.Unsubscribe() // fails only when the connection is closed already
	}
}

// reconnected has the workers say again what may have been lost with the connection.
func (c *Client) reconnected() {
	c.askResend()
	time.AfterFunc(resendAgain, c.askResend)
}

func (c *Client) askResend() {
	if c.nc.IsConnected() { // else there will be another time
		_ = c.nc.PublishMsg(newResend(c.id)) // what fails is made up for by offering again
	}
}

// Send implements messaging.Sender. It offers m until a worker has taken it and
// told the outcome, or ctx ends, or it is clear that nobody is there to take it. When
// the workers are full it waits for its turn, or returns CodeUnavailable at once
// when that would come too late.
func (c *Client) Send(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return messaging.Receipt{}, &messaging.Error{Code: messaging.CodeInternal, Detail: "the call has no deadline"}
	}
	if err := m.Validate(); err != nil {
		return messaging.Receipt{}, err
	}
	a := newCall(m.Tenant, deadline)
	if err := c.room.enter(ctx, &a.ticket); err != nil {
		return messaging.Receipt{}, roomError(a, err)
	}
	told := false
	defer func() { c.room.leave(&a.ticket, told) }()
	body, err := messaging.EncodeMessage(m)
	if err != nil {
		return messaging.Receipt{}, err
	}
	serial := c.serial.Add(1)
	c.calls.Store(serial, a)
	defer c.calls.Delete(serial)
	done, err := c.deliver(ctx, a, m, body, serial)
	if err != nil {
		return messaging.Receipt{}, a.judge(err)
	}
	told = true
	return done.receipt, done.err
}

// receive takes every answer to every call of this client.
func (c *Client) receive(msg *nats.Msg) {
	serial, try, ok := readReplySubject(c.inbox, msg.Subject)
	if !ok {
		return
	}
	worker, answer := msg.Header.Get(headerWorker), msg.Header.Get(headerAnswer)
	found, ok := c.calls.Load(serial)
	if !ok {
		if answer == answerClaim {
			c.answerClaim(msg, 0) // the call is over: do not begin
		}
		return
	}
	a := found.(*call)
	if isNoResponders(msg) {
		c.deserted.LoadOrStore(a.tenant, time.Now())
		a.returned(try)
		return
	}
	c.deserted.Delete(a.tenant)
	switch answer {
	case answerBusy:
		a.busy(worker, try, msg.Header.Get(headerReason) == reasonFull)
	case answerAccepted:
		a.accepted(worker, try)
		c.workers.heard(worker)
	case answerClaim:
		c.workers.heard(worker)
		c.answerClaim(msg, a.claim(worker, try))
	case answerOutcome:
		receipt, err := messaging.DecodeOutcome(msg.Data)
		a.outcome(worker, try, &result{receipt, err})
	}
}

// answerClaim grants a claim for as long as left, or refuses it when that is
// nothing.
func (c *Client) answerClaim(msg *nats.Msg, left time.Duration) {
	if msg.Reply != "" {
		_ = c.nc.PublishMsg(newGrant(msg.Reply, left)) // without an answer the worker does not begin
	}
}
