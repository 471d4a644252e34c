package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/phonehook/phonehook/messaging"
)

// giveFeedback serves POST /v1/messages/{id}/feedback: it tells the provider that took the message
// whether its code could be used.
func (s *Server) giveFeedback(c echo.Context, call *call) (int, any, error) {
	id, err := s.messageID(c, call)
	switch {
	case err != nil:
		return 0, nil, err
	case s.deps.Feedbacks == nil:
		return 0, nil, missing("no workers that take feedback")
	}
	var worked bool
	err = withBody(c.Response(), c.Request(), func(body []byte) (err error) {
		worked, err = readFeedback(body)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := call.within(c)
	defer cancel()
	events, err := s.eventsOf(ctx, call.tenant.name, id)
	if err != nil {
		return 0, nil, err
	}
	summary, _ := messaging.Summarise(events, time.Now())
	if summary.Provider == "" || summary.ProviderMessageID == "" {
		return 0, nil, &messaging.Error{Code: messaging.CodeConflict, Detail: "no provider took this message, so there is nobody to tell"}
	}
	err = s.deps.Feedbacks.Feedback(ctx, messaging.Feedback{Account: summary.Provider, ProviderMessageID: summary.ProviderMessageID, Worked: worked})
	if err != nil {
		return 0, nil, err
	}
	answer, err := summarised(events)
	return http.StatusOK, answer, err
}

// readFeedback reads {"worked": true}, and nothing else: half an answer would be the wrong one.
func readFeedback(body []byte) (bool, error) {
	var f struct {
		Worked *bool `json:"worked"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil || f.Worked == nil || !errors.Is(decoder.Decode(new(json.RawMessage)), io.EOF) {
		return false, &messaging.Error{Code: messaging.CodeInvalidRequest, Field: "worked", Detail: `must be true or false, and the only member of the body: {"worked": true}`}
	}
	return *f.Worked, nil
}
