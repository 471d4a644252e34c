package natsrpc

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// claims asks gateways for permission to begin. All answers to one worker come
// through one subscription.
type claims struct {
	nc      *nats.Conn
	worker  string
	inbox   string
	sub     *nats.Subscription
	serial  atomic.Uint64
	waiting sync.Map // of string, an answer's last token, to chan *nats.Msg
}

func newClaims(nc *nats.Conn, worker string) (*claims, error) {
	c := &claims{nc: nc, worker: worker, inbox: claimPrefix + worker + "."}
	var err error
	c.sub, err = nc.Subscribe(c.inbox+"*", c.receive)
	return c, err
}

func (c *claims) receive(msg *nats.Msg) {
	if answer, ok := c.waiting.LoadAndDelete(strings.TrimPrefix(msg.Subject, c.inbox)); ok {
		answer.(chan *nats.Msg) <- msg
	}
}

// ask asks on an offer's reply subject whether to begin, and returns the time that
// the gateway grants, 0 for none. The error says that no answer came.
func (c *claims) ask(ctx context.Context, reply string) (time.Duration, error) {
	token := strconv.FormatUint(c.serial.Add(1), 36)
	answer := make(chan *nats.Msg, 1)
	c.waiting.Store(token, answer)
	defer c.waiting.Delete(token)
	question := newAnswer(reply, answerClaim, c.worker, reasonFull, nil)
	question.Reply = c.inbox + token
	if err := c.nc.PublishMsg(question); err != nil {
		return 0, err
	}
	select {
	case msg := <-answer:
		if msg.Header.Get(headerGranted) != "true" {
			return 0, nil // refused, or nobody waits for answers there
		}
		left, err := strconv.ParseInt(msg.Header.Get(headerTimeout), 10, 64)
		return time.Duration(left) * time.Millisecond, err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (c *claims) close() { _ = c.sub.Unsubscribe() }
