package worker

import (
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/phonehook/phonehook/messaging"
)

// log writes the one line about a message. Nothing of the message is in it but
// what Message's own formatting would show.
func (d *Dispatcher) log(m messaging.Message, by *route, r messaging.Receipt, err *messaging.Error, took time.Duration) {
	code := r.Code
	if err != nil {
		code = err.Code
	}
	entry := d.logger.Check(levelOf(code), "message done")
	if entry == nil {
		return
	}
	fields := make([]zapcore.Field, 0, 11)
	fields = append(fields,
		zap.String("id", m.ID),
		zap.String("tenant", m.Tenant),
		zap.String("channel", string(m.Channel)),
		zap.String("country", m.Country),
		zap.Stringer("outcome", code),
		zap.Int("attempts", len(r.Attempts)),
		zap.Duration("duration", took),
	)
	if by != nil {
		fields = append(fields, zap.String("route", by.name))
	}
	if n := len(r.Attempts); n > 0 {
		last := r.Attempts[n-1]
		fields = append(fields, zap.String("provider", last.Provider))
		if last.ProviderCode != "" {
			fields = append(fields, zap.String("provider_code", last.ProviderCode))
		}
	}
	if err != nil {
		fields = append(fields, zap.Error(err))
	}
	entry.Write(fields...)
}

// levelOf is Info for what the recipient, the caller or their provider decided,
// Warn for what may pass, and Error for what somebody has to put right.
func levelOf(code messaging.Code) zapcore.Level {
	switch code {
	case messaging.CodeUnavailable, messaging.CodeUnknown, messaging.CodeExpired:
		return zapcore.WarnLevel
	case messaging.CodeMisconfigured, messaging.CodeInternal:
		return zapcore.ErrorLevel
	default:
		return zapcore.InfoLevel
	}
}
