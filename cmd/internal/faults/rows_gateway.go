package main

import (
	"context"
	"time"
)

func gatewayRows() []scenario {
	return []scenario{
		{
			name: "gateway-restart", fault: "every gateway restarted by SIGTERM, behind a client that honours readiness",
			shape: usual(), short: 6 * time.Second, whole: 20 * time.Second,
			act:   restartGateways,
			rules: []rule{allSucceed, allDelivered, duplicatesAtMost(0)},
		},
		{
			name: "gateway-kill", fault: "a gateway killed; calls that were cut off are made again with their key",
			shape: usual(), short: 7 * time.Second, whole: 25 * time.Second,
			load: func(o *loadOptions) { o.repeat, o.asyncEvery = true, 5 },
			act:  killGateway,
			// The same rules for both kinds: a call is answered by whichever gateway
			// is left, and its message delivered once.
			rules: []rule{allSucceed, allDelivered, duplicatesAtMost(0)},
			judge: func(s *stage) []string {
				if f := s.accountFor(s.calls); f.Repeats == 0 {
					return []string{"no call was cut off, so the row shows nothing"}
				}
				return nil
			},
		},
	}
}

func restartGateways(ctx context.Context, s *stage) error {
	if err := s.at(ctx, warmUp); err != nil {
		return err
	}
	for _, g := range s.gateways {
		if err := g.process.terminate(); err != nil {
			return err
		}
		if err := s.startGateway(g); err != nil {
			return err
		}
		if err := awaitProcess(ctx, g.process, g.admin); err != nil {
			return err
		}
		// The load has to see that this one is back before the other one goes.
		if !rest(ctx, 3*readinessEvery) {
			return ctx.Err()
		}
	}
	return nil
}

func killGateway(ctx context.Context, s *stage) error {
	for i, after := range []time.Duration{warmUp, s.pick(4*time.Second, 15*time.Second)} {
		if err := s.at(ctx, after); err != nil {
			return err
		}
		g := s.gateways[i]
		if err := g.process.kill(); err != nil {
			return err
		}
		if !rest(ctx, time.Second) {
			return ctx.Err()
		}
		if err := s.startGateway(g); err != nil {
			return err
		}
		if err := awaitProcess(ctx, g.process, g.admin); err != nil {
			return err
		}
	}
	return nil
}
