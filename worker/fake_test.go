package worker_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

// fake is a provider that does what its function says and remembers its calls.
type fake struct {
	do func(ctx context.Context, m provider.Message) (provider.Receipt, error)

	mu    sync.Mutex
	calls []call
}

type call struct {
	message provider.Message
	// left is how much time the context gave.
	left time.Duration
}

func (f *fake) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	deadline, _ := ctx.Deadline()
	f.mu.Lock()
	f.calls = append(f.calls, call{m, time.Until(deadline)})
	f.mu.Unlock()
	return f.do(ctx, m)
}

func takes() *fake {
	return &fake{do: func(context.Context, provider.Message) (provider.Receipt, error) {
		return provider.Receipt{ID: "vendor-1", Parts: 1}, nil
	}}
}

func fails(kind provider.Kind) *fake {
	return failsWith(&provider.Error{Kind: kind, Code: "status 9", Detail: "in our words"})
}

func failsWith(err error) *fake {
	return &fake{do: func(context.Context, provider.Message) (provider.Receipt, error) {
		return provider.Receipt{}, err
	}}
}

// hangs obeys its context, as the contract asks, but answers no sooner.
func hangs() *fake {
	return &fake{do: func(ctx context.Context, _ provider.Message) (provider.Receipt, error) {
		<-ctx.Done()
		return provider.Receipt{}, &provider.Error{Kind: provider.Unknown, Detail: "no answer"}
	}}
}

// slow fails certainly, after d.
func slow(d time.Duration) *fake {
	return &fake{do: func(context.Context, provider.Message) (provider.Receipt, error) {
		time.Sleep(d)
		return provider.Receipt{}, &provider.Error{Kind: provider.Unavailable}
	}}
}

// dispatcher returns one whose every tenant uses these providers in order, named
// a, b, c …, and what it logs.
func dispatcher(t *testing.T, fakes ...*fake) (*worker.Dispatcher, *observer.ObservedLogs) {
	t.Helper()
	providers := make(map[string]provider.Provider)
	var names []string
	for i, f := range fakes {
		name := string(rune('a' + i))
		names = append(names, name)
		providers[name] = f
	}
	cfg := worker.Config{Tenants: []worker.Tenant{{
		Name:   worker.EveryTenant,
		Routes: []worker.Route{{Providers: names}},
	}}}
	return newDispatcher(t, cfg, providers)
}

func newDispatcher(t *testing.T, cfg worker.Config, providers map[string]provider.Provider, opts ...func(*worker.Options)) (*worker.Dispatcher, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	o := worker.Options{Logger: zap.New(core)}
	for _, set := range opts {
		set(&o)
	}
	d, err := worker.NewDispatcher(cfg, providers, o)
	if err != nil {
		t.Fatal(err)
	}
	return d, logs
}

// message is the seed's example as a worker gets it.
func message() messaging.Message {
	now := time.Now()
	return messaging.Message{
		ID: "0190c5b2-7c1e-7000-8000-000000000001", Tenant: "acme",
		Channel: messaging.SMS, Action: messaging.Enrollment,
		To: "+18085555555", Country: "US", From: "Acme",
		Text: "Here is your one time password: 999111", Code: "999111", Language: "en",
		ReceivedAt: now, Expires: now.Add(5 * time.Minute),
	}
}

func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
