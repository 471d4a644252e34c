// Package receipts takes what providers call phonehook for: their reports of what became of
// messages, and their questions what a call is to say.
//
// A gateway relays such a request as it came, since it has neither a vendor's code nor a secret to
// judge it by. Here the address is checked, the provider that it names reads the rest, and what
// it tells is kept before the vendor is answered; so a vendor whose report could not be kept
// makes it again. Nothing is believed that neither the vendor signed nor came to an address that
// only the vendor was given.
package receipts

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
)

// Options are what a Desk needs.
type Options struct {
	// Providers are those of the worker by name, and Kinds what kind each is.
	Providers map[string]provider.Provider
	Kinds     map[string]string
	// Addresses recognise what was given out. Without them every callback is refused.
	Addresses *provider.Addresses
	// Reports keep what is told.
	Reports messaging.Reports
	// Aliases find the messages of providers that report by an id of their own alone. Without
	// them such reports are of no message that is known.
	Aliases messaging.Aliases
	// Notices says whether a tenant's server is to be told too; nil tells none.
	Notices func(tenant string) bool
	// Clock is time.Now where it is nil.
	Clock func() time.Time
	// Logger gets what is refused; nil drops it.
	Logger *zap.Logger
}

// Desk is the worker's messaging.Callbacks. It is safe for concurrent use.
type Desk struct {
	opts   Options
	logger *zap.Logger
	counts counts
}

var (
	_ messaging.Callbacks = (*Desk)(nil)
	_ messaging.Feedbacks = (*Desk)(nil)
)

// NewDesk returns a Desk.
func NewDesk(opts Options) *Desk {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = zap.NewNop()
	}
	return &Desk{opts: opts, logger: opts.Logger}
}

// Accounts returns the names of the providers that can be called back, or want feedback.
func (d *Desk) Accounts() []string {
	var names []string
	for name, p := range d.opts.Providers {
		_, receives := p.(provider.Receiver)
		_, learns := p.(provider.Learner)
		if receives && d.opts.Addresses != nil || learns {
			names = append(names, name)
		}
	}
	return names
}

// Feedback implements messaging.Feedbacks.
func (d *Desk) Feedback(ctx context.Context, f messaging.Feedback) error {
	learner, ok := d.opts.Providers[f.Account].(provider.Learner)
	if !ok {
		return &messaging.Error{Code: messaging.CodeConflict, Detail: "the provider that took the message wants no feedback"}
	}
	err := learner.Feedback(ctx, f.ProviderMessageID, f.Worked)
	if err == nil {
		return nil
	}
	refusal := &messaging.Error{Code: messaging.CodeUnavailable, Detail: "the provider could not be told", RetryAfter: time.Second, Cause: err}
	if failure, ok := errors.AsType[*provider.Error](err); ok {
		switch failure.Kind {
		case provider.Refused:
			refusal = &messaging.Error{Code: messaging.CodeRejected, Detail: "the provider does not want to know this of the message: " + failure.Detail, Cause: err}
		case provider.Misconfigured, provider.Unroutable:
			refusal = &messaging.Error{Code: messaging.CodeMisconfigured, Detail: "the provider is not set up for feedback", Cause: err}
		case provider.Throttled, provider.Unavailable, provider.Unknown:
		}
	}
	return refusal
}

// Call implements messaging.Callbacks.
func (d *Desk) Call(ctx context.Context, c messaging.Callback) (messaging.CallbackAnswer, error) {
	receiver, ok := d.opts.Providers[c.Account].(provider.Receiver)
	if !ok || d.opts.Addresses == nil || d.opts.Kinds[c.Account] != c.Kind {
		d.counts.refuse(c.Account, "unknown")
		return messaging.CallbackAnswer{}, &messaging.Error{Code: messaging.CodeNotFound, Detail: "no provider is called back at this address"}
	}
	reception, subject, err := d.read(ctx, receiver, c)
	if err != nil {
		return messaging.CallbackAnswer{}, d.refuse(c, err)
	}
	for _, report := range reception.Reports {
		if err := d.keep(ctx, c, subject, report); err != nil {
			d.counts.refuse(c.Account, "not-stored")
			return messaging.CallbackAnswer{}, err
		}
	}
	return messaging.CallbackAnswer{Type: reception.Type, Body: reception.Body}, nil
}

// read checks the address and has the provider read the request.
func (d *Desk) read(ctx context.Context, receiver provider.Receiver, c messaging.Callback) (provider.Reception, provider.Subject, error) {
	var subject provider.Subject
	trusted := c.Token != ""
	if trusted {
		var err error
		if subject, err = d.opts.Addresses.Open(c.Kind, c.Account, c.Token, d.opts.Clock()); err != nil {
			return provider.Reception{}, subject, err
		}
	}
	reception, err := receiver.Receive(ctx, provider.Callback{
		Method: c.Method, URL: d.opts.Addresses.Public(c.URI), Header: http.Header(c.Header), Body: c.Body,
		At: c.ReceivedAt, Trusted: trusted, Speech: subject.Speech,
	})
	if err == nil && !trusted && !reception.Signed {
		err = provider.Forgery("neither the address nor a signature shows that it is genuine")
	}
	return reception, subject, err
}

// refuse counts and logs a callback that is not taken, and returns what the vendor is told.
func (d *Desk) refuse(c messaging.Callback, err error) error {
	failure, ok := errors.AsType[*provider.CallbackError](err)
	if !ok { // a provider that breaks its contract; the text of its error can hold anything
		failure = &provider.CallbackError{Fault: provider.Unanswerable, Detail: "the provider failed"}
	}
	d.counts.refuse(c.Account, string(failure.Fault))
	d.logger.Warn("callback refused", zap.String("provider", c.Account),
		zap.String("fault", string(failure.Fault)), zap.String("detail", failure.Detail))
	refusal := &messaging.Error{Code: messaging.CodeUnavailable, Detail: failure.Detail, RetryAfter: time.Second}
	switch failure.Fault {
	case provider.Forged:
		refusal.Code, refusal.RetryAfter = messaging.CodeUnauthorized, 0
	case provider.Stale, provider.Malformed:
		refusal.Code, refusal.RetryAfter = messaging.CodeInvalidRequest, 0
	case provider.Unanswerable:
	}
	return refusal
}

// keep stores one report, and a notice of it for the tenant's server where it wants one. A report
// of no message that is known is counted and forgotten: it would not be known later either.
func (d *Desk) keep(ctx context.Context, c messaging.Callback, subject provider.Subject, report provider.Report) error {
	tenant, id := subject.Tenant, subject.ID
	if tenant == "" {
		tenant = report.Tenant
	}
	if id == "" {
		id = report.Reference
	}
	if tenant == "" && id == "" {
		var err error
		if tenant, id, err = d.whose(ctx, c.Account, report.ID); err != nil {
			return err
		}
	}
	if !messaging.ValidTenant(tenant) || !isID(id) {
		d.counts.refuse(c.Account, "unmatched")
		d.logger.Info("a report is of no message that is known", zap.String("provider", c.Account), zap.String("status", string(report.Status)))
		return nil
	}
	e := d.event(c, tenant, id, report)
	if err := d.opts.Reports.Report(ctx, e); err != nil {
		return err
	}
	d.counts.take(c.Account, string(report.Status))
	d.logger.Debug("report", zap.String("id", id), zap.String("tenant", tenant), zap.String("provider", c.Account), zap.String("status", string(report.Status)))
	if d.opts.Notices == nil || !d.opts.Notices(tenant) {
		return nil
	}
	n, err := newNotice(e)
	if err != nil {
		return err
	}
	return d.opts.Reports.Notify(ctx, n)
}

func (d *Desk) event(c messaging.Callback, tenant, id string, report provider.Report) messaging.Event {
	now := d.opts.Clock()
	at := report.At
	if at.IsZero() || at.Sub(c.ReceivedAt) > time.Minute { // no vendor reports what is to come
		at = c.ReceivedAt
	}
	return messaging.Event{
		Type: messaging.EventReport, At: now, ID: id, Tenant: tenant, Provider: c.Account, ProviderMessageID: bounded(report.ID, maxProviderID),
		Delivery: &messaging.Delivery{
			Status: statusOf(report.Status), Code: bounded(report.Code, maxWord), Reason: report.Reason, At: at.UTC(),
			Price: bounded(report.Price, maxWord), Currency: bounded(report.Currency, maxWord), Network: bounded(report.Network, maxWord),
		},
	}
}

// statusOf keeps to the vocabulary, whatever a provider says.
func statusOf(s provider.Status) messaging.DeliveryStatus {
	switch s {
	case provider.Accepted:
		return messaging.DeliveryAccepted
	case provider.Sent:
		return messaging.DeliverySent
	case provider.Delivered:
		return messaging.DeliveryDelivered
	case provider.Undelivered:
		return messaging.DeliveryUndelivered
	case provider.Failed:
		return messaging.DeliveryFailed
	case provider.Expired:
		return messaging.DeliveryExpired
	case provider.Unconfirmed:
	}
	return messaging.DeliveryUnknown
}

// What is kept of a vendor's own words: names and codes are shorter.
const (
	maxProviderID = 128
	maxWord       = 32
)

// bounded drops a word of a vendor's that is longer than any of them or has more in it than
// letters, digits and signs: it could quote the message.
func bounded(word string, most int) string {
	if len(word) > most || strings.ContainsFunc(word, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return word
}

// isID says whether id has the form of a message's: a UUID (RFC 9562, section 4).
func isID(id string) bool {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(id) != len(form) {
		return false
	}
	for i := range len(id) {
		hyphen := form[i] == '-'
		if hyphen != (id[i] == '-') || !hyphen && !strings.ContainsRune("0123456789abcdef", rune(id[i])) {
			return false
		}
	}
	return true
}
