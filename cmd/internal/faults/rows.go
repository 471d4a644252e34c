package main

import (
	"context"
	"time"
)

// scenarios are all rows, in the order of the table. The first is without a fault: a
// suite whose load fails by itself proves nothing about faults.
func scenarios() []scenario {
	all := []scenario{{
		name: "baseline", fault: "none", shape: usual(), short: 3 * time.Second, whole: 15 * time.Second,
		rules: []rule{allSucceed, allDelivered, duplicatesAtMost(0), p99Below(time.Second)},
	}}
	all = append(all, workerRows()...)
	all = append(all, gatewayRows()...)
	all = append(all, natsRows()...)
	all = append(all, providerRows()...)
	return append(all, outageRow(), overloadRow(), clockRow())
}

// warmUp is how long a load runs before the first fault of a row: what is compared
// with later.
const warmUp = time.Second

func workerRows() []scenario {
	return []scenario{
		{
			name: "worker-kill", fault: "a worker killed, twice in 20 s",
			shape: usual(), short: 12 * time.Second, whole: 25 * time.Second,
			load:  func(o *loadOptions) { o.asyncEvery = asyncShare },
			act:   killWorkers,
			rules: []rule{allDelivered},
			judge: duplicatesAreExcused,
		},
		{
			name: "worker-stop", fault: "a worker stopped for 3 s",
			shape: usual(), short: 8 * time.Second, whole: 20 * time.Second,
			load:  func(o *loadOptions) { o.asyncEvery = asyncShare },
			act:   stopWorker,
			rules: []rule{allDelivered},
			judge: duplicatesAreExcused,
		},
		{
			name: "worker-restart", fault: "every worker restarted by SIGTERM",
			shape: usual(), short: 6 * time.Second, whole: 20 * time.Second,
			load:  func(o *loadOptions) { o.asyncEvery = asyncShare },
			act:   restartWorkers,
			rules: []rule{allSucceed, allDelivered, duplicatesAtMost(0)},
		},
	}
}

// killWorkers kills one worker and, some seconds later, another; each is replaced
// after a second, as a supervisor would.
func killWorkers(ctx context.Context, s *stage) error {
	for i, after := range []time.Duration{warmUp, s.pick(6*time.Second, 15*time.Second)} {
		if err := s.at(ctx, after); err != nil {
			return err
		}
		w := s.workers[i]
		moment := time.Now()
		if err := w.process.kill(); err != nil {
			return err
		}
		s.hold(moment, w)
		if !rest(ctx, time.Second) {
			return ctx.Err()
		}
		if err := s.startWorker(w); err != nil {
			return err
		}
		if err := awaitProcess(ctx, w.process, w.admin); err != nil {
			return err
		}
	}
	return nil
}

func stopWorker(ctx context.Context, s *stage) error {
	const stopped = 3 * time.Second
	if err := s.at(ctx, warmUp); err != nil {
		return err
	}
	w := s.workers[0]
	moment := time.Now()
	if err := w.process.pause(); err != nil {
		return err
	}
	s.hold(moment, w)
	rest(ctx, time.Until(moment.Add(stopped)))
	return w.process.resume() // also when ctx has ended
}

func restartWorkers(ctx context.Context, s *stage) error {
	if err := s.at(ctx, warmUp); err != nil {
		return err
	}
	for _, w := range s.workers {
		if err := w.process.terminate(); err != nil {
			return err
		}
		if err := s.startWorker(w); err != nil {
			return err
		}
		if err := awaitProcess(ctx, w.process, w.admin); err != nil {
			return err
		}
	}
	return nil
}
