// Package workerd is the worker as a process: a dispatcher with its providers, fed by
// gateways over NATS and from the durable queue, and a private listener for health. It
// can run any number of times in one program.
package workerd

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/messaging/natsstore"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/notify"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/builtin"
	"github.com/phonehook/phonehook/worker/receipts"
)

// drainWithin bounds how long a worker that was told to end finishes what it has in
// hand. No call is longer than 20 s, so nobody waits for what takes longer. Whoever
// stops a worker should leave it this much time, and a little more.
const drainWithin = 20 * time.Second

// closeWithin is how long a worker then still tries to record what it did. Without
// JetStream that would not help, and its supervisor waits.
const closeWithin = 2 * time.Second

// Process is a worker. Make one with New.
type Process struct {
	cfg        Config
	logger     *zap.Logger
	providers  map[string]provider.Provider
	dispatcher *worker.Dispatcher
	addresses  *provider.Addresses
	keeper     receipts.Keeper
	notifier   *notify.Notifier
	// desk is there while messages come, like server and courier.
	desk    atomic.Pointer[receipts.Desk]
	courier atomic.Pointer[natsstore.Courier]
	// server is there while messages come; it knows how many workers there are.
	server atomic.Pointer[natsrpc.Server]
}

// New makes a worker. It reads the secrets that stand in files of their own, and
// connects to nothing; the errors name places of the configuration.
func New(cfg Config, logger *zap.Logger) (*Process, error) {
	addresses, err := cfg.Receipts.Addresses()
	if err != nil {
		return nil, configs.Within("receipts", err)
	}
	providers, err := builtin.New(cfg.Providers, addresses)
	if err != nil {
		return nil, err
	}
	p := &Process{cfg: cfg, logger: logger.Named("worker"), providers: providers, addresses: addresses}
	if p.notifier, err = notify.New(cfg.Notified()); err != nil {
		return nil, err
	}
	p.dispatcher, err = worker.NewDispatcher(cfg.Delivery.Config, p.senders(), worker.Options{
		Limits:  cfg.Providers.Limits(),
		Workers: p.workers,
		Logger:  p.logger,
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// senders are the providers by name, as messages are sent through them.
func (p *Process) senders() map[string]provider.Provider {
	if p.addresses == nil { // nothing is reported
		return p.providers
	}
	senders := make(map[string]provider.Provider, len(p.providers))
	for name, each := range p.providers {
		senders[name] = p.keeper.Wrap(name, each)
	}
	return senders
}

// workers is how many workers live, this one included.
func (p *Process) workers() int {
	if server := p.server.Load(); server != nil {
		return server.Workers()
	}
	return 1
}

// Providers are the worker's providers by name.
func (p *Process) Providers() map[string]provider.Provider { return p.providers }

// Run takes messages until ctx ends. Then it takes no more, finishes or hands back
// those that it has, and returns. It needs no NATS server to begin: it connects when
// there is one. It may be called once.
func (p *Process) Run(ctx context.Context) error {
	defer p.closeProviders()
	defer p.notifier.Close()
	nc, err := natsrpc.Connect(p.cfg.NATS, "phonehook-worker", p.logger.Named("nats"))
	if err != nil {
		return err
	}
	defer nc.Close()
	admin, err := listen(ctx, p.cfg.Admin, map[string]func() any{
		"/providers": func() any { return p.dispatcher.Health() },
		"/receipts":  func() any { return p.receipts() },
	}, func() error { return ready(ctx, nc) })
	if err != nil {
		return err
	}
	work, err := p.begin(nc)
	if err != nil {
		return errors.Join(err, admin.close())
	}
	p.logger.Info("worker runs", zap.String("worker", work.server.WorkerID()),
		zap.String("admin", admin.address()), zap.Strings("tenants", p.cfg.Served()))
	<-ctx.Done()
	p.logger.Info("worker drains")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	return errors.Join(work.drain(drain), admin.close())
}

// work is where messages come from, and what is kept of them.
type work struct {
	logger   *zap.Logger
	store    *natsstore.Store
	server   *natsrpc.Server
	consumer *natsstore.Consumer
	callback *natsrpc.CallbackServer
	courier  *natsstore.Courier
}

// begin takes messages from gateways and from the durable queue.
func (p *Process) begin(nc *nats.Conn) (w work, err error) {
	id := nuid.Next()
	w.logger = p.logger
	w.store, err = natsstore.Open(nc, natsstore.Options{Source: id, Logger: p.logger.Named("store")})
	if err != nil {
		return w, err
	}
	p.keeper.Use(w.store.Aliases())
	called := messaging.Recording(messaging.Accepting(p.dispatcher, w.store.Queue()), w.store.Events())
	w.server, err = natsrpc.NewServer(nc, called, natsrpc.ServerOptions{
		Tenants:  p.cfg.Served(),
		Slots:    p.cfg.Slots,
		Queue:    p.cfg.Queue,
		WorkerID: id,
		Version:  run.Version(),
		Logger:   p.logger.Named("server"),
	})
	if err != nil {
		return w, errors.Join(err, w.drain(context.Background()))
	}
	p.server.Store(w.server)
	w.consumer, err = natsstore.NewConsumer(w.store, p.dispatcher, natsstore.ConsumerOptions{
		Tenants: p.cfg.Served(),
		Slots:   p.cfg.DurableSlots(),
		Logger:  p.logger.Named("queue"),
	})
	if err != nil {
		return w, errors.Join(err, w.drain(context.Background()))
	}
	if err := p.beginReceipts(nc, &w); err != nil {
		return w, errors.Join(err, w.drain(context.Background()))
	}
	return w, nil
}

// beginReceipts takes what providers report, and tells it to tenants' servers.
func (p *Process) beginReceipts(nc *nats.Conn, w *work) (err error) {
	desk := receipts.NewDesk(receipts.Options{
		Providers: p.providers, Kinds: p.cfg.Providers.Kinds(), Addresses: p.addresses,
		Reports: w.store.Reports(), Aliases: w.store.Aliases(), Notices: p.notifier.Tells, Logger: p.logger.Named("receipts"),
	})
	p.desk.Store(desk)
	if w.callback, err = natsrpc.NewCallbackServer(nc, desk, desk.Accounts()); err != nil {
		return err
	}
	if told, except := p.cfg.Told(); len(told) > 0 {
		w.courier = natsstore.NewCourier(w.store, p.notifier, natsstore.CourierOptions{Tenants: told, Except: except, Logger: p.logger.Named("notices")})
		p.courier.Store(w.courier)
	}
	return nil
}

// receiptsStatus is what GET /receipts tells.
type receiptsStatus struct {
	receipts.Stats

	Notices natsstore.CourierStats `json:"notices"`
}

func (p *Process) receipts() (status receiptsStatus) {
	if desk := p.desk.Load(); desk != nil {
		status.Stats = desk.Stats()
	}
	if courier := p.courier.Load(); courier != nil {
		status.Notices = courier.Stats()
	}
	return status
}

// drain finishes or hands back what is in hand, and then writes down what became of it.
func (w work) drain(ctx context.Context) error {
	var parts sync.WaitGroup
	var called, queued error
	if w.server != nil {
		parts.Go(func() { called = w.server.Drain(ctx) })
	}
	if w.consumer != nil {
		parts.Go(func() { queued = w.consumer.Drain(ctx) })
	}
	if w.callback != nil {
		parts.Go(func() { w.callback.Drain(ctx) })
	}
	parts.Wait()
	if w.courier != nil {
		w.courier.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	if err := w.store.Close(ctx); err != nil { // the messages themselves have got where they had to
		w.logger.Warn("what became of the last messages is not recorded", zap.Error(err))
	}
	return errors.Join(called, queued)
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
