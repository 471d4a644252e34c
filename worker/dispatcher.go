package worker

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
)

const (
	// answerMargin is kept back from the time of every call, so that what the
	// last attempt came to can still be told. It covers a busy machine's delay
	// in waking the goroutine that tells it.
	answerMargin = 20 * time.Millisecond
	// leastAttempt is the least time with which an attempt begins. With a
	// connection standing, vendors answer in some tens of milliseconds; cut off
	// earlier, an attempt is likely to end as unknown, which is worse than none.
	leastAttempt = 100 * time.Millisecond
	// usefulAttempt is the least that an attempt is given of the remaining time
	// on account of those that may follow it: a new TLS connection and an
	// answer of a slow day. Shares smaller than this would let two providers
	// fail where one had succeeded.
	usefulAttempt = time.Second
)

// Dispatcher delivers messages through providers. It implements
// messaging.Sender, and its Receipts tell of every attempt.
//
// The providers of a message's route are tried in order, each within its share of
// the remaining time, so that a slow one leaves enough for the next. A refusal ends
// the matter; anything else goes on to the next provider, also an attempt of which
// nobody knows whether it went out: a code that arrives twice does less harm than
// one that doesn't arrive.
type Dispatcher struct {
	routes map[string]routes
	logger *zap.Logger
}

var _ messaging.Sender = (*Dispatcher)(nil)

// routes are one tenant's targets for each channel.
type routes map[messaging.Channel][]target

// target is a provider under its configured name.
type target struct {
	name     string
	provider provider.Provider
}

// NewDispatcher returns a Dispatcher for the routes of cfg, whose providers are
// looked up in providers by name. A name that is not there is an error, as is
// everything that cfg.Validate complains of.
func NewDispatcher(cfg Config, providers map[string]provider.Provider, logger *zap.Logger) (*Dispatcher, error) {
	known := func(name string) bool { return providers[name] != nil }
	if err := errors.Join(cfg.Validate(), cfg.ValidateProviders(known)); err != nil {
		return nil, err
	}
	d := &Dispatcher{routes: make(map[string]routes, len(cfg.Tenants)), logger: logger}
	for _, t := range cfg.Tenants {
		d.routes[t.Name] = routes{
			messaging.SMS:   targets(t, messaging.SMS, providers),
			messaging.Voice: targets(t, messaging.Voice, providers),
		}
	}
	return d, nil
}

func targets(t Tenant, channel messaging.Channel, providers map[string]provider.Provider) []target {
	for _, r := range t.Routes {
		if r.Channel != "" && r.Channel != channel {
			continue
		}
		found := make([]target, 0, len(r.Providers))
		for _, name := range r.Providers {
			found = append(found, target{name, providers[name]})
		}
		return found
	}
	return nil
}

// Send implements messaging.Sender. It writes one line about the message to the
// log when it is done.
func (d *Dispatcher) Send(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
	begun := time.Now()
	receipt, err := d.send(ctx, m)
	d.log(m, receipt, err, time.Since(begun))
	if err != nil {
		return receipt, err // a nil *messaging.Error must not become an error
	}
	return receipt, nil
}

func (d *Dispatcher) send(ctx context.Context, m messaging.Message) (messaging.Receipt, *messaging.Error) {
	if err := m.Validate(); err != nil {
		return messaging.Receipt{}, messaging.AsError(err)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return messaging.Receipt{}, &messaging.Error{Code: messaging.CodeInternal, Detail: "the call has no deadline"}
	}
	if m.Expires.Before(deadline) {
		deadline = m.Expires
	}
	targets := d.route(m)
	if len(targets) == 0 {
		return messaging.Receipt{}, &messaging.Error{
			Code:   messaging.CodeMisconfigured,
			Detail: "this kind of message can't be delivered for this tenant; it was not sent",
			Cause:  errNoRoute,
		}
	}
	return d.try(ctx, toProvider(m), targets, deadline.Add(-answerMargin))
}

// errNoRoute is for whoever reads the worker's log, whose line names the tenant
// and the channel.
var errNoRoute = errors.New("no route: the worker's configuration has none for this tenant and channel")

func (d *Dispatcher) route(m messaging.Message) []target {
	own, ok := d.routes[m.Tenant]
	if !ok {
		own = d.routes[EveryTenant]
	}
	return own[m.Channel]
}

// try makes attempts until one settles the matter, the targets are used up or the
// time is.
func (d *Dispatcher) try(ctx context.Context, m provider.Message, targets []target, deadline time.Time) (messaging.Receipt, *messaging.Error) {
	var receipt messaging.Receipt
	var v verdict
	for i, t := range targets {
		left := time.Until(deadline)
		if left < leastAttempt || ctx.Err() != nil {
			v.timeOver = true
			break
		}
		begun := time.Now()
		taken, failure := d.attempt(ctx, m, t, share(left, len(targets)-i), i == len(targets)-1)
		made := messaging.Attempt{Provider: t.name, Code: messaging.CodeSent, Duration: time.Since(begun)}
		if failure == nil {
			receipt.Attempts = append(receipt.Attempts, made)
			receipt.Code, receipt.Provider, receipt.ProviderMessageID = messaging.CodeSent, t.name, taken.ID
			return receipt, nil
		}
		made.Code, made.ProviderCode = codeOf(failure.Kind), failure.Code
		receipt.Attempts = append(receipt.Attempts, made)
		v.add(t.name, failure)
		if failure.Kind == provider.Refused {
			break
		}
	}
	return receipt, v.err()
}

// share is how long an attempt may take when left is all there is and attempts is
// how many may still come, this one included.
func share(left time.Duration, attempts int) time.Duration {
	return min(left, max(left/time.Duration(attempts), usefulAttempt))
}

func toProvider(m messaging.Message) provider.Message {
	return provider.Message{
		Reference: m.ID,
		Tenant:    m.Tenant,
		Channel:   provider.Channel(m.Channel),
		To:        m.To,
		From:      m.From,
		Text:      m.Text,
		Code:      m.Code,
		Language:  m.Language,
		Expires:   m.Expires,
	}
}
