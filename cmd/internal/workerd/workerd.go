// Package workerd is the worker as a process: a dispatcher with its providers,
// connected to NATS, and a private listener for health. It can run any number of
// times in one program.
package workerd

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/builtin"
)

// drainWithin bounds how long a worker that was told to end finishes what it has in
// hand. No call is longer than 20 s, so nobody waits for what takes longer. Whoever
// stops a worker should leave it this much time, and a little more.
const drainWithin = 20 * time.Second

// Process is a worker. Make one with New.
type Process struct {
	cfg        Config
	logger     *zap.Logger
	providers  map[string]provider.Provider
	dispatcher *worker.Dispatcher
}

// New makes a worker. It reads the secrets that stand in files of their own, and
// connects to nothing; the errors name places of the configuration.
func New(cfg Config, logger *zap.Logger) (*Process, error) {
	providers, err := builtin.New(cfg.Providers)
	if err != nil {
		return nil, err
	}
	logger = logger.Named("worker")
	dispatcher, err := worker.NewDispatcher(cfg.Delivery.Config, providers, logger)
	if err != nil {
		return nil, err
	}
	return &Process{cfg: cfg, logger: logger, providers: providers, dispatcher: dispatcher}, nil
}

// Providers are the worker's providers by name.
func (p *Process) Providers() map[string]provider.Provider { return p.providers }

// Run takes messages until ctx ends. Then it takes no more, finishes or hands back
// those that it has, and returns. It needs no NATS server to begin: it connects when
// there is one. It may be called once.
func (p *Process) Run(ctx context.Context) error {
	defer p.closeProviders()
	nc, err := natsrpc.Connect(p.cfg.NATS, "phonehook-worker", p.logger.Named("nats"))
	if err != nil {
		return err
	}
	defer nc.Close()
	admin, err := listen(ctx, p.cfg.Admin, func() error { return ready(ctx, nc) })
	if err != nil {
		return err
	}
	server, err := natsrpc.NewServer(nc, p.dispatcher, natsrpc.ServerOptions{
		Tenants: p.cfg.Served(),
		Slots:   p.cfg.Slots,
		Queue:   p.cfg.Queue,
		Version: run.Version(),
		Logger:  p.logger.Named("server"),
	})
	if err != nil {
		return errors.Join(err, admin.close())
	}
	p.logger.Info("worker runs", zap.String("worker", server.WorkerID()),
		zap.String("admin", admin.address()), zap.Strings("tenants", p.cfg.Served()))
	<-ctx.Done()
	p.logger.Info("worker drains")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	return errors.Join(server.Drain(drain), admin.close())
}

func ready(ctx context.Context, nc *nats.Conn) error {
	switch {
	case ctx.Err() != nil:
		return errors.New("the worker is about to end")
	case !nc.IsConnected():
		return errors.New("not connected to nats")
	}
	return nil
}

func (p *Process) closeProviders() {
	for _, each := range p.providers {
		if closer, ok := each.(interface{ Close() }); ok {
			closer.Close()
		}
	}
}
