package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// readinessEvery is how often the load looks at /readyz of each gateway. A
	// load balancer's interval is longer, and its gateways' shutdown_delay too.
	readinessEvery = 100 * time.Millisecond
	// patience is how much longer than the tenant's deadline an answer is waited
	// for, so that a late answer is seen to be late.
	patience = 3 * time.Second
	// answerLimit bounds how much of an answer is read. A problem document has
	// some hundred bytes.
	answerLimit = 64 << 10
	// repeatEvery is the pause before a call that was cut off is made again.
	repeatEvery = 50 * time.Millisecond
)

// loadOptions say what calls a load makes.
type loadOptions struct {
	// rate is calls a second, for a length of time and for as long as more says.
	rate   int
	length time.Duration
	more   func() bool
	// asyncEvery makes every so-manieth call asynchronous; 0 makes none.
	asyncEvery int
	// repeat gives each call an Idempotency-Key and makes it again at another
	// gateway when it is cut off.
	repeat bool
	// deadline is the tenant's.
	deadline time.Duration
}

// load makes calls at planned moments, whatever became of the earlier ones, and keeps
// to gateways that say they are ready.
type load struct {
	loadOptions
	first   int
	targets []*target
	turn    atomic.Uint64
	start   time.Time
	calls   []*call
}

// target is a gateway as the load sees it.
type target struct {
	url    string
	admin  string
	client *http.Client
	ready  atomic.Bool
}

// newLoad returns a load whose calls are numbered from first.
func newLoad(o loadOptions, first int, gateways []*gatewayNode) *load {
	l := &load{loadOptions: o, first: first}
	for _, g := range gateways {
		t := &target{url: "http://" + g.listen, admin: g.admin, client: &http.Client{Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: time.Second}).DialContext,
			MaxIdleConnsPerHost: 4096, // every connection of a busy moment is kept
		}}}
		t.ready.Store(true)
		l.targets = append(l.targets, t)
	}
	return l
}

// run makes all calls and returns when each has its answer or was given up. It calls
// begun when the first moment is known.
func (l *load) run(ctx context.Context, begun func(start time.Time)) error {
	defer l.watch(ctx)()
	l.start = time.Now()
	begun(l.start)
	var calls sync.WaitGroup
	for i := 0; ; i++ {
		planned := l.start.Add(time.Duration(float64(i) / float64(l.rate) * float64(time.Second)))
		if !planned.Before(l.start.Add(l.length)) && (l.more == nil || !l.more()) {
			break
		}
		if left := time.Until(planned); left > 0 && !rest(ctx, left) {
			break
		}
		c := newCall(l.first+i, l.kindOf(i), planned)
		l.calls = append(l.calls, c)
		calls.Go(func() { l.make(ctx, c) })
	}
	calls.Wait()
	return ctx.Err()
}

func (l *load) kindOf(i int) kind {
	if l.asyncEvery > 0 && i%l.asyncEvery == l.asyncEvery-1 {
		return async
	}
	return hook
}

// watch has all gateways watched until the function that it returns is called, which
// also closes the connections.
func (l *load) watch(ctx context.Context) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	var watchers sync.WaitGroup
	for _, t := range l.targets {
		watchers.Go(func() { t.watch(ctx) })
	}
	return func() {
		stop()
		watchers.Wait()
		for _, t := range l.targets {
			t.client.CloseIdleConnections()
		}
	}
}

// watch keeps to what the gateway says of itself. One that can't be asked is not
// ready either.
func (t *target) watch(ctx context.Context) {
	for rest(ctx, readinessEvery) {
		t.ready.Store(askReady(ctx, t.admin) == nil)
	}
}

// next returns the gateway whose turn it is among those that are ready, other than
// but where there is another.
func (l *load) next(but *target) *target {
	n := uint64(len(l.targets))
	turn := l.turn.Add(1)
	var spare *target
	for i := range n {
		t := l.targets[(turn+i)%n]
		switch {
		case t == but || !t.ready.Load():
			if spare == nil || spare == but {
				spare = t
			}
		default:
			return t
		}
	}
	return spare
}

// make makes the call, and makes it again as the options say.
func (l *load) make(ctx context.Context, c *call) {
	c.started = time.Now()
	ctx, cancel := context.WithDeadline(ctx, c.started.Add(l.deadline+patience))
	defer cancel()
	var t *target
	for {
		t = l.next(t)
		err := l.try(ctx, t, c)
		c.ended = time.Now()
		if err == nil {
			return
		}
		c.failure = brief(err)
		if !l.repeat || !rest(ctx, repeatEvery) {
			return
		}
		c.repeats++
	}
}

// try makes one request and reads its answer.
func (l *load) try(ctx context.Context, t *target, c *call) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url+c.path(), strings.NewReader(c.body()))
	if err != nil {
		return err
	}
	// net/http sends a request with an Idempotency-Key again by itself where it
	// can; this load decides that, and counts it.
	request.GetBody = nil
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+tenantToken)
	if l.repeat {
		request.Header.Set("Idempotency-Key", fmt.Sprintf("%q", fmt.Sprint("call-", c.serial)))
	}
	if c.kind == async {
		request.Header.Set("Prefer", "respond-async")
	}
	answer, err := t.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, answerLimit))
	if err != nil {
		return err
	}
	c.read(answer.StatusCode, answer.Header, body)
	return nil
}

// brief is an error of the transport in few words, so that they can be counted.
func brief(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed"
	case errors.Is(err, context.DeadlineExceeded):
		return "given up"
	case errors.Is(err, context.Canceled):
		return "stopped"
	}
	return "transport error"
}
