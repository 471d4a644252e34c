package receipts_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/receipts"
)

// byID is a vendor that knows messages by its own ids alone.
type byID struct {
	vendor

	err error
}

func (v *byID) ReportsByID() bool { return true }

func (v *byID) Send(context.Context, provider.Message) (provider.Receipt, error) {
	return provider.Receipt{ID: "v-1"}, v.err
}

// memory is a messaging.Aliases that has to be waited for.
type memory struct {
	mu    sync.Mutex
	kept  map[[2]string]messaging.Alias
	from  time.Time // what was kept is found from then on
	err   error
	asked int
}

func (m *memory) Keep(a messaging.Alias) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = make(map[[2]string]messaging.Alias)
	}
	m.kept[[2]string{a.Provider, a.ProviderMessageID}] = a
}

func (m *memory) Find(_ context.Context, account, id string) (messaging.Alias, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	a, ok := m.kept[[2]string{account, id}]
	switch {
	case m.err != nil:
		return messaging.Alias{}, m.err
	case !ok || time.Now().Before(m.from):
		return messaging.Alias{}, &messaging.Error{Code: messaging.CodeNotFound}
	}
	return a, nil
}

// idPlace has the vendor configured twice, as main and as other.
type idPlace struct {
	place

	memory *memory
	byID   *byID
	sends  map[string]provider.Provider
}

func newIDPlace() *idPlace {
	p := &idPlace{memory: &memory{}, byID: &byID{}}
	p.store = &store{}
	p.addresses = provider.NewAddresses("https://hook.example.com", bytes.Repeat([]byte("k"), provider.MinAddressKey))
	providers := map[string]provider.Provider{"main": p.byID, "other": p.byID}
	p.Desk = receipts.NewDesk(receipts.Options{
		Providers: providers, Kinds: map[string]string{"main": "acme-sms", "other": "acme-sms"},
		Addresses: p.addresses, Reports: p.store, Aliases: p.memory,
	})
	var keeper receipts.Keeper
	p.sends = make(map[string]provider.Provider)
	for name, each := range providers {
		p.sends[name] = keeper.Wrap(name, each)
	}
	_, _ = p.sends["main"].Send(context.Background(), provider.Message{Tenant: "acme", Reference: id}) // before there is a place for it
	keeper.Use(p.memory)
	return p
}

// report has the vendor report a message by its id, to the account main.
func (p *idPlace) report(t *testing.T, vendorID string) error {
	t.Helper()
	p.byID.read = reads(provider.Report{ID: vendorID, Status: provider.Delivered})
	_, err := p.Call(t.Context(), callback(p.addresses.ForAccount("acme-sms", "main")))
	return err
}

func (p *idPlace) send(t *testing.T, account string) {
	t.Helper()
	if _, err := p.sends[account].Send(t.Context(), provider.Message{Tenant: "acme", Reference: id}); err != nil {
		t.Fatal(err)
	}
}

func TestAReportByTheVendorsIDJoinsItsMessage(t *testing.T) {
	for name, stored := range map[string]time.Duration{"at once": 0, "stored after the report came": time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newIDPlace()
				if len(p.memory.kept) != 0 {
					t.Error("an id was kept where there is no place for it")
				}
				p.memory.from = time.Now().Add(stored)
				p.send(t, "main")
				for range 2 { // the vendor repeats itself
					if err := p.report(t, "v-1"); err != nil {
						t.Fatal(err)
					}
				}
				if len(p.store.events) != 2 || p.store.events[0].ID != id || p.store.events[0].Tenant != "acme" || p.store.events[0].ProviderMessageID != "v-1" {
					t.Errorf("kept %+v", p.store.events)
				}
				if taken := p.Stats().Taken["main"]["delivered"]; taken != 2 {
					t.Errorf("stats are %+v", p.Stats())
				}
			})
		})
	}
}

func TestReportsOfIDsThatNobodyKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newIDPlace()
		p.send(t, "other") // the same id, of another account
		for _, vendorID := range []string{"v-1", "v-2", ""} {
			if err := p.report(t, vendorID); err != nil {
				t.Errorf("%q: %v", vendorID, err)
			}
		}
		if unmatched := p.Stats().Refused["main"]["unmatched"]; unmatched != 3 || len(p.store.events) != 0 {
			t.Errorf("%d are unmatched and %d kept", unmatched, len(p.store.events))
		}
		if p.memory.asked > 20 {
			t.Errorf("it was asked for them %d times", p.memory.asked)
		}
	})
}

func TestAReportThatNobodyCanMatchNowIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newIDPlace()
		p.memory.err = &messaging.Error{Code: messaging.CodeUnavailable}
		begun := time.Now()
		if err := p.report(t, "v-1"); !errors.Is(err, messaging.CodeUnavailable) {
			t.Errorf("got %v", err)
		}
		if waited := time.Since(begun); waited > 2*time.Second {
			t.Errorf("it waited for %s", waited)
		}
		if refused := p.Stats().Refused["main"]["not-stored"]; refused != 1 {
			t.Errorf("stats are %+v", p.Stats())
		}
	})
}

func TestOnlyWhatWasTakenIsKept(t *testing.T) {
	p := newIDPlace()
	p.byID.err = &provider.Error{Kind: provider.Unavailable}
	if _, err := p.sends["main"].Send(t.Context(), provider.Message{Tenant: "acme", Reference: id}); err == nil || len(p.memory.kept) != 0 {
		t.Errorf("got %v, and %d are kept", err, len(p.memory.kept))
	}
}

func TestVendorsThatTellTheMessageAreSentToAsTheyAre(t *testing.T) {
	var keeper receipts.Keeper
	plain := &vendor{}
	if got := keeper.Wrap("main", plain); got != provider.Provider(plain) {
		t.Errorf("got %T", got)
	}
}
