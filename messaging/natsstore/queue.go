package natsstore

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

const (
	// enqueueWithin bounds an Enqueue whose context has no deadline: in it a cluster has
	// elected a leader, which takes 4 to 9 s.
	enqueueWithin = 10 * time.Second
	// reconnectLimit is how long an Enqueue waits for a connection: a server is started again, or
	// another one of a cluster found, in a few seconds.
	reconnectLimit = 5 * time.Second
	// storeWithin bounds one try: an answer that did not come by then was lost with a leader.
	storeWithin = time.Second
	// The waits between two tries, doubled from the first to the last. What waits out an
	// election asks a few times a second, and is stored soon after it.
	firstStoreAgain = 50 * time.Millisecond
	lastStoreAgain  = 400 * time.Millisecond
	// cancelWithin bounds Cancel, whatever the context allows: who asks for it can ask
	// again.
	cancelWithin = 2 * time.Second
)

// queue is a messaging.Queue.
type queue struct{ s *Store }

var _ messaging.Queue = (*queue)(nil)

func queueSubject(tenant, id string) string { return queuePrefix + tenant + "." + token(id) }

// Enqueue implements messaging.Queue. While JetStream restarts or elects a leader it tries
// again until the context's deadline, for at most ten seconds where there is none, and no longer
// than five without a connection. The error is CodeExpired where the message's life is over,
// and CodeUnavailable where it may be stored or not.
func (q *queue) Enqueue(ctx context.Context, m messaging.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	body, err := messaging.EncodeMessage(m)
	if err != nil {
		return err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, enqueueWithin, errNoAnswer)
		defer cancel()
	}
	doubt := false // an earlier try may have stored it
	connected := time.Now()
	for wait := firstStoreAgain; ; wait = min(2*wait, lastStoreAgain) {
		err := q.store(ctx, m, body)
		if err == nil {
			return nil
		}
		if known, final := errors.AsType[*messaging.Error](err); final {
			if doubt && !errors.Is(known, messaging.CodeUnavailable) {
				return queueUnavailable(err)
			}
			return err
		}
		if !errors.Is(err, nats.ErrDisconnected) {
			connected = time.Now()
		} else if q.s.nc.IsClosed() || time.Since(connected) > reconnectLimit {
			return queueUnavailable(err)
		}
		doubt = doubt || mayBeStored(err)
		if !sleep(ctx, wait) {
			return queueUnavailable(err)
		}
	}
}

// mayBeStored says whether a message may be stored although storing it failed with err.
func mayBeStored(err error) bool {
	_, refused := errors.AsType[*refusal](err)
	return !refused && !errors.Is(err, nats.ErrDisconnected) && !errors.Is(err, nats.ErrNoResponders)
}

// life is what is left of a message's life. What a gateway sets, it sets by its own clock; a
// worker takes that for the server's.
func (q *queue) life(m messaging.Message) time.Duration {
	if q.s.opts.Manage {
		return m.Expires.Sub(q.s.clock.now())
	}
	return m.Expires.Sub(q.s.clock.server())
}

func (q *queue) store(ctx context.Context, m messaging.Message, body []byte) error {
	life := q.life(m)
	if life <= 0 {
		return &messaging.Error{Code: messaging.CodeExpired, Detail: "the message's life was over before it came to the queue"}
	}
	_, err := q.s.api.store(ctx, &nats.Msg{Subject: queueSubject(m.Tenant, m.ID), Data: body, Header: nats.Header{
		headerMsgID:   {m.Tenant + "." + m.ID},
		headerTTL:     {seconds(life)},
		headerExpires: {strconv.FormatInt(q.s.clock.server().Add(life).UnixMilli(), 10)},
	}}, storeWithin)
	refused, ok := errors.AsType[*refusal](err)
	switch {
	case ok && refused.ErrCode == errCodeStore && strings.Contains(refused.Description, tooManyPerSubject):
		return nil // it is there already
	case errors.Is(err, nats.ErrMaxPayload):
		return &messaging.Error{Code: messaging.CodeTooLarge, Detail: "the message is larger than NATS is configured to take", Cause: err}
	case ok && refused.ErrCode == errCodeStore:
		return queueUnavailable(err) // it is full, and stays so for a while
	case errors.Is(err, nats.ErrNoResponders):
		q.s.look()
	}
	if err == nil {
		_ = q.s.nc.Publish(hintSubject, []byte(m.Tenant)) // a worker looks within two seconds anyway
	}
	return err
}

func queueUnavailable(cause error) error {
	return &messaging.Error{
		Code: messaging.CodeUnavailable, RetryAfter: time.Second,
		Detail: "the durable queue can't take the message now", Cause: cause,
	}
}

// Cancel implements messaging.Queue and records the event. It can be repeated: a message
// that is cancelled already is no error.
func (q *queue) Cancel(ctx context.Context, tenant, id string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, cancelWithin, errNoAnswer)
	defer cancel()
	err := q.cancel(ctx, tenant, id)
	if _, told := errors.AsType[*messaging.Error](err); err == nil || told {
		return err
	}
	return &messaging.Error{
		Code: messaging.CodeUnavailable, RetryAfter: time.Second,
		Detail: "the durable queue can't be reached; the message may be cancelled or not", Cause: err,
	}
}

var errPast = &messaging.Error{Code: messaging.CodeConflict, Detail: "the message is being delivered, or its delivery has ended"}

func (q *queue) cancel(ctx context.Context, tenant, id string) error {
	if !messaging.ValidTenant(tenant) || id == "" {
		return errNotKnown
	}
	for {
		m, err := q.s.readMark(ctx, tenant, id)
		if err != nil {
			return err
		}
		if m.State == begun || m.State == ended {
			return errPast
		}
		found, err := q.s.api.last(ctx, streamQueue, queueSubject(tenant, id), cancelWithin)
		switch {
		case errors.Is(err, errNothing) && m.State == cancelled:
			return nil
		case errors.Is(err, errNothing):
			return q.absent(ctx, tenant, id, m)
		case err != nil:
			return err
		}
		message, err := messaging.DecodeMessage(found.Data)
		if err != nil {
			return err
		}
		if m.State != cancelled {
			m.State = cancelled
			err = q.s.writeMark(ctx, tenant, id, &m, q.life(message))
			if _, raced := errors.AsType[changed](err); raced {
				if !sleep(ctx, roundPause) {
					return context.Cause(ctx)
				}
				continue // a worker has begun, or put it back
			}
			if err != nil {
				return err
			}
			q.s.events.Record(cancellation(message, m, q.s.clock.now()))
		}
		// A worker that gets it nevertheless finds the mark.
		_ = q.s.api.remove(ctx, streamQueue, found.Sequence, cancelWithin)
		return nil
	}
}

// absent tells a message that is no longer in the queue from one that never was. A worker may
// have begun and ended since the mark was read; the new mark says so before any event does.
func (q *queue) absent(ctx context.Context, tenant, id string, before mark) error {
	now, err := q.s.readMark(ctx, tenant, id)
	if err == nil && now.revision == before.revision {
		_, err = q.s.events.Events(ctx, tenant, id)
	}
	if err != nil {
		return err
	}
	return errPast
}

func cancellation(m messaging.Message, at mark, now time.Time) messaging.Event {
	m.Earlier = append(append([]messaging.Attempt(nil), m.Earlier...), at.Attempts...)
	e := messaging.EventOf(m, messaging.Receipt{}, messaging.CodeCancelled)
	e.Type, e.At = messaging.EventCancelled, now
	return e
}
