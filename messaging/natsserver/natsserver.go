// Package natsserver runs a nats-server with JetStream inside this process: for
// `phonehook dev`, for benchmarks and for tests. Production runs the server as
// processes of its own.
package natsserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// readyWithin bounds the start. A server is ready in a few milliseconds; only a
// large store that has to be recovered takes seconds.
const readyWithin = 10 * time.Second

const loopback = "127.0.0.1"

// maxPayload is that of configs/nats.conf: a hook call of 256 KiB can become 1.5 MiB,
// because JSON writes some characters with six.
const maxPayload = 2 << 20

// Options say where a Server listens and keeps its data.
type Options struct {
	// Host and Port are where the server listens: 127.0.0.1 and a free port by
	// default.
	Host string
	Port int
	// StoreDir is the folder for JetStream's data. Empty makes a temporary one,
	// which Shutdown removes.
	StoreDir string
	// Name is the server's name, which differs within a cluster; phonehook-embedded by
	// default.
	Name string
	// Cluster makes the server one of several; the zero value lets it stand alone.
	Cluster Cluster
}

// Server is a running nats-server.
type Server struct {
	server    *server.Server
	temporary string
}

// Start starts a server and returns when it takes clients.
func Start(opts Options) (*Server, error) {
	s := &Server{}
	if opts.StoreDir == "" {
		dir, err := os.MkdirTemp("", "phonehook-nats-")
		if err != nil {
			return nil, fmt.Errorf("natsserver: %w", err)
		}
		s.temporary, opts.StoreDir = dir, dir
	}
	if opts.Host == "" {
		opts.Host = loopback
	}
	if opts.Name == "" {
		opts.Name = "phonehook-embedded"
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if err := s.start(opts); err != nil {
		return nil, errors.Join(err, s.removeTemporary())
	}
	return s, nil
}

func (s *Server) start(opts Options) error {
	if err := portIsFree(opts); err != nil {
		return err
	}
	// The server would only log that it can't, and never get ready.
	if err := os.MkdirAll(opts.StoreDir, 0o700); err != nil {
		return fmt.Errorf("natsserver: %w", err)
	}
	options := &server.Options{
		ServerName: opts.Name,
		Host:       opts.Host,
		Port:       opts.Port,
		JetStream:  true,
		MaxPayload: maxPayload,
		StoreDir:   opts.StoreDir,
		NoSigs:     true, // the process around it handles its signals
		NoLog:      true, // the clients log what concerns them
	}
	opts.Cluster.apply(options)
	srv, err := server.NewServer(options)
	if err != nil {
		return fmt.Errorf("natsserver: %w", err)
	}
	s.server = srv
	srv.Start()
	if !srv.ReadyForConnections(readyWithin) {
		srv.Shutdown()
		srv.WaitForShutdown()
		return fmt.Errorf("natsserver: not ready within %s; is %s writable?", readyWithin, opts.StoreDir)
	}
	return nil
}

// portIsFree says early and clearly what the server itself would only log.
func portIsFree(opts Options) error {
	if opts.Port == server.RANDOM_PORT {
		return nil
	}
	address := net.JoinHostPort(opts.Host, strconv.Itoa(opts.Port))
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return fmt.Errorf("natsserver: %w", err)
	}
	return listener.Close()
}

// URL is what a client connects to.
func (s *Server) URL() string { return s.server.ClientURL() }

// Port is the port that the server listens on.
func (s *Server) Port() int {
	if addr, ok := s.server.Addr().(*net.TCPAddr); ok {
		return addr.Port
	}
	return 0
}

// Shutdown stops the server, waits until it has stopped, and removes its data if
// they were temporary. It may be called more than once.
func (s *Server) Shutdown() error {
	s.server.Shutdown()
	s.server.WaitForShutdown()
	return s.removeTemporary()
}

func (s *Server) removeTemporary() error {
	if s.temporary == "" {
		return nil
	}
	if err := os.RemoveAll(s.temporary); err != nil {
		return fmt.Errorf("natsserver: remove temporary data: %w", err)
	}
	return nil
}
