package vonage

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// errNoAnswer is what the SDK is told when there is no answer. What really
// happened is in the exchange.
var errNoAnswer = errors.New("no answer")

// exchange is the transport of one call of the SDK: it sends the SDK's request
// under the caller's context, with what the SDK can't say, and keeps the answer
// for this package to judge. It is used once.
type exchange struct {
	// ctx is a field because the SDK's method takes none.
	ctx    context.Context
	client *http.Client
	// ttl is the validity period, or zero for the vendor's own.
	ttl time.Duration

	sent   bool
	answer *provider.Answer
	err    error
}

// RoundTrip implements http.RoundTripper.
func (e *exchange) RoundTrip(request *http.Request) (*http.Response, error) {
	form, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, errNoAnswer
	}
	if e.ttl > 0 {
		form = append(form, "&ttl="...)
		form = strconv.AppendInt(form, e.ttl.Milliseconds(), 10)
	}
	outgoing, err := http.NewRequestWithContext(e.ctx, request.Method, request.URL.String(), bytes.NewReader(form)) //nolint:gosec // the address is the operator's
	if err != nil {
		return nil, errNoAnswer
	}
	outgoing.Header = request.Header.Clone()
	// The SDK wrote the length of its own form there; net/http writes the right one.
	outgoing.Header.Del("Content-Length")
	e.sent = true
	if e.answer, e.err = provider.Do(e.client, outgoing); e.err != nil {
		return nil, errNoAnswer
	}
	return &http.Response{
		Status:     strconv.Itoa(e.answer.Status),
		StatusCode: e.answer.Status,
		Header:     e.answer.Header,
		Body:       io.NopCloser(bytes.NewReader(e.answer.Body)),
		Request:    request,
	}, nil
}
