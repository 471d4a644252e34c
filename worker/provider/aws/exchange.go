package aws

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/phonehook/phonehook/worker/provider"
)

// exchange is the HTTP client that the SDK is given for one request. It sends by provider.Do, which
// bounds the answer, follows no redirect and knows whether anything was sent, and keeps what came
// of it.
type exchange struct {
	client *http.Client
	// One of the two is set once the SDK has made its request.
	answer  *provider.Answer
	failure error
}

// Do implements the HTTPClient of the SDK.
func (e *exchange) Do(made *http.Request) (*http.Response, error) {
	// The SDK's body can be read only once. One that can be read again lets net/http use another
	// connection where the vendor had closed the first before anything was written.
	body, err := io.ReadAll(made.Body)
	if err != nil {
		return nil, err
	}
	request := made.WithContext(made.Context())
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	request.Body, _ = request.GetBody() // never fails
	if e.answer, e.failure = provider.Do(e.client, request); e.failure != nil {
		return nil, e.failure
	}
	return &http.Response{
		StatusCode: e.answer.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: e.answer.Header,
		Body: io.NopCloser(bytes.NewReader(e.answer.Body)), ContentLength: int64(len(e.answer.Body)), Request: request,
	}, nil
}

// attempt makes one request through the SDK and judges what came of it. What call returns is the
// vendor's id of the message and the SDK's error. The vendor tells nothing of parts.
func (c *Client) attempt(ctx context.Context, call func(client *exchange) (id *string, err error)) (provider.Receipt, error) {
	e := &exchange{client: c.http}
	id, err := call(e)
	switch {
	case e.failure != nil:
		return provider.Receipt{}, e.failure
	case e.answer == nil && ctx.Err() != nil:
		return provider.Receipt{}, &provider.Error{Kind: provider.Unavailable, Detail: "the time was over before a connection was made", Cause: ctx.Err()}
	case e.answer == nil:
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the request could not be made")
	}
	if refusal := judge(e.answer, err); refusal != nil {
		return provider.Receipt{}, refusal
	}
	if err != nil || e.answer.Cut || id == nil || *id == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	return provider.Receipt{ID: *id}, nil
}
