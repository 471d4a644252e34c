package gateway

import (
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/phonehook/phonehook/gateway/dedupe"
	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

// The keys of the gateway's log fields.
const (
	keyID         = "id"
	keyTenant     = "tenant"
	keyChannel    = "channel"
	keyCountry    = "country"
	keyProvider   = "provider"
	keyWorker     = "worker"
	keyAttempts   = "attempts"
	keyOutcome    = "outcome"
	keyStatus     = "status"
	keyDuration   = "duration"
	keyShape      = "shape"
	keyReply      = "reply"
	keyDetail     = "detail"
	keyCallerGone = "caller_gone"
	keyReplayed   = "replayed"
	keyOperation  = "operation"
	keyPanic      = "panic"
	keyStack      = "stack"
)

// call is what is known of one request, filled in on the way and logged at the end.
type call struct {
	started time.Time
	// id is given to every call, so that one that was refused can be found as well;
	// it becomes the message's.
	id     string
	tenant *tenant
	draft  door.Draft
	// envelope says that the answer goes into the envelope of Auth0's Hooks.
	envelope bool
	// operation is what was asked of the native API; empty for a hook.
	operation string
	// named says that id is a message's that the caller named.
	named  bool
	prefer preference
	// limit is how long the call may take.
	limit time.Duration
	// key is the caller's idempotency key, and fingerprint tells its body from
	// others.
	key         string
	fingerprint dedupe.Fingerprint
	message     messaging.Message
	receipt     messaging.Receipt
	// event is the outcome, of the first call where this one was a duplicate.
	event    messaging.Event
	replayed bool
	// err is the failure, nil after success; code is the outcome either way.
	err    error
	code   messaging.Code
	status int
	// callerGone says that nobody waited for the answer any more.
	callerGone bool
}

// record writes the one line about a call. Nothing that a caller wrote is in it.
func (s *Server) record(c *call) {
	entry := s.log.Check(level(c.code), "call")
	if entry == nil {
		return
	}
	fields := make([]zap.Field, 0, 18)
	fields = append(fields, zap.String(keyID, c.id))
	if c.operation != "" {
		fields = append(fields, zap.String(keyOperation, c.operation))
	}
	if c.message.ID != "" {
		fields = append(fields, zap.String(keyChannel, string(c.message.Channel)), zap.String(keyCountry, c.message.Country))
	}
	if c.tenant != nil {
		fields = append(fields, zap.String(keyTenant, c.tenant.name))
	}
	if c.draft.Shape != "" {
		fields = append(fields, zap.String(keyShape, string(c.draft.Shape)))
	}
	if c.receipt.Provider != "" {
		fields = append(fields, zap.String(keyProvider, c.receipt.Provider))
	}
	if c.receipt.Worker != "" {
		fields = append(fields, zap.String(keyWorker, c.receipt.Worker))
	}
	if c.envelope {
		fields = append(fields, zap.String(keyReply, ReplyEnvelope))
	}
	if c.replayed {
		fields = append(fields, zap.Bool(keyReplayed, true))
	}
	if c.callerGone {
		fields = append(fields, zap.Bool(keyCallerGone, true))
	}
	if c.code != 0 { // a question that was answered has no outcome
		fields = append(fields, zap.Int(keyAttempts, len(c.receipt.Attempts)), zap.Stringer(keyOutcome, c.code))
	}
	fields = append(fields, zap.Int(keyStatus, c.status), zap.Duration(keyDuration, time.Since(c.started)))
	entry.Write(append(fields, reason(c.err)...)...)
}

// reason returns the fields about a failure. The field at fault is left out: the name
// of a key that is given twice is the caller's word.
func reason(err error) []zap.Field {
	e := messaging.AsError(err)
	if e == nil {
		return nil
	}
	var fields []zap.Field
	if e.Detail != "" {
		fields = append(fields, zap.String(keyDetail, e.Detail))
	}
	if e.Cause != nil {
		fields = append(fields, zap.Error(e.Cause))
	}
	return fields
}

// level returns how loud an outcome is: what callers do wrong and what went right is
// Info, what is degraded is Warn, and what only phonehook's operator can mend is Error.
func level(code messaging.Code) zapcore.Level {
	switch code {
	case messaging.CodeInternal, messaging.CodeMisconfigured:
		return zapcore.ErrorLevel
	case messaging.CodeUnavailable, messaging.CodeUnknown, messaging.CodeExpired:
		return zapcore.WarnLevel
	case messaging.CodeSent, messaging.CodePending, messaging.CodeInvalidRequest, messaging.CodeInvalidNumber,
		messaging.CodeBlocked, messaging.CodeRateLimited, messaging.CodeRejected, messaging.CodeUnauthorized,
		messaging.CodeTooLarge, messaging.CodeNotFound, messaging.CodeMethodNotAllowed,
		messaging.CodeKeyReused, messaging.CodeCancelled, messaging.CodeConflict:
	}
	return zapcore.InfoLevel
}
