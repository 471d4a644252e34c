package dedupe

import (
	"context"
	"errors"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// again is the pause after a failed look into the history. A lost leader of a stream
// is replaced within seconds, so a call of nine sees that happen.
const again = 250 * time.Millisecond

// follow finds out what became of another gateway's request with the same key, and takes
// its key over if it came to nothing. It returns until when the outcome may be
// remembered; the zero time forgets it.
func (d *Deduper) follow(ctx context.Context, req Request, e *entry, theirs messaging.Claim, send Send) (Outcome, time.Time) {
	for ctx.Err() == nil {
		if theirs.Fingerprint != req.fingerprint() {
			return reused(), time.Time{}
		}
		e.settle(true)
		d.memory.name(e, theirs.MessageID)
		event, known := d.first(ctx, req, theirs)
		if known == doubtful {
			break
		}
		if known == told && !event.Code.Retryable() && !over(req, event) {
			return replayed(event), event.ReceivedAt.Add(req.Window)
		}
		if time.Until(req.Deadline) < enough {
			return tooLate(event, theirs, known), time.Time{}
		}
		mine := messaging.Claim{MessageID: req.MessageID, Fingerprint: req.fingerprint(), Deadline: req.Deadline}
		if known == silent {
			mine.MessageID = theirs.MessageID
		}
		claim, held, err := d.keys.Replace(ctx, req.name(), theirs, mine, req.kept())
		d.sharing.note(err)
		if err == nil && !held && claim.MessageID == "" { // it was released in between
			claim, held, err = d.claim(ctx, req)
		}
		// Two gateways that take one message over claim the same id; the deadline tells
		// their claims apart.
		held = held && claim.Deadline.Equal(req.Deadline)
		switch {
		case err != nil:
			return unsure(theirs.MessageID, "it is not known which gateway has the request; ask again with the same key"), time.Time{}
		case held:
			d.memory.name(e, claim.MessageID)
			return d.resume(ctx, req, claim, send)
		}
		theirs = claim
	}
	return unsure(theirs.MessageID, "what became of the first request with this key is not known; ask again with the same key"), time.Time{}
}

// resume carries a request out whose key was taken over.
func (d *Deduper) resume(ctx context.Context, req Request, claim messaging.Claim, send Send) (Outcome, time.Time) {
	out := d.carryOut(ctx, req, claim, send)
	if !stands(out.Event) {
		return out, time.Time{}
	}
	return out, req.ReceivedAt.Add(req.Window)
}

// over says whether the window of the first request had passed, and its work had ended,
// when req came, although Keys still have the key.
func over(req Request, first messaging.Event) bool {
	return !first.ReceivedAt.IsZero() && req.ReceivedAt.After(first.ReceivedAt.Add(req.Window)) && req.ReceivedAt.After(first.At)
}

// replayed returns the outcome that an event tells.
func replayed(event messaging.Event) Outcome {
	_, err := event.Result()
	return Outcome{Event: event, Err: err, Replayed: true}
}

// tooLate returns the outcome of a request that could be carried out, but for the time.
func tooLate(event messaging.Event, theirs messaging.Claim, known knowledge) Outcome {
	if known == told && event.Code.Retryable() {
		return replayed(event)
	}
	return failed(theirs.MessageID, &messaging.Error{
		Code: messaging.CodeExpired, Detail: "the gateway that had the first request with this key lost it", RetryAfter: time.Second,
	})
}

// knowledge is what is known of another gateway's message.
type knowledge uint8

const (
	// doubtful: it may be under way, or it is not known.
	doubtful knowledge = iota
	// told: there is an event that ends it.
	told
	// silent: its call is over, and certainly nothing was recorded.
	silent
)

// first returns the event that the first request's caller was answered with. It waits
// for it until the deadline of either call.
func (d *Deduper) first(ctx context.Context, req Request, theirs messaging.Claim) (messaging.Event, knowledge) {
	if d.history == nil {
		return messaging.Event{}, doubtful
	}
	end := theirs.Deadline.Add(Grace)
	event, ended := d.await(ctx, req.Tenant, theirs.MessageID, end)
	if ctx.Err() != nil {
		if ended {
			return event, told
		}
		return messaging.Event{}, doubtful
	}
	// All events, because the last one can be about more than the first caller was told:
	// that a message which was pending then is delivered now.
	events, err := d.history.Events(ctx, req.Tenant, theirs.MessageID)
	for _, e := range events {
		if err == nil && (e.Type == messaging.EventOutcome || e.Type == messaging.EventQueued) {
			return e, told
		}
	}
	switch {
	case ended:
		return event, told
	case errors.Is(err, messaging.CodeNotFound), err == nil && len(events) == 0:
		return messaging.Event{}, silent
	}
	return messaging.Event{}, doubtful
}

// await waits until end for the event of a message's end, and says whether it came.
func (d *Deduper) await(ctx context.Context, tenant, id string, end time.Time) (messaging.Event, bool) {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for ctx.Err() == nil {
		event, err := d.history.Await(ctx, tenant, id)
		if err == nil {
			return event, true
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
	return messaging.Event{}, false
}
