package natsrpc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

// callbackPrefix and the name of a provider's account are the subject of a callback. It goes to
// one of the workers that have the account, over core NATS: what it tells is kept by that worker
// before the provider is answered, and a provider that gets no answer calls again.
const callbackPrefix = "phonehook.v1.callback."

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
	if !messaging.ValidTenant(callback.Account) { // the names of accounts are made alike
		return messaging.CallbackAnswer{}, &messaging.Error{Code: messaging.CodeNotFound, Detail: "no provider has this name"}
	}
	body, err := messaging.EncodeCallback(callback)
	if err != nil {
		return messaging.CallbackAnswer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callbackWithin+keepBack)
	defer cancel()
	for range offersOfCallback {
		answer, err := c.nc.RequestWithContext(ctx, callbackPrefix+callback.Account, body)
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

// CallbackServer takes callbacks from gateways and has Callbacks work on them.
type CallbackServer struct {
	callbacks messaging.Callbacks
	subs      []*nats.Subscription
	nc        *nats.Conn

	ctx     context.Context // parent of every Call; ends when Drain gives up
	stop    context.CancelFunc
	slots   chan struct{}
	waiting chan struct{}
	working sync.WaitGroup
}

// NewCallbackServer begins to take the callbacks of the accounts. It returns at once, also while nc
// is not connected.
func NewCallbackServer(nc *nats.Conn, callbacks messaging.Callbacks, accounts []string) (*CallbackServer, error) {
	s := &CallbackServer{
		callbacks: callbacks, nc: nc,
		slots: make(chan struct{}, callbackSlots), waiting: make(chan struct{}, callbackSlots+callbackQueue),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	for _, account := range accounts {
		sub, err := nc.QueueSubscribe(callbackPrefix+account, queueGroup, s.receive)
		if err != nil {
			for _, earlier := range s.subs {
				_ = earlier.Unsubscribe() // fails only when the connection is closed already
			}
			return nil, fmt.Errorf("natsrpc: subscribe to callbacks: %w", err)
		}
		s.subs = append(s.subs, sub)
	}
	return s, nil
}

// receive gives a callback to a goroutine of its own, or says that there are too many.
func (s *CallbackServer) receive(msg *nats.Msg) {
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
			answer, err := s.work(ctx, msg)
			s.answer(msg, answer, err)
		case <-ctx.Done(): // nobody waits any more
		}
	})
}

func (s *CallbackServer) work(ctx context.Context, msg *nats.Msg) (messaging.CallbackAnswer, error) {
	callback, err := messaging.DecodeCallback(msg.Data)
	if err != nil {
		return messaging.CallbackAnswer{}, &messaging.Error{Code: messaging.CodeInternal, Detail: "the callback can't be understood", Cause: err}
	}
	return s.callbacks.Call(ctx, callback)
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
