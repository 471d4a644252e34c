package providertest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// reporting is a vendor that signs its reports with a key, or not with an empty one.
func reporting(key string) providertest.ReceiptLookAlike {
	var s *simulator.Server
	s = simulator.New(simulator.Options{
		Handler: func(_ *http.Request, body []byte, _ *simulator.Fault) simulator.Answer {
			var m struct{ To, Callback string }
			if json.Unmarshal(body, &m) != nil {
				return simulator.Answer{Status: http.StatusBadRequest}
			}
			s.Take(simulator.Message{Reference: "m-1", ID: "m-1", To: m.To, Callback: m.Callback})
			return simulator.Answer{Status: http.StatusOK, Body: []byte(`{"id":"m-1"}`)}
		},
		Receipt: func(m simulator.Message, report simulator.Report) (*http.Request, error) {
			body := `{"id":"` + m.ID + `","to":"` + m.To + `","status":"` + string(report) + `"}`
			r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, m.Callback, strings.NewReader(body))
			if err == nil && key != "" {
				at := strconv.FormatInt(time.Now().Unix(), 10)
				r.Header.Set("X-Time", at)
				r.Header.Set("X-Signature", signature(key, at, body))
			}
			return r, err
		},
	})
	return s
}

func signature(key, at, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(at + body))
	return hex.EncodeToString(mac.Sum(nil))
}

// receiver keeps the contract of receipts.
type receiver struct {
	client    *http.Client
	base, key string
	account   provider.Account
}

func (r *receiver) Close() { r.client.CloseIdleConnections() }

func (r *receiver) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	request, err := provider.JSONRequest(ctx, r.base, map[string]string{"to": m.To, "callback": r.account.CallbackURL(m)})
	if err != nil {
		return provider.Receipt{}, err
	}
	if _, err := provider.Do(r.client, request); err != nil {
		return provider.Receipt{}, err
	}
	return provider.Receipt{ID: "m-1"}, nil
}

func (r *receiver) Receive(_ context.Context, c provider.Callback) (provider.Reception, error) {
	if err := r.believe(c); err != nil {
		return provider.Reception{}, err
	}
	return r.read(c)
}

func (r *receiver) believe(c provider.Callback) error {
	if r.key == "" {
		if !c.Trusted {
			return provider.Forgery("the address is not one that was given out")
		}
		return nil
	}
	at := c.Header.Get("X-Time")
	if !hmac.Equal([]byte(c.Header.Get("X-Signature")), []byte(signature(r.key, at, string(c.Body)))) {
		return provider.Forgery("the signature is wrong")
	}
	seconds, _ := strconv.ParseInt(at, 10, 64)
	return provider.Timely(time.Unix(seconds, 0), c.At)
}

func (r *receiver) read(c provider.Callback) (provider.Reception, error) {
	var report struct{ ID, Status string }
	if json.Unmarshal(c.Body, &report) != nil || report.ID == "" {
		return provider.Reception{}, provider.Malformation("it is no report")
	}
	return provider.Reception{Signed: r.key != "", Reports: []provider.Report{{ID: report.ID, Status: provider.Status(report.Status)}}}, nil
}

// brokenReceiver is a receiver whose Receive is another.
type brokenReceiver struct {
	*receiver

	receive func(r *receiver, c provider.Callback) (provider.Reception, error)
}

func (b *brokenReceiver) Receive(_ context.Context, c provider.Callback) (provider.Reception, error) {
	return b.receive(b.receiver, c)
}

func receiptHarness(key string, wrap func(*receiver) provider.Receiver) providertest.ReceiptHarness {
	create := func(key string) func(string, provider.Account) (provider.Receiver, error) {
		return func(base string, account provider.Account) (provider.Receiver, error) {
			return wrap(&receiver{client: provider.NewHTTPClient(), base: base, key: key, account: account}), nil
		}
	}
	h := providertest.ReceiptHarness{
		Kind: "acme", LookAlike: func() providertest.ReceiptLookAlike { return reporting(key) }, New: create(key),
		Message: provider.Message{Tenant: "acme", Channel: provider.SMS, To: "+447400123456", Text: "Your code is 493817", Code: "493817"},
		Secrets: []string{secret},
	}
	if key != "" {
		h.NewWrong, h.Signature, h.Timed = create("another"), []string{"X-Signature", "X-Time"}, true
	}
	return h
}

func TestAGoodReceiverPasses(t *testing.T) {
	for name, key := range map[string]string{"signed": secret, "for its address": ""} {
		t.Run(name, func(t *testing.T) {
			providertest.RunReceipts(t, receiptHarness(key, func(r *receiver) provider.Receiver { return r }))
		})
	}
}

// TestBrokenReceiversFail breaks a receiver in one way after the other. Each check named must fail,
// with what is expected in its error.
func TestBrokenReceiversFail(t *testing.T) {
	// reads is a receiver that believes as a good one does and reads in its own way.
	reads := func(change func(c provider.Callback, got *provider.Reception)) func(*receiver, provider.Callback) (provider.Reception, error) {
		return func(r *receiver, c provider.Callback) (provider.Reception, error) {
			got, err := r.Receive(context.Background(), c) //nolint:usetesting // it outlives no test
			if err == nil {
				change(c, &got)
			}
			return got, err
		}
	}
	refuses := func(refusal error) func(*receiver, provider.Callback) (provider.Reception, error) {
		return func(r *receiver, c provider.Callback) (provider.Reception, error) {
			got, err := r.Receive(context.Background(), c) //nolint:usetesting // it outlives no test
			if err != nil {
				err = refusal
			}
			return got, err
		}
	}
	const (
		read, alteredReports, bare, garbage, another, old = "a report is read: delivered", "reports that were altered are not believed",
			"reports to any address are not believed", "garbage is not read", "reports signed by another are not believed", "old reports are stale"
	)
	for name, c := range map[string]struct {
		key     string
		receive func(*receiver, provider.Callback) (provider.Reception, error)
		check   string
		want    string
	}{
		"believes everything, altered":    {secret, (*receiver).readAsSigned, alteredReports, "it was read as"},
		"believes everything, of another": {secret, (*receiver).readAsSigned, another, "it was read as"},
		"believes everything, old":        {secret, (*receiver).readAsSigned, old, "it was read as"},
		"believes any address":            {"", (*receiver).read, bare, "it was read as"},
		"reads garbage, believed":         {"", (*receiver).readAnything, garbage, "it was read as"},
		"believes nothing": {secret, func(*receiver, provider.Callback) (provider.Reception, error) {
			return provider.Reception{}, provider.Forgery("no")
		}, read, "it was not read"},
		"another status":                    {secret, reads(func(_ provider.Callback, g *provider.Reception) { g.Reports[0].Status = provider.Sent }), read, `the status is "sent"`},
		"no reports":                        {secret, reads(func(_ provider.Callback, g *provider.Reception) { g.Reports = nil }), read, "0 reports were read"},
		"two reports":                       {secret, reads(func(_ provider.Callback, g *provider.Reception) { g.Reports = append(g.Reports, g.Reports[0]) }), read, "2 reports were read"},
		"says nothing of the signature":     {secret, reads(func(_ provider.Callback, g *provider.Reception) { g.Signed = false }), read, "of the signature"},
		"says that there is a signature":    {"", reads(func(_ provider.Callback, g *provider.Reception) { g.Signed = true }), read, "of the signature"},
		"another message's id":              {secret, reads(func(_ provider.Callback, g *provider.Reception) { g.Reports[0].ID = "m-2" }), read, `of "m-2"`},
		"another message's reference":       {secret, reads(func(_ provider.Callback, g *provider.Reception) { g.Reports[0].Reference = "x" }), read, "another reference"},
		"a time of long ago":                {secret, reads(func(_ provider.Callback, g *provider.Reception) { g.Reports[0].At = time.Unix(1, 0) }), read, "it happened at"},
		"the number in the reason":          {secret, reads(func(c provider.Callback, g *provider.Reception) { g.Reports[0].Reason = string(c.Body) }), read, "tells secret 0"},
		"an error of another type":          {secret, refuses(errors.New("no")), alteredReports, "not a *provider.CallbackError"},
		"a fault that has the vendor retry": {secret, refuses(&provider.CallbackError{Fault: provider.Unanswerable}), alteredReports, "the fault is unanswerable"},
		"an error with a secret in it":      {secret, refuses(provider.Forgery(secret)), alteredReports, "tells secret 3"},
	} {
		t.Run(name, func(t *testing.T) {
			h := receiptHarness(c.key, func(r *receiver) provider.Receiver { return &brokenReceiver{r, c.receive} })
			for _, check := range providertest.ReceiptChecks(h) {
				if check.Name != c.check {
					continue
				}
				if err := check.Run(providertest.Harness{}); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("the check %q says %v; want %q", c.check, err, c.want)
				}
				return
			}
			t.Errorf("there is no check %q", c.check)
		})
	}
}

func (r *receiver) readAsSigned(c provider.Callback) (provider.Reception, error) {
	got, err := r.read(c)
	got.Signed = true
	return got, err
}

// readAnything takes what is no report for one.
func (r *receiver) readAnything(c provider.Callback) (provider.Reception, error) {
	got, err := r.read(c)
	if err != nil {
		return provider.Reception{}, nil //nolint:nilerr // that is what is broken
	}
	return got, nil
}
