package receipts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/receipts"
)

const id = "01890a5d-ac96-774b-bcce-b302099a8057"

var now = time.UnixMilli(0x01890a5dac96).Add(time.Minute)

// vendor reads what a test has it read.
type vendor struct {
	provider.Provider

	got  provider.Callback
	read func(c provider.Callback) (provider.Reception, error)
}

func (v *vendor) Receive(_ context.Context, c provider.Callback) (provider.Reception, error) {
	v.got = c
	return v.read(c)
}

// store keeps what a desk has it keep.
type store struct {
	mu      sync.Mutex
	events  []messaging.Event
	notices []messaging.Notice
	err     error
}

func (s *store) Report(_ context.Context, e messaging.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.events = append(s.events, e)
	}
	return s.err
}

func (s *store) Notify(_ context.Context, n messaging.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notices = append(s.notices, n)
	return s.err
}

type place struct {
	*receipts.Desk

	vendor    *vendor
	store     *store
	addresses *provider.Addresses
	logs      *observer.ObservedLogs
}

func newPlace(told bool) *place {
	core, logs := observer.New(zap.DebugLevel)
	p := &place{
		vendor: &vendor{}, store: &store{}, logs: logs,
		addresses: provider.NewAddresses("https://hook.example.com", bytes.Repeat([]byte("k"), provider.MinAddressKey)),
	}
	p.Desk = receipts.NewDesk(receipts.Options{
		Providers: map[string]provider.Provider{"main": p.vendor, "deaf": struct{ provider.Provider }{}},
		Kinds:     map[string]string{"main": "acme-sms", "deaf": "acme-sms"},
		Addresses: p.addresses, Reports: p.store, Notices: func(string) bool { return told },
		Clock: func() time.Time { return now }, Logger: zap.New(core),
	})
	return p
}

// callback is a request to an address of the account.
func callback(address string) messaging.Callback {
	uri := strings.TrimPrefix(address, "https://hook.example.com")
	token := uri[strings.LastIndexByte(uri, '/')+1:]
	return messaging.Callback{
		Kind: "acme-sms", Account: "main", Token: token, Method: "POST", URI: uri + "?a=b",
		Header: map[string][]string{"X-Signature": {"s"}}, Body: []byte("body"), ReceivedAt: now,
	}
}

func reads(reports ...provider.Report) func(provider.Callback) (provider.Reception, error) {
	return func(provider.Callback) (provider.Reception, error) {
		return provider.Reception{Reports: reports, Type: "text/plain", Body: []byte("thanks")}, nil
	}
}

func TestAReportBecomesAnEventAndANotice(t *testing.T) {
	p := newPlace(true)
	p.vendor.read = reads(provider.Report{
		ID: "v-1", Status: provider.Undelivered, Code: "30005", Reason: "the number is not in use", At: now.Add(-time.Second),
		Price: "0.01", Currency: "USD", Network: "310260",
	})
	answer, err := p.Call(t.Context(), callback(p.addresses.ForMessage("acme-sms", "main", "acme", id)))
	if err != nil || string(answer.Body) != "thanks" || answer.Type != "text/plain" {
		t.Fatalf("got %v, %v", answer, err)
	}
	got := p.vendor.got
	if !got.Trusted || got.URL != p.addresses.ForMessage("acme-sms", "main", "acme", id)+"?a=b" || got.Header.Get("x-signature") != "s" || string(got.Body) != "body" || !got.At.Equal(now) {
		t.Errorf("the provider was given %+v", got)
	}
	want := []messaging.Event{{
		Type: messaging.EventReport, At: now, ID: id, Tenant: "acme", Provider: "main", ProviderMessageID: "v-1",
		Delivery: &messaging.Delivery{
			Status: messaging.DeliveryUndelivered, Code: "30005", Reason: "the number is not in use", At: now.Add(-time.Second).UTC(),
			Price: "0.01", Currency: "USD", Network: "310260",
		},
	}}
	type plain messaging.Event
	if len(p.store.events) != 1 || cmp.Diff(plain(want[0]), plain(p.store.events[0])) != "" {
		t.Errorf("kept %d events:\n%s", len(p.store.events), cmp.Diff(plain(want[0]), plain(p.store.events[0])))
	}
	var body map[string]any
	if len(p.store.notices) != 1 || json.Unmarshal(p.store.notices[0].Body, &body) != nil {
		t.Fatalf("%d notices", len(p.store.notices))
	}
	if data := body["data"].(map[string]any); body["type"] != "message.undelivered" || data["message_id"] != id || data["code"] != "30005" {
		t.Errorf("the notice is %v", body)
	}
	stats := receipts.Stats{Taken: map[string]map[string]uint64{"main": {"undelivered": 1}}, Refused: map[string]map[string]uint64{}}
	if diff := cmp.Diff(stats, p.Stats()); diff != "" {
		t.Errorf("stats: -want +got:\n%s", diff)
	}
}

func TestTheSameReportIsNotedUnderOneID(t *testing.T) {
	p := newPlace(true)
	for i, status := range []provider.Status{provider.Sent, provider.Sent, provider.Delivered} {
		p.vendor.read = reads(provider.Report{ID: "v", Status: status, At: now.Add(time.Duration(i) * time.Second)})
		if _, err := p.Call(t.Context(), callback(p.addresses.ForMessage("acme-sms", "main", "acme", id))); err != nil {
			t.Fatal(err)
		}
	}
	n := p.store.notices
	if len(n) != 3 || n[0].ID != n[1].ID || n[0].ID == n[2].ID {
		t.Errorf("got %v", n)
	}
}

func TestTenantsThatWantNoNoticesGetNone(t *testing.T) {
	p := newPlace(false)
	p.vendor.read = reads(provider.Report{Status: provider.Delivered})
	if _, err := p.Call(t.Context(), callback(p.addresses.ForMessage("acme-sms", "main", "acme", id))); err != nil || len(p.store.events) != 1 || len(p.store.notices) != 0 {
		t.Errorf("got %v, %d events, %d notices", err, len(p.store.events), len(p.store.notices))
	}
}

func TestWhomAReportIsAbout(t *testing.T) {
	for name, c := range map[string]struct {
		address func(a *provider.Addresses) string
		report  provider.Report
		signed  bool
		tenant  string // empty where it is of nobody
	}{
		"the address tells":                  {func(a *provider.Addresses) string { return a.ForMessage("acme-sms", "main", "acme", id) }, provider.Report{}, false, "acme"},
		"the address is stronger":            {func(a *provider.Addresses) string { return a.ForMessage("acme-sms", "main", "acme", id) }, provider.Report{Tenant: "other", Reference: "x"}, true, "acme"},
		"the report has the reference":       {func(a *provider.Addresses) string { return a.ForTenant("acme-sms", "main", "acme") }, provider.Report{Reference: id}, false, "acme"},
		"the report has everything":          {func(a *provider.Addresses) string { return a.ForAccount("acme-sms", "main") }, provider.Report{Reference: id, Tenant: "acme"}, false, "acme"},
		"signed, to the bare address":        {func(*provider.Addresses) string { return "https://hook.example.com/receipts/acme-sms/main/" }, provider.Report{Reference: id, Tenant: "acme"}, true, "acme"},
		"nothing tells the message":          {func(a *provider.Addresses) string { return a.ForTenant("acme-sms", "main", "acme") }, provider.Report{ID: "v"}, false, ""},
		"a reference that is no id":          {func(a *provider.Addresses) string { return a.ForTenant("acme-sms", "main", "acme") }, provider.Report{Reference: "a.b.>"}, false, ""},
		"a tenant that is none":              {func(a *provider.Addresses) string { return a.ForAccount("acme-sms", "main") }, provider.Report{Reference: id, Tenant: "a.*"}, false, ""},
		"an id in capitals, which ours lack": {func(a *provider.Addresses) string { return a.ForTenant("acme-sms", "main", "acme") }, provider.Report{Reference: strings.ToUpper(id)}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(false)
			c.report.Status = provider.Delivered
			p.vendor.read = func(provider.Callback) (provider.Reception, error) {
				return provider.Reception{Reports: []provider.Report{c.report}, Signed: c.signed}, nil
			}
			if _, err := p.Call(t.Context(), callback(c.address(p.addresses))); err != nil {
				t.Fatal(err)
			}
			switch {
			case c.tenant == "" && (len(p.store.events) != 0 || p.Stats().Refused["main"]["unmatched"] != 1):
				t.Errorf("kept %v, counted %v", p.store.events, p.Stats())
			case c.tenant != "" && (len(p.store.events) != 1 || p.store.events[0].Tenant != c.tenant || p.store.events[0].ID != id):
				t.Errorf("kept %v", p.store.events)
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	genuine := func(p *place) messaging.Callback {
		return callback(p.addresses.ForMessage("acme-sms", "main", "acme", id))
	}
	fails := func(err error) func(provider.Callback) (provider.Reception, error) {
		return func(provider.Callback) (provider.Reception, error) { return provider.Reception{}, err }
	}
	for name, c := range map[string]struct {
		change func(c *messaging.Callback)
		read   func(provider.Callback) (provider.Reception, error)
		store  error
		want   messaging.Code
		count  string
	}{
		"another kind":            {func(c *messaging.Callback) { c.Kind = "twilio" }, nil, nil, messaging.CodeNotFound, "unknown"},
		"another account":         {func(c *messaging.Callback) { c.Account = "other" }, nil, nil, messaging.CodeNotFound, "unknown"},
		"a provider without ears": {func(c *messaging.Callback) { c.Account = "deaf" }, nil, nil, messaging.CodeNotFound, "unknown"},
		"another's address":       {func(c *messaging.Callback) { c.Token = strings.Replace(c.Token, "acme", "evil", 1) }, nil, nil, messaging.CodeUnauthorized, "forged"},
		"no address and no signature": {
			func(c *messaging.Callback) { c.Token = "" },
			reads(provider.Report{Status: provider.Delivered, Reference: id, Tenant: "acme"}), nil, messaging.CodeUnauthorized, "forged",
		},
		"a wrong signature":      {nil, fails(provider.Forgery("the signature is wrong")), nil, messaging.CodeUnauthorized, "forged"},
		"an old signature":       {nil, fails(provider.Staleness("it is old")), nil, messaging.CodeInvalidRequest, "stale"},
		"garbage":                {nil, fails(provider.Malformation("it is no form")), nil, messaging.CodeInvalidRequest, "malformed"},
		"what can't be read now": {nil, fails(&provider.CallbackError{Fault: provider.Unanswerable, Detail: "no certificate"}), nil, messaging.CodeUnavailable, "unanswerable"},
		"a foreign error":        {nil, fails(errors.New("secret words")), nil, messaging.CodeUnavailable, "unanswerable"},
		"a store that is away":   {nil, reads(provider.Report{Status: provider.Sent}), &messaging.Error{Code: messaging.CodeUnavailable}, messaging.CodeUnavailable, "not-stored"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(true)
			p.vendor.read, p.store.err = c.read, c.store
			call := genuine(p)
			if c.change != nil {
				c.change(&call)
			}
			_, err := p.Call(t.Context(), call)
			if !errors.Is(err, c.want) || strings.Contains(err.Error(), "secret words") {
				t.Errorf("got %v; want %v", err, c.want)
			}
			account := "main"
			if c.count == "unknown" {
				account = ""
			}
			if got := p.Stats().Refused[account][c.count]; got != 1 || len(p.store.events) != 0 {
				t.Errorf("counted %v, kept %d", p.Stats().Refused, len(p.store.events))
			}
			for _, line := range p.logs.All() {
				for _, field := range line.Context {
					if strings.Contains(field.String, "secret words") || strings.Contains(field.String, "evil") {
						t.Errorf("the log has %v", field)
					}
				}
			}
		})
	}
}

func TestOldAddressesAreStaleForReports(t *testing.T) {
	p := newPlace(false)
	p.vendor.read = reads(provider.Report{Status: provider.Delivered})
	call := callback(p.addresses.ForMessage("acme-sms", "main", "acme", "01860a5d-ac96-774b-bcce-b302099a8057"))
	if _, err := p.Call(t.Context(), call); !errors.Is(err, messaging.CodeInvalidRequest) || p.Stats().Refused["main"]["stale"] != 1 {
		t.Errorf("got %v, counted %v", err, p.Stats())
	}
}

func TestAVendorsWordsAreBounded(t *testing.T) {
	p := newPlace(true)
	p.vendor.read = reads(provider.Report{
		ID: strings.Repeat("x", 129), Status: "shipped", Code: "line\nbreak", Network: strings.Repeat("n", 33), Price: "1€", At: now.Add(time.Hour),
	})
	if _, err := p.Call(t.Context(), callback(p.addresses.ForMessage("acme-sms", "main", "acme", id))); err != nil {
		t.Fatal(err)
	}
	e := p.store.events[0]
	want := messaging.Delivery{Status: messaging.DeliveryUnknown, At: now.UTC()}
	if diff := cmp.Diff(want, *e.Delivery); diff != "" || e.ProviderMessageID != "" {
		t.Errorf("the id is %q, -want +got:\n%s", e.ProviderMessageID, diff)
	}
}

func TestWithoutAddressesNobodyIsCalledBack(t *testing.T) {
	d := receipts.NewDesk(receipts.Options{Providers: map[string]provider.Provider{"main": &vendor{}}, Kinds: map[string]string{"main": "acme-sms"}, Reports: &store{}})
	if _, err := d.Call(t.Context(), messaging.Callback{Kind: "acme-sms", Account: "main"}); !errors.Is(err, messaging.CodeNotFound) || len(d.Accounts()) != 0 {
		t.Errorf("got %v, accounts %v", err, d.Accounts())
	}
	if got := newPlace(false).Accounts(); cmp.Diff([]string{"main"}, got) != "" {
		t.Errorf("the accounts are %v", got)
	}
}
