package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// answerLimit bounds how much of an answer is read. A right one has about fifty
// bytes and a problem document a few hundred.
const answerLimit = 64 << 10

// generator makes calls of one subject. All of its connections together give each
// call a number of its own.
type generator struct {
	target *url.URL
	token  string
	calls  atomic.Uint64
}

func newGenerator(e Endpoint) (*generator, error) {
	target, err := url.Parse(e.URL)
	if err != nil {
		return nil, fmt.Errorf("bench: the subject's address: %w", err)
	}
	return &generator{target: target, token: e.Token}, nil
}

// connection is one keep-alive connection, used by one goroutine. It writes and
// reads the socket itself: net/http's client costs two goroutines a connection
// and several times the processor time, which the subject would be missing.
type connection struct {
	generator *generator
	// place is its number among the connections of a round.
	place   int
	request *request
	raw     net.Conn
	reader  *bufio.Reader
	body    bytes.Buffer
	stop    func() bool
}

func (g *generator) connection() *connection {
	return &connection{generator: g, request: newRequest(g.target, g.token)}
}

// open connects, if the connection is not open already. Every read and write
// fails after the deadline, and at once when ctx ends.
func (c *connection) open(ctx context.Context, deadline time.Time) error {
	if c.raw != nil {
		return nil
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", c.generator.target.Host)
	if err != nil {
		return fmt.Errorf("bench: connect: %w", err)
	}
	if err := raw.SetDeadline(deadline); err != nil {
		_ = raw.Close()
		return fmt.Errorf("bench: connect: %w", err)
	}
	c.raw, c.reader = raw, bufio.NewReader(raw)
	c.stop = context.AfterFunc(ctx, func() { _ = raw.Close() })
	return nil
}

// close closes the connection, if it is open; open opens it again.
func (c *connection) close() {
	if c.raw == nil {
		return
	}
	c.stop()
	_ = c.raw.Close()
	c.raw = nil
}

// call makes the next call and checks its answer. After an error of the transport
// the connection is closed; a wrong answer leaves it open.
func (c *connection) call() error {
	if _, err := c.raw.Write(c.request.number(c.generator.calls.Add(1))); err != nil {
		c.close()
		return fmt.Errorf("bench: write: %w", err)
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		c.close()
		return fmt.Errorf("bench: read: %w", err)
	}
	c.body.Reset()
	_, err = c.body.ReadFrom(io.LimitReader(response.Body, answerLimit))
	_ = response.Body.Close()
	if err != nil || response.Close {
		c.close()
	}
	if err != nil {
		return fmt.Errorf("bench: read: %w", err)
	}
	return checkAnswer(response.StatusCode, c.body.Bytes())
}

// checkAnswer returns an error unless the answer is status 200 with a MessageID.
func checkAnswer(status int, body []byte) error {
	if status != http.StatusOK {
		return fmt.Errorf("bench: status %d: %.200s", status, body)
	}
	var answer struct{ MessageID string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("bench: the answer is not JSON: %w", err)
	}
	if err := uuid.Validate(answer.MessageID); err != nil {
		return fmt.Errorf("bench: the answer's MessageID: %w", err)
	}
	return nil
}
