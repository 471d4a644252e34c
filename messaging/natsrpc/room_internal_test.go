package natsrpc

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// around takes 100 ms on average.
func around() time.Duration {
	return 20*time.Millisecond + rand.N(160*time.Millisecond) //nolint:gosec // a game of chance, not a secret
}

func TestThreefoldOverload(t *testing.T) {
	tenth := fixed(100 * time.Millisecond)
	for name, test := range map[string]struct {
		workers, slots, queue int
		takes                 func() time.Duration
		capacity              int // a second
	}{
		"one worker":             {1, 64, 16, tenth, 640},
		"three workers":          {3, 32, 8, tenth, 960},
		"three of varying speed": {3, 32, 8, around, 960},
		"three without queues":   {3, 32, 0, tenth, 960},
		"three small ones":       {3, 8, 2, tenth, 240},
		"one very small one":     {1, 4, 1, fixed(20 * time.Millisecond), 200},
		"slow providers":         {3, 64, 16, fixed(time.Second), 192},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPool(test.workers, test.slots, test.queue, test.takes)
				g := newGateway(p)
				g.steadily("t", 3*test.capacity, 10*time.Second, 9*time.Second)
				sent := p.sentSoFar()
				g.end()
				t.Log(g)
				if goodput := float64(sent) / float64(10*test.capacity); goodput < 0.8 {
					t.Errorf("the goodput was %.2f of the capacity", goodput)
				}
				if p.late > 0 {
					t.Errorf("%d were sent after their deadline", p.late)
				}
				if n := g.count(func(c *playedCall) bool { return c.shed() && c.offers > 0 }); n > 0 {
					t.Errorf("%d were shed that had been offered", n)
				}
				if n := g.count(func(c *playedCall) bool { return !c.sent() && !c.shed() }); n > len(g.calls)/100 {
					t.Errorf("%d waited first and were not sent then", n)
				}
				if n := overtaking(g.calls); n > 50+test.workers*(test.slots+test.queue) {
					t.Errorf("a call was overtaken by %d, many more than the workers can have in hand", n)
				}
			})
		})
	}
}

// TestNobodyWaitsInVainWhereGatewaysShare plays several times what chance may spoil: the
// gateways' shares of the workers vary.
func TestNobodyWaitsInVainWhereGatewaysShare(t *testing.T) {
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			p := newPool(3, 8, 2, func() time.Duration { return 100*time.Millisecond + rand.N(10*time.Millisecond) }) //nolint:gosec // a game of chance
			first, second := newGateway(p), newGateway(p)
			first.wait.Go(func() { first.steadily("t", 360, 10*time.Second, 3*time.Second) })
			second.steadily("t", 360, 10*time.Second, 3*time.Second)
			sent := p.sentSoFar()
			first.end()
			second.end()
			for _, g := range []*playedGateway{first, second} {
				if n := g.count(func(c *playedCall) bool { return !c.sent() && !c.shed() }); n > 0 {
					t.Errorf("%d waited in vain: %s", n, g)
				}
			}
			if sent < 2400*8/10 {
				t.Errorf("of 2,400 that the workers can do only %d were sent", sent)
			}
		})
	}
}

// overtaking is by how many places a call was taken later than it would have been,
// first come first served.
func overtaking(calls []*playedCall) int {
	var places []int // of those that were sent, as they came
	for _, c := range calls {
		if c.sent() {
			places = append(places, c.place)
		}
	}
	inOrder := slices.Sorted(slices.Values(places))
	most := 0
	for i, place := range places {
		rank, _ := slices.BinarySearch(inOrder, place)
		most = max(most, rank-i)
	}
	return most
}

func TestAFloodOfOneTenantIsNotFeltByAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(newPool(2, 16, 4, fixed(100*time.Millisecond)))
		g.wait.Go(func() { g.steadily("big", 1000, 10*time.Second, 5*time.Second) })
		g.steadily("small", 100, 10*time.Second, 5*time.Second)
		g.end()
		t.Log(g)
		small := func(c *playedCall) bool { return c.tenant == "small" }
		if n := g.count(func(c *playedCall) bool { return small(c) && !c.sent() }); n > 0 {
			t.Errorf("%d of the small tenant's %d calls were not sent", n, g.count(small))
		}
		// In virtual time: 10 turns at a provider that takes 100 ms.
		if n := g.count(func(c *playedCall) bool { return small(c) && c.took > time.Second }); n > 0 {
			t.Errorf("%d of the small tenant's %d calls took longer than a second", n, g.count(small))
		}
	})
}

func TestGatewaysComeToShareTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(3, 32, 8, fixed(100*time.Millisecond))
		first, second := newGateway(p), newGateway(p)
		first.wait.Go(func() { first.steadily("t", 1500, 30*time.Second, 5*time.Second) })
		time.Sleep(5 * time.Second) // the first has everything
		second.wait.Go(func() { second.steadily("t", 1500, 25*time.Second, 5*time.Second) })
		time.Sleep(15 * time.Second)
		a, b, all := first.count((*playedCall).sent), second.count((*playedCall).sent), p.sentSoFar()
		time.Sleep(10 * time.Second)
		a, b, all = first.count((*playedCall).sent)-a, second.count((*playedCall).sent)-b, p.sentSoFar()-all
		first.end()
		second.end()
		t.Logf("at last the first had %d sent and the second %d, the workers could do %d", a, b, 10*960)
		if min(a, b) < (a+b)/4 {
			t.Errorf("the first had %d sent and the second %d", a, b)
		}
		if all < 10*960*8/10 {
			t.Errorf("together they had %d sent of %d", all, 10*960)
		}
	})
}

func TestTheWindowFollowsTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1, 64, 16, fixed(100*time.Millisecond))
		g := newGateway(p)
		g.wait.Go(func() { g.steadily("t", 3000, 20*time.Second, 5*time.Second) })
		time.Sleep(5 * time.Second)
		p.add(2, 64, 16)
		time.Sleep(5 * time.Second) // for the window to grow
		sent := p.sentSoFar()
		time.Sleep(5 * time.Second)
		if sent = p.sentSoFar() - sent; sent < 5*1920*8/10 {
			t.Errorf("of three workers that can do %d only %d was used", 5*1920, sent)
		}
		time.Sleep(10 * time.Second)
		g.steadily("t", 100, 3*time.Second, 5*time.Second)
		if stats := g.room.stats(); stats.Window != 0 || stats.Waiting != 0 {
			t.Errorf("after the overload there is %+v", stats)
		}
		g.end()
		if stats := g.room.stats(); stats.InFlight != 0 {
			t.Errorf("at the end there is %+v", stats)
		}
	})
}

func TestARefusedCallGetsThroughWithoutAnyOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1, 1, 0, fixed(time.Second))
		mine, other := newGateway(p), newGateway(p)
		other.call("t", 5*time.Second)
		time.Sleep(time.Millisecond)
		mine.call("t", 5*time.Second)
		mine.end()
		other.end()
		if n := mine.count((*playedCall).sent); n != 1 {
			t.Errorf("the call ended with %v", mine.calls[0].err)
		}
		if n := mine.calls[0].offers; n > 20 {
			t.Errorf("it was offered %d times within a second", n)
		}
	})
}

func newTicket() *ticket {
	return &ticket{tenant: "t", deadline: time.Now().Add(time.Hour), budget: time.Hour}
}

// full returns a room in which one call is in hand and nothing more fits.
func full(t *testing.T) *room {
	t.Helper()
	r := &room{}
	if err := r.enter(t.Context(), newTicket()); err != nil {
		t.Fatal(err)
	}
	r.window, r.refusal, r.probeIn = 1, time.Now(), time.Hour
	return r
}

func TestAWindowThatNobodyRefusesGrowsFasterAndFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := full(t)
		r.window = 100
		r.growth = 1
		tickets := make([]*ticket, 5000)
		for i := range tickets {
			tickets[i] = newTicket()
			r.queue(tickets[i], nil)
		}
		r.next(time.Now())
		for i := range 800 { // they end as they came, without any time passing
			r.leave(tickets[i], true)
		}
		if stats := r.stats(); stats.Window < 125 || stats.Window > 400 || stats.InFlight != stats.Window {
			t.Errorf("after some eight rounds there is %+v", stats)
		}
		r.close()
	})
}

func TestTheRoomTakesOnlySoMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := full(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		r.mu.Lock()
		for range maxWaiting {
			r.queue(newTicket(), nil)
		}
		r.mu.Unlock()
		err := r.enter(ctx, newTicket())
		if e := messaging.AsError(err); e == nil || e.Code != messaging.CodeUnavailable || e.RetryAfter < time.Second {
			t.Errorf("a full room answered %v", err)
		}
		r.close()
	})
}

func TestACallThatEndsLeavesTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := full(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		waiting := newTicket()
		go func() { done <- r.enter(ctx, waiting) }()
		synctest.Wait()
		if stats := r.stats(); stats.Waiting != 1 {
			t.Errorf("while it waits there is %+v", stats)
		}
		cancel()
		if err := <-done; !errors.Is(err, errRoomTimeOver) {
			t.Errorf("its wait ended with %v", err)
		}
		r.leave(waiting, false)
		if stats := r.stats(); stats.Waiting != 0 || stats.InFlight != 1 {
			t.Errorf("afterwards there is %+v", stats)
		}
		r.close()
	})
}

func TestAnAnswerEndsTheWaitInTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := full(t)
		a := newCall("t", time.Now().Add(time.Hour))
		r.admit(&a.ticket, time.Now())
		a.nextTry(time.Now())
		a.nextTry(time.Now())
		a.busy("w2", 2, true)
		<-a.changed
		done := make(chan error)
		go func() { done <- r.refused(t.Context(), &a.ticket, a.changed, a.settled) }()
		synctest.Wait()
		a.accepted("w1", 1) // the first offer was not lost, only slow
		if err := <-done; err != nil {
			t.Errorf("its wait ended with %v", err)
		}
		if stats := r.stats(); stats.Waiting != 0 || stats.InFlight != 2 {
			t.Errorf("afterwards there is %+v", stats)
		}
		r.close()
	})
}

func TestWhenToComeAgain(t *testing.T) {
	for late, want := range map[time.Duration]time.Duration{
		time.Millisecond: time.Second, 4 * time.Second: 4 * time.Second, time.Hour: 30 * time.Second,
	} {
		if got := overloaded(late).RetryAfter; got != want {
			t.Errorf("too late by %s: come again in %s, want %s", late, got, want)
		}
	}
}
