package gateway

import (
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/phonehook/phonehook/gateway/dedupe"
	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

// hook serves the door: whatever happens, it answers and writes one line.
func (s *Server) hook(c echo.Context) error {
	call := newCall()
	call.err = s.guard(func() error { return s.take(c, call) })
	call.code = messaging.CodeOf(call.receipt, call.err)
	call.callerGone = c.Request().Context().Err() != nil
	err := s.answer(c, call)
	s.record(call)
	return err
}

// newCall returns a call that arrives now.
func newCall() *call {
	return &call{started: time.Now(), id: uuid.Must(uuid.NewV7()).String()} // fails only without crypto/rand, as Go does
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
	read := door.Decode
	if call.envelope {
		read = door.DecodeStrict
	}
	call.limit = call.tenant.deadline
	if err := s.read(c, call, read); err != nil {
		return err
	}
	call.message.Accept = call.tenant.accept
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

// read makes the call's message of its body, and its key of the header.
func (s *Server) read(c echo.Context, call *call, decode func([]byte) (door.Draft, error)) error {
	r := c.Request()
	var err error
	if call.key, err = dedupe.ParseHeader(r.Header.Values(dedupe.Header)); err != nil {
		return err
	}
	return withBody(c.Response(), r, func(body []byte) error {
		if call.draft, err = decode(body); err != nil {
			return err
		}
		if call.message, err = normalise(call.draft, call.id, call.tenant, time.Now()); err != nil {
			return err
		}
		key := s.numberKey()
		call.message.ToHash = key.Hash(call.tenant.name, call.message.To)
		if call.key != "" {
			call.fingerprint = dedupe.Secret(key).Fingerprint(c.Path(), body)
		}
		return nil
	})
}
