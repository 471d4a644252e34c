package gateway

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

const benchBody = `{"recipient":"+1-808-555-5555","text":"Here is your one time password: 999111","context":{"message_type":"sms",` +
	`"action":"enrollment","language":"en","code":"123456","ip":"127.0.0.1","user_agent":"Mozilla/5.0",` +
	`"client":{"client_id":"1235","name":"Test Application","client_metadata":{}},` +
	`"user":{"user_id":"auth0|test12345","name":"Billie Magnusson","email":"billie@example.com","app_metadata":{},"user_metadata":{}}}}`

func BenchmarkNormalise(b *testing.B) {
	draft, err := door.Decode([]byte(benchBody))
	if err != nil {
		b.Fatal(err)
	}
	t := &tenant{name: "acme", region: "US"}
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := normalise(draft, "019389b8-7c00-7000-8000-0123456789ab", t, now); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHook is a whole call but for the network: routing, credential, body,
// decoding, normalising, answer and the log's line, which goes nowhere. Every call has a
// code of its own; the second one has to find that out.
func BenchmarkHook(b *testing.B) {
	for name, window := range map[string]time.Duration{"alone": 0, "deduplicated": DefaultDedupeWindow} {
		b.Run(name, func(b *testing.B) { benchmarkHook(b, window) })
	}
}

func benchmarkHook(b *testing.B, window time.Duration) {
	sender := messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		return messaging.Receipt{Code: messaging.CodeSent, Worker: "w1"}, nil
	})
	tenants := []Tenant{{Name: "acme", Tokens: []Token{{SHA256: HashToken("token")}}, DedupeWindow: new(configs.Duration(window))}}
	s, err := New(Config{Tenants: tenants}, Deps{Sender: sender, Logger: zap.NewNop()})
	if err != nil {
		b.Fatal(err)
	}
	handler := s.publicRoutes()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		body := strings.Replace(benchBody, `"code":"123456"`, fmt.Sprintf(`"code":"%09d"`, i), 1)
		request := httptest.NewRequestWithContext(b.Context(), http.MethodPost, hookPath, strings.NewReader(body))
		request.Header.Set("Authorization", "Bearer token")
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if recorder.Code != http.StatusOK || recorder.Header().Get(headerReplayed) != "" {
			b.Fatal(recorder.Body)
		}
	}
}
