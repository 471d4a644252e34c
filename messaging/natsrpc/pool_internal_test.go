package natsrpc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// hop is the way from a gateway to a worker, or back.
const hop = 300 * time.Microsecond

// pool plays workers as a gateway sees them: an offer comes to any of them, which has it
// done by a slot, or keeps it in its queue, or refuses it. It is for synctest.
type pool struct {
	takes   func() time.Duration
	workers []*playedWorker

	mu    sync.Mutex
	taken int
	sent  int
	late  int // sent after their deadline
}

type playedWorker struct {
	places chan struct{} // slots and queue
	slots  chan struct{}
}

func newPool(workers, slots, queue int, takes func() time.Duration) *pool {
	p := &pool{takes: takes}
	p.add(workers, slots, queue)
	return p
}

func (p *pool) add(workers, slots, queue int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range workers {
		p.workers = append(p.workers, &playedWorker{make(chan struct{}, slots+queue), make(chan struct{}, slots)})
	}
}

// offer returns false when a full worker got the offer, and else, once the message is
// sent, the how manieth it was to be taken.
func (p *pool) offer(deadline time.Time) (place int, ok bool) {
	time.Sleep(hop)
	p.mu.Lock()
	w := p.workers[rand.N(len(p.workers))] //nolint:gosec // a game of chance, not a secret
	p.mu.Unlock()
	select {
	case w.places <- struct{}{}:
	default:
		time.Sleep(hop)
		return 0, false
	}
	p.mu.Lock()
	p.taken++
	place = p.taken
	p.mu.Unlock()
	w.slots <- struct{}{}
	time.Sleep(p.takes())
	p.mu.Lock()
	p.sent++
	if time.Now().After(deadline) {
		p.late++
	}
	p.mu.Unlock()
	<-w.slots
	<-w.places
	time.Sleep(hop)
	return place, true
}

func (p *pool) sentSoFar() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

func fixed(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// playedCall is what became of one call.
type playedCall struct {
	tenant string
	offers int
	place  int // the how manieth it was to be taken by a worker
	over   bool
	took   time.Duration
	err    error
}

func (c *playedCall) sent() bool { return c.over && c.err == nil }
func (c *playedCall) shed() bool { return errors.Is(c.err, messaging.CodeUnavailable) && c.took == 0 }

// playedGateway plays a gateway's calls over a room of its own.
type playedGateway struct {
	room *room
	pool *pool
	wait sync.WaitGroup

	mu    sync.Mutex
	calls []*playedCall
}

func newGateway(p *pool) *playedGateway { return &playedGateway{room: &room{}, pool: p} }

func (g *playedGateway) call(tenant string, within time.Duration) {
	c := &playedCall{tenant: tenant}
	g.mu.Lock()
	g.calls = append(g.calls, c)
	g.mu.Unlock()
	g.wait.Go(func() {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		became := g.send(ctx, &ticket{tenant: tenant, deadline: begun.Add(within), budget: within})
		became.tenant, became.took, became.over = tenant, time.Since(begun), true
		g.mu.Lock()
		defer g.mu.Unlock()
		*c = became
	})
}

func (g *playedGateway) send(ctx context.Context, t *ticket) (became playedCall) {
	became.err = g.room.enter(ctx, t)
	for became.err == nil {
		became.offers++
		var ok bool
		if became.place, ok = g.pool.offer(t.deadline); ok {
			g.room.leave(t, true)
			return became
		}
		became.err = g.room.refused(ctx, t, nil, nil)
	}
	g.room.leave(t, false)
	return became
}

// steadily makes so many calls a second for so long, and then returns.
func (g *playedGateway) steadily(tenant string, rate int, lasts, within time.Duration) {
	for range int(float64(rate) * lasts.Seconds()) {
		g.call(tenant, within)
		time.Sleep(time.Second / time.Duration(rate))
	}
}

// end waits until every call is answered.
func (g *playedGateway) end() {
	g.wait.Wait()
	g.room.close()
}

func (g *playedGateway) count(which func(*playedCall) bool) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, c := range g.calls {
		if which(c) {
			n++
		}
	}
	return n
}

func (g *playedGateway) String() string {
	offers := 0
	g.count(func(c *playedCall) bool { offers += c.offers; return true })
	return fmt.Sprintf("%d calls, %d sent, %d shed at once, %d offers, at the end %+v", len(g.calls),
		g.count((*playedCall).sent), g.count((*playedCall).shed), offers, g.room.stats())
}
