package messaging_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
)

func TestReportsAddUp(t *testing.T) {
	begin := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	report := func(provider, id string, status messaging.DeliveryStatus, after time.Duration) messaging.Event {
		return messaging.Event{
			Type: messaging.EventReport, ID: "1", Tenant: "acme", At: begin.Add(after + time.Second), Provider: provider, ProviderMessageID: id,
			Delivery: &messaging.Delivery{Status: status, At: begin.Add(after), Network: id},
		}
	}
	outcome := messaging.Event{Type: messaging.EventOutcome, ID: "1", Tenant: "acme", Code: messaging.CodeSent, Worker: "w", ReceivedAt: begin, At: begin.Add(time.Second)}
	delivered := messaging.DeliverySummary{
		Delivery: messaging.Delivery{Status: messaging.DeliveryDelivered, At: begin.Add(2 * time.Second), Network: "x"}, Provider: "a", After: 2 * time.Second,
	}
	sent := delivered
	sent.Status = messaging.DeliverySent
	failed := delivered
	failed.Status = messaging.DeliveryFailed
	for name, c := range map[string]struct {
		events []messaging.Event
		want   *messaging.DeliverySummary
	}{
		"no report": {[]messaging.Event{outcome}, nil},
		"delivered": {[]messaging.Event{outcome, report("a", "x", messaging.DeliveryDelivered, 2*time.Second)}, &delivered},
		"out of order": {[]messaging.Event{
			outcome, report("a", "x", messaging.DeliveryDelivered, 2*time.Second), report("a", "x", messaging.DeliverySent, time.Second),
		}, &delivered},
		"before the outcome": {[]messaging.Event{report("a", "x", messaging.DeliveryDelivered, 2*time.Second), outcome}, &delivered},
		"twice": {[]messaging.Event{
			outcome, report("a", "x", messaging.DeliveryDelivered, 2*time.Second), report("a", "x", messaging.DeliveryDelivered, 3*time.Second),
		}, &delivered},
		"a part that failed": {[]messaging.Event{
			outcome, report("a", "y", messaging.DeliveryDelivered, time.Second), report("a", "x", messaging.DeliveryFailed, 2*time.Second),
		}, &failed},
		"a part that is on its way": {[]messaging.Event{
			outcome, report("a", "y", messaging.DeliveryDelivered, 3*time.Second), report("a", "x", messaging.DeliverySent, 2*time.Second),
		}, &sent},
		"another provider failed": {[]messaging.Event{
			outcome, report("b", "z", messaging.DeliveryFailed, time.Second), report("a", "x", messaging.DeliveryDelivered, 2*time.Second),
		}, &delivered},
		"another provider failed later": {[]messaging.Event{
			outcome, report("a", "x", messaging.DeliverySent, 2*time.Second), report("b", "z", messaging.DeliveryExpired, 9*time.Second),
		}, &sent},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := messaging.Summarise(c.events, begin.Add(time.Minute))
			if !ok || got.Code != messaging.CodeSent {
				t.Fatalf("got %v, %v", got.Code, ok)
			}
			if diff := cmp.Diff(c.want, got.Delivery); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	lone, ok := messaging.Summarise([]messaging.Event{report("a", "x", messaging.DeliveryDelivered, time.Second)}, begin)
	if !ok || lone.ID != "1" || lone.Code != messaging.CodeSent || lone.Delivery.Status != messaging.DeliveryDelivered || lone.Delivery.After != 0 {
		t.Errorf("of a report alone: got %+v, %v", lone, ok)
	}
}

func TestCallbacksCrossTheWire(t *testing.T) {
	c := messaging.Callback{ //nolint:gosec // the token is that of an address
		Kind: "twilio", Account: "a", Token: "m.acme.1.x", Method: "POST", URI: "/receipts/twilio/a/m.acme.1.x?b=1",
		Header: map[string][]string{"X-Signature": {"1", "2"}}, Body: []byte("\x00\xff"), ReceivedAt: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
	}
	data, err := messaging.EncodeCallback(c)
	if err != nil {
		t.Fatal(err)
	}
	back, err := messaging.DecodeCallback(data)
	if err != nil {
		t.Fatal(err)
	}
	type plain messaging.Callback
	if diff := cmp.Diff(plain(c), plain(back)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := messaging.DecodeCallback([]byte(`{"kind": 5, "body": "secret`)); err == nil {
		t.Error("half a callback was read")
	}
}

func TestAnswersToCallbacksCrossTheWire(t *testing.T) {
	answer := messaging.CallbackAnswer{Type: "application/xml", Body: []byte("<Response/>")}
	data, err := messaging.EncodeCallbackOutcome(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := messaging.DecodeCallbackOutcome(data); err != nil || cmp.Diff(answer, got) != "" {
		t.Errorf("got %v, %v", got, err)
	}
	failure := &messaging.Error{Code: messaging.CodeUnavailable, Detail: "later", RetryAfter: time.Second}
	if data, err = messaging.EncodeCallbackOutcome(answer, failure); err != nil {
		t.Fatal(err)
	}
	got, err := messaging.DecodeCallbackOutcome(data)
	if diff := cmp.Diff(failure, messaging.AsError(err)); diff != "" || got.Body != nil {
		t.Errorf("got %v (-want +got):\n%s", got, diff)
	}
	if _, err := messaging.DecodeCallbackOutcome([]byte("{")); messaging.AsError(err).Code != messaging.CodeInternal {
		t.Errorf("got %v", err)
	}
}
