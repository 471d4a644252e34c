package dedupe_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/phonehook/phonehook/gateway/dedupe"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
)

const (
	tenant   = "acme"
	deadline = 9 * time.Second
	window   = 10 * time.Second
)

// shared is what gateways share.
type shared struct {
	keys    messagingtest.MemoryKeys
	history messagingtest.MemoryHistory
}

// gateway is one gateway's part in a test: it counts what it sends.
type gateway struct {
	*dedupe.Deduper
	shared *shared
	// code is the outcome of what is sent, which takes as long as takes says.
	code  messaging.Code
	takes time.Duration

	mu   sync.Mutex
	sent []string
	logs *observer.ObservedLogs
}

func (s *shared) gateway() *gateway {
	core, logs := observer.New(zapcore.DebugLevel)
	return &gateway{
		Deduper: dedupe.New(dedupe.Options{Keys: &s.keys, History: &s.history, Logger: zap.New(core)}),
		shared:  s, code: messaging.CodeSent, logs: logs,
	}
}

// request returns a request with a key, and the given body.
func request(key, body string) dedupe.Request {
	now := time.Now()
	return dedupe.Request{
		Tenant: tenant, Key: dedupe.Secret(nil).ClientKey(tenant, key), Fingerprint: dedupe.Secret(nil).Fingerprint("/", []byte(body)),
		Window: window, MessageID: uuid.Must(uuid.NewV7()).String(), ReceivedAt: now, Deadline: now.Add(deadline),
	}
}

// do makes a request as the gateway's handler would.
func (g *gateway) do(t *testing.T, req dedupe.Request) dedupe.Outcome {
	ctx, cancel := context.WithDeadline(t.Context(), req.Deadline)
	defer cancel()
	return g.Do(ctx, req, func(_ context.Context, id string) (messaging.Event, error) {
		g.mu.Lock()
		g.sent = append(g.sent, id)
		g.mu.Unlock()
		time.Sleep(g.takes)
		r, err := messaging.Receipt{Code: g.code, Provider: "p"}, error(nil)
		if g.code != messaging.CodeSent && g.code != messaging.CodePending {
			r, err = messaging.Receipt{}, &messaging.Error{Code: g.code, Detail: "it failed"}
		}
		e := messaging.EventOf(messaging.Message{ID: id, Tenant: tenant, ReceivedAt: req.ReceivedAt}, r, err)
		g.shared.history.Record(e)
		return e, err
	})
}

func (g *gateway) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.sent)
}
