package natsrpc

import (
	"sync/atomic"
	"time"
)

// gap notices when something that should happen again and again did not for longer
// than a limit. It is safe for concurrent use and costs two atomic reads to ask.
type gap struct {
	limit time.Duration
	began time.Time // times are kept as nanoseconds from here, by the monotonic clock
	last  atomic.Int64
	ended atomic.Int64 // of the latest gap; 0 is none
}

func newGap(limit time.Duration, now time.Time) *gap { return &gap{limit: limit, began: now} }

// mark notes that it happened, and says whether that ended a gap. Only one goroutine
// may call it.
func (g *gap) mark(now time.Time) bool {
	at, ends := int64(now.Sub(g.began)), g.open(now)
	if ends {
		g.ended.Store(at) // before last, so that who sees the new one sees this too
	}
	g.last.Store(at)
	return ends
}

// open says whether there is a gap right now: after a pause of the whole process,
// others may run before whoever marks.
func (g *gap) open(now time.Time) bool { return int64(now.Sub(g.began))-g.last.Load() > int64(g.limit) }

// since says whether there was a gap after t, or is one right now.
func (g *gap) since(t, now time.Time) bool {
	if g.open(now) {
		return true
	}
	ended := g.ended.Load()
	return ended > 0 && ended > int64(t.Sub(g.began))
}
