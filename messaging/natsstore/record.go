package natsstore

import (
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// sameClock is a difference of clocks that is left alone; a larger one is taken off an event's
// time.
const sameClock = time.Second

// events is an Events.
type events struct{ *outbox }

func newEvents(s *Store) *events {
	return &events{newOutbox(s, streamEvents, "events").withIDs()}
}

// Record implements messaging.Recorder.
func (e *events) Record(event messaging.Event) {
	if event.Worker == "" {
		event.Worker = e.s.opts.Source
	}
	if ahead := e.s.clock.ahead(); ahead.Abs() > sameClock {
		event.At = event.At.Add(ahead)
	}
	r := newRecord()
	var err error
	r.body, err = messaging.AppendEvent(r.body, event)
	r.subject = eventSubject(event)
	e.post(r, err == nil && messaging.ValidTenant(event.Tenant))
}
