package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// recoverPanics answers a panic of a handler like any other fault of ours.
func (s *Server) recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		return s.guard(func() error { return next(c) })
	}
}

// guard calls f and returns a panic in it as an error of CodeInternal, after logging
// the stack. http.ErrAbortHandler, by which a handler means to cut the connection,
// goes on.
func (s *Server) guard(f func() error) (err error) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		if cause, ok := value.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
			panic(value)
		}
		s.log.Error("panic", zap.String(keyPanic, describe(value)), zap.ByteString(keyStack, debug.Stack()))
		err = &messaging.Error{Code: messaging.CodeInternal, Detail: "an unexpected fault"}
	}()
	return f()
}

// describe returns what a log may say of a panic's value: the text of the Go runtime's
// own errors, and of everything else, which could quote a message, only the type.
func describe(value any) string {
	if fault, ok := value.(runtime.Error); ok {
		return fault.Error()
	}
	return fmt.Sprintf("a value of type %T", value)
}
