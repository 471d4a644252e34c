package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// problemType begins the type of every problem document; the code ends it. It is a
// name and not an address: what a code means is part of the program, not of a site.
const problemType = "urn:phonehook:problem:"

// problem is a problem document of RFC 9457. Code, Field and MessageID are extension
// members.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail,omitempty"`
	Instance  string         `json:"instance,omitempty"`
	Code      messaging.Code `json:"code"`
	Field     string         `json:"field,omitempty"`
	MessageID string         `json:"message_id,omitempty"`
}

// newProblem returns the document about an error; id may be empty.
func newProblem(e *messaging.Error, id string) problem {
	p := problem{
		Type:      problemType + e.Code.String(),
		Title:     e.Code.Title(),
		Status:    e.Code.Status(),
		Detail:    publicDetail(e),
		Code:      e.Code,
		Field:     e.Field,
		MessageID: id,
	}
	if id != "" {
		p.Instance = "urn:uuid:" + id
	}
	return p
}

// publicDetail returns what a caller may read about an error: its detail as a sentence
// about the field, never its cause, and after a timeout always whether the message may
// have gone out.
func publicDetail(e *messaging.Error) string {
	switch {
	case e.Code == messaging.CodeUnknown:
		return join("the message may still have gone out", e.Detail)
	case e.Code == messaging.CodeExpired:
		return join("the message was not sent", e.Detail)
	case e.Field != "" && e.Detail != "":
		return e.Field + " " + e.Detail
	}
	return e.Detail
}

func join(lead, detail string) string {
	if detail == "" {
		return lead
	}
	return lead + ": " + detail
}

// writeProblem answers with a problem document and the headers that go with its code.
func writeProblem(c echo.Context, e *messaging.Error, id string) error {
	return writeProblemDocument(c, e, newProblem(e, id))
}

// writeProblemDocument is writeProblem for a document that was made already.
func writeProblemDocument(c echo.Context, e *messaging.Error, p problem) error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	if seconds := retryAfter(e); seconds > 0 {
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if e.Code == messaging.CodeUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if c.Request().Method == http.MethodHead {
		h.Set("Content-Type", problemContentType)
		return c.NoContent(p.Status)
	}
	return c.Blob(p.Status, problemContentType, data)
}

const problemContentType = "application/problem+json"

// retryAfter returns the seconds for Retry-After, rounded up, or 0 for no such header.
// Where a retry helps and nobody said when, one second keeps callers from hammering.
func retryAfter(e *messaging.Error) int64 {
	if e.RetryAfter > 0 {
		return int64((e.RetryAfter + time.Second - 1) / time.Second)
	}
	if e.Code.Retryable() {
		return 1
	}
	return 0
}

// answerError is Echo's error handler: whatever a handler or Echo itself returns is
// answered with a problem document.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	e := fromEcho(err)
	if e.Code == messaging.CodeMethodNotAllowed && c.Path() == hookPath {
		c.Response().Header().Set("Allow", http.MethodPost)
	}
	if entry := s.log.Check(level(e.Code), "request refused"); entry != nil {
		entry.Write(append(reason(e), zap.Stringer(keyOutcome, e.Code), zap.Int(keyStatus, e.Code.Status()))...)
	}
	_ = writeProblem(c, e, "")
}

// fromEcho returns an error as one of messaging's. Echo has errors of its own for
// addresses and methods that it has no route for.
func fromEcho(err error) *messaging.Error {
	if own, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch own.Code {
		case http.StatusNotFound:
			return &messaging.Error{Code: messaging.CodeNotFound}
		case http.StatusMethodNotAllowed:
			return &messaging.Error{Code: messaging.CodeMethodNotAllowed}
		case http.StatusRequestEntityTooLarge:
			return &messaging.Error{Code: messaging.CodeTooLarge}
		}
		if own.Code >= 400 && own.Code < 500 {
			return &messaging.Error{Code: messaging.CodeInvalidRequest}
		}
	}
	return messaging.AsError(err)
}
