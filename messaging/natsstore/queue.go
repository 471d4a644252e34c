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
	// enqueueWithin bounds Enqueue and Cancel, whatever the context allows: it is a tenth of
	// the longest call.
	enqueueWithin = 2 * time.Second
	// enqueueAgain is the wait between two tries to store a message while JetStream
	// restarts or elects.
	enqueueAgain = 50 * time.Millisecond
)

// queue is a messaging.Queue.
type queue struct{ s *Store }

var _ messaging.Queue = (*queue)(nil)

func queueSubject(tenant, id string) string { return queuePrefix + tenant + "." + token(id) }

// Enqueue implements messaging.Queue. It tries for at most two seconds. The error is
// CodeExpired where the message's life is over, and CodeUnavailable where it may be stored
// or not.
func (q *queue) Enqueue(ctx context.Context, m messaging.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	body, err := messaging.EncodeMessage(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, enqueueWithin, errNoAnswer)
	defer cancel()
	for {
		err := q.store(ctx, m, body)
		if _, final := errors.AsType[*messaging.Error](err); err == nil || final {
			return err
		}
		if !sleep(ctx, enqueueAgain) {
			return queueUnavailable(err)
		}
	}
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
	}}, enqueueWithin)
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
	ctx, cancel := context.WithTimeoutCause(ctx, enqueueWithin, errNoAnswer)
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
		found, err := q.s.api.last(ctx, streamQueue, queueSubject(tenant, id), enqueueWithin)
		switch {
		case errors.Is(err, errNothing) && m.State == cancelled:
			return nil
		case errors.Is(err, errNothing):
			return q.absent(ctx, tenant, id)
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
		_ = q.s.api.remove(ctx, streamQueue, found.Sequence, enqueueWithin)
		return nil
	}
}

// absent tells a message that is no longer in the queue from one that never was.
func (q *queue) absent(ctx context.Context, tenant, id string) error {
	if _, err := q.s.events.Events(ctx, tenant, id); err != nil {
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
