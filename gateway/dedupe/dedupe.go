package dedupe

import (
	"context"
	"encoding/hex"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// Grace is how long after a call's deadline its outcome can still come to be
// recorded. It has to cover the difference of the gateways' clocks as well.
const Grace = time.Second

// enough is the least time in which a message is worth sending: providers take some
// hundred milliseconds, and one that is begun with less ends as unknown.
const enough = time.Second

// Request is a request that is to be carried out once.
type Request struct {
	Tenant string
	Key    Key
	// Fingerprint is zero where the key is made of the request itself.
	Fingerprint Fingerprint
	// Window is how long the outcome stands, from ReceivedAt on.
	Window time.Duration
	// MessageID is the id that the message gets if this request is the first.
	MessageID  string
	ReceivedAt time.Time
	// Deadline is when the caller is answered at the latest. Send must send nothing
	// after it.
	Deadline time.Time
}

// fingerprint is the fingerprint as Keys keep it.
func (r Request) fingerprint() string { return r.Fingerprint.String() }

// kept is how long Keys keep the key: no shorter than the call can last, or a
// duplicate that comes while it lasts would not find it.
func (r Request) kept() time.Duration {
	return max(r.Window, time.Until(r.Deadline)+Grace)
}

// name is the key as Keys have it, with the tenant readable for whoever looks there.
func (r Request) name() string { return r.Tenant + "." + hex.EncodeToString(r.Key[:]) }

// EventDoubt is the type of an event that was not recorded: nobody knows whether the
// message was stored, but storing it again under the same id is no second message.
const EventDoubt messaging.EventType = "doubt"

// Send carries a request out under the message's id, and records what became of it. It
// returns the event of the outcome, and the outcome's error with its Cause. After an
// EventDoubt the key stays claimed and the outcome is forgotten, so that a repetition is
// carried out under the same id once the request's deadline is over.
type Send func(ctx context.Context, id string) (messaging.Event, error)

// Outcome is what became of a request.
type Outcome struct {
	// Event has the id of the message that the request stands for, and the outcome. It
	// is the event of the first request where this one was a duplicate. The id is empty
	// with CodeKeyReused: then no message stands for it.
	Event messaging.Event
	// Err is the failure, nil after success.
	Err error
	// Replayed says that this request was a duplicate, and that its outcome is the
	// first one's.
	Replayed bool
}

// Options are what a Deduper needs.
type Options struct {
	// Keys is the memory that all gateways share; nil leaves this process alone.
	Keys messaging.Keys
	// History tells what became of another gateway's message. Without it, a duplicate
	// of another gateway's request is answered with CodeUnknown.
	History messaging.History
	// Logger is required.
	Logger *zap.Logger
}

// Deduper carries requests out once. It is safe for concurrent use.
type Deduper struct {
	keys    messaging.Keys
	history messaging.History
	memory  *memory
	sharing sharing
}

// New returns a Deduper that remembers nothing yet.
func New(o Options) *Deduper {
	d := &Deduper{keys: o.Keys, history: o.History, memory: newMemory(maxRemembered)}
	d.sharing.log = o.Logger
	return d
}

// Do carries the request out with send, or returns the outcome of the first request
// with its key. It returns no later than the request's deadline, at which ctx has to
// end too; only send can make it take longer.
func (d *Deduper) Do(ctx context.Context, req Request, send Send) Outcome {
	for {
		e, leads := d.memory.enter(req)
		if leads {
			return d.lead(ctx, req, e, send)
		}
		if e.fingerprint == req.Fingerprint {
			return d.wait(ctx, e)
		}
		select {
		case <-e.settled:
			if e.right {
				return reused()
			}
			// That one had the wrong body, or its key is forgotten: again from the start.
		case <-ctx.Done():
			return unsure("", "it was not known in time whether the key stands for another request")
		}
	}
}

// wait returns the outcome of the request that leads in this process.
func (d *Deduper) wait(ctx context.Context, e *entry) Outcome {
	select {
	case <-e.done:
		out := e.outcome
		out.Replayed = out.Event.ID != "" // or it stands for no request at all
		return out
	case <-ctx.Done():
		return unsure(d.memory.idOf(e), "the first request with this key is still under way; ask again with the same key")
	}
}

// lead carries out what is the first request with its key in this process.
func (d *Deduper) lead(ctx context.Context, req Request, e *entry, send Send) (out Outcome) {
	var until time.Time
	out = unsure(req.MessageID, "the request ended in a fault") // stands if send panics
	defer func() { d.memory.finish(e, out, req.Window, until) }()

	claim, held, err := d.claim(ctx, req)
	if err == nil && !held {
		out, until = d.follow(ctx, req, e, claim, send)
		return out
	}
	e.settle(true)
	until = req.ReceivedAt.Add(req.Window)
	if out = d.carryOut(ctx, req, claim, send); !stands(out.Event) {
		until = time.Time{}
	}
	return out
}

// stands says whether an outcome is every repetition's.
func stands(e messaging.Event) bool { return !e.Code.Retryable() && e.Type != EventDoubt }

// claim claims the key for req. Without an error the claim is req's own, if held is
// true, or another's. With an error it is nobody's, as when there are no Keys.
func (d *Deduper) claim(ctx context.Context, req Request) (claim messaging.Claim, held bool, err error) {
	mine := messaging.Claim{MessageID: req.MessageID, Fingerprint: req.fingerprint(), Deadline: req.Deadline}
	if d.keys == nil {
		return messaging.Claim{MessageID: req.MessageID}, false, messaging.CodeUnavailable
	}
	claim, held, err = d.keys.Claim(ctx, req.name(), mine, req.kept())
	if ctx.Err() == nil {
		d.sharing.note(err)
	}
	if err != nil {
		claim = messaging.Claim{MessageID: req.MessageID}
	}
	return claim, held, err
}

// carryOut sends the message of a claim, and releases the key after an outcome with
// which the same request may come again and has to be sent then. A claim that Keys do
// not have has no revision.
func (d *Deduper) carryOut(ctx context.Context, req Request, claim messaging.Claim, send Send) Outcome {
	event, err := send(ctx, claim.MessageID)
	if event.Code.Retryable() && claim.Revision != 0 {
		// If that fails, whoever finds the key finds this outcome as well, and takes
		// the key over.
		d.sharing.note(d.keys.Release(context.WithoutCancel(ctx), req.name(), claim))
	}
	return Outcome{Event: event, Err: err}
}

// reused is the outcome of a request whose key stands for another one.
func reused() Outcome {
	return failed("", &messaging.Error{
		Code: messaging.CodeKeyReused, Detail: "the key was used for a request with another body; take a new key for a new request",
	})
}

// unsure is the outcome of a request of which nobody can tell what became of its first.
// Asking again with the same key sends nothing twice, so the caller is told to.
func unsure(id, detail string) Outcome {
	return failed(id, &messaging.Error{Code: messaging.CodeUnknown, Detail: detail, RetryAfter: time.Second})
}

// failed returns the outcome that an error is.
func failed(id string, e *messaging.Error) Outcome {
	return Outcome{
		Event: messaging.Event{Type: messaging.EventOutcome, ID: id, Code: e.Code, Detail: e.Detail, RetryAfterMS: e.RetryAfter.Milliseconds()},
		Err:   e,
	}
}
