package main

import (
	"context"
	"fmt"
	"time"
)

// asyncShare makes every so-manieth call of a row asynchronous: enough
// to have some in every moment of a fault.
const asyncShare = 10

func natsRows() []scenario {
	cluster := usual()
	cluster.cluster = true
	some := func(o *loadOptions) { o.asyncEvery = asyncShare }
	return []scenario{
		{
			name: "nats-restart", fault: "the only NATS server killed and back within 2 s",
			shape: usual(), short: 8 * time.Second, whole: 25 * time.Second,
			load: some, act: restartNATS,
			rules: []rule{onlyAnswers("200", "202", "503 unavailable", "504 expired", "504 unknown")},
			judge: func(s *stage) []string {
				affected := s.accountFor(hooks(s.between("before", "after")))
				s.note("%d of the %d calls around it answered 200", affected.OK, affected.Calls)
				return append(duplicatesAreExcused(s), within("around the restart", judge(affected, someCalls, shareOK(0.995)))...)
			},
		},
		{
			name: "nats-server", fault: "NATS cluster: the server that gateways and workers use killed",
			shape: cluster, short: 8 * time.Second, whole: 25 * time.Second,
			load: some, act: killUsedServer, judge: clusterHolds,
		},
		{
			name: "nats-leaders", fault: "NATS cluster: the server that leads JetStream's streams killed",
			shape: cluster, short: 8 * time.Second, whole: 25 * time.Second,
			load: some, act: killLeaders, judge: clusterHolds,
		},
	}
}

// restartNATS kills the server and starts it again at the same place, soon enough
// that it serves within two seconds of its death.
func restartNATS(ctx context.Context, s *stage) error {
	const back = 2 * time.Second
	if err := s.at(ctx, warmUp); err != nil {
		return err
	}
	n := s.bus.nodes[0]
	// Calls that were under way belong to those of that time.
	s.marks["before"] = time.Now().Add(-time.Second)
	died := time.Now()
	if err := n.process.kill(); err != nil {
		return err
	}
	s.hold(died, s.workers...)
	if !rest(ctx, back/2) {
		return ctx.Err()
	}
	if err := s.bus.start(n); err != nil {
		return err
	}
	if err := n.awaitHealthy(ctx); err != nil {
		return err
	}
	s.marks["after"] = time.Now().Add(time.Second)
	took := time.Since(died)
	s.note("NATS was away for %s", short(took))
	if took > back {
		return fmt.Errorf("the NATS server needed %s to come back, so the row shows nothing", short(took))
	}
	return nil
}

// killUsedServer kills the server that phonehook's processes are connected to.
func killUsedServer(ctx context.Context, s *stage) error {
	if err := s.at(ctx, warmUp); err != nil {
		return err
	}
	counts, err := s.bus.clients(ctx)
	if err != nil {
		return err
	}
	n := s.bus.most(counts)
	if n == nil || counts[n.options.Name] < gatewayCount+workerCount {
		return fmt.Errorf("not all of phonehook's processes use one server: %v", counts)
	}
	s.note("%s had all %d connections", n.options.Name, counts[n.options.Name])
	return s.replaceServer(ctx, n)
}

// killLeaders kills the server that leads all of JetStream's groups, which it is made
// to before.
func killLeaders(ctx context.Context, s *stage) error {
	n, err := s.bus.leader(ctx)
	if err != nil {
		return err
	}
	led, err := s.bus.gather(ctx, n)
	if err != nil {
		return err
	}
	if err := s.at(ctx, warmUp); err != nil {
		return err
	}
	counts, err := s.bus.clients(ctx)
	if err != nil {
		return err
	}
	s.note("%s led the cluster and %d streams and consumers, and had %d of phonehook's connections", n.options.Name, led, counts[n.options.Name])
	return s.replaceServer(ctx, n)
}

// replaceServer kills a server, and starts it again some seconds later.
func (s *stage) replaceServer(ctx context.Context, n *natsNode) error {
	moment := time.Now()
	if err := n.process.kill(); err != nil {
		return err
	}
	s.hold(moment, s.workers...)
	if !rest(ctx, s.pick(3*time.Second, 8*time.Second)) {
		return ctx.Err()
	}
	if err := s.bus.start(n); err != nil {
		return err
	}
	return n.awaitHealthy(ctx)
}

// clusterHolds wants every call that is waited for answered 200 and soon, and every
// asynchronous one answered clearly; that those accepted are delivered is a rule of
// every row. Without a leader a message can't be stored, and of one that was on its
// way nobody knows.
func clusterHolds(s *stage) []string {
	waited := s.accountFor(hooks(s.calls))
	rest := s.accountFor(choose(s.calls, func(c *call) bool { return c.kind == async }))
	s.note("of %d asynchronous calls %d accepted%s", rest.Calls, rest.Accepted, rest.others())
	complaints := within("calls that were waited for", judge(waited, someCalls, allSucceed, allDelivered, p99Below(time.Second)))
	complaints = append(complaints, duplicatesAreExcused(s)...)
	return append(complaints, within("asynchronous calls", judge(rest, someCalls, onlyAnswers("202", "503 unavailable", "504 unknown")))...)
}
