package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
)

const (
	// attemptTimeout is that of each provider's step in the worker's file.
	attemptTimeout = time.Second
	// breakerOpens is when the breaker has had its time: a few attempts that each
	// took the whole of theirs, and the calls that began beside them.
	breakerOpens = 3 * time.Second
)

// providerRows are the faults of the first of two providers.
func providerRows() []scenario {
	return []scenario{
		providerRow("500s", "answers 500", simulator.Fault{Kind: simulator.Status, Status: http.StatusInternalServerError}),
		providerRow("errors", "answers every third message 500", simulator.Fault{Kind: simulator.Status, Status: http.StatusInternalServerError, Every: 3}),
		providerRow("hangs", "hangs", simulator.Fault{Kind: simulator.Hang}),
		providerRow("cuts", "cuts connections", simulator.Fault{Kind: simulator.Reset}),
		providerRow("throttles", "throttles", simulator.Fault{Kind: vonagesim.Throttle}),
		providerRow("garbage", "answers garbage, having taken the message", simulator.Fault{Kind: simulator.Garbage}),
	}
}

// providerRow is a row in which the first provider misbehaves for some seconds.
func providerRow(name, fault string, f simulator.Fault) scenario {
	return scenario{
		name: "provider-" + name, fault: "the first provider " + fault,
		shape: usual(), short: 7 * time.Second, whole: 20 * time.Second,
		act: func(ctx context.Context, s *stage) error {
			s.mark("begin")
			if err := s.at(ctx, warmUp); err != nil {
				return err
			}
			if err := s.looks[0].misbehave(f); err != nil {
				return err
			}
			fault := s.mark("fault")
			s.marks["open"] = fault.Add(breakerOpens)
			if err := s.at(ctx, warmUp+breakerOpens); err != nil {
				return err
			}
			s.tried = s.looks[0].sim.Stats().Requests
			if err := s.at(ctx, s.pick(6*time.Second, 18*time.Second)); err != nil {
				return err
			}
			s.mark("end")
			s.tried = s.looks[0].sim.Stats().Requests - s.tried
			return s.looks[0].misbehave()
		},
		rules: []rule{shareDelivered(0.999), shareOK(0.999), p99Below(usual().deadline)},
		judge: func(s *stage) []string {
			met := s.looks[0].sim.Stats().Faults[f.Kind]
			s.note("%d attempts met the fault", met)
			if met == 0 {
				return []string{"no attempt met the fault, so the row shows nothing"}
			}
			allowed := 0
			if f.Kind == simulator.Garbage {
				// Each was taken, and nobody can know.
				allowed = met
			}
			complaints := judge(s.accountFor(s.calls), duplicatesAtMost(allowed))
			return append(complaints, s.breakerIsOpen(f.Every <= 1)...)
		},
	}
}

// breakerIsOpen wants calls to be as fast as before the fault, once the breaker had
// its time to open, and the provider to be left alone where it never succeeds.
// Half-open probes are calls too, and few: one call in a hundred may be one.
func (s *stage) breakerIsOpen(always bool) []string {
	const probes = 0.05
	before, open := s.figures("begin", "fault"), s.figures("open", "end")
	s.note("p50 and p99 were %s and %s before, %s and %s with the breaker open, when %d of %d calls went to it",
		short(before.P50), short(before.P99), short(open.P50), short(open.P99), s.tried, open.Calls)
	complaints := judge(open, someCalls, p99Below(attemptTimeout/2))
	// A whole latency more would be an attempt in vain.
	if most := before.P50 + s.shape.latency/2; open.P50 > most {
		complaints = append(complaints, fmt.Sprintf("p50 %s, above %s", short(open.P50), short(most)))
	}
	if always && float64(s.tried) > probes*float64(open.Calls) {
		complaints = append(complaints, fmt.Sprintf("%d of %d calls went to the provider all the same", s.tried, open.Calls))
	}
	return within("once the breaker is open", complaints)
}

// outageRow has both providers away for five seconds.
func outageRow() scenario {
	const outage, recovery = 5 * time.Second, 2 * time.Second
	clear := onlyAnswers("200", "503 unavailable", "504 expired", "504 unknown")
	return scenario{
		name: "providers-down", fault: "all providers down for 5 s",
		shape: usual(), short: warmUp + outage + recovery + 2*time.Second, whole: 20 * time.Second,
		act: func(ctx context.Context, s *stage) error {
			if err := s.at(ctx, warmUp); err != nil {
				return err
			}
			moment := s.mark("down")
			for _, l := range s.looks {
				if err := l.down(); err != nil {
					return err
				}
			}
			// What the first had taken, the second may have got in the moment
			// between the two ends.
			s.hold(moment, s.workers...)
			if err := s.at(ctx, warmUp+outage); err != nil {
				return err
			}
			for _, l := range s.looks {
				if err := l.up(ctx); err != nil {
					return err
				}
			}
			s.marks["up"] = time.Now()
			s.marks["recovered"] = s.marks["up"].Add(recovery)
			return nil
		},
		rules: []rule{clear},
		judge: func(s *stage) []string {
			complaints := duplicatesAreExcused(s)
			during, after := s.figures("down", "up"), s.figures("recovered", "")
			s.note("during it %s, p99 %s", during.others(), short(during.P99))
			return append(complaints, within("from 2 s after the providers' return", judge(after, someCalls, allSucceed, allDelivered))...)
		},
	}
}

// overloadRow puts three times the load on the system that its slots can bear.
func overloadRow() scenario {
	// Few slots and a slow provider make a small capacity, so that the overload is
	// one of phonehook and not of the machine: 3 × 8 slots at 100 ms are 240/s.
	small := shape{latency: 100 * time.Millisecond, slots: 8, deadline: 3 * time.Second}
	const overload = 10 * time.Second
	capacity := workerCount * small.slots * int(time.Second/small.latency)
	return scenario{
		name: "overload", fault: fmt.Sprintf("3× overload for 10 s: %d calls/s for %d slots of %s", 3*capacity, workerCount*small.slots, small.latency),
		shape: small, short: overload, whole: overload,
		load:  func(o *loadOptions) { o.rate = 3 * capacity },
		rules: []rule{duplicatesAtMost(0), onlyAnswers("200", "503 unavailable", "504 expired")},
		judge: func(s *stage) []string {
			end := s.start.Add(overload)
			good := choose(s.calls, func(c *call) bool { return c.status == http.StatusOK && c.ended.Before(end) })
			shed := s.accountFor(choose(s.calls, func(c *call) bool { return c.status != http.StatusOK }))
			goodput := float64(len(good)) / overload.Seconds()
			s.note("goodput %.0f of %d/s; %d shed, p99 %s%s; the load was %s behind at worst", goodput, capacity, shed.Calls, short(shed.P99), shed.others(), short(s.accountFor(s.calls).Behind))
			var complaints []string
			if goodput < 0.8*float64(capacity) {
				complaints = append(complaints, fmt.Sprintf("goodput %.0f/s, less than 80 %% of %d/s", goodput, capacity))
			}
			return append(complaints, within("shed calls", judge(shed, someCalls, p99Below(100*time.Millisecond)))...)
		},
	}
}
