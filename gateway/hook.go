package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

// errDeadline is the cause of a call's end by its tenant's deadline.
var errDeadline = errors.New("gateway: the tenant's deadline passed")

// hook serves the door: whatever happens, it answers and writes one line.
func (s *Server) hook(c echo.Context) error {
	call := &call{started: time.Now(), id: uuid.Must(uuid.NewV7()).String()} // fails only without crypto/rand, as Go does
	call.err = s.guard(func() error { return s.take(c, call) })
	call.code = messaging.CodeOf(call.receipt, call.err)
	call.callerGone = c.Request().Context().Err() != nil
	err := s.answer(c, call)
	s.record(call)
	return err
}

// take carries a call from its credential to its outcome.
func (s *Server) take(c echo.Context, call *call) error {
	r := c.Request()
	mode := r.URL.Query().Get("reply")
	call.envelope = mode == ReplyEnvelope
	if call.tenant = s.tenants.bearer(r.Header.Get("Authorization")); call.tenant == nil {
		return unauthorized(r, call.envelope)
	}
	switch mode {
	case "":
		call.envelope = call.tenant.envelope
	case ReplyStatus, ReplyEnvelope:
	default:
		return &messaging.Error{Code: messaging.CodeInvalidRequest, Detail: "the query's reply must be status or envelope"}
	}
	if r.Method != http.MethodPost {
		return wrongMethod(call.envelope)
	}
	err := withBody(c.Response(), r, func(body []byte) error { return s.decode(body, call) })
	if err != nil {
		return err
	}
	return s.deliver(r.Context(), call)
}

// unauthorized refuses a caller. One that uses a wrong method as well is told that
// first, as anyone may know it; the envelope's protocol looks at the credential first.
func unauthorized(r *http.Request, envelope bool) error {
	if r.Method != http.MethodPost && !envelope {
		return wrongMethod(false)
	}
	detail := "send the header Authorization: Bearer with a token of the tenant"
	if r.Header.Get("Authorization") != "" {
		detail = "the Authorization header has no valid bearer token"
	}
	return &messaging.Error{Code: messaging.CodeUnauthorized, Detail: detail}
}

// wrongMethod refuses what is not a POST. The runtime of Auth0's Hooks read no body
// then, and said so.
func wrongMethod(envelope bool) error {
	if envelope {
		return door.NotAnObject()
	}
	return &messaging.Error{Code: messaging.CodeMethodNotAllowed, Detail: "only POST is allowed here"}
}

// decode makes the call's message of its body.
func (s *Server) decode(body []byte, call *call) error {
	read := door.Decode
	if call.envelope {
		read = door.DecodeStrict
	}
	var err error
	if call.draft, err = read(body); err != nil {
		return err
	}
	call.message, err = normalise(call.draft, call.id, call.tenant, time.Now())
	return err
}

// deliver hands the call's message to the sender and waits for its outcome until the
// tenant's deadline, which counts from the call's arrival.
//
// The delivery does not stop when the caller hangs up. A message that is half-way at a
// provider cannot be taken back; if it arrives, the person has the code, and if the
// caller tries again, it makes no difference that the first one was cancelled late.
func (s *Server) deliver(ctx context.Context, call *call) error {
	ctx = context.WithoutCancel(ctx)
	ctx, cancel := context.WithDeadlineCause(ctx, call.started.Add(call.tenant.deadline), errDeadline)
	defer cancel()
	if ctx.Err() != nil {
		return &messaging.Error{Code: messaging.CodeExpired, Detail: "the request took too long to arrive"}
	}
	receipt, err := s.deps.Sender.Send(ctx, call.message)
	call.receipt = receipt
	if err = outcome(receipt, err); err != nil {
		return inBody(call.draft, err, "")
	}
	return nil
}

// outcome returns a sender's error as one of messaging's. A bare error of the context
// says nothing about the message, so it may have been sent.
func outcome(receipt messaging.Receipt, err error) error {
	switch {
	case err == nil && receipt.Code != messaging.CodeSent && receipt.Code != messaging.CodePending:
		return &messaging.Error{Code: messaging.CodeInternal, Detail: "the sender told no outcome"}
	case err == nil:
		return nil
	}
	if _, ok := errors.AsType[*messaging.Error](err); ok {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &messaging.Error{Code: messaging.CodeUnknown, Detail: "no outcome was known at the deadline", Cause: err}
	}
	return messaging.AsError(err)
}
