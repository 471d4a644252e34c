package natsrpc

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestWhoeverWasPausedOrCutOffHeardNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := workers{seen: make(map[string]time.Time), pulse: newGap(pauseLimit, time.Now())}
		w.note(true)
		w.heard("w1")
		offered := time.Now()
		pass := func(d time.Duration) {
			for ; d > 0; d -= pauseLimit / 4 {
				time.Sleep(pauseLimit / 4)
				if w.pulse.mark(time.Now()) {
					w.awake()
				}
			}
		}
		pass(silentAfter)
		if w.alive("w1", offered) || w.unsettled(offered) != 0 {
			t.Error("a silent worker is believed alive")
		}

		w.heard("w1")
		time.Sleep(2 * silentAfter) // a pause, in which nobody marks
		if !w.alive("w1", offered) || w.unsettled(offered) != acceptWithin {
			t.Error("right after a pause a worker is taken for silent")
		}
		w.awake() // as the mark does
		w.pulse.mark(time.Now())
		if !w.alive("w1", offered) || w.unsettled(offered) != acceptWithin {
			t.Error("after a pause a worker has no time to be heard again")
		}
		pass(silentAfter)
		if w.alive("w1", offered) || w.unsettled(offered) != 0 {
			t.Error("a worker that fell silent in a pause is believed alive")
		}

		w.note(false)
		if !w.alive("w1", offered) || w.unsettled(time.Now()) != acceptWithin {
			t.Error("while the connection is down a worker is taken for silent")
		}
		w.note(true)
		if w.unsettled(time.Now().Add(time.Millisecond)) != 0 {
			t.Error("an offer made after the reconnect is waited for as one before it")
		}
	})
}

func TestHowManyWorkersWereHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := workers{seen: make(map[string]time.Time)}
		w.note(true)
		for range 5 {
			w.heard("self")
			w.heard("w1")
			time.Sleep(beatInterval)
		}
		if n, certain := w.count("self"); n != 2 || !certain {
			t.Errorf("%d were heard, certain: %t", n, certain)
		}
		time.Sleep(silentAfter) // NATS vanished, and the connection does not know it yet
		if n, certain := w.count("self"); n != 0 || certain {
			t.Errorf("when not even this one is heard, %d are, certain: %t", n, certain)
		}
	})
}
