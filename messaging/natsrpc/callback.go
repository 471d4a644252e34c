package natsrpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

// callbackPrefix and the name of a provider's account are the subject of a callback, and
// feedbackPrefix that of feedback. They go to one of the workers that have the account, over core
// NATS: what a callback tells is kept by that worker before the provider is answered, and a provider
// that gets no answer calls again, like a platform with feedback.
const (
	callbackPrefix = "phonehook.v1.callback."
	feedbackPrefix = "phonehook.v1.feedback."
)

const (
	// callbackSlots is how many callbacks a worker has in hand at once: each waits some
	// milliseconds for JetStream, so that is ten thousand a second.
	callbackSlots = 64
	// callbackQueue is how many wait for one in the worker before it says that it is busy.
	callbackQueue = 1024
	// callbackWithin bounds the work on one. Vendors wait for 2 to 15 seconds, and call
	// again after that.
	callbackWithin = 5 * time.Second
	// offersOfCallback is how often a gateway offers a callback that finds no worker:
	// one that is started again is there within a second, and vendors wait that long.
	offersOfCallback  = 5
	callbackAgainWait = 200 * time.Millisecond
)

// Call implements messaging.Callbacks: it has a worker that has the account take c.
func (c *Client) Call(ctx context.Context, callback messaging.Callback) (messaging.CallbackAnswer, error) {
	body, err := messaging.EncodeCallback(callback)
	if err != nil {
		return messaging.CallbackAnswer{}, err
	}
	return c.relay(ctx, callbackPrefix, callback.Account, body)
}

// Feedback implements messaging.Feedbacks.
func (c *Client) Feedback(ctx context.Context, f messaging.Feedback) error {
	body, err := json.Marshal(f)
	if err != nil {
		return &messaging.Error{Code: messaging.CodeInternal, Detail: "the feedback can't be encoded"}
	}
	_, err = c.relay(ctx, feedbackPrefix, f.Account, body)
	return err
}

// relay asks a worker that has the account, and waits a moment for there to be one.
func (c *Client) relay(ctx context.Context, prefix, account string, body []byte) (messaging.CallbackAnswer, error) {
	if !messaging.ValidTenant(account) { // the names of accounts are made alike
		return messaging.CallbackAnswer{}, &messaging.Error{Code: messaging.CodeNotFound, Detail: "no provider has this name"}
	}
	ctx, cancel := context.WithTimeout(ctx, callbackWithin+keepBack)
	defer cancel()
	for range offersOfCallback {
		answer, err := c.nc.RequestWithContext(ctx, prefix+account, body)
		if err == nil {
			return messaging.DecodeCallbackOutcome(answer.Data)
		}
		if !errors.Is(err, nats.ErrNoResponders) {
			return messaging.CallbackAnswer{}, uncalled("no worker answered in time", err)
		}
		select {
		case <-time.After(callbackAgainWait):
		case <-ctx.Done():
		}
	}
	return messaging.CallbackAnswer{}, uncalled("no worker has a provider of this name now", nats.ErrNoResponders)
}

func uncalled(detail string, cause error) error {
	return &messaging.Error{Code: messaging.CodeUnavailable, Detail: detail, RetryAfter: time.Second, Cause: cause}
}

// Desk is who takes callbacks and feedback at a worker.
type Desk interface {
	messaging.Callbacks
	messaging.Feedbacks
}

// CallbackServer takes callbacks and feedback from gateways and has a Desk work on them.
type CallbackServer struct {
	desk Desk
	subs []*nats.Subscription
	nc   *nats.Conn

	ctx     context.Context // parent of every Call; ends when Drain gives up
	stop    context.CancelFunc
	slots   chan struct{}
	waiting chan struct{}
	working sync.WaitGroup
}

// NewCallbackServer begins to take what is for the accounts. It returns at once, also while nc
// is not connected.
func NewCallbackServer(nc *nats.Conn, desk Desk, accounts []string) (*CallbackServer, error) {
	s := &CallbackServer{
		desk: desk, nc: nc,
		slots: make(chan struct{}, callbackSlots), waiting: make(chan struct{}, callbackSlots+callbackQueue),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	for _, account := range accounts {
		for prefix, work := range map[string]workOn{callbackPrefix: s.callback, feedbackPrefix: s.feedback} {
			sub, err := nc.QueueSubscribe(prefix+account, queueGroup, func(msg *nats.Msg) { s.receive(msg, work) })
			if err != nil {
				for _, earlier := range s.subs {
					_ = earlier.Unsubscribe() // fails only when the connection is closed already
				}
				return nil, fmt.Errorf("natsrpc: subscribe to callbacks: %w", err)
			}
			s.subs = append(s.subs, sub)
		}
	}
	return s, nil
}

// workOn is the work on the body of a message.
type workOn func(ctx context.Context, body []byte) (messaging.CallbackAnswer, error)

// receive gives a message to a goroutine of its own, or says that there are too many.
func (s *CallbackServer) receive(msg *nats.Msg, work workOn) {
	select {
	case s.waiting <- struct{}{}:
	default:
		s.answer(msg, messaging.CallbackAnswer{}, uncalled("the workers have too many callbacks in hand", nil))
		return
	}
	begun := time.Now()
	s.working.Go(func() {
		defer func() { <-s.waiting }()
		ctx, cancel := context.WithDeadline(s.ctx, begun.Add(callbackWithin))
		defer cancel()
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
			answer, err := work(ctx, msg.Data)
			s.answer(msg, answer, err)
		case <-ctx.Done(): // nobody waits any more
		}
	})
}

func (s *CallbackServer) callback(ctx context.Context, body []byte) (messaging.CallbackAnswer, error) {
	callback, err := messaging.DecodeCallback(body)
	if err != nil {
		return messaging.CallbackAnswer{}, &messaging.Error{Code: messaging.CodeInternal, Detail: "the callback can't be understood", Cause: err}
	}
	return s.desk.Call(ctx, callback)
}

func (s *CallbackServer) feedback(ctx context.Context, body []byte) (messaging.CallbackAnswer, error) {
	var f messaging.Feedback
	if err := json.Unmarshal(body, &f); err != nil {
		return messaging.CallbackAnswer{}, &messaging.Error{Code: messaging.CodeInternal, Detail: "the feedback can't be understood"}
	}
	return messaging.CallbackAnswer{}, s.desk.Feedback(ctx, f)
}

func (s *CallbackServer) answer(msg *nats.Msg, answer messaging.CallbackAnswer, err error) {
	if body, err := messaging.EncodeCallbackOutcome(answer, err); err == nil {
		_ = msg.Respond(body) // without an answer the provider calls again
	}
}

// Drain takes no new callbacks and returns when those in hand are answered. When ctx ends first,
// they are cut off.
func (s *CallbackServer) Drain(ctx context.Context) {
	for _, sub := range s.subs {
		_ = sub.Drain() // fails only when the connection is closed already
	}
	ticker := time.NewTicker(time.Millisecond) // a drained subscription sends no signal
	defer ticker.Stop()
	for _, sub := range s.subs {
		for sub.IsValid() && s.nc.IsConnected() && ctx.Err() == nil {
			<-ticker.C
		}
	}
	done := make(chan struct{})
	go func() {
		s.working.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.stop()
	<-done
}
