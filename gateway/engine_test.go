package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
)

var numberKey = messaging.NumberKey("0123456789abcdef")

const messagesPath = "/v1/messages"

// nativeBody is a message of the native API.
const nativeBody = `{"to":"+18085555555","text":"Your code is 424242","code":"424242"}`

// engine is everything behind a gateway, or several: a worker, and what outlives calls.
type engine struct {
	keys    messagingtest.MemoryKeys
	history messagingtest.MemoryHistory
	queue   messagingtest.MemoryQueue
	// work is what the worker does instead of sending.
	work messaging.SenderFunc
	// learn is what the provider does with feedback.
	learn func(f messaging.Feedback) error

	mu   sync.Mutex
	sent []messaging.Message
}

// Send is the worker: it delivers every message and records that.
func (e *engine) Send(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
	e.mu.Lock()
	e.sent = append(e.sent, m)
	e.mu.Unlock()
	if e.work != nil {
		return e.work(ctx, m)
	}
	return messaging.Receipt{
		Code: messaging.CodeSent, Provider: "vonage", ProviderMessageID: "0A01", Worker: "w1",
		Attempts: []messaging.Attempt{
			{Provider: "slow", Code: messaging.CodeUnavailable, ProviderCode: "5", Duration: 1500*time.Microsecond + time.Second},
			{Provider: "vonage", Code: messaging.CodeSent, ProviderMessageID: "0A01", Duration: 120 * time.Millisecond},
		},
	}, nil
}

func (e *engine) received() []messaging.Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]messaging.Message(nil), e.sent...)
}

// recorder records what has a worker's id, as workers do.
type workersRecorder struct{ *messagingtest.MemoryHistory }

func (r workersRecorder) Record(event messaging.Event) {
	if event.Worker != "" {
		r.MemoryHistory.Record(event)
	}
}

// Feedback is the worker's, for a provider that wants it.
func (e *engine) Feedback(_ context.Context, f messaging.Feedback) error {
	if e.learn != nil {
		return e.learn(f)
	}
	return nil
}

func (e *engine) deps() gateway.Deps {
	e.queue.Recorder = &e.history
	return gateway.Deps{
		Sender:    messaging.Accepting(messagingtest.InMemory(messaging.Recording(e, workersRecorder{&e.history})), &e.queue),
		Keys:      &e.keys,
		History:   &e.history,
		Recorder:  &e.history,
		Queue:     &e.queue,
		Feedbacks: e,
		NumberKey: func() messaging.NumberKey {
			return numberKey
		},
	}
}

// fails has the worker refuse every message.
func (e *engine) fails(err *messaging.Error) {
	e.work = func(context.Context, messaging.Message) (messaging.Receipt, error) {
		return messaging.Receipt{Worker: "w1"}, err
	}
}

// repeating is config with the default window for repetitions.
func repeating() gateway.Config {
	settings := config()
	for i := range settings.Tenants {
		settings.Tenants[i].DedupeWindow = nil
	}
	return settings
}

// gateway starts a gateway before the engine, whose calls are held against the
// OpenAPI document.
func (e *engine) gateway(t testing.TB, settings gateway.Config) *running {
	t.Helper()
	g := start(t, settings, e.deps())
	g.client.Transport = &documented{t: t, next: g.client.Transport}
	return g
}

// message is the native API's message.
type message struct {
	ID, Status, Detail, Channel, Action, To, Country, Provider string

	ProviderMessageID string `json:"provider_message_id"`
	Attempts          []struct {
		Provider, Outcome string
		DurationMS        int `json:"duration_ms"`

		ProviderMessageID string `json:"provider_message_id"`
		ProviderCode      string `json:"provider_code"`
	}
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// as reads an answer's body as T.
func as[T any](t testing.TB, got answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(got.body), &v); err != nil {
		t.Fatalf("%v in %+v", err, got)
	}
	return v
}

// problem is what the tests read of a problem document.
type problem struct {
	Code, Field, Detail, Title, Instance string

	MessageID string `json:"message_id"`
}

// native makes a call of the native API as the tenant acme.
func (g *running) native(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	return g.do(t, method, path, statusToken, body, headers...)
}

// send sends a message by the native API.
func (g *running) send(t testing.TB, body string, headers ...string) answer {
	t.Helper()
	return g.native(t, http.MethodPost, messagesPath, body, headers...)
}
