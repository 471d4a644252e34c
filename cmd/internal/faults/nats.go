package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// natsNode is one NATS server that can be killed and started again at the same place.
type natsNode struct {
	options natsOptions
	command command
	process *process
}

func (n *natsNode) url() string { return "nats://" + address(n.options.Port) }

// bus is the NATS server of a system, or its cluster.
type bus struct {
	spawner *spawner
	nodes   []*natsNode
}

// newBus starts size servers, of which more than one are a cluster, and returns when
// they serve JetStream.
func newBus(ctx context.Context, s *spawner, dir string, size int) (*bus, error) {
	const portsEach = 3
	ports, err := freePorts(ctx, portsEach*size)
	if err != nil {
		return nil, err
	}
	b := &bus{spawner: s}
	for i := range size {
		name := fmt.Sprintf("nats-%d", i+1)
		o := natsOptions{
			Name: name, Port: ports[portsEach*i], Monitor: ports[portsEach*i+1],
			StoreDir: filepath.Join(dir, name), LogFile: filepath.Join(dir, name+".log"),
		}
		if size > 1 {
			o.Cluster = ports[portsEach*i+2]
			for j := range size {
				o.Routes = append(o.Routes, ports[portsEach*j+2])
			}
		}
		text, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		c, err := self(name, dir, natsVariable+"="+string(text))
		if err != nil {
			return nil, err
		}
		b.nodes = append(b.nodes, &natsNode{options: o, command: c})
	}
	for _, n := range b.nodes {
		if err := b.start(n); err != nil {
			return b, err
		}
	}
	for _, n := range b.nodes {
		if err := n.awaitHealthy(ctx); err != nil {
			return b, err
		}
	}
	return b, b.spareLeader(ctx)
}

func (b *bus) start(n *natsNode) (err error) {
	if err := os.MkdirAll(n.options.StoreDir, 0o700); err != nil {
		return err
	}
	n.process, err = b.spawner.start(n.command)
	return err
}

// awaitHealthy waits until the server says that it is in order: its store recovered,
// and each of its streams level with the rest of the cluster.
func (n *natsNode) awaitHealthy(ctx context.Context) error {
	return await(ctx, n.options.Name+" is healthy", natsReadyWithin, func() error {
		if n.process.ended() {
			return fmt.Errorf("%w: %s has ended", errNever, n.options.Name)
		}
		return n.ask(ctx, "/healthz", nil)
	})
}

// ask decodes the answer of the server's monitoring port into into.
func (n *natsNode) ask(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // it answers from memory
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address(n.options.Monitor)+path, nil)
	if err != nil {
		return err
	}
	answer, err := monitorClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s%s: status %d: %.200s", n.options.Name, path, answer.StatusCode, body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}

// monitorClient asks servers and processes how they are. It keeps no connections,
// because those that it asks come and go.
var monitorClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// clients counts phonehook's connections to each server, by the server's name.
func (b *bus) clients(ctx context.Context) (map[string]int, error) {
	counts := make(map[string]int)
	for _, n := range b.nodes {
		var page struct {
			Connections []struct {
				Name string `json:"name"`
			} `json:"connections"`
		}
		if err := n.ask(ctx, "/connz", &page); err != nil {
			return nil, err
		}
		for _, c := range page.Connections {
			if strings.HasPrefix(c.Name, "phonehook-") {
				counts[n.options.Name]++
			}
		}
	}
	return counts, nil
}

// most returns the node with the highest count, or nil where none has any.
func (b *bus) most(counts map[string]int) *natsNode {
	best := slices.MaxFunc(b.nodes, func(x, y *natsNode) int { return counts[x.options.Name] - counts[y.options.Name] })
	if counts[best.options.Name] == 0 {
		return nil
	}
	return best
}

// crashed returns which servers ended without being told to.
func (b *bus) crashed() error {
	var errs []error
	for _, n := range b.nodes {
		if n.process != nil {
			errs = append(errs, n.process.crashed())
		}
	}
	return errors.Join(errs...)
}

// kill ends all servers.
func (b *bus) kill() {
	for _, n := range b.nodes {
		if n.process != nil {
			_ = n.process.kill() // it has ended by then or never can
		}
	}
}
