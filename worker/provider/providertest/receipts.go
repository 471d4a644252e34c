package providertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// ReceiptLookAlike is a look-alike that reports what became of messages.
type ReceiptLookAlike interface {
	LookAlike
	SetReceipts(r simulator.Receipts) error
}

// ReceiptHarness tells the suite about one vendor's receipts of one channel.
type ReceiptHarness struct {
	// Kind is the vendor's section, such as twilio.
	Kind string
	// LookAlike returns a new look-alike that signs with the credentials of New.
	LookAlike func() ReceiptLookAlike
	// New returns a provider that sends to base, and NewWrong one whose credentials
	// are others, so that it believes nothing that the look-alike signs. NewWrong is nil
	// for a vendor that signs nothing.
	New      func(base string, account provider.Account) (provider.Receiver, error)
	NewWrong func(base string, account provider.Account) (provider.Receiver, error)
	// Message is one that the vendor takes. Its text must have its code in it.
	Message provider.Message
	// Secrets are the credentials, which no error may contain.
	Secrets []string
	// Statuses are what the look-alike's reports are read as, where that is not the
	// status of the same name. An empty status says that the vendor makes no such report.
	Statuses map[simulator.Report]provider.Status
	// Signature are the headers that have the vendor's signature; none for a vendor
	// that signs nothing, whose reports are believed for their address alone. Where the
	// signature is a parameter, Unsign takes it away.
	Signature []string
	Unsign    func(c *provider.Callback)
	// Timed says that a signature has a time and is good for provider.ReplayWindow.
	Timed bool
	// Elsewhere says that the vendor is not told where to report, so Callbacks come to the
	// address of the account.
	Elsewhere bool
}

// receiptKey is the key of the suite's addresses.
var receiptKey = bytes.Repeat([]byte("k"), provider.MinAddressKey)

// accountName is the configured name of the suite's provider.
const accountName = "account-1"

// ReceiptChecks returns the suite for a harness.
func ReceiptChecks(h ReceiptHarness) []Check {
	var checks []Check
	add := func(name string, run func(ctx context.Context, h ReceiptHarness) error) {
		checks = append(checks, Check{Name: name, Run: func(Harness) error { return run(context.Background(), h) }})
	}
	for _, report := range []simulator.Report{simulator.Sent, simulator.Delivered, simulator.Undelivered, simulator.Failed, simulator.Expired} {
		want := provider.Status(report)
		if other, ok := h.Statuses[report]; ok {
			want = other
		}
		if want != "" {
			add("a report is read: "+string(report), func(ctx context.Context, h ReceiptHarness) error { return h.reads(ctx, report, want) })
		}
	}
	add("reports that were altered are not believed", altered)
	add("reports to any address are not believed", atABareAddress)
	add("garbage is not read", garbage)
	if h.NewWrong != nil {
		add("reports signed by another are not believed", signedByAnother)
	}
	if h.Timed {
		add("old reports are stale", old)
	}
	return checks
}

// RunReceipts runs every check as a subtest.
func RunReceipts(t *testing.T, h ReceiptHarness) {
	t.Helper()
	for _, check := range ReceiptChecks(h) {
		t.Run(check.Name, func(t *testing.T) {
			if err := check.Run(Harness{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// reported is a report as it came, and who is to read it.
type reported struct {
	callback  provider.Callback
	receiver  provider.Receiver
	message   provider.Message
	receipt   provider.Receipt
	addresses *provider.Addresses
}

// report sends a message and returns the report that the look-alike makes of it.
func (h *ReceiptHarness) report(ctx context.Context, report simulator.Report, make func(string, provider.Account) (provider.Receiver, error), use func(reported) error) error {
	look := h.LookAlike()
	defer look.Close()
	vendor := httptest.NewServer(look)
	defer vendor.Close()
	came := newGate()
	gateway := httptest.NewServer(came)
	defer gateway.Close()
	defer look.Close() // before the gateway, which its reports keep busy
	r := reported{addresses: provider.NewAddresses(gateway.URL, receiptKey)}
	account := provider.Account{Kind: h.Kind, Name: accountName, Addresses: r.addresses}
	sender, err := h.New(vendor.URL, account)
	if err != nil {
		return fmt.Errorf("the harness made no provider: %w", err)
	}
	defer closeProvider(sender)
	if r.receiver, err = make(vendor.URL, account); err != nil {
		return fmt.Errorf("the harness made no receiver: %w", err)
	}
	defer closeProvider(r.receiver)
	if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{report}}); err != nil {
		return err
	}
	if h.Elsewhere {
		look.(interface{ ReportTo(address string) }).ReportTo(r.addresses.ForAccount(h.Kind, accountName))
	}
	r.message = h.Message
	r.message.Reference, r.message.Expires = newReference(), time.Now().Add(5*time.Minute)
	if r.receipt, err = sender.Send(ctx, r.message); err != nil {
		return fmt.Errorf("the message was not sent: %w (refused: %v)", err, look.Stats().Refused)
	}
	select {
	case r.callback = <-came.callbacks:
	case <-time.After(defaultGrace):
		return fmt.Errorf("no report came (%v)", look.Stats())
	}
	r.callback.URL = r.addresses.Public(r.callback.URL)
	return use(r)
}

// newReference returns the id of a message that is made now, as a gateway makes it.
func newReference() string {
	ms := time.Now().UnixMilli()
	return fmt.Sprintf("%08x-%04x-7bcd-8123-%012d", ms>>16, ms&0xffff, ms%1e12)
}

// gate is a gateway that keeps what vendors ask of it.
type gate struct{ callbacks chan provider.Callback }

func newGate() *gate { return &gate{make(chan provider.Callback, 16)} }

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, provider.MaxCallback)) // what is missing fails the check
	header := r.Header.Clone()
	header.Set("Host", r.Host)
	select {
	case g.callbacks <- provider.Callback{Method: r.Method, URL: r.URL.RequestURI(), Header: header, Body: body, At: time.Now()}:
	default:
	}
}

// receive has a report read as the worker does: after its address was looked at.
func (r *reported) receive(ctx context.Context) (provider.Reception, provider.Subject, error) {
	c := r.callback
	path, _, _ := strings.Cut(c.URL, "?")
	token := path[strings.LastIndexByte(path, '/')+1:]
	subject, err := r.addresses.Open(kindIn(path), accountName, token, c.At)
	c.Trusted = err == nil
	reception, err := r.receiver.Receive(ctx, c)
	return reception, subject, err
}

func kindIn(path string) string {
	_, rest, _ := strings.Cut(path, provider.ReceiptsPath)
	kind, _, _ := strings.Cut(rest, "/")
	return kind
}

func (h ReceiptHarness) reads(ctx context.Context, report simulator.Report, want provider.Status) error {
	return h.report(ctx, report, h.New, func(r reported) error {
		for range 2 { // twice is read as once
			got, subject, err := r.receive(ctx)
			switch {
			case err != nil:
				return fmt.Errorf("it was not read: %w", err)
			case len(got.Reports) != 1:
				return fmt.Errorf("%d reports were read; want 1", len(got.Reports))
			case got.Signed == h.unsigned():
				return fmt.Errorf("the reception says %v of the signature", got.Signed)
			}
			one := got.Reports[0]
			switch {
			case one.Status != want:
				return fmt.Errorf("the status is %q (%s: %s); want %q", one.Status, one.Code, one.Reason, want)
			case one.Reference == "" && subject.ID == "" && one.ID == "":
				return errors.New("neither the report nor the address tells which message it is about")
			case one.Reference != "" && one.Reference != r.message.Reference:
				return errors.New("the report has another reference")
			case subject.ID != "" && subject.ID != r.message.Reference:
				return errors.New("the address is another message's")
			case one.ID != "" && one.ID != r.receipt.ID:
				return fmt.Errorf("the report is of %q; the receipt says %q", one.ID, r.receipt.ID)
			case !one.At.IsZero() && time.Since(one.At).Abs() > time.Hour:
				return fmt.Errorf("the report says that it happened at %v", one.At)
			}
			if err := h.leak(fmt.Sprintf("%+v", got)); err != nil {
				return fmt.Errorf("the reading %w", err)
			}
		}
		return nil
	})
}

func (h *ReceiptHarness) unsigned() bool { return len(h.Signature) == 0 && h.Unsign == nil }

// refused has a callback read that must be refused with one of the faults.
func (h *ReceiptHarness) refused(ctx context.Context, r reported, what string, faults ...provider.CallbackFault) error {
	got, _, err := r.receive(ctx)
	if err == nil {
		return fmt.Errorf("%s: it was read as %+v", what, got)
	}
	failure, ok := err.(*provider.CallbackError) //nolint:errorlint // the contract is the type itself
	switch {
	case !ok:
		return fmt.Errorf("%s: the error is a %T and not a *provider.CallbackError", what, err)
	case !slices.Contains(faults, failure.Fault):
		return fmt.Errorf("%s: the fault is %s (%s); want one of %v", what, failure.Fault, failure.Detail, faults)
	}
	return h.leak(fmt.Sprintf("%v %+v %#v", err, err, err))
}

// leak says which secret a text tells.
func (h *ReceiptHarness) leak(text string) error {
	secrets := append([]string{strings.TrimPrefix(h.Message.To, "+"), h.Message.Text, h.Message.Code}, h.Secrets...)
	for i, secret := range secrets {
		if secret != "" && strings.Contains(text, secret) {
			return fmt.Errorf("tells secret %d", i)
		}
	}
	return nil
}

// altered changes what the signature covers, or takes the signature away. A vendor that signs
// nothing has only its address, which atABareAddress changes.
func altered(ctx context.Context, h ReceiptHarness) error {
	if h.unsigned() {
		return nil
	}
	return h.report(ctx, simulator.Delivered, h.New, func(r reported) error {
		genuine := r.callback
		var failed error
		for _, name := range h.Signature {
			r.callback = genuine
			r.callback.Header = genuine.Header.Clone()
			r.callback.Header.Del(name)
			failed = errors.Join(failed, h.refused(ctx, r, "without "+name, provider.Forged, provider.Malformed))
			r.callback.Header = maps.Clone(genuine.Header)
			r.callback.Header.Set(name, "AAAA")
			failed = errors.Join(failed, h.refused(ctx, r, "with a wrong "+name, provider.Forged, provider.Stale, provider.Malformed))
		}
		if h.Unsign != nil {
			r.callback = genuine
			r.callback.Header = genuine.Header.Clone()
			r.callback.Body = slices.Clone(genuine.Body)
			h.Unsign(&r.callback)
			failed = errors.Join(failed, h.refused(ctx, r, "without its signature", provider.Forged))
		}
		if len(genuine.Body) > 0 {
			r.callback = genuine
			r.callback.Body = append(slices.Clone(genuine.Body), '1')
			failed = errors.Join(failed, h.refused(ctx, r, "with a longer body", provider.Forged, provider.Malformed))
		}
		return failed
	})
}

// atABareAddress sends a genuine report to an address that nobody made. What is signed may be
// believed there; what is not may not.
func atABareAddress(ctx context.Context, h ReceiptHarness) error {
	if !h.unsigned() {
		return nil
	}
	return h.report(ctx, simulator.Delivered, h.New, func(r reported) error {
		r.callback.URL = r.addresses.Public(provider.ReceiptsPath + h.Kind + "/" + accountName)
		return h.refused(ctx, r, "at the bare address", provider.Forged)
	})
}

func signedByAnother(ctx context.Context, h ReceiptHarness) error {
	return h.report(ctx, simulator.Delivered, h.NewWrong, func(r reported) error {
		return h.refused(ctx, r, "with another's credentials", provider.Forged)
	})
}

func old(ctx context.Context, h ReceiptHarness) error {
	return h.report(ctx, simulator.Delivered, h.New, func(r reported) error {
		r.callback.At = r.callback.At.Add(provider.ReplayWindow + time.Minute)
		return h.refused(ctx, r, "six minutes later", provider.Stale)
	})
}

// garbage sends what no vendor sends, to a genuine address.
func garbage(ctx context.Context, h ReceiptHarness) error {
	return h.report(ctx, simulator.Delivered, h.New, func(r reported) error {
		genuine := r.callback
		var failed error
		for what, body := range map[string]string{
			"nothing": "", "garbage": "\x00\xff{{", "an empty object": "{}", "an array": "[]", "a page": "<html>", "null": "null",
			"half of it": string(genuine.Body[:len(genuine.Body)/2]), "a deep one": strings.Repeat("[", 50_000),
		} {
			r.callback = genuine
			r.callback.Body = []byte(body)
			if q := strings.IndexByte(genuine.URL, '?'); q >= 0 {
				r.callback.URL = genuine.URL[:q]
			}
			failed = errors.Join(failed, h.refused(ctx, r, what, provider.Forged, provider.Malformed))
		}
		return failed
	})
}
