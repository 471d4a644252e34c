package natsrpc

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

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

// The waits before a message is offered again that found nobody: doubled from the
// first to the last, each one shortened by up to half at random, so that calls which
// failed together do not come back together.
const (
	firstBackoff = 10 * time.Millisecond
	lastBackoff  = 250 * time.Millisecond
)

// deliver offers the call's message until a worker tells the outcome. The error says
// that none does.
func (c *Client) deliver(ctx context.Context, a *call, m messaging.Message, body []byte, serial uint64) (*result, error) {
	backoff := firstBackoff
	for {
		switch err := c.offer(a, m, body, serial); {
		case err == nil:
			if done, err := c.await(ctx, a); done != nil || err != nil {
				return done, err
			}
		case errors.Is(err, nats.ErrMaxPayload):
			return nil, &messaging.Error{
				Code: messaging.CodeTooLarge, Detail: "the message is larger than NATS is configured to take", Cause: err,
			}
		}
		if err := c.hopeless(a); err != nil {
			return nil, err
		}
		if a.refused() {
			if err := c.room.refused(ctx, &a.ticket, a.changed, a.settled); err != nil {
				return nil, roomError(a, err)
			}
			backoff = firstBackoff
			continue
		}
		if !sleep(ctx, backoff, a) {
			return nil, timeOver(a)
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// offer publishes the next offer of the call's message, unless an answer has come
// meanwhile after which there is nothing to offer.
func (c *Client) offer(a *call, m messaging.Message, body []byte, serial uint64) error {
	if a.settled() {
		return nil
	}
	if !c.nc.IsConnected() {
		return nats.ErrDisconnected // nothing is queued in the connection
	}
	now := time.Now()
	timeout := a.deadline.Sub(now) - keepBack
	if timeout < keepBack {
		return context.DeadlineExceeded // no worker could do anything in it
	}
	try := a.nextTry(now)
	err := c.nc.PublishMsg(newOffer(m, body, replySubject(c.inbox, serial, try), try, now, timeout))
	if err != nil {
		a.returned(try)
	}
	return err
}

// await waits for the end of the current try. It returns the outcome, or nil when
// the message is to be offered again, or the error that time is over.
func (c *Client) await(ctx context.Context, a *call) (*result, error) {
	timer := time.NewTimer(a.patience())
	defer timer.Stop()
	waited := false
	for {
		done, again, held := a.state()
		switch {
		case done != nil || again:
			return done, nil
		case waited:
			longer := c.patience(a)
			if longer == 0 {
				return nil, nil //nolint:nilnil // the documented third result: neither outcome nor error
			}
			timer.Reset(longer)
		case held:
			timer.Reset(beatInterval)
		}
		select {
		case <-a.changed:
			waited = false
		case <-timer.C:
			waited = true
		case <-ctx.Done():
			return nil, timeOver(a)
		}
	}
}

// patience is how long to wait on for a call of which nothing was heard in time; 0
// is no longer.
func (c *Client) patience(a *call) time.Duration {
	if a.holds(c.workers.alive) {
		return beatInterval
	}
	if c.hopeless(a) != nil {
		return 0
	}
	return c.workers.unsettled(a.offeredAt())
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

// roomError is what a call ends with whose wait in the room ended with err.
func roomError(a *call, err error) error {
	if errors.Is(err, errRoomTimeOver) {
		return timeOver(a)
	}
	return err
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

// sleep waits for about d, or less if something happens to the call, and returns false
// when ctx ended first.
func sleep(ctx context.Context, d time.Duration, a *call) bool {
	timer := time.NewTimer(d/2 + rand.N(d/2)) //nolint:gosec // jitter needs no secrecy
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.changed:
		return true
	case <-ctx.Done():
		return false
	}
}
