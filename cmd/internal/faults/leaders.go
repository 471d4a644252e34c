package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// group is a set of servers that have a leader: that of a stream or of a consumer. The
// cluster itself is one more, whose leader only a system account could change; so the
// others are gathered there.
type group struct {
	leader string
	// stepDown is the subject of the request that makes the leader step down.
	stepDown string
}

// jsz is what is needed of the page of that name.
type jsz struct {
	Meta     led `json:"meta_cluster"`
	Accounts []struct {
		Streams []struct {
			Name      string `json:"name"`
			Cluster   led    `json:"cluster"`
			Consumers []struct {
				Name    string `json:"name"`
				Cluster led    `json:"cluster"`
			} `json:"consumer_detail"`
		} `json:"stream_detail"`
	} `json:"account_details"`
}

type led struct {
	Leader   string            `json:"leader"`
	Replicas []json.RawMessage `json:"replicas"`
}

// groups returns the groups of all streams and consumers. What one server alone has,
// such as a gateway's place in the log of keys, is no group and can't be moved.
func (b *bus) groups(ctx context.Context) ([]group, error) {
	leaders := make(map[string]string)
	for _, n := range b.nodes {
		var page jsz
		if err := n.ask(ctx, "/jsz?consumers=true", &page); err != nil {
			return nil, err
		}
		for _, a := range page.Accounts {
			for _, s := range a.Streams {
				// A server that does not follow a stream closely names no leader.
				note(leaders, "$JS.API.STREAM.LEADER.STEPDOWN."+s.Name, s.Cluster)
				for _, c := range s.Consumers {
					note(leaders, "$JS.API.CONSUMER.LEADER.STEPDOWN."+s.Name+"."+c.Name, c.Cluster)
				}
			}
		}
	}
	var all []group
	for subject, leader := range leaders {
		all = append(all, group{leader: leader, stepDown: subject})
	}
	return all, nil
}

func note(leaders map[string]string, subject string, seen led) {
	if len(seen.Replicas) > 0 && (seen.Leader != "" || leaders[subject] == "") {
		leaders[subject] = seen.Leader
	}
}

// leader is the server that leads the cluster itself.
func (b *bus) leader(ctx context.Context) (*natsNode, error) {
	var page jsz
	if err := b.nodes[0].ask(ctx, "/jsz", &page); err != nil {
		return nil, err
	}
	for _, n := range b.nodes {
		if n.options.Name == page.Meta.Leader {
			return n, nil
		}
	}
	return nil, errors.New("the cluster has no leader")
}

// spareLeader puts a server first, which phonehook's processes will use, that does not
// lead the cluster: what comes of a server's end and what of a leader's can then be
// told apart.
func (b *bus) spareLeader(ctx context.Context) error {
	if len(b.nodes) == 1 {
		return nil
	}
	leader, err := b.leader(ctx)
	if err == nil && leader == b.nodes[0] {
		b.nodes = append(b.nodes[1:], leader)
	}
	return err
}

// gather makes a server the leader of every group, and returns how many there are.
func (b *bus) gather(ctx context.Context, n *natsNode) (int, error) {
	nc, err := nats.Connect(n.url(), nats.Name("faults"))
	if err != nil {
		return 0, err
	}
	defer nc.Close()
	order, err := json.Marshal(map[string]map[string]string{"placement": {"preferred": n.options.Name}})
	if err != nil {
		return 0, err
	}
	count := 0
	err = await(ctx, n.options.Name+" leads every group", natsReadyWithin, func() error {
		groups, err := b.groups(ctx)
		if err != nil {
			return err
		}
		elsewhere := slices.DeleteFunc(slices.Clone(groups), func(g group) bool { return g.leader == n.options.Name })
		if count = len(groups); len(elsewhere) == 0 {
			return nil
		}
		for _, g := range elsewhere {
			stepDown(ctx, nc, g, order)
		}
		rest(ctx, 200*time.Millisecond) // an election takes some tens of milliseconds
		return fmt.Errorf("%d of %d are led by others", len(elsewhere), len(groups))
	})
	if err == nil && count == 0 {
		err = errors.New("JetStream has no streams, so the row shows nothing")
	}
	return count, err
}

// stepDown asks a group's leader to step down. Whether it did is seen by asking who
// leads.
func stepDown(ctx context.Context, nc *nats.Conn, g group, order []byte) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // a leader answers within milliseconds
	defer cancel()
	_, _ = nc.RequestWithContext(ctx, g.stepDown, order)
}
