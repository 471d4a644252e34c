package natsserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// clusterWithin bounds the start of a cluster: its servers elect a leader within 10 s.
const clusterWithin = 30 * time.Second

// Cluster makes a server one of several.
type Cluster struct {
	// Name is the same for all of them. Empty means that the server stands alone.
	Name string
	// Host and Port are where the others reach this server: 127.0.0.1, and a port that
	// all of them know in advance.
	Host string
	Port int
	// Routes are the clusters' addresses as host:port, of all servers or of the others.
	Routes []string
}

// apply puts the cluster into a server's options.
func (c Cluster) apply(opts *server.Options) {
	if c.Name == "" {
		return
	}
	if c.Host == "" {
		c.Host = loopback
	}
	opts.Cluster = server.ClusterOpts{Name: c.Name, Host: c.Host, Port: c.Port}
	for _, route := range c.Routes {
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats", Host: route})
	}
}

// StartCluster starts one server for each folder of data, as one cluster on this machine, and
// returns when JetStream takes requests on all of them. Every server can be shut down
// and started again by itself, with the Options that it returns.
func StartCluster(dirs ...string) ([]*Server, []Options, error) {
	ports, err := freePorts(2 * len(dirs))
	if err != nil {
		return nil, nil, err
	}
	options := make([]Options, len(dirs))
	var routes []string
	for i := range dirs {
		routes = append(routes, net.JoinHostPort(loopback, strconv.Itoa(ports[2*i+1])))
	}
	for i, dir := range dirs {
		options[i] = Options{
			Name: "phonehook-" + strconv.Itoa(i+1), Port: ports[2*i], StoreDir: dir,
			Cluster: Cluster{Name: "phonehook", Port: ports[2*i+1], Routes: routes},
		}
	}
	servers, failures := make([]*Server, len(dirs)), make([]error, len(dirs))
	var starting sync.WaitGroup
	for i := range dirs {
		starting.Go(func() { servers[i], failures[i] = Start(options[i]) })
	}
	starting.Wait()
	err = errors.Join(failures...)
	if err == nil {
		err = awaitJetStream(servers)
	}
	if err != nil {
		for _, s := range servers {
			if s != nil {
				err = errors.Join(err, s.Shutdown())
			}
		}
		return nil, nil, err
	}
	return servers, options, nil
}

// awaitJetStream waits until the servers have a leader whom all of them follow.
func awaitJetStream(servers []*Server) error {
	for began := time.Now(); time.Since(began) < clusterWithin; time.Sleep(10 * time.Millisecond) {
		led, current := false, true
		for _, s := range servers {
			led = led || s.IsLeader()
			current = current && s.server.JetStreamIsCurrent()
		}
		if led && current {
			return nil
		}
	}
	return fmt.Errorf("natsserver: the cluster has no leader after %s", clusterWithin)
}

// IsLeader says whether the server leads the cluster's JetStream: it places streams, and whoever
// tests what happens without it kills this one.
func (s *Server) IsLeader() bool { return s.server.JetStreamIsLeader() }

// freePorts returns ports that were free a moment ago.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort(loopback, "0"))
		if err != nil {
			return nil, fmt.Errorf("natsserver: %w", err)
		}
		defer func() { _ = listener.Close() }() // all at the end, so that they differ
		address, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			return nil, errors.New("natsserver: no TCP port")
		}
		ports[i] = address.Port
	}
	return ports, nil
}
