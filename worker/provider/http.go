package provider

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync/atomic"
	"time"
)

// MaxAnswer is how many bytes of an answer [Do] keeps. Vendors answer a message
// with less than 1 KiB a part, and a message has at most a few dozen parts.
const MaxAnswer = 64 << 10

const (
	// dialTimeout and handshakeTimeout leave most of a caller's ten seconds to
	// the next provider: a host that takes longer to connect is not working.
	dialTimeout      = 3 * time.Second
	handshakeTimeout = 3 * time.Second
	// answerTimeout ends requests whose context has no deadline. No caller
	// waits longer than 20 s, so it never ends one that somebody waits for.
	answerTimeout = 30 * time.Second
	// maxIdleConns keeps the connections of a burst: 5,000 messages a second
	// at 100 ms each are 500 at once, and a new connection costs a handshake.
	maxIdleConns = 512
	// dialsAtOnce is how many connections are being made at once; to a host that
	// is 50 ms away that is 5,000 a second. Thousands together overflow the queue
	// in which a host keeps those that it has not accepted yet, and what it drops
	// is tried again only after a second.
	dialsAtOnce = 256
	// idleTimeout is well below the 60 to 75 s after which load balancers
	// close a connection. A request that meets the closing is lost as Unknown.
	idleTimeout = 30 * time.Second
	// bufferSize holds most requests and most answers whole. A connection has two
	// such buffers as long as it lives.
	bufferSize = 2 << 10
	// maxHeader is enough for any vendor's headers, and little enough to hold for
	// thousands of answers.
	maxHeader = 32 << 10
	// keepAlive finds a peer that vanished, so that its connection is not kept.
	keepAlive = 15 * time.Second
)

// NewHTTPClient returns a client for one vendor's API, with connections of its
// own. It needs TLS 1.2, uses no proxy from the environment, and follows no
// redirect: a redirect would send the credentials and the message to an address
// that nobody configured. It speaks HTTP/1.1, where a connection that breaks
// takes one message with it and not every one under way.
//
// There may be as many connections as requests: how many messages are in hand is
// limited by a worker's slots and by what its file says of the provider. A limit here
// would have messages wait in a place that knows neither their order nor their time.
//
// The time of a request is its context's. Close the client's idle connections
// when it is no longer used.
func NewHTTPClient() *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            inTurn((&net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}).DialContext),
			TLSHandshakeTimeout:    handshakeTimeout,
			ResponseHeaderTimeout:  answerTimeout,
			IdleConnTimeout:        idleTimeout,
			MaxIdleConnsPerHost:    maxIdleConns,
			ReadBufferSize:         bufferSize,
			WriteBufferSize:        bufferSize,
			MaxResponseHeaderBytes: maxHeader,
			Protocols:              protocols,
			// An answer is too short to gain from it, and what is not
			// unpacked can't grow.
			DisableCompression: true,
			TLSClientConfig: &tls.Config{
				MinVersion: tls.VersionTLS12,
				// A new connection to the same host skips most of the
				// handshake.
				ClientSessionCache: tls.NewLRUClientSessionCache(0),
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dialer makes a connection, as a net.Dialer does.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// inTurn makes at most dialsAtOnce connections at a time. Who waits for his turn longer
// than a connection may take gives up.
func inTurn(dial dialer) dialer {
	turns := make(chan struct{}, dialsAtOnce)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		timer := time.NewTimer(dialTimeout)
		defer timer.Stop()
		select {
		case turns <- struct{}{}:
			defer func() { <-turns }()
			return dial(ctx, network, address)
		case <-timer.C:
			return nil, os.ErrDeadlineExceeded
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Answer is an HTTP answer that was read to its end.
type Answer struct {
	Status int
	Header http.Header
	// Body is the body, or its first MaxAnswer bytes.
	Body []byte
	// Cut says that the body was longer than MaxAnswer.
	Cut bool
}

// Do sends request by a client of [NewHTTPClient] and reads the answer whole. Its error
// is an *Error: of kind Unavailable when certainly nothing was sent, and Unknown from the
// moment a connection was had until the answer's last byte. An answer of any status is no
// error; [StatusError] judges it.
//
// The request must have its body in memory, as http.NewRequest makes it from a
// bytes.Reader, and no Idempotency-Key, so that net/http repeats it only where it
// wrote nothing of it.
func Do(client *http.Client, request *http.Request) (*Answer, error) {
	ctx := request.Context()
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	if ctx.Err() != nil {
		return nil, transportError(ctx, ctx.Err(), false)
	}
	// Not the client's own Do, which adds cookies and redirects, and of which a message
	// that waits would hold the stack.
	response, err := client.Transport.RoundTrip(request.WithContext(traced))
	if err != nil {
		return nil, transportError(ctx, err, connected.Load())
	}
	defer func() { _ = response.Body.Close() }()
	answer := &Answer{Status: response.StatusCode, Header: response.Header}
	if answer.Body, answer.Cut, err = readBounded(response.Body, response.ContentLength); err != nil {
		return nil, transportError(ctx, err, true)
	}
	return answer, nil
}

// readBounded reads the first MaxAnswer bytes of body, and says whether there are
// more. It reads to the end of every shorter body, so that the connection is used
// again; that of a longer one is closed with it.
func readBounded(body io.Reader, length int64) (data []byte, cut bool, err error) {
	var buffer bytes.Buffer
	if 0 < length && length <= MaxAnswer {
		buffer.Grow(int(length) + bytes.MinRead)
	}
	if _, err = buffer.ReadFrom(io.LimitReader(body, MaxAnswer+1)); err != nil {
		return nil, false, err
	}
	data = buffer.Bytes()
	if len(data) > MaxAnswer {
		return data[:MaxAnswer], true, nil
	}
	return data, false, nil
}

// transportError is the *Error for err, which ended a request before its answer
// was complete. The causes that it keeps name no address and no part of the
// request; net/http's own errors have both.
func transportError(ctx context.Context, err error, connected bool) *Error {
	failure := &Error{Kind: Unavailable}
	if connected {
		failure.Kind = Unknown
	}
	if ended := ctx.Err(); ended != nil {
		failure.Cause = ended
		failure.Detail = "the time was over before a connection was made"
		if connected {
			failure.Detail = "the time was over before the answer was complete"
		}
		return failure
	}
	if connected {
		failure.Detail, failure.Cause = brokenDetail(err)
	} else {
		failure.Detail, failure.Cause = unconnectedDetail(err)
	}
	return failure
}

// errTimeout stands for the timeouts of net and net/http, whose own texts name
// the address.
var errTimeout = errors.New("timeout")
