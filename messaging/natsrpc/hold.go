package natsrpc

import (
	"context"
	"sync"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// How a worker notices that it was paused, or cut off.
const (
	// pulseInterval is how often the worker looks whether it runs and is
	// connected; twenty to forty times a second costs nothing.
	pulseInterval = 25 * time.Millisecond
	// pulseLimit is how long it may do neither before its messages are in
	// doubt. The gateway offers a message again 250 ms after the offer, and hears
	// of its acceptance after 50 ms; a longer pause than the rest may lie
	// between the two.
	pulseLimit = acceptWithin - acceptAfter - 2*pulseInterval
	// echoLimit is how long it may not hear its own beat. The gateway takes it
	// for dead after silentAfter, and up to one beat may already be missing.
	echoLimit = silentAfter - beatInterval
)

// watch marks the pulse until the server has drained.
func (s *Server) watch() {
	ticker := time.NewTicker(pulseInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if s.nc.IsConnected() {
				s.pulse.mark(time.Now())
			}
		case <-s.closed:
			return
		}
	}
}

// doubtful says whether the gateway may since have given to another worker what
// this one has.
func (s *Server) doubtful(since time.Time) bool {
	now := time.Now()
	if s.pulse.since(since, now) {
		return true
	}
	echo := s.echo.Load()
	return echo != nil && echo.since(since, now)
}

// grip is a worker's hold on the message of one offer.
type grip struct {
	server *Server
	offer  *offer

	mu     sync.Mutex
	since  time.Time // when the message was certainly this worker's
	refuse error     // what every check ends with, once one has failed
	cutOff bool      // no answer came; the gateway may think that this worker has it
}

// check is the messaging.Hold of the message. It claims it anew if there is doubt.
func (g *grip) check(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.refuse != nil || !g.server.doubtful(g.since) {
		return g.refuse
	}
	left, err := g.server.ask(ctx, g.offer)
	switch {
	case err != nil:
		g.cutOff = true
		g.refuse = &messaging.Error{
			Code: messaging.CodeConflict, Detail: "the worker was cut off and can't tell whether another one has the message", Cause: err,
		}
	case left <= 0:
		g.refuse = &messaging.Error{
			Code: messaging.CodeConflict, Detail: "another worker has the message, or its call is over",
		}
	default:
		g.since = now
	}
	return g.refuse
}

// failed returns why the work had to end, or nil.
func (g *grip) failed() (refuse error, cutOff bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refuse, g.cutOff
}

// ask claims an offer's message and returns the time that the gateway grants, 0 for
// none. The error says that no answer came.
func (s *Server) ask(ctx context.Context, o *offer) (time.Duration, error) {
	// A gateway answers at once; after this long it is gone, or far behind.
	ctx, cancel := context.WithTimeout(ctx, claimWithin)
	defer cancel()
	return s.claims.ask(ctx, o.reply)
}
