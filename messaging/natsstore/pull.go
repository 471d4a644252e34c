package natsstore

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// pullWithin is how long an answer to a pull may take: the server answers at once, and what
// comes later goes back to the queue.
const pullWithin = 2 * time.Second

// consumers returns the names of all consumers of the queue.
func (s *Store) consumers(ctx context.Context, stream string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, manageWithin)
	defer cancel()
	queue, err := s.js.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	lister := queue.ConsumerNames(ctx)
	var names []string
	for name := range lister.Name() {
		names = append(names, name)
	}
	return names, lister.Err()
}

// pull takes at most n messages of a tenant, has each worked on, and returns how many there
// were. One pull at a time is under way.
func (c *Consumer) pull(tenant string, n int) (got int) {
	if !c.s.nc.IsConnected() {
		return 0
	}
	request, err := json.Marshal(map[string]any{"batch": n, "no_wait": true})
	if err != nil {
		return 0
	}
	c.pulls++
	reply := c.inbox + strconv.FormatUint(c.pulls, 36)
	subject := "$JS.API.CONSUMER.MSG.NEXT." + streamQueue + "." + consumerName(tenant)
	if c.s.nc.PublishRequest(subject, reply, request) != nil {
		return 0
	}
	timer := time.NewTimer(pullWithin)
	defer timer.Stop()
	for got < n {
		select {
		case msg := <-c.pulled:
			// A message comes under its own subject, an answer that there is none under
			// that of the pull. A message from an earlier pull is as good as any.
			if msg.Reply != "" {
				got++
				c.begin(msg)
			} else if msg.Subject == reply {
				return got // there are no more, or nobody has the tenant's queue now
			}
		case <-timer.C:
			return got
		}
	}
	return got
}

// begin has a goroutine work on a message, unless the Consumer drains.
func (c *Consumer) begin(msg *nats.Msg) {
	select {
	case <-c.closing:
		c.handBack(msg)
		c.release(1)
		return
	default:
	}
	c.working.Go(func() {
		defer c.release(1)
		c.work(&job{c: c, msg: msg})
	})
}

// nakNow gives a message back to the queue for the next worker.
var nakNow = []byte("-NAK")

// handBackLate gives back what comes when nobody pulls.
func (c *Consumer) handBackLate() {
	for {
		select {
		case msg := <-c.pulled:
			c.handBack(msg)
		default:
			return
		}
	}
}

func (c *Consumer) handBack(msg *nats.Msg) {
	if msg.Reply != "" {
		_ = c.s.nc.Publish(msg.Reply, nakNow) // or another worker gets it after ackWait
	}
}
