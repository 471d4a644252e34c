package gatewayd

import (
	"math"

	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// status is what GET /status on the private listener tells beside what the gateway
// itself knows.
type status struct {
	NATS          string        `json:"nats"`
	JetStream     string        `json:"jetstream"`
	Workers       workersStatus `json:"workers"`
	EventsDropped uint64        `json:"events_dropped"`
}

// workersStatus is how the way to the workers is; natsrpc.Stats says what each means.
type workersStatus struct {
	Live     int    `json:"live"`
	InFlight int    `json:"in_flight"`
	Waiting  int    `json:"waiting"`
	Window   int    `json:"window"`
	Rate     int    `json:"outcomes_per_second"`
	Shed     uint64 `json:"shed"`
}

func newWorkersStatus(s natsrpc.Stats) workersStatus {
	return workersStatus{
		Live: s.Workers, InFlight: s.InFlight, Waiting: s.Waiting, Window: s.Window,
		Rate: int(math.Round(s.Rate)), Shed: s.Shed,
	}
}

// status tells of what the gateway stands on.
func (p *Process) status() any {
	s := status{
		NATS: p.nc.Status().String(), JetStream: "ready",
		Workers: newWorkersStatus(p.client.Stats()), EventsDropped: p.store.Store.Events().Dropped(),
	}
	if err := p.store.Ready(); err != nil {
		s.JetStream = err.Error()
	}
	return s
}
