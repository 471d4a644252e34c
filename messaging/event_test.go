package messaging_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
)

func TestEventSaysNothingSecret(t *testing.T) {
	m := messagingtest.Message()
	m.ToHash = messaging.NumberKey("a key of sixteen").Hash(m.Tenant, m.To)
	m.Earlier = []messaging.Attempt{{Provider: "first", Code: messaging.CodeUnknown}}
	e := messaging.EventOf(m, messaging.Receipt{Attempts: []messaging.Attempt{{Provider: "second", Code: messaging.CodeRejected}}},
		&messaging.Error{Code: messaging.CodeRejected, Detail: "the provider refused the message", Cause: errors.New("cause " + m.To)})
	data, err := messaging.EncodeEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	told := string(data) + fmt.Sprintf("%v %+v %#v %s", e, e, e, e)
	for _, secret := range []string{m.To, m.To[1:], m.Code, m.Text, m.From, m.User.ID, m.User.Email, m.IP, "cause"} {
		if strings.Contains(told, secret) {
			t.Errorf("%q is in %s", secret, told)
		}
	}
	for _, wanted := range []string{m.ID, m.ToHash, "+18*******55", "first", "second", "rejected"} {
		if !strings.Contains(told, wanted) {
			t.Errorf("%q is not in %s", wanted, told)
		}
	}
}

func TestEventBringsBackTheResult(t *testing.T) {
	attempts := []messaging.Attempt{{Provider: "a", Code: messaging.CodeSent, ProviderMessageID: "9", Duration: 20 * time.Millisecond}}
	for name, tt := range map[string]struct {
		receipt messaging.Receipt
		err     error
		want    messaging.EventType
	}{
		"sent":    {messaging.Receipt{Code: messaging.CodeSent, Provider: "a", ProviderMessageID: "9", Worker: "w", Attempts: attempts}, nil, messaging.EventOutcome},
		"pending": {messaging.Receipt{Code: messaging.CodePending, Attempts: attempts}, nil, messaging.EventQueued},
		"failed": {messaging.Receipt{Attempts: attempts, Worker: "w"}, &messaging.Error{
			Code: messaging.CodeUnavailable, Detail: "no", Field: "to", RetryAfter: 3 * time.Second,
		}, messaging.EventOutcome},
	} {
		t.Run(name, func(t *testing.T) {
			e := messaging.EventOf(messagingtest.Message(), tt.receipt, tt.err)
			if e.Type != tt.want {
				t.Errorf("the event is %s, want %s", e.Type, tt.want)
			}
			data, err := messaging.EncodeEvent(e)
			if err != nil {
				t.Fatal(err)
			}
			back, err := messaging.DecodeEvent(data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(e, back, cmpopts.EquateApproxTime(0)); diff != "" {
				t.Errorf("the event changed (-before +after):\n%s", diff)
			}
			receipt, err := back.Result()
			if diff := cmp.Diff(tt.receipt, receipt); diff != "" {
				t.Errorf("the receipt changed (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(tt.err, err); diff != "" {
				t.Errorf("the error changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestEventOfNobodyQuotesNothing(t *testing.T) {
	_, err := messaging.DecodeEvent([]byte(`{"code": 5, "text": "secret-text"`))
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestMaskedNumbersKeepTheirEnds(t *testing.T) {
	for number, want := range map[string]string{
		"+18085555555":     "+18*******55",
		"+290123456789012": "+29***********12",
		"+6831234":         "+68***34",
		"+1234":            "*****",
		"":                 "",
	} {
		if got := messaging.MaskNumber(number); got != want {
			t.Errorf("%q is masked as %q, want %q", number, got, want)
		}
	}
}

func TestNumberHashes(t *testing.T) {
	key, other := messaging.NumberKey("0123456789abcdef"), messaging.NumberKey("fedcba9876543210")
	hash := key.Hash("acme", "+18085555555")
	if len(hash) != 16 {
		t.Errorf("a hash has %d characters, want 16", len(hash))
	}
	if again := key.Hash("acme", "+18085555555"); again != hash {
		t.Error("the same number has two hashes")
	}
	for name, differs := range map[string]string{
		"number": key.Hash("acme", "+18085555556"),
		"tenant": key.Hash("other", "+18085555555"),
		"key":    other.Hash("acme", "+18085555555"),
	} {
		if differs == hash {
			t.Errorf("another %s has the same hash", name)
		}
	}
	if none := messaging.NumberKey(nil).Hash("acme", "+18085555555"); none != "" {
		t.Errorf("without a key the hash is %q, want none", none)
	}
}

func TestSummary(t *testing.T) {
	begin := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	event := func(after time.Duration, kind messaging.EventType, code messaging.Code, worker string) messaging.Event {
		return messaging.Event{
			Type: kind, At: begin.Add(after), ID: "1", Tenant: "acme", Code: code, Worker: worker, Expires: begin.Add(5 * time.Minute),
		}
	}
	queued := event(0, messaging.EventQueued, messaging.CodePending, "")
	guess := event(9*time.Second, messaging.EventOutcome, messaging.CodeUnknown, "")
	sent := event(10*time.Second, messaging.EventOutcome, messaging.CodeSent, "w1")
	again := event(4*time.Second, messaging.EventQueued, messaging.CodePending, "w1")
	cancelled := event(time.Second, messaging.EventCancelled, 0, "")
	for name, tt := range map[string]struct {
		events []messaging.Event
		now    time.Duration
		want   messaging.Code
	}{
		"queued":                           {[]messaging.Event{queued}, time.Second, messaging.CodePending},
		"queued until its life ended":      {[]messaging.Event{queued}, 6 * time.Minute, messaging.CodeExpired},
		"sent from the queue":              {[]messaging.Event{queued, sent}, time.Minute, messaging.CodeSent},
		"put back":                         {[]messaging.Event{queued, again}, time.Minute, messaging.CodePending},
		"cancelled":                        {[]messaging.Event{queued, cancelled}, time.Minute, messaging.CodeCancelled},
		"a worker knows better, later":     {[]messaging.Event{guess, sent}, time.Minute, messaging.CodeSent},
		"a worker knows better, earlier":   {[]messaging.Event{sent, guess}, time.Minute, messaging.CodeSent},
		"nobody knows better":              {[]messaging.Event{guess}, time.Minute, messaging.CodeUnknown},
		"sent stays sent after its life":   {[]messaging.Event{queued, sent}, time.Hour, messaging.CodeSent},
		"given up by a worker, but queued": {[]messaging.Event{queued, event(time.Second, messaging.EventOutcome, messaging.CodeExpired, "w1")}, time.Minute, messaging.CodePending},
		"expired in the queue":             {[]messaging.Event{queued, event(6*time.Minute, messaging.EventOutcome, messaging.CodeExpired, "w1")}, 7 * time.Minute, messaging.CodeExpired},
		"a guess does not undo the queue":  {[]messaging.Event{again, guess}, time.Minute, messaging.CodePending},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := messaging.Summarise(tt.events, begin.Add(tt.now))
			if !ok || got.Code != tt.want {
				t.Errorf("the message is %s (%t), want %s", got.Code, ok, tt.want)
			}
		})
	}
	if _, ok := messaging.Summarise(nil, begin); ok {
		t.Error("nothing was summarised to something")
	}
}

func TestAttemptInJSON(t *testing.T) {
	before := messaging.Attempt{Provider: "a", Code: messaging.CodeUnknown, ProviderCode: "status 9", ProviderMessageID: "7", Duration: 1500 * time.Millisecond}
	data, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"provider":"a","code":"unknown","provider_code":"status 9","provider_message_id":"7","duration_ms":1500}`
	if string(data) != want {
		t.Errorf("got %s, want %s", data, want)
	}
	var after messaging.Attempt
	if err := json.Unmarshal(data, &after); err != nil || after != before {
		t.Errorf("came back as %+v, %v", after, err)
	}
}
