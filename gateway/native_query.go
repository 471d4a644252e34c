package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/phonehook/phonehook/gateway/phone"
	"github.com/phonehook/phonehook/messaging"
)

// How many messages a list has at most: unless told, and ever. Each is a read of its
// own.
const (
	defaultList = 20
	maxList     = 100
	// listReads is how many of those reads go on at once.
	listReads = 8
)

// Events come to the history a moment after the answer that tells of them. A message
// that is younger than young is given until settling to appear.
const (
	young    = 10 * time.Second
	settling = 500 * time.Millisecond
)

// getMessage serves GET /v1/messages/{id}.
func (s *Server) getMessage(c echo.Context, call *call) (int, any, error) {
	id, err := s.messageID(c, call)
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := call.within(c)
	defer cancel()
	events, err := s.eventsOf(ctx, call.tenant.name, id)
	if err != nil {
		return 0, nil, err
	}
	answer, err := summarised(events)
	return http.StatusOK, answer, err
}

// messageID returns the id in the path, in its canonical form.
func (s *Server) messageID(c echo.Context, call *call) (uuid.UUID, error) {
	const canonical = 36
	id, err := uuid.Parse(c.Param("id"))
	if err != nil || len(c.Param("id")) != canonical {
		return id, &messaging.Error{
			Code: messaging.CodeInvalidRequest, Field: "id", Detail: "must be a message's id, a UUID such as 019ab0c5-5e1a-7c3b-9a51-2f1f0c5ad7f3",
		}
	}
	if s.deps.History == nil {
		return id, missing("no record of messages")
	}
	call.id, call.named = id.String(), true
	return id, nil
}

// eventsOf returns what is recorded of a tenant's message. What belongs to another
// tenant is not found.
func (s *Server) eventsOf(ctx context.Context, tenant string, id uuid.UUID) ([]messaging.Event, error) {
	events, err := s.deps.History.Events(ctx, tenant, id.String())
	if !errors.Is(err, messaging.CodeNotFound) || !isYoung(id) {
		return events, err
	}
	wait, cancel := context.WithTimeout(ctx, settling)
	defer cancel()
	if _, missed := s.deps.History.Await(wait, tenant, id.String()); missed != nil {
		return nil, err
	}
	return s.deps.History.Events(ctx, tenant, id.String())
}

// isYoung tells the age of a message from its id, which begins with the time. The
// clocks of gateways differ a little, either way.
func isYoung(id uuid.UUID) bool {
	if id.Version() != 7 {
		return false
	}
	age := time.Since(time.Unix(id.Time().UnixTime()))
	return age.Abs() < young
}

// summarised returns what events add up to.
func summarised(events []messaging.Event) (messageJSON, error) {
	summary, ok := messaging.Summarise(events, time.Now())
	if !ok {
		return messageJSON{}, &messaging.Error{Code: messaging.CodeNotFound, Detail: "there is no message with this id"}
	}
	answer := newMessageJSON(summary)
	answer.UpdatedAt = shown(summary.UpdatedAt)
	return answer, nil
}

// messageList is the answer to a question for messages by number.
type messageList struct {
	Messages []messageJSON `json:"messages"`
}

// listMessages serves GET /v1/messages.
func (s *Server) listMessages(c echo.Context, call *call) (int, any, error) {
	number, limit, err := listQuery(c.Request().URL.RawQuery, call.tenant.region)
	if err != nil {
		return 0, nil, err
	}
	key := s.numberKey()
	switch {
	case s.deps.History == nil:
		return 0, nil, missing("no record of messages")
	case len(key) == 0:
		return 0, nil, missing("no key by which numbers are found; set events.number_key")
	}
	ctx, cancel := call.within(c)
	defer cancel()
	hash := key.Hash(call.tenant.name, number)
	ids, err := s.deps.History.ByNumber(ctx, call.tenant.name, hash, limit)
	if err != nil {
		return 0, nil, err
	}
	messages, err := s.summaries(ctx, call.tenant.name, ids, func(summary messaging.Summary) bool {
		// A hash is short, so the number's ends have to agree as well.
		return summary.ToHash == hash && summary.To == messaging.MaskNumber(number)
	})
	return http.StatusOK, messageList{messages}, err
}

// listQuery reads the query of a list.
func listQuery(raw, region string) (number string, limit int, err error) {
	invalid := func(field, detail string) error {
		return &messaging.Error{Code: messaging.CodeInvalidRequest, Field: field, Detail: detail}
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return "", 0, invalid("", "the query is not well-formed")
	}
	for name, values := range query {
		switch {
		case name != "to" && name != "limit":
			return "", 0, invalid("", "the query may have to and limit, and nothing else")
		case len(values) > 1:
			return "", 0, invalid(name, "is given twice")
		}
	}
	if !query.Has("to") {
		return "", 0, invalid("to", "is missing: messages are listed by their number, such as ?to=%2B18085555555")
	}
	to := query.Get("to")
	if strings.HasPrefix(to, " ") { // an unescaped plus sign, as everybody writes it
		to = "+" + strings.TrimLeft(to, " ")
	}
	parsed, err := phone.Parse(to, region)
	if err != nil {
		e := *messaging.AsError(err)
		e.Field = "to"
		return "", 0, &e
	}
	limit = defaultList
	if query.Has("limit") {
		if limit, err = strconv.Atoi(query.Get("limit")); err != nil || limit < 1 || limit > maxList {
			return "", 0, invalid("limit", "must be a whole number from 1 to 100")
		}
	}
	return parsed.E164, limit, nil
}

// summaries returns the messages with these ids, in their order, as far as they are
// still there and right says yes.
func (s *Server) summaries(ctx context.Context, tenant string, ids []string, right func(messaging.Summary) bool) ([]messageJSON, error) {
	found := make([][]messaging.Event, len(ids))
	failures := make([]error, len(ids))
	slots := make(chan struct{}, listReads)
	var reads sync.WaitGroup
	for i, id := range ids {
		slots <- struct{}{}
		reads.Go(func() {
			defer func() { <-slots }()
			failures[i] = s.guard(func() (err error) {
				found[i], err = s.deps.History.Events(ctx, tenant, id)
				return err
			})
		})
	}
	reads.Wait()
	messages := make([]messageJSON, 0, len(ids)) // never null
	for i, events := range found {
		if err := failures[i]; err != nil && !errors.Is(err, messaging.CodeNotFound) {
			return nil, err
		}
		summary, ok := messaging.Summarise(events, time.Now())
		if !ok || !right(summary) {
			continue
		}
		message := newMessageJSON(summary)
		message.UpdatedAt = shown(summary.UpdatedAt)
		messages = append(messages, message)
	}
	return messages, nil
}
