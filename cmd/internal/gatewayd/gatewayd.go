// Package gatewayd is the gateway as a process: its listeners, and the connection to
// NATS over which it reaches the workers and what JetStream keeps. It can run any
// number of times in one program.
package gatewayd

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/gateway/console"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// closeWithin bounds the last moment of a gateway, in which the events that no worker
// has recorded leave.
const closeWithin = 2 * time.Second

// settleWithin is how long a new gateway calls itself not ready while it has not found
// what JetStream keeps, above all the key with which all gateways hash, and the claims
// of the last minutes. After that calls had better come than not: only repetitions that
// reach other gateways are missed.
const settleWithin = 3 * time.Second

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

	// These are there from the beginning of Run.
	began  time.Time
	nc     *nats.Conn
	client *natsrpc.Client
	store  store
	sender messaging.Sender
}

// New makes a gateway. It reads the secrets that stand in files of their own, and
// connects to nothing; the errors name places of the configuration.
func New(cfg Config, opts Options) (*Process, error) {
	p := &Process{cfg: cfg, logger: opts.Logger.Named("gateway")}
	var err error
	p.server, err = gateway.New(cfg.Config, gateway.Deps{
		Sender:       messaging.SenderFunc(p.send),
		Logger:       opts.Logger,
		Keys:         &p.store,
		History:      history{&p.store},
		Recorder:     &p.store,
		Queue:        &p.store,
		Callbacks:    messaging.CallbacksFunc(p.call),
		Feedbacks:    feedbacks{p},
		NumberKey:    func() messaging.NumberKey { return p.store.NumberKey() },
		Status:       p.status,
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
	p.began = time.Now()
	if err := p.open(); err != nil {
		return err
	}
	defer p.client.Close()
	p.logger.Info("gateway runs", zap.String("listen", p.Addr()), zap.String("admin", p.AdminAddr()))
	err = p.server.Run(ctx)
	p.closeStore()
	return err
}

// closeStore leaves the last events a moment to be stored.
func (p *Process) closeStore() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if err := p.store.Close(ctx); err != nil {
		p.logger.Warn("what became of the last messages is not recorded", zap.Error(err))
	}
}

// open makes what stands on the connection.
func (p *Process) open() error {
	numberKey, err := p.cfg.Events.ReadNumberKey()
	if err != nil {
		return err
	}
	tenants := make([]string, 0, len(p.cfg.Tenants))
	for _, tenant := range p.cfg.Tenants {
		tenants = append(tenants, tenant.Name)
	}
	p.store.Store, err = natsstore.Open(p.nc, natsstore.Options{
		Manage:     true,
		Replicas:   p.cfg.NATS.Replicas,
		KeepEvents: p.cfg.Events.KeepFor(),
		Tenants:    tenants,
		NumberKey:  numberKey,
		Logger:     p.logger.Named("store"),
	})
	if err != nil {
		return err
	}
	if p.client, err = natsrpc.NewClient(p.nc, natsrpc.ClientOptions{}); err != nil {
		p.closeStore()
		return err
	}
	p.sender = messaging.Accepting(p.client, &p.store)
	return nil
}

// send is the gateway's Sender. No call comes before Run has one.
func (p *Process) send(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
	return p.sender.Send(ctx, m)
}

// call is the gateway's Callbacks, likewise.
func (p *Process) call(ctx context.Context, c messaging.Callback) (messaging.CallbackAnswer, error) {
	return p.client.Call(ctx, c)
}

// feedbacks are the gateway's Feedbacks, likewise.
type feedbacks struct{ p *Process }

func (f feedbacks) Feedback(ctx context.Context, feedback messaging.Feedback) error {
	return f.p.client.Feedback(ctx, feedback)
}

func (p *Process) ready() error {
	if !p.nc.IsConnected() {
		return errors.New("not connected to nats")
	}
	if time.Since(p.began) < settleWithin {
		return p.store.Ready()
	}
	return nil
}
