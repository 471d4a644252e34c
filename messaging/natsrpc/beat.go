package natsrpc

import (
	"time"

	"github.com/nats-io/nats.go"
)

// beat tells the gateways and the other workers that this one lives, until it has
// drained.
func (s *Server) beat() {
	ticker := time.NewTicker(beatInterval)
	defer ticker.Stop()
	for {
		if s.nc.IsConnected() { // old beats are of no use to anyone
			_ = s.nc.Publish(beatPrefix+s.opts.WorkerID, nil)
		}
		select {
		case now := <-ticker.C:
			s.recount()
			s.recent.expire(now)
		case <-s.closed:
			_ = s.nc.PublishMsg(newGoodbye(s.opts.WorkerID)) // silence would tell it too
			return
		}
	}
}

// hear takes the beat of a worker, which may be this one: then what it publishes
// reaches NATS, and comes back.
func (s *Server) hear(msg *nats.Msg) {
	if s.peers.beat(msg) != s.opts.WorkerID {
		s.recount()
		return
	}
	now := time.Now()
	if s.echo.Load() == nil {
		s.echo.Store(newGap(echoLimit, now))
	}
	s.echo.Load().mark(now)
}

// recount counts the workers. While this one can't have heard them all, because it was
// cut off until now, there are at least as many as before.
func (s *Server) recount() {
	n, certain := s.peers.count(s.opts.WorkerID)
	count := int64(max(1, n))
	for {
		old := s.count.Load()
		if !certain && count < old || s.count.CompareAndSwap(old, count) {
			return
		}
	}
}

// Workers is how many workers there are, this one included, as far as it has heard
// within the last two seconds; while it is cut off it is what it was before. It is
// cheap enough to be asked with every message, and safe for concurrent use.
func (s *Server) Workers() int { return int(s.count.Load()) }
