package natsrpc

import "time"

// Stats is how a Client stands: for those who watch it.
type Stats struct {
	// Workers is how many workers have been heard within the last two seconds.
	Workers int
	// InFlight is how many calls are being offered or worked on, and Waiting how
	// many wait for their turn because the workers are full.
	InFlight int
	Waiting  int
	// Window is how many calls may be in flight; 0 is no limit, which is so
	// unless a worker was full within the last seconds.
	Window int
	// Rate is how many calls a second workers have ended within the last two.
	Rate float64
	// Shed is how many calls were turned away, since the Client was made,
	// because they could not have been served in time.
	Shed uint64
}

// Stats returns how the client stands now. It is cheap.
func (c *Client) Stats() Stats {
	stats := c.room.stats()
	stats.Workers = c.Workers()
	return stats
}

// Workers returns how many workers have been heard within the last two seconds.
func (c *Client) Workers() int {
	n, _ := c.workers.count("")
	return n
}

func (r *room) stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Stats{
		InFlight: r.inHand, Waiting: r.lanes.waiting, Window: int(r.window),
		Rate: r.meter.rate(time.Now()), Shed: r.shed,
	}
}
