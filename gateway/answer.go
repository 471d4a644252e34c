package gateway

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

// headerReplayed tells a caller that the answer is that of an earlier request.
const headerReplayed = "Idempotent-Replayed"

// answer answers a call in its reply mode.
func (s *Server) answer(c echo.Context, call *call) error {
	e := messaging.AsError(call.err)
	if call.replayed {
		c.Response().Header().Set(headerReplayed, "true")
	}
	switch {
	case call.envelope:
		return writeEnvelope(c, call)
	case e != nil:
		call.status = e.Code.Status()
		if e.Code == messaging.CodeMethodNotAllowed {
			c.Response().Header().Set("Allow", http.MethodPost)
		}
		return writeProblem(c, e, call.id)
	}
	// A message that is pending was taken over as well. Callers of hooks look for 200
	// and nothing else, Auth0's passwordless connection among them.
	call.status = http.StatusOK
	return writeJSON(c, call.status, messageID{call.id})
}

// messageID is the response object of Auth0's starter code.
type messageID struct {
	MessageID string `json:"MessageID"`
}

// envelopeSuccess and envelopeError are what the runtime of Auth0's Hooks answered, in
// its order of members.
type envelopeSuccess struct {
	StatusCode int       `json:"statusCode"`
	Headers    struct{}  `json:"headers"`
	Status     string    `json:"status"`
	Data       messageID `json:"data"`
}

type envelopeError struct {
	Status string        `json:"status"`
	Data   envelopeFault `json:"data"`
}

// envelopeFault is a JavaScript Error's own properties. The stack is its first line:
// there is no JavaScript here, and a Go stack is nobody's business outside.
type envelopeFault struct {
	Stack           string `json:"stack"`
	Message         string `json:"message"`
	StatusCode      int    `json:"statusCode,omitempty"`
	Name            string `json:"name,omitempty"`
	FriendlyMessage string `json:"friendlyMessage,omitempty"`
}

// writeEnvelope answers 200, whatever happened, as that runtime did.
func writeEnvelope(c echo.Context, call *call) error {
	call.status = http.StatusOK
	if call.err == nil {
		return writeJSON(c, http.StatusOK, envelopeSuccess{StatusCode: http.StatusOK, Status: "success", Data: messageID{call.id}})
	}
	fault := newFault(call.err)
	fault.Stack = "Error: " + fault.Message
	return writeJSON(c, http.StatusOK, envelopeError{Status: "error", Data: fault})
}

// newFault returns a failure as that runtime would have: its own words for a credential
// and a body that it refused, and for a message that could not be delivered the error
// that a Hook threw, with a sentence for the person who signs in.
func newFault(err error) envelopeFault {
	if violation, ok := errors.AsType[*door.Violation](err); ok {
		return envelopeFault{Message: violation.Message}
	}
	e := messaging.AsError(err)
	detail := publicDetail(e)
	if e.Field != "" {
		detail = "Body." + detail
	}
	switch e.Code {
	case messaging.CodeUnauthorized:
		return envelopeFault{Message: "Unauthorized extensibility point", StatusCode: http.StatusInternalServerError}
	case messaging.CodeInvalidRequest, messaging.CodeTooLarge:
		return envelopeFault{Message: cmp.Or(detail, e.Code.Title())}
	default:
		return envelopeFault{
			Message:         join(e.Code.String(), cmp.Or(detail, e.Code.Title())),
			Name:            "SendPhoneMessageError",
			FriendlyMessage: friendly(e.Code),
		}
	}
}

// friendly returns what the person who signs in may be told.
func friendly(code messaging.Code) string {
	switch code {
	case messaging.CodeInvalidNumber:
		return "This phone number cannot receive messages. Please check it."
	case messaging.CodeUnknown:
		return "The message may be delayed. If it does not arrive, please try again."
	case messaging.CodeRateLimited:
		return "Too many messages were sent. Please try again later."
	default:
		return "The message could not be sent. Please try again later."
	}
}

// writeJSON answers with exactly the JSON of value: no line break after it, and no
// character escaped that JavaScript's JSON.stringify leaves.
func writeJSON(c echo.Context, status int, value any) error {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	if c.Request().Method == http.MethodHead {
		h.Set("Content-Type", "application/json")
		return c.NoContent(status)
	}
	return c.Blob(status, "application/json", bytes.TrimSuffix(buffer.Bytes(), []byte("\n")))
}
