package worker

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
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
	// forcedShare is the part of the slots that attempts may hold which are made
	// although every breaker is open. A vendor that hangs takes no more of the
	// worker, and the rest is free for messages that have a way.
	forcedShare = 4
)

// Options are what a Dispatcher gets besides its configuration. All are optional.
type Options struct {
	// Limits are those of the providers, by name. Where several limits of one
	// provider cover a message, all of them hold.
	Limits map[string][]provider.Limit
	// Workers is how many workers live, this one included, among which the limits
	// are divided evenly. It is asked for each message to a provider with limits and
	// must not block; nil, and less than 1, mean this one alone.
	Workers func() int
	// Clock is the clock that the end of a message's life is compared with; nil
	// means time.Now. All else is measured and does not depend on it.
	Clock func() time.Time
	// Logger gets a line for each message; nil drops it.
	Logger *zap.Logger
}

// Dispatcher delivers messages through providers. It implements
// messaging.Sender, and its Receipts tell of every attempt.
//
// The candidates of a message's route are tried in order, each within its share of
// the remaining time, so that a slow one leaves enough for the next. One whose circuit
// breaker is open, or which is at its limit, is passed over. A refusal ends the matter;
// anything else goes on to the next, also, unless the tenant wants otherwise, an attempt
// of which nobody knows whether it went out: a code that arrives twice does less harm
// than one that doesn't arrive.
//
// Before each attempt messaging.CheckHold is asked, and its error ends the work. When Send
// returns, its attempts have ended or end at once, being cancelled, but for two kinds that
// go on behind: one whose provider does not return when its time is over, and one that was
// late at a provider which fails, until its time is over.
type Dispatcher struct {
	tenants  map[string]*tenant
	backends map[string]*backend
	order    []*backend       // as the routes name them first
	routes   []*route         // of all tenants
	clock    func() time.Time // nil for the one that all else is measured by
	logger   *zap.Logger

	// forced counts the attempts under way that no breaker allowed.
	forced    atomic.Int64
	maxForced int64
	// blocked counts messages that no route was for, and afterUnknown attempts that
	// followed one which may have delivered their message.
	blocked, afterUnknown atomic.Uint64
}

var _ messaging.Sender = (*Dispatcher)(nil)

// NewDispatcher returns a Dispatcher for the routes of cfg, whose providers are
// looked up in providers by name. A name that is not there is an error, as is
// everything that cfg.Validate complains of, and a messaging service as the sender of a
// provider that has none.
func NewDispatcher(cfg Config, providers map[string]provider.Provider, opts Options) (*Dispatcher, error) {
	known := func(name string) bool { return providers[name] != nil }
	if err := errors.Join(cfg.Validate(), cfg.ValidateProviders(known)); err != nil {
		return nil, err
	}
	if err := cfg.validateServices(providers); err != nil {
		return nil, err
	}
	d := &Dispatcher{
		tenants:   make(map[string]*tenant, len(cfg.Tenants)),
		backends:  make(map[string]*backend, len(providers)),
		clock:     opts.Clock,
		logger:    opts.Logger,
		maxForced: int64(max(1, cfg.slots()/forcedShare)),
	}
	if d.logger == nil {
		d.logger = zap.NewNop()
	}
	for i := range cfg.Tenants {
		for j := range cfg.Tenants[i].Routes {
			for _, u := range cfg.Tenants[i].Routes[j].uses() {
				d.addBackend(u.name, providers[u.name], opts)
			}
		}
		t := newTenant(&cfg.Tenants[i], d.backends)
		d.tenants[t.name] = t
		d.routes = append(d.routes, t.all...)
	}
	return d, nil
}

func (d *Dispatcher) addBackend(name string, p provider.Provider, opts Options) {
	if d.backends[name] != nil {
		return
	}
	b := &backend{name: name, provider: p, throttle: newThrottle(opts.Limits[name], opts.Workers), logger: d.logger}
	d.backends[name] = b
	d.order = append(d.order, b)
}

// Send implements messaging.Sender. It writes one line about the message to the
// log when it is done.
func (d *Dispatcher) Send(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
	begun := time.Now()
	receipt, route, err := d.send(ctx, m)
	d.log(m, route, receipt, err, time.Since(begun))
	if err != nil {
		return receipt, err // a nil *messaging.Error must not become an error
	}
	return receipt, nil
}

func (d *Dispatcher) send(ctx context.Context, m messaging.Message) (messaging.Receipt, *route, *messaging.Error) {
	if err := m.Validate(); err != nil {
		return messaging.Receipt{}, nil, messaging.AsError(err)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return messaging.Receipt{}, nil, &messaging.Error{Code: messaging.CodeInternal, Detail: "the call has no deadline"}
	}
	t := d.tenant(m.Tenant)
	if t == nil {
		return messaging.Receipt{}, nil, &messaging.Error{
			Code:   messaging.CodeMisconfigured,
			Detail: "this tenant's messages can't be delivered; it was not sent",
			Cause:  errNoTenant,
		}
	}
	if err := t.tooLong(&m); err != nil {
		d.blocked.Add(1)
		return messaging.Receipt{}, nil, err
	}
	r := t.choose(&m)
	if r == nil {
		d.blocked.Add(1)
		return messaging.Receipt{}, nil, &messaging.Error{Code: messaging.CodeBlocked, Detail: blockedDetail(&m)}
	}
	r.messages.Add(1)
	w := delivery{
		d: d, tenant: t, order: r.order(), message: toProvider(m),
		channel: m.Channel, country: m.Country, expires: m.Expires, deadline: deadline.Add(-answerMargin),
	}
	w.message.From, w.message.Service = r.sender(&m)
	for _, a := range m.Earlier {
		w.verdict.earlier = w.verdict.earlier || a.Code == messaging.CodeUnknown
	}
	err := w.deliver(ctx)
	return w.receipt, r, err
}

// errNoTenant is for whoever reads the worker's log, whose line names the tenant.
var errNoTenant = errors.New("the worker's configuration has no entry for this tenant")

func (d *Dispatcher) tenant(name string) *tenant {
	if own, ok := d.tenants[name]; ok {
		return own
	}
	return d.tenants[EveryTenant]
}

// tooLong refuses an SMS that needs more segments than the tenant pays for.
func (t *tenant) tooLong(m *messaging.Message) *messaging.Error {
	if t.maxSegments == 0 || m.Channel != messaging.SMS {
		return nil
	}
	alphabet, segments := provider.Segments(m.Text)
	if segments <= t.maxSegments {
		return nil
	}
	return &messaging.Error{
		Code: messaging.CodeBlocked, Field: "text",
		Detail: fmt.Sprintf("needs %d SMS in the alphabet %v, and the tenant's max_segments is %d; it was not sent", segments, alphabet, t.maxSegments),
	}
}

// blockedDetail is for the caller, who knows what was asked for.
func blockedDetail(m *messaging.Message) string {
	if m.Country == "" {
		return "no route of the tenant serves this message: " + string(m.Channel) + " to a number of no country; it was not sent"
	}
	return "no route of the tenant serves this message: " + string(m.Channel) + " to " + m.Country + "; it was not sent"
}

func toProvider(m messaging.Message) provider.Message {
	return provider.Message{
		Reference: m.ID,
		Tenant:    m.Tenant,
		Channel:   provider.Channel(m.Channel),
		To:        m.To,
		Country:   m.Country,
		Text:      m.Text,
		Code:      m.Code,
		Language:  m.Language,
		Expires:   m.Expires,
	}
}
