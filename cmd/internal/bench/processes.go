package bench

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/devd"
	"github.com/phonehook/phonehook/cmd/internal/gatewayd"
	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/cmd/internal/workerd"
	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/messaging/natsserver"
)

// startBus starts a NATS server. Its endpoint is one for a Gateway and a Worker.
func startBus() (*subject, error) {
	server, err := natsserver.Start(natsserver.Options{})
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return &subject{endpoint: Endpoint{URL: server.URL()}, close: server.Shutdown}, nil
}

// startGateway starts a gateway as production runs it, but for its log, which is made
// and not kept. Calls may take as long as any may.
func startGateway(ctx context.Context, set settings) (*subject, error) {
	deadline := configs.Duration(gateway.MaxDeadline)
	cfg := gatewayd.NewConfig()
	cfg.Kind, cfg.NATS = gatewayd.Kind, natsrpc.Config{URL: set.nats}
	cfg.Listen, cfg.Admin = "127.0.0.1:0", "127.0.0.1:0"
	cfg.Tenants = []gateway.Tenant{{
		Name: "bench", Tokens: []gateway.Token{{SHA256: gateway.HashToken(devd.Token)}}, DefaultRegion: "US", Deadline: &deadline,
	}}
	logger, file, err := discard()
	if err != nil {
		return nil, err
	}
	process, err := gatewayd.New(cfg, gatewayd.Options{Logger: logger})
	if err == nil {
		err = process.Listen()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bench: gateway: %w", err), file.Close())
	}
	return &subject{
		endpoint: Endpoint{URL: "http://" + process.Addr() + hookPath, Token: devd.Token},
		close:    running(ctx, process, file),
	}, nil
}

// startWorker starts a worker in the same way. It has no address: its endpoint is
// that of NATS.
func startWorker(ctx context.Context, set settings) (*subject, error) {
	cfg := workerd.Config{Kind: workerd.Kind, NATS: natsrpc.Config{URL: set.nats}, Delivery: delivery(set)}
	logger, file, err := discard()
	if err != nil {
		return nil, err
	}
	process, err := workerd.New(cfg, logger)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bench: worker: %w", err), file.Close())
	}
	return &subject{endpoint: Endpoint{URL: set.nats}, close: running(ctx, process, file)}, nil
}

// running lets a process run, and returns what ends it.
func running(ctx context.Context, process run.Process, log *os.File) (end func() error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ran := make(chan error, 1)
	go func() { ran <- process.Run(ctx) }()
	return func() error {
		stop()
		return errors.Join(<-ran, log.Close())
	}
}

// discard returns a logger as production has it, whose lines are made and go nowhere.
func discard() (*zap.Logger, *os.File, error) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("bench: %w", err)
	}
	logger, err := run.NewLogger(run.LogConfig{Format: run.JSON}, null)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("bench: %w", err), null.Close())
	}
	return logger, null, nil
}
