// Package devd is everything in one process, for development: a NATS server with
// JetStream, a gateway and a worker, which talk over NATS as they do in production.
package devd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/gatewayd"
	"github.com/phonehook/phonehook/cmd/internal/workerd"
	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/gateway/console"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/messaging/natsserver"
	"github.com/phonehook/phonehook/worker/provider/lookalike"
)

// Token is the token of the built-in configuration's tenant.
const Token = "dev-token"

// Options are what a development server gets from the program around it.
type Options struct {
	// Logger is required.
	Logger *zap.Logger
	// Data is the folder for the NATS server's data; empty means a temporary one,
	// which is removed at the end.
	Data string
	// LookAlike is the vendor whose look-alike runs beside the rest, and through which
	// every message goes instead of what the configuration says; nil is none.
	LookAlike *lookalike.Kind
}

// Process is a running development server. Make one with Start.
type Process struct {
	nats    *natsserver.Server
	gateway *gatewayd.Process
	worker  *workerd.Process
	token   string
	inboxes inboxes
	vendor  *vendor // nil without one

	stop func()
	done sync.WaitGroup
	// failed gets what the gateway and the worker return, once each.
	failed chan error
}

// Start starts everything and returns when it takes calls.
func Start(cfg Config, opts Options) (*Process, error) {
	p := &Process{token: exampleToken(cfg.Gateway), failed: make(chan error, 2)}
	if err := p.build(cfg, opts); err != nil {
		p.vendor.close()
		if p.nats != nil {
			err = errors.Join(err, p.nats.Shutdown())
		}
		return nil, err
	}
	p.run()
	return p, nil
}

// build makes the parts and binds the listeners. The gateway's comes before the worker, whose
// provider's look-alike is told where to report.
func (p *Process) build(cfg Config, opts Options) error {
	var err error
	if p.nats, err = natsserver.Start(natsserver.Options{StoreDir: opts.Data}); err != nil {
		return err
	}
	bus := natsrpc.Config{URL: p.nats.URL()}
	var shown console.Inbox // stays nil where there is none
	if opts.LookAlike != nil || cfg.Worker.Providers.HasInbox() {
		shown = &p.inboxes
	}
	p.gateway, err = gatewayd.New(gatewayd.Config{Kind: gatewayd.Kind, NATS: bus, Config: cfg.Gateway},
		gatewayd.Options{Logger: opts.Logger, Inbox: shown, ExampleToken: p.token})
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	if err := p.gateway.Listen(); errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w; choose other addresses with --listen and --admin", err)
	} else if err != nil {
		return err
	}
	if opts.LookAlike != nil {
		if p.vendor, err = startVendor(*opts.LookAlike); err != nil {
			return err
		}
		p.inboxes.add(p.vendor)
		if cfg.Worker, err = p.vendor.delivery(cfg, "http://"+p.Addr()); err != nil {
			return err
		}
	}
	p.worker, err = workerd.New(workerd.Config{Kind: workerd.Kind, NATS: bus, Delivery: cfg.Worker}, opts.Logger)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	p.inboxes.find(p.worker.Providers())
	return nil
}

// run lets the parts run, the gateway as long as the context that stop ends, and the
// worker until the gateway has answered everything.
func (p *Process) run() {
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	working, retire := context.WithCancel(context.Background())
	p.done.Go(func() { p.failed <- p.worker.Run(working) })
	p.done.Go(func() {
		p.failed <- p.gateway.Run(ctx)
		retire()
	})
}

// Addr is where the hooks are, and AdminAddr where the private pages are.
func (p *Process) Addr() string { return p.gateway.Addr() }

// AdminAddr is the address of the private listener.
func (p *Process) AdminAddr() string { return p.gateway.AdminAddr() }

// Token is the token to call with, or empty where this process doesn't know it.
func (p *Process) Token() string { return p.token }

// HasInbox says whether messages are kept for the console.
func (p *Process) HasInbox() bool { return p.inboxes.any() }

// LookAlike is the address of the vendor's look-alike, or empty without one.
func (p *Process) LookAlike() string { return p.vendor.url() }

// Wait returns when ctx has ended, everything under way has been answered, and
// nothing is left behind, or when a part could not go on.
func (p *Process) Wait(ctx context.Context) error {
	var err error
	left := 2
	select {
	case <-ctx.Done():
	case err = <-p.failed:
		left--
	}
	p.stop()
	for range left {
		err = errors.Join(err, <-p.failed)
	}
	p.done.Wait()
	p.vendor.close()
	return errors.Join(err, p.nats.Shutdown())
}

// exampleToken returns Token if a tenant of cfg has it.
func exampleToken(cfg gateway.Config) string {
	for _, tenant := range cfg.Tenants {
		for _, token := range tenant.Tokens {
			if strings.EqualFold(token.SHA256, gateway.HashToken(Token)) {
				return Token
			}
		}
	}
	return ""
}
