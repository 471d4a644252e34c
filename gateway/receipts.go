package gateway

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// receiptPaths are where providers report what became of messages. The gateway knows nothing of
// what they send: it bounds it and relays it to a worker.
var receiptPaths = []string{"/receipts/:kind/:account", "/receipts/:kind/:account/:token"}

const (
	// maxReceipt bounds the body: the longest reports have some 10 KiB.
	maxReceipt = 64 << 10
	// receiptsAtOnce is how many are in hand at once; with the largest bodies they
	// have 32 MiB. Further ones are answered 503, and their providers call again.
	receiptsAtOnce = 512
)

// notRelayed are headers that are the connection's, or that no provider signs and someone else's
// secrets could be in.
var notRelayed = []string{"Connection", "Keep-Alive", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Cookie"}

// receipt serves a provider's request.
func (s *Server) receipt(c echo.Context) error {
	begun := time.Now()
	callback, answer, err := s.relay(c)
	status := http.StatusOK
	if err != nil {
		status = messaging.AsError(err).Code.Status()
	}
	s.recordReceipt(callback, status, err, time.Since(begun))
	if err != nil {
		return err
	}
	if answer.Type == "" {
		return c.NoContent(status)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("X-Content-Type-Options", "nosniff")
	return c.Blob(status, answer.Type, answer.Body)
}

func (s *Server) relay(c echo.Context) (callback messaging.Callback, answer messaging.CallbackAnswer, err error) {
	r := c.Request()
	switch {
	case s.deps.Callbacks == nil:
		return callback, answer, missing("no workers that are called back")
	case strings.ContainsRune(c.Param("token"), '/'): // a router's last parameter takes the rest of the path
		return callback, answer, &messaging.Error{Code: messaging.CodeNotFound, Detail: "there is no such address"}
	case r.Method != http.MethodPost && r.Method != http.MethodGet:
		return callback, answer, &messaging.Error{Code: messaging.CodeMethodNotAllowed, Detail: "only POST and GET are allowed here"}
	}
	select {
	case s.receipts <- struct{}{}:
		defer func() { <-s.receipts }()
	default:
		return callback, answer, &messaging.Error{Code: messaging.CodeUnavailable, Detail: "too many receipts at once; report it again", RetryAfter: time.Second}
	}
	body, err := receiptBody(c.Response(), r)
	if err != nil {
		return callback, answer, err
	}
	callback = messaging.Callback{
		Kind: c.Param("kind"), Account: c.Param("account"), Token: c.Param("token"),
		Method: r.Method, URI: r.URL.RequestURI(), Header: relayed(r.Header), Body: body, ReceivedAt: time.Now(),
	}
	err = s.guard(func() (err error) {
		answer, err = s.deps.Callbacks.Call(r.Context(), callback)
		return err
	})
	return callback, answer, err
}

// receiptBody reads the body whole.
func receiptBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := &messaging.Error{Code: messaging.CodeTooLarge, Detail: "a receipt has at most 65,536 bytes"}
	if r.ContentLength > maxReceipt {
		w.Header().Set("Connection", "close") // the rest is not worth reading
		return nil, tooLarge
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxReceipt)); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, tooLarge
		}
		return nil, &messaging.Error{Code: messaging.CodeInvalidRequest, Detail: "the body did not arrive whole"}
	}
	return body.Bytes(), nil
}

func relayed(header http.Header) map[string][]string {
	kept := make(map[string][]string, len(header))
	for name, values := range header {
		if !slices.Contains(notRelayed, name) {
			kept[name] = values
		}
	}
	return kept
}

// recordReceipt writes the one line about a receipt. Which account it was for is known only once a
// worker has taken it; until then the path is a stranger's word.
func (s *Server) recordReceipt(callback messaging.Callback, status int, err error, took time.Duration) {
	at := zap.DebugLevel
	if err != nil {
		at = max(zap.InfoLevel, level(messaging.AsError(err).Code))
	}
	entry := s.log.Check(at, "receipt")
	if entry == nil {
		return
	}
	fields := []zap.Field{zap.Int(keyStatus, status), zap.Duration(keyDuration, took)}
	if err == nil {
		fields = append(fields, zap.String(keyProvider, callback.Account))
	}
	entry.Write(append(fields, reason(err)...)...)
}
