package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
)

// keepReferences is more than the calls of the longest row: 90 s at 1,000 a second.
const keepReferences = 200_000

// lookalike is a provider: Vonage's look-alike, which takes a message when it arrives
// and answers some time later, as real ones do. So a worker that dies in between
// leaves a message that was taken and that nobody was told of.
//
// It knows the workers apart by their API keys.
type lookalike struct {
	name    string
	address string
	sim     *vonagesim.Server
	// latency is how long it takes for an answer, in nanoseconds.
	latency atomic.Int64

	mu     sync.Mutex
	server *http.Server
	served chan struct{}
	// history has every request since the last reset, the oldest first.
	history []*attempt
	// under is how many of them are under way, and lastEnd when one ended last.
	under   int
	lastEnd time.Time
}

// attempt is a worker's request.
type attempt struct {
	worker    string
	reference string
	number    string
	begun     time.Time
	// ended is zero while the request is under way.
	ended time.Time
}

// newLookalike returns a look-alike that serves at a free port of its own.
func newLookalike(ctx context.Context, name string, latency time.Duration) (*lookalike, error) {
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	l := &lookalike{
		name: name, address: address(ports[0]),
		sim: vonagesim.New(vonagesim.Options{Keep: keepReferences}),
	}
	l.latency.Store(int64(latency))
	return l, l.up(ctx)
}

func (l *lookalike) url() string { return "http://" + l.address }

// up begins to serve.
func (l *lookalike) up(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", l.address)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	server, served := &http.Server{Handler: l, ReadHeaderTimeout: time.Minute}, make(chan struct{})
	l.server, l.served = server, served
	go func() {
		defer close(served)
		_ = server.Serve(listener) // until down
	}()
	return nil
}

// down cuts every connection and refuses new ones, until up.
func (l *lookalike) down() error {
	l.mu.Lock()
	server, served := l.server, l.served
	l.server = nil
	l.mu.Unlock()
	if server == nil {
		return nil
	}
	err := server.Close()
	<-served
	return err
}

// close ends the look-alike for good.
func (l *lookalike) close() {
	l.sim.Close()
	_ = l.down() // there is nothing left to lose
}

// ServeHTTP implements http.Handler.
func (l *lookalike) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20)) // what a worker sends has some hundred bytes
	if err != nil {
		return // the connection has broken
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body)) // the look-alike proper says what is wrong with it
	a := l.begin(attempt{worker: form.Get("api_key"), reference: form.Get("client-ref"), number: "+" + form.Get("to")})
	defer l.end(a)
	l.sim.ServeHTTP(&slowWriter{ResponseWriter: w, wait: func() { rest(r.Context(), time.Duration(l.latency.Load())) }}, r)
}

func (l *lookalike) begin(a attempt) *attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.begun = time.Now()
	l.history = append(l.history, &a)
	l.under++
	return &a
}

func (l *lookalike) end(a *attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.ended = time.Now()
	l.under--
	l.lastEnd = a.ended
}

// attempts returns those that had begun by then.
func (l *lookalike) attempts(until time.Time) []attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []attempt
	for _, a := range l.history {
		if a.begun.Before(until) {
			all = append(all, *a)
		}
	}
	return all
}

// idle is an error while there is a request, or the last one is less long ago.
func (l *lookalike) idle(since time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.under > 0 || time.Since(l.lastEnd) < since {
		return fmt.Errorf("the provider %s still has requests", l.name)
	}
	return nil
}

// reset forgets everything so far. No request may be under way.
func (l *lookalike) reset() {
	l.sim.Reset()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history = nil
}

// misbehave sets the look-alike's faults; with no argument it behaves.
func (l *lookalike) misbehave(faults ...simulator.Fault) error { return l.sim.SetFaults(faults...) }

// slowWriter waits once before the answer begins.
type slowWriter struct {
	http.ResponseWriter
	wait func()
	once sync.Once
}

func (w *slowWriter) WriteHeader(status int) {
	w.once.Do(w.wait)
	w.ResponseWriter.WriteHeader(status)
}

func (w *slowWriter) Write(data []byte) (int, error) {
	w.once.Do(w.wait)
	return w.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *slowWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// deliveries is what the look-alikes took together: for each number each reference.
func deliveries(looks []*lookalike) map[string][]delivery {
	all := make(map[string][]delivery)
	for _, l := range looks {
		for _, m := range l.sim.Messages() {
			all[m.To] = append(all[m.To], delivery{provider: l.name, reference: m.Reference, count: m.Count, last: m.At})
		}
	}
	return all
}
