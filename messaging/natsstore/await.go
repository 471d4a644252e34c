package natsstore

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

// lookAgain is when Await looks again at what is stored, doubled each time: an event may
// have been published while the connection was down.
const lookAgain = time.Second

// Await implements messaging.History. It hears an event as soon as that is recorded, also while
// JetStream can't store it.
func (e *events) Await(ctx context.Context, tenant, id string) (messaging.Event, error) {
	if _, ok := madeAt(id); !ok || !messaging.ValidTenant(tenant) {
		return messaging.Event{}, errNotKnown
	}
	heard := make(chan messaging.Event, 1)
	a, err := e.s.reader.open(e.s.nc)
	if err != nil {
		return messaging.Event{}, unreadable(err)
	}
	sub, err := a.nc.Subscribe(ofMessage(tenant, id), func(msg *nats.Msg) {
		event, err := messaging.DecodeEvent(msg.Data)
		if err != nil || event.ID != id || event.Tenant != tenant || !isEnd(event) {
			return
		}
		select {
		case heard <- event:
		default: // one is enough
		}
	})
	if err != nil {
		return messaging.Event{}, unreadable(err)
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only when the connection is closed
	// The subscription is in force before the store is looked at, for what is
	// published to the server on this connection comes to it in its order.
	early := closeBy
	for wait := lookAgain; ; wait *= 2 {
		if found, err := e.about(ctx, tenant, id, early); err == nil {
			if event, ok := endOf(found); ok {
				return event, nil
			}
		}
		timer := time.NewTimer(wait)
		select {
		case event := <-heard:
			timer.Stop()
			return event, nil
		case <-ctx.Done():
			timer.Stop()
			return messaging.Event{}, ctx.Err()
		case <-timer.C:
			early = skew
		}
	}
}

func isEnd(e messaging.Event) bool {
	return e.Type == messaging.EventOutcome || e.Type == messaging.EventQueued || e.Type == messaging.EventCancelled
}

// endOf returns the event that tells the end: the newest, except that a gateway which gave
// up waiting knows less than a worker.
func endOf(events []messaging.Event) (end messaging.Event, ok bool) {
	for _, e := range events {
		guess := e.Type == messaging.EventOutcome && e.Worker == ""
		if isEnd(e) && (!guess || end.Worker == "") {
			end, ok = e, true
		}
	}
	return end, ok
}
