package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
)

// relay keeps what is relayed to them.
type relay struct {
	mu     sync.Mutex
	calls  []messaging.Callback
	answer messaging.CallbackAnswer
	err    error
}

func (w *relay) Call(_ context.Context, c messaging.Callback) (messaging.CallbackAnswer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
	return w.answer, w.err
}

func (w *relay) got() []messaging.Callback {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls
}

func TestReceiptsAreRelayedAsTheyCame(t *testing.T) {
	w := &relay{answer: messaging.CallbackAnswer{Type: "application/xml", Body: []byte("<Response/>")}}
	g := start(t, config(), gateway.Deps{Sender: &phones{}, Callbacks: w})
	const uri = "/receipts/twilio/main/m.acme.1.x?a=1&a=%2B&b"
	answer := g.do(t, http.MethodPost, uri, "", "To=%2B18085555555&x=\x00\xff", "Content-Type", "application/x-www-form-urlencoded", "X-Twilio-Signature", "abc=", "Cookie", "s=1")
	if answer.status != http.StatusOK || answer.body != "<Response/>" || answer.header.Get("Content-Type") != "application/xml" {
		t.Errorf("got %d %s %v", answer.status, answer.body, answer.header)
	}
	if len(w.got()) != 1 {
		t.Fatalf("%d were relayed", len(w.got()))
	}
	got := w.got()[0]
	if time.Since(got.ReceivedAt).Abs() > time.Minute {
		t.Errorf("it came at %v", got.ReceivedAt)
	}
	header := http.Header(got.Header)
	if header.Get("X-Twilio-Signature") != "abc=" || header.Get("Content-Type") != "application/x-www-form-urlencoded" || header.Get("Cookie") != "" {
		t.Errorf("the header is %v", header)
	}
	got.ReceivedAt, got.Header = time.Time{}, nil
	type plain messaging.Callback
	want := plain{ //nolint:gosec // the token is that of an address
		Kind: "twilio", Account: "main", Token: "m.acme.1.x", Method: "POST", URI: uri, Body: []byte("To=%2B18085555555&x=\x00\xff"),
	}
	if diff := cmp.Diff(want, plain(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w.answer = messaging.CallbackAnswer{}
	if answer := g.do(t, http.MethodGet, "/receipts/vonage/main?msisdn=1", "", ""); answer.status != http.StatusOK || answer.body != "" {
		t.Errorf("got %d %q", answer.status, answer.body)
	}
	if got := w.got()[1]; got.Method != "GET" || got.Token != "" || got.URI != "/receipts/vonage/main?msisdn=1" {
		t.Errorf("got %+v", plain(got))
	}
}

func TestReceiptsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, body string
		err                error
		status             int
		relayed            int
	}{
		"forged":           {"POST", "/receipts/twilio/main", "a", &messaging.Error{Code: messaging.CodeUnauthorized, Detail: "the signature is wrong"}, 401, 1},
		"stale":            {"POST", "/receipts/twilio/main", "a", &messaging.Error{Code: messaging.CodeInvalidRequest}, 400, 1},
		"no such account":  {"POST", "/receipts/twilio/none", "a", &messaging.Error{Code: messaging.CodeNotFound}, 404, 1},
		"no worker":        {"POST", "/receipts/twilio/main", "a", &messaging.Error{Code: messaging.CodeUnavailable, RetryAfter: time.Second}, 503, 1},
		"another method":   {"DELETE", "/receipts/twilio/main", "", nil, 405, 0},
		"at the bound":     {"POST", "/receipts/twilio/main", strings.Repeat("x", 64<<10), nil, 200, 1},
		"too large":        {"POST", "/receipts/twilio/main", strings.Repeat("x", 64<<10+1), nil, 413, 0},
		"ten megabytes":    {"POST", "/receipts/twilio/main", strings.Repeat("x", 10<<20), nil, 413, 0},
		"a path too short": {"POST", "/receipts/twilio", "a", nil, 404, 0},
		"a path too long":  {"POST", "/receipts/twilio/main/a/b", "a", nil, 404, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := &relay{err: c.err}
			g := start(t, config(), gateway.Deps{Sender: &phones{}, Callbacks: w})
			answer := g.do(t, c.method, c.path, "", c.body)
			if answer.status != c.status || len(w.got()) != c.relayed {
				t.Errorf("got %d %s, relayed %d; want %d and %d", answer.status, answer.body, len(w.got()), c.status, c.relayed)
			}
			if c.status == 503 && answer.header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After is %q", answer.header.Get("Retry-After"))
			}
		})
	}
	g := start(t, config(), gateway.Deps{Sender: &phones{}})
	if answer := g.do(t, http.MethodPost, "/receipts/twilio/main", "", ""); answer.status < 400 {
		t.Errorf("without workers: got %d", answer.status)
	}
}

func TestABodyWithoutALengthIsBoundedToo(t *testing.T) {
	w := &relay{}
	g := start(t, config(), gateway.Deps{Sender: &phones{}, Callbacks: w})
	answer := g.request(t, http.MethodPost, "http://"+g.Addr()+"/receipts/twilio/main", "", struct{ *strings.Reader }{strings.NewReader(strings.Repeat("x", 1<<20))})
	if answer.status != http.StatusRequestEntityTooLarge || len(w.got()) != 0 {
		t.Errorf("got %d, relayed %d", answer.status, len(w.got()))
	}
}

func TestAMessageShowsWhatItsProviderReported(t *testing.T) {
	history := new(messagingtest.MemoryHistory)
	g := start(t, config(), gateway.Deps{Sender: &phones{}, History: history, Recorder: history})
	const id = "019ab0c5-5e1a-7c3b-9a51-2f1f0c5ad7f3"
	begin := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	history.Record(messaging.Event{Type: messaging.EventOutcome, ID: id, Tenant: "acme", Code: messaging.CodeSent, Provider: "a", Worker: "w", ReceivedAt: begin, At: begin})
	history.Record(messaging.Event{
		Type: messaging.EventReport, ID: id, Tenant: "acme", Provider: "a", At: begin.Add(3 * time.Second),
		Delivery: &messaging.Delivery{Status: messaging.DeliveryDelivered, At: begin.Add(2310 * time.Millisecond), Price: "0.01", Currency: "USD", Network: "310260"},
	})
	answer := g.do(t, http.MethodGet, "/v1/messages/"+id, statusToken, "")
	const want = `"delivery":{"status":"delivered","at":"2026-11-25T12:00:02.31Z","after_ms":2310,"provider":"a","price":"0.01","currency":"USD","network":"310260"}`
	if answer.status != http.StatusOK || !strings.Contains(answer.body, want) || !strings.Contains(answer.body, `"status":"sent"`) {
		t.Errorf("got %d %s", answer.status, answer.body)
	}
}
