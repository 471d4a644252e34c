package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// natsVariable makes this program a NATS server with the natsOptions that it holds, as
// JSON.
const natsVariable = "PHONEHOOK_FAULTS_NATS"

// natsReadyWithin bounds a server's start, which may have a store to recover.
const natsReadyWithin = 20 * time.Second

// natsOptions are one server, alone or as one of a cluster.
type natsOptions struct {
	Name     string `json:"name"`
	Port     int    `json:"port"`
	Monitor  int    `json:"monitor"`
	StoreDir string `json:"store_dir"`
	// Cluster is the port at which the others reach this server, or 0; Routes are
	// all such ports.
	Cluster int    `json:"cluster,omitempty"`
	Routes  []int  `json:"routes,omitempty"`
	LogFile string `json:"log_file"`
}

// beNATS is the whole life of a NATS server's process. It ends at SIGTERM.
func beNATS(text string) error {
	var o natsOptions
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("%s: %w", natsVariable, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := server.NewServer(o.server())
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	s.ConfigureLogger()
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(natsReadyWithin) {
		return fmt.Errorf("nats: not ready within %v", natsReadyWithin)
	}
	<-ctx.Done()
	return nil
}

func (o natsOptions) server() *server.Options {
	options := &server.Options{
		ServerName: o.Name,
		Host:       loopback,
		Port:       o.Port,
		HTTPHost:   loopback,
		HTTPPort:   o.Monitor,
		JetStream:  true,
		StoreDir:   o.StoreDir,
		MaxPayload: 2 << 20, // as configs/nats.conf has it
		LogFile:    o.LogFile,
		NoSigs:     true, // beNATS handles them
	}
	if o.Cluster != 0 {
		options.Cluster = server.ClusterOpts{Name: "faults", Host: loopback, Port: o.Cluster}
		for _, port := range o.Routes {
			options.Routes = append(options.Routes, &url.URL{Scheme: "nats", Host: address(port)})
		}
	}
	return options
}

// natsChild runs beNATS if this process was started for that, and says whether it was.
func natsChild() (code int, was bool) {
	text, ok := os.LookupEnv(natsVariable)
	if !ok {
		return 0, false
	}
	if err := beNATS(text); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	return 0, true
}
