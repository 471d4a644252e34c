package natsstore

import (
	"sync/atomic"
	"time"
)

// exactAnswer is the longest round trip after which the server's time is believed: the
// error is at most half of it, and lives of messages are minutes.
const exactAnswer = 250 * time.Millisecond

// clock knows how far this process's clock is from the NATS server's.
type clock struct {
	now    func() time.Time
	offset atomic.Int64 // nanoseconds to add to now
	known  atomic.Bool
}

// learn takes the server's time from an answer.
func (c *clock) learn(asked, answered, told time.Time) {
	if told.IsZero() || c.known.Load() && answered.Sub(asked) > exactAnswer {
		return
	}
	middle := asked.Add(answered.Sub(asked) / 2)
	c.offset.Store(int64(told.Sub(middle.Round(0)))) // without the monotonic reading, which the server has not
	c.known.Store(true)
}

// ahead is how far the server's clock is ahead of this process's.
func (c *clock) ahead() time.Duration { return time.Duration(c.offset.Load()) }

// server is the server's time.
func (c *clock) server() time.Time { return c.now().Add(c.ahead()) }
