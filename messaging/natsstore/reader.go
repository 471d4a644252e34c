package natsstore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// reader is a connection of its own for reading events. The server looks through a stream while it
// reads the next requests of the connection that asked, some microseconds for each hit and one for
// each message that it passes over; on the connection of calls, these would wait for that.
type reader struct {
	mu     sync.Mutex
	api    *api
	closed bool
}

// open returns the reader's api, and connects at the first time, with the settings of nc.
func (r *reader) open(nc *nats.Conn) (*api, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, nats.ErrConnectionClosed
	}
	if r.api != nil {
		return r.api, nil
	}
	if !nc.IsConnected() {
		return nil, nats.ErrDisconnected
	}
	opts := nc.Opts
	opts.Name += " reading events"
	// What happens to the connection is told of the other one.
	opts.ConnectedCB, opts.DisconnectedErrCB, opts.ReconnectedCB, opts.ClosedCB = nil, nil, nil, nil
	own, err := opts.Connect()
	if err != nil {
		return nil, fmt.Errorf("connect to read events: %w", err)
	}
	a, err := newAPI(own)
	if err != nil {
		own.Close()
		return nil, err
	}
	r.api = a
	return a, nil
}

// reconnectWithin is how much longer than the other connection this one may need to come
// back.
const reconnectWithin = time.Second

// connected returns the reader's api once it is connected, if nc is.
func (r *reader) connected(ctx context.Context, nc *nats.Conn) (*api, error) {
	a, err := r.open(nc)
	if err != nil {
		return nil, err
	}
	for began := time.Now(); !a.nc.IsConnected(); {
		if !nc.IsConnected() || time.Since(began) > reconnectWithin || !sleep(ctx, 5*time.Millisecond) {
			return nil, nats.ErrDisconnected
		}
	}
	return a, nil
}

func (r *reader) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.api != nil {
		r.api.close()
		r.api.nc.Close()
	}
}
