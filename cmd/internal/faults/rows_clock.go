package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/workerd"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/builtin"
)

// clockRow has all messages delivered by two workers whose clocks are wrong, one by
// half a minute ahead and one by as much behind. A process can't be given a clock of
// its own, so these two are in this one.
func clockRow() scenario {
	const skew = 30 * time.Second
	// Two workers' slots are 640 calls/s, and with slow providers 64: then messages
	// wait, and some for so long that they must not be sent any more.
	few := shape{latency: 50 * time.Millisecond, slots: 16, deadline: 2 * time.Second}
	return scenario{
		name: "worker-clock", fault: "the workers' clocks 30 s ahead and 30 s behind; then providers so slow that messages wait",
		shape: few, short: 7 * time.Second, whole: 20 * time.Second,
		load: func(o *loadOptions) { o.rate = leastRate },
		act: func(ctx context.Context, s *stage) (err error) {
			if err := s.at(ctx, warmUp); err != nil {
				return err
			}
			for _, w := range s.workers[:2] {
				skewed, err := startSkewed(w, map[*workerNode]time.Duration{s.workers[0]: skew, s.workers[1]: -skew}[w])
				if err != nil {
					return err
				}
				s.cleanups = append(s.cleanups, skewed.close)
			}
			for _, w := range s.workers {
				if err := w.process.terminate(); err != nil {
					return err
				}
			}
			s.mark("alone")
			if err := s.at(ctx, s.pick(4*time.Second, 10*time.Second)); err != nil {
				return err
			}
			s.mark("slow")
			for _, l := range s.looks {
				l.latency.Store(int64(time.Second / 2))
			}
			return nil
		},
		rules: []rule{duplicatesAtMost(0), onlyAnswers("200", "503 unavailable", "504 expired", "504 unknown")},
		judge: func(s *stage) []string {
			alone, slow := s.figures("alone", "slow"), s.figures("slow", "")
			s.note("%d calls by the two workers, and %d while providers were slow: %d answered 200%s", alone.Calls, slow.Calls, slow.OK, slow.others())
			complaints := within("while providers were quick", judge(alone, someCalls, allSucceed, allDelivered))
			if slow.OK == 0 || slow.OK == slow.Calls {
				complaints = append(complaints, fmt.Sprintf("%d of %d calls succeeded while providers were slow, so the row shows nothing", slow.OK, slow.Calls))
			}
			return complaints
		},
	}
}

// skewed is a worker in this process whose clock is wrong.
type skewed struct {
	nc        *nats.Conn
	server    *natsrpc.Server
	providers map[string]provider.Provider
}

// startSkewed starts one with the configuration of a worker's process.
func startSkewed(w *workerNode, skew time.Duration) (*skewed, error) {
	cfg, err := workerd.Load(w.command.args[1], os.LookupEnv)
	if err != nil {
		return nil, err
	}
	clock := func() time.Time { return time.Now().Add(skew) }
	s := &skewed{}
	if s.providers, err = builtin.New(cfg.Providers, nil); err != nil {
		return nil, err
	}
	dispatcher, err := worker.NewDispatcher(cfg.Delivery.Config, s.providers, worker.Options{Clock: clock})
	if err != nil {
		return nil, err
	}
	if s.nc, err = natsrpc.Connect(cfg.NATS, "phonehook-worker", zap.NewNop()); err != nil {
		return nil, err
	}
	s.server, err = natsrpc.NewServer(s.nc, dispatcher, natsrpc.ServerOptions{Tenants: cfg.Served(), Slots: cfg.Slots, Queue: cfg.Queue, Clock: clock})
	if err != nil {
		s.nc.Close()
		return nil, err
	}
	return s, s.nc.Flush() // from here on it gets its share
}

func (s *skewed) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), endsWithin)
	defer cancel()
	err := s.server.Drain(ctx)
	s.nc.Close()
	for _, p := range s.providers {
		if closer, ok := p.(interface{ Close() }); ok {
			closer.Close()
		}
	}
	if err != nil {
		return errors.Join(errors.New("the worker with the wrong clock"), err)
	}
	return nil
}
