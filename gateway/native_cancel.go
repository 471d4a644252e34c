package gateway

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/phonehook/phonehook/messaging"
)

// cancelMessage serves POST /v1/messages/{id}/cancel.
func (s *Server) cancelMessage(c echo.Context, call *call) (int, any, error) {
	id, err := s.messageID(c, call)
	switch {
	case err != nil:
		return 0, nil, err
	case s.deps.Queue == nil:
		return 0, nil, missing("no queue, so no message waits that could be cancelled")
	}
	ctx, cancel := call.within(c)
	defer cancel()
	// First what is known, for the answer: afterwards it would be too late to find
	// that it can't be read.
	events, err := s.eventsOf(ctx, call.tenant.name, id)
	if err != nil && !errors.Is(err, messaging.CodeNotFound) {
		return 0, nil, err
	}
	known := len(events) > 0
	switch err := s.deps.Queue.Cancel(ctx, call.tenant.name, id.String()); {
	case errors.Is(err, messaging.CodeNotFound) && known:
		return 0, nil, &messaging.Error{Code: messaging.CodeConflict, Detail: "the message was never in the queue: its work has ended"}
	case errors.Is(err, messaging.CodeConflict):
		return 0, nil, &messaging.Error{Code: messaging.CodeConflict, Detail: "the message is no longer in the queue: a worker has begun on it, or it has ended"}
	case errors.Is(err, messaging.CodeNotFound):
		return 0, nil, &messaging.Error{Code: messaging.CodeNotFound, Detail: "there is no message with this id"}
	case err != nil:
		return 0, nil, err
	}
	if n := len(events); n == 0 || events[n-1].Type != messaging.EventCancelled {
		events = append(events, cancelled(call.tenant.name, id.String(), events))
	}
	answer, err := summarised(events)
	return http.StatusOK, answer, err
}

// cancelled returns the event of a message's end before a worker had it, with what the
// earlier ones tell of it. The queue records its own.
func cancelled(tenant, id string, earlier []messaging.Event) messaging.Event {
	e := messaging.Event{ID: id, Tenant: tenant}
	if n := len(earlier); n > 0 {
		e = earlier[n-1]
	}
	e.Type, e.At, e.Code, e.Detail = messaging.EventCancelled, time.Now(), messaging.CodeCancelled, ""
	return e
}
