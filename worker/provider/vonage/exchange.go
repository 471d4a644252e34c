package vonage

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// errKept is what the SDK is told instead of an answer.
var errKept = errors.New("the request is sent later")

// exchange is the transport of one call of the SDK. It keeps the SDK's request, with what
// the SDK can't say, for this package to send: a message that waits for the vendor then
// holds none of the SDK's stack, and the answer is read once. It is used once.
type exchange struct {
	// ctx is a field because the SDK's method takes none.
	ctx context.Context
	// ttl is the validity period, or zero for the vendor's own.
	ttl time.Duration

	// request is nil where the SDK did not make one.
	request *http.Request
}

// RoundTrip implements http.RoundTripper.
func (e *exchange) RoundTrip(request *http.Request) (*http.Response, error) {
	form, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, errKept
	}
	if e.ttl > 0 {
		form = append(form, "&ttl="...)
		form = strconv.AppendInt(form, e.ttl.Milliseconds(), 10)
	}
	kept, err := http.NewRequestWithContext(e.ctx, request.Method, request.URL.String(), bytes.NewReader(form)) //nolint:gosec // the address is the operator's
	if err != nil {
		return nil, errKept
	}
	kept.Header = request.Header.Clone()
	// The SDK wrote the length of its own form there; net/http writes the right one.
	kept.Header.Del("Content-Length")
	e.request = kept
	return nil, errKept
}
