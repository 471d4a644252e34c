package gateway

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

// sendMessage serves POST /v1/messages.
func (s *Server) sendMessage(c echo.Context, call *call) (int, any, error) {
	var err error
	if call.prefer, err = parsePrefer(c.Request().Header.Values("Prefer")); err != nil {
		return 0, nil, err
	}
	if err := s.read(c, call, door.DecodeNative); err != nil {
		return 0, nil, err
	}
	call.message.Accept = call.tenant.accept
	switch {
	case call.prefer.async && s.deps.Queue == nil:
		return 0, nil, missing("no queue: send without Prefer: respond-async")
	case call.prefer.atOnce() && s.deps.Queue == nil:
		return 0, nil, missing("no queue: send without Prefer: wait=0")
	case call.prefer.atOnce():
		call.message.Accept, call.limit = true, min(call.limit, queueing)
	case call.prefer.waits:
		// When the caller has waited enough, the message goes on without it.
		call.message.Accept, call.limit = true, call.prefer.wait
	}
	if err := s.deliver(c.Request().Context(), call); err != nil {
		return 0, nil, err
	}
	call.code = call.receipt.Code
	h := c.Response().Header()
	pending := call.code == messaging.CodePending
	if applied := call.prefer.applied(pending); applied != "" {
		h.Set("Preference-Applied", applied)
	}
	// As it was when the first request was answered, so that a repetition is told the
	// same, byte for byte.
	summary, _ := messaging.Summarise([]messaging.Event{call.event}, call.event.At)
	answer := newMessageJSON(summary)
	if pending {
		h.Set("Location", messagesPath+"/"+call.id)
		return http.StatusAccepted, answer, nil
	}
	return http.StatusOK, answer, nil
}
