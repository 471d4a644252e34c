// Package gatewayd is the gateway as a process: its listeners, and the connection to
// NATS over which it reaches the workers. It can run any number of times in one
// program.
package gatewayd

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/gateway/console"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// Options are what a gateway gets from the program around it.
type Options struct {
	// Logger is required.
	Logger *zap.Logger
	// Inbox and ExampleToken are shown by the console, in development.
	Inbox        console.Inbox
	ExampleToken string
}

// Process is a gateway. It is used once: New, Listen, Run.
type Process struct {
	cfg    Config
	logger *zap.Logger
	server *gateway.Server
	// listens says that Listen was called.
	listens bool

	// nc and client are there from the beginning of Run.
	nc     *nats.Conn
	client *natsrpc.Client
}

// New makes a gateway. It reads the secrets that stand in files of their own, and
// connects to nothing; the errors name places of the configuration.
func New(cfg Config, opts Options) (*Process, error) {
	p := &Process{cfg: cfg, logger: opts.Logger.Named("gateway")}
	var err error
	p.server, err = gateway.New(cfg.Config, gateway.Deps{
		Sender:       messaging.SenderFunc(p.send),
		Logger:       opts.Logger,
		Ready:        p.ready,
		Inbox:        opts.Inbox,
		ExampleToken: opts.ExampleToken,
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Listen binds both listeners, so that Addr and AdminAddr are known before Run
// serves them.
func (p *Process) Listen() error {
	err := p.server.Listen()
	p.listens = err == nil
	return err
}

// Addr is the address of the public listener.
func (p *Process) Addr() string { return p.server.Addr() }

// AdminAddr is the address of the private listener.
func (p *Process) AdminAddr() string { return p.server.AdminAddr() }

// Run serves until ctx ends and every call is answered. It binds the listeners if
// Listen has not. It needs no NATS server to begin: it connects when there is one.
func (p *Process) Run(ctx context.Context) error {
	if !p.listens {
		if err := p.Listen(); err != nil {
			return err
		}
	}
	var err error
	p.nc, err = natsrpc.Connect(p.cfg.NATS, "phonehook-gateway", p.logger.Named("nats"))
	if err != nil {
		return err
	}
	defer p.nc.Close()
	p.client, err = natsrpc.NewClient(p.nc, natsrpc.ClientOptions{})
	if err != nil {
		return err
	}
	defer p.client.Close()
	p.logger.Info("gateway runs", zap.String("listen", p.Addr()), zap.String("admin", p.AdminAddr()))
	return p.server.Run(ctx)
}

// send is the gateway's Sender. No call comes before Run has a client.
func (p *Process) send(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
	return p.client.Send(ctx, m)
}

func (p *Process) ready() error {
	if !p.nc.IsConnected() {
		return errors.New("not connected to nats")
	}
	return nil
}
