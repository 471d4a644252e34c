package natsstore

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

const (
	// skew is how far the clocks of the gateway that made an id and of the NATS server may be
	// apart, and closeBy how far they usually are.
	skew    = time.Minute
	closeBy = 5 * time.Second
	// firstWithin is when the first event of a message is there at the latest: its call
	// ends within 20 s, and an event is stored within keepTrying.
	firstWithin = time.Minute
	// maxEvents of one message are returned: a try at most each second for five minutes.
	maxEvents = 300
	// numberWithin bounds ByNumber: in this time the server looks through some two
	// million events.
	numberWithin = 2 * time.Second
	// firstStep is how far back ByNumber looks first: who asks why no code has come
	// does it within minutes.
	firstStep = 10 * time.Minute
	// How many events are read at once: so few that other readers get their turn soon. Those
	// of a number are far apart, and the server doesn't know where the step ends.
	idBatch     = 128
	numberBatch = 16
	batchBytes  = 1 << 20
	batchWithin = 2 * time.Second // for the server to look through what is between them
)

var errNotKnown = &messaging.Error{Code: messaging.CodeNotFound, Detail: "nothing is known of this message"}

// Events implements messaging.History. It looks at what was stored from some seconds before the
// id was made, or if there is nothing a minute before, until shortly after a worker told the
// outcome or the message's life has ended; and at everything that was reported since. The reports
// come last.
func (e *events) Events(ctx context.Context, tenant, id string) ([]messaging.Event, error) {
	found, err := e.about(ctx, tenant, id, closeBy)
	if err == nil && len(found) == 0 {
		found, err = e.about(ctx, tenant, id, skew)
	}
	if err != nil {
		return nil, err
	}
	reported, err := e.reports(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	if found = append(found, reported...); len(found) == 0 {
		return nil, errNotKnown
	}
	return found, nil
}

// reports returns what providers have reported of a message, from when it was made until now.
func (e *events) reports(ctx context.Context, tenant, id string) ([]messaging.Event, error) {
	made, ok := madeAt(id)
	if !ok || !messaging.ValidTenant(tenant) {
		return nil, errNotKnown
	}
	var found []messaging.Event
	err := e.scan(ctx, reportsOf(tenant, id), made.Add(e.s.clock.ahead()-skew), idBatch, func(_ time.Time, event messaging.Event) bool {
		if event.ID == id && event.Tenant == tenant {
			found = append(found, event)
		}
		return len(found) < maxEvents
	})
	return found, err
}

// about returns the events of a message, of which the first was stored no earlier than early
// before its id was made.
func (e *events) about(ctx context.Context, tenant, id string, early time.Duration) ([]messaging.Event, error) {
	made, ok := madeAt(id)
	if !ok || !messaging.ValidTenant(tenant) {
		return nil, errNotKnown
	}
	made = made.Add(e.s.clock.ahead()) // of a gateway, whose clock this process has
	until := made.Add(firstWithin)
	var found []messaging.Event
	err := e.scan(ctx, ofMessage(tenant, id), made.Add(-early), idBatch, func(at time.Time, event messaging.Event) bool {
		if at.After(until) || len(found) == maxEvents {
			return false
		}
		if event.ID == id && event.Tenant == tenant && event.Type != messaging.EventReport {
			found = append(found, event)
			until = e.lastOf(event, at)
		}
		return true
	})
	return found, err
}

// lastOf is when the last event of a message is stored, of which one was stored at at.
func (e *events) lastOf(event messaging.Event, at time.Time) time.Time {
	if event.Type == messaging.EventOutcome && event.Worker != "" || event.Type == messaging.EventCancelled {
		return at.Add(keepTrying) // one that was recorded earlier may come later
	}
	return event.Expires.Add(e.s.clock.ahead() + skew)
}

// ByNumber implements messaging.History. It looks through the tenant's events of the last ten
// minutes, then of the twenty before, the forty before, and so on, until it has enough ids, or has
// looked at everything that is kept or for two seconds. Then it returns what it has found.
func (e *events) ByNumber(ctx context.Context, tenant, toHash string, limit int) ([]string, error) {
	if !messaging.ValidTenant(tenant) || numberShard(toHash) == noNumber {
		return nil, nil // no event is of such a number
	}
	began := time.Now()
	var ids []string
	end := e.s.clock.server().Add(time.Second) // what is stored at this moment is within it
	oldest := e.oldest(ctx)
	for step := firstStep; end.After(oldest) && len(ids) < limit && time.Since(began) < numberWithin; step *= 2 {
		begin := end.Add(-step)
		older, err := e.numbersIn(ctx, tenant, toHash, begin, end)
		if err != nil && step > firstStep && ctx.Err() == nil {
			break // the server needs too long for this step
		}
		if err != nil {
			return nil, err
		}
		for _, id := range slices.Backward(older) {
			if len(ids) < limit && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		end = begin
	}
	return ids, nil
}

// oldest is when the oldest event was stored.
func (e *events) oldest(ctx context.Context) time.Time {
	kept := e.s.clock.server().Add(-e.s.opts.KeepEvents)
	ctx, cancel := context.WithTimeout(ctx, batchWithin)
	defer cancel()
	stream, err := e.s.js.Stream(ctx, streamEvents)
	if err != nil {
		return kept // without a leader nobody knows, and events can be read nevertheless
	}
	if first := stream.CachedInfo().State.FirstTime; first.After(kept) {
		return first
	}
	return kept
}

// numbersIn returns the ids of the messages to a number that have events from begin until end,
// the one with the newest event last.
func (e *events) numbersIn(ctx context.Context, tenant, toHash string, begin, end time.Time) (ids []string, err error) {
	err = e.scan(ctx, ofNumber(tenant, toHash), begin, numberBatch, func(at time.Time, event messaging.Event) bool {
		if !at.Before(end) {
			return false
		}
		if event.ToHash == toHash && event.Tenant == tenant {
			ids = append(slices.DeleteFunc(ids, func(id string) bool { return id == event.ID }), event.ID)
		}
		return true
	})
	return ids, err
}

// scan gives visit the events under filter that were stored at or after from, the oldest first, until it
// returns false. It reads in batches straight from any server that has the stream, so it needs
// neither its leader nor a consumer.
func (e *events) scan(ctx context.Context, filter string, from time.Time, batch int, visit func(time.Time, messaging.Event) bool) error {
	request := map[string]any{"next_by_subj": filter, "batch": batch, "max_bytes": batchBytes, "start_time": from.UTC()}
	for {
		body, err := json.Marshal(request)
		if err != nil {
			return unreadable(err)
		}
		last, more, err := e.batch(ctx, body, batch, visit)
		if err != nil {
			return unreadable(err)
		}
		if !more {
			return nil
		}
		delete(request, "start_time")
		request["seq"] = last + 1
	}
}

func unreadable(cause error) error {
	return &messaging.Error{Code: messaging.CodeUnavailable, RetryAfter: time.Second, Detail: "events can't be read now", Cause: cause}
}

// batch reads one batch. It returns the last sequence, and whether there is more to read.
func (e *events) batch(ctx context.Context, request []byte, size int, visit func(time.Time, messaging.Event) bool) (last uint64, more bool, err error) {
	a, err := e.s.reader.connected(ctx, e.s.nc)
	if err != nil {
		return 0, false, err
	}
	answers := make(chan *nats.Msg, size+1)
	serial, reply := a.expect(answers)
	defer a.forget(serial)
	if err := a.nc.PublishRequest("$JS.API.DIRECT.GET."+streamEvents, reply, request); err != nil {
		return 0, false, err
	}
	timer := time.NewTimer(batchWithin)
	defer timer.Stop()
	for {
		select {
		case msg := <-answers:
			switch msg.Header.Get(headerStatus) {
			case "":
			case "204": // the end of the batch
				return last, last > 0 && msg.Header.Get("Nats-Num-Pending") != "0", nil
			case statusNoMessage:
				return 0, false, nil
			case statusNoResponders:
				e.s.look()
				return 0, false, nats.ErrNoResponders
			default:
				return 0, false, &refusal{Description: msg.Header.Get("Description")}
			}
			if last, err = strconv.ParseUint(msg.Header.Get("Nats-Sequence"), 10, 64); err != nil {
				return 0, false, err
			}
			event, err := messaging.DecodeEvent(msg.Data)
			if err == nil && !visit(stampOf(msg), event) {
				return last, false, nil
			}
		case <-timer.C:
			return 0, false, errNoAnswer
		case <-ctx.Done():
			return 0, false, context.Cause(ctx)
		}
	}
}
