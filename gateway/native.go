package gateway

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/phonehook/phonehook/messaging"
)

// Paths of the native API.
const (
	messagesPath = "/v1/messages"
	messagePath  = messagesPath + "/:id"
	cancelPath   = messagePath + "/cancel"
	feedbackPath = messagePath + "/feedback"
	openAPIPath  = "/v1/openapi.json"
)

// operation is one thing that the native API does.
type operation struct {
	// name is its operationId in the OpenAPI document, and stands in the log.
	name string
	// open says that it needs no credential; such a call is not logged.
	open bool
	// run does it, and returns the answer's status and what its JSON is made of. An
	// error is answered with a problem document.
	run func(s *Server, c echo.Context, call *call) (status int, answer any, err error)
}

// nativeAPI has the operations of each path by method. HEAD is answered as GET is, less
// the body.
var nativeAPI = map[string]map[string]operation{
	messagesPath: {
		http.MethodPost: {name: "sendMessage", run: (*Server).sendMessage},
		http.MethodGet:  {name: "listMessages", run: (*Server).listMessages},
	},
	messagePath:  {http.MethodGet: {name: "getMessage", run: (*Server).getMessage}},
	cancelPath:   {http.MethodPost: {name: "cancelMessage", run: (*Server).cancelMessage}},
	feedbackPath: {http.MethodPost: {name: "giveFeedback", run: (*Server).giveFeedback}},
	openAPIPath:  {http.MethodGet: {name: "getOpenAPI", open: true, run: (*Server).getOpenAPI}},
}

// native serves the operations of one path: whatever happens, it answers and, where a
// credential is needed, writes one line.
func (s *Server) native(operations map[string]operation) echo.HandlerFunc {
	allow := allowed(operations)
	return func(c echo.Context) error {
		method := c.Request().Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		op, known := operations[method]
		call := newCall()
		var answer any
		call.err = s.guard(func() (err error) {
			switch {
			case !known:
				c.Response().Header().Set("Allow", allow)
				return &messaging.Error{Code: messaging.CodeMethodNotAllowed, Detail: "allowed here: " + allow}
			case !op.open:
				if call.tenant = s.tenants.bearer(c.Request().Header.Get("Authorization")); call.tenant == nil {
					return unauthorized(c.Request(), true)
				}
				call.limit = call.tenant.deadline
			}
			call.operation = op.name
			call.status, answer, err = op.run(s, c, call)
			return err
		})
		err := s.answerNative(c, call, answer)
		if !op.open {
			s.record(call)
		}
		return err
	}
}

// answerNative answers a call of the native API.
func (s *Server) answerNative(c echo.Context, call *call, answer any) error {
	call.callerGone = c.Request().Context().Err() != nil
	if call.replayed {
		c.Response().Header().Set(headerReplayed, "true")
	}
	if call.err == nil {
		return writeJSON(c, call.status, answer)
	}
	e := messaging.AsError(call.err)
	call.code, call.status = e.Code, e.Code.Status()
	p := newProblem(e, call.id)
	if call.operation != "sendMessage" && !call.named {
		p.MessageID = "" // the id is that of the call, and there is no message of it
	}
	return writeProblemDocument(c, e, p)
}

// allowed returns the value of the Allow header.
func allowed(operations map[string]operation) string {
	var methods []string
	for method := range operations {
		methods = append(methods, method)
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// within returns a context that ends with the call's limit. It does not end when the
// caller hangs up: half of a change is worse than one that nobody reads about.
func (call *call) within(c echo.Context) (context.Context, context.CancelFunc) {
	ctx := context.WithoutCancel(c.Request().Context())
	return context.WithDeadlineCause(ctx, call.started.Add(call.limit), errDeadline)
}

// missing returns the error of an operation that needs what this gateway does not have.
func missing(what string) error {
	return &messaging.Error{Code: messaging.CodeUnavailable, Detail: "this gateway has " + what, RetryAfter: time.Minute}
}
