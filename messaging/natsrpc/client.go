package natsrpc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/phonehook/phonehook/messaging"
)

// How long a call bears that nobody can take its message. Both are counted from
// when the trouble began, not from the call, so that in a long outage calls are
// answered at once.
const (
	// withoutWorkers covers the restart of a worker that is the only one.
	withoutWorkers = 2 * time.Second
	// withoutNATS covers the restart of a server that is the only one, which
	// may first have to recover its store.
	withoutNATS = 4 * time.Second
)

// The waits before a message is offered again: doubled from the first to the
// last, each one shortened by up to half at random, so that calls which were
// refused together do not come back together.
const (
	firstBackoff = 10 * time.Millisecond
	lastBackoff  = 250 * time.Millisecond
)

// ClientOptions are the settings of a Client; the zero value is fine.
type ClientOptions struct {
	// ID names this gateway in reply subjects. It is one subject token and
	// differs between gateways; empty makes one up.
	ID string
}

// Client offers messages to workers and waits for their outcomes. It implements
// messaging.Sender.
type Client struct {
	nc      *nats.Conn
	inbox   string
	subs    []*nats.Subscription
	workers workers
	unwatch func()

	calls  sync.Map // of uint64 to *call
	serial atomic.Uint64
	// deserted holds the tenants whose offers find no worker at all, of string to
	// the time.Time at which that began.
	deserted sync.Map
}

var _ messaging.Sender = (*Client)(nil)

// NewClient subscribes to answers on nc, once for all calls, and returns at once,
// also while nc is not connected.
func NewClient(nc *nats.Conn, opts ClientOptions) (*Client, error) {
	if opts.ID == "" {
		opts.ID = nuid.Next()
	}
	c := &Client{nc: nc, inbox: replyPrefix + opts.ID + "."}
	c.unwatch = c.workers.start(nc)
	for subject, handle := range map[string]nats.MsgHandler{
		c.inbox + ">":    c.receive,
		beatPrefix + "*": c.workers.beat,
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
	c.unwatch()
	for _, sub := range c.subs {
		_ = sub.Unsubscribe() // fails only when the connection is closed already
	}
}

// Workers returns how many workers have been heard within the last two seconds.
func (c *Client) Workers() int { return c.workers.count() }

// Send implements messaging.Sender. It offers m until a worker has taken it and
// told the outcome, or ctx ends, or it is clear that nobody is there to take it.
func (c *Client) Send(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return messaging.Receipt{}, &messaging.Error{Code: messaging.CodeInternal, Detail: "the call has no deadline"}
	}
	if err := m.Validate(); err != nil {
		return messaging.Receipt{}, err
	}
	body, err := messaging.EncodeMessage(m)
	if err != nil {
		return messaging.Receipt{}, err
	}
	serial := c.serial.Add(1)
	a := newCall(m.Tenant, deadline)
	c.calls.Store(serial, a)
	defer c.calls.Delete(serial)

	backoff := firstBackoff
	for {
		switch err := c.offer(a, m, body, serial); {
		case err == nil:
			if done := c.await(ctx, a); done != nil {
				return done.receipt, done.err
			}
		case errors.Is(err, nats.ErrMaxPayload):
			return messaging.Receipt{}, &messaging.Error{
				Code: messaging.CodeTooLarge, Detail: "the message is larger than NATS is configured to take", Cause: err,
			}
		}
		if err := c.hopeless(a); err != nil {
			return messaging.Receipt{}, a.judge(err)
		}
		if !sleep(ctx, backoff) {
			return messaging.Receipt{}, a.judge(timeOver(a))
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// offer publishes the next offer of the call's message.
func (c *Client) offer(a *call, m messaging.Message, body []byte, serial uint64) error {
	if !c.nc.IsConnected() {
		return nats.ErrDisconnected // nothing is queued in the connection
	}
	now := time.Now()
	timeout := a.deadline.Sub(now) - keepBack
	if timeout < keepBack {
		return context.DeadlineExceeded // no worker could do anything in it
	}
	try := a.nextTry()
	err := c.nc.PublishMsg(newOffer(m, body, replySubject(c.inbox, serial, try), try, now, timeout))
	if err != nil {
		a.returned(try)
	}
	return err
}

// await waits for the end of the current try. It returns the outcome, or nil when
// the message is to be offered again.
func (c *Client) await(ctx context.Context, a *call) *result {
	timer := time.NewTimer(a.patience())
	defer timer.Stop()
	for {
		waited := false
		select {
		case <-a.changed:
		case <-timer.C:
			waited = true
		case <-ctx.Done():
			return &result{err: a.judge(timeOver(a))}
		}
		done, again, held := a.state()
		switch {
		case done != nil:
			return done
		case again:
			return nil
		case waited && !a.holds(c.workers.alive):
			return nil // nobody said anything, or who accepted fell silent
		case held:
			timer.Reset(beatInterval)
		}
	}
}

// hopeless returns an error when the trouble has lasted too long to go on.
func (c *Client) hopeless(a *call) error {
	now := time.Now()
	if since := c.workers.disconnectedSince(); !since.IsZero() {
		if now.Sub(since) > min(withoutNATS, a.budget/2) {
			return &messaging.Error{
				Code: messaging.CodeUnavailable, RetryAfter: time.Second,
				Detail: "the message queue can't be reached; the message was not sent",
			}
		}
		return nil
	}
	if since, ok := c.deserted.Load(a.tenant); ok && now.Sub(since.(time.Time)) > min(withoutWorkers, a.budget/2) {
		return &messaging.Error{
			Code: messaging.CodeUnavailable, RetryAfter: time.Second,
			Detail: "no worker serves this tenant now; the message was not sent",
		}
	}
	return nil
}

// timeOver is what a call ends with when its time is over and nobody has the
// message.
func timeOver(a *call) *messaging.Error {
	detail := "no worker could take it before the deadline"
	if a.budget < 2*keepBack {
		detail = "the deadline was too near for any attempt"
	}
	return &messaging.Error{Code: messaging.CodeExpired, RetryAfter: time.Second, Detail: detail}
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
		a.busy(worker, try)
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

// sleep waits for about d, and returns false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d/2 + rand.N(d/2)) //nolint:gosec // jitter needs no secrecy
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
