package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"go.uber.org/zap"
)

const (
	// beatEvery is how often the server speaks while there is nothing in the log, and
	// silentFor how long it may be silent until this process knows that it doesn't hear: a
	// key that was released or taken over meanwhile is thought to be its earlier owner's.
	beatEvery = 500 * time.Millisecond
	silentFor = 4 * beatEvery
	// followAgain is the pause after the log was lost. ensure ends it when the stream is
	// there.
	followAgain = 250 * time.Millisecond
)

// following is one reading of the log, from its beginning until something is amiss.
type following struct {
	r     *recent
	table *table // r.mu guards it
	was   bool   // that it was current; so are these
	over  bool
	began time.Time
	heard atomic.Int64 // after how many nanoseconds the server spoke last
	amiss chan error

	// What follows belongs to the subscription's goroutine, after the start.
	delivered uint64 // messages so far
	sequence  uint64 // of the last one in the stream
	verdicts  []verdict
}

// run follows the log until the Store is closed.
func (r *recent) run() {
	for r.s.ctx.Err() == nil {
		if r.s.nc.IsConnected() {
			was, err := r.follow(r.s.ctx)
			if was && r.s.ctx.Err() == nil {
				r.s.logger.Info("the log of recent keys is read from its beginning again", zap.Error(err))
			}
			r.mu.Lock()
			r.trouble = err
			r.mu.Unlock()
		}
		timer := time.NewTimer(followAgain)
		select {
		case <-timer.C:
		case <-r.wake:
		case <-r.s.ctx.Done():
		}
		timer.Stop()
	}
}

// await waits until the log has been read, while it is a part of looking after
// everything.
func (r *recent) await(ctx context.Context) error {
	select {
	case r.wake <- struct{}{}:
	default: // it will
	}
	r.mu.RLock()
	ready := r.ready
	r.mu.RUnlock()
	timer := time.NewTimer(manageWithin)
	defer timer.Stop()
	select {
	case <-ready:
		return nil
	case <-timer.C:
		r.mu.RLock()
		defer r.mu.RUnlock()
		return errors.Join(errNotFollowing, r.trouble)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// follow reads the log until something is amiss, and returns what, and whether it had come up
// to the log's end.
func (r *recent) follow(ctx context.Context) (was bool, err error) {
	f := &following{r: r, table: newTable(), began: time.Now(), amiss: make(chan error, 1)}
	lost := r.s.nc.StatusChanged(nats.DISCONNECTED, nats.RECONNECTING, nats.CLOSED)
	defer r.s.nc.RemoveStatusListener(lost)
	inbox := r.s.nc.NewInbox()
	sub, err := r.s.nc.Subscribe(inbox, f.receive)
	if err != nil {
		return false, err
	}
	defer func() {
		_ = sub.Unsubscribe() // fails only when the connection is closed
		was = r.leave(f)
	}()
	if err := f.ask(ctx, inbox); err != nil {
		return false, err
	}
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case err := <-f.amiss:
			return false, err
		case <-lost:
			return false, nats.ErrDisconnected
		case <-ticker.C:
			if time.Since(f.began)-time.Duration(f.heard.Load()) > silentFor {
				return false, errors.New("nothing is heard of it")
			}
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// ask has the server send the whole log, and everything that comes later. The consumer goes by
// itself when nobody listens any more.
func (f *following) ask(ctx context.Context, inbox string) error {
	name := "g_" + nuid.Next()
	request, err := json.Marshal(map[string]any{
		"stream_name": streamRecent,
		"config": jetstream.ConsumerConfig{
			Name: name, DeliverSubject: inbox,
			DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckNonePolicy, MaxDeliver: 1,
			IdleHeartbeat: beatEvery, FlowControl: true,
			MemoryStorage: true, Replicas: 1, InactiveThreshold: 2 * silentFor,
		},
	})
	if err != nil {
		return err
	}
	var answer struct {
		Error     *refusal `json:"error"`
		Delivered struct {
			Consumer uint64 `json:"consumer_seq"`
		} `json:"delivered"`
		Pending uint64 `json:"num_pending"`
	}
	if err := f.r.s.api.call(ctx, "$JS.API.CONSUMER.CREATE."+streamRecent+"."+name, request, &answer, manageWithin); err != nil {
		return err
	}
	if answer.Error != nil {
		return answer.Error // there is no stream yet, most probably
	}
	if answer.Pending == 0 && answer.Delivered.Consumer == 0 {
		f.r.mu.Lock()
		f.caughtUp()
		f.r.mu.Unlock()
	}
	return nil
}

// caughtUp makes the table what this process knows. The lock is held.
func (f *following) caughtUp() {
	if f.over || f.r.current == f {
		return
	}
	f.r.current, f.was = f, true
	close(f.r.ready)
	f.r.s.look()
}

// behind says that this process doesn't know enough now. The lock is held.
func (f *following) behind() {
	if f.r.current != f {
		return
	}
	f.r.current, f.r.ready = nil, make(chan struct{})
	f.r.s.look()
}

// leave ends the reading, and says whether it had come up to the log's end.
func (r *recent) leave(f *following) (was bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f.behind()
	f.over = true
	return f.was
}

// fail ends the reading from the subscription's goroutine.
func (f *following) fail(err error) {
	select {
	case f.amiss <- err:
	default: // something is already
	}
}
