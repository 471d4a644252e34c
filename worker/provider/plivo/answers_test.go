package plivo_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/plivo"
)

// want is the failure that an answer stands for; the zero value is a success.
type want struct {
	kind provider.Kind
	code string
	text string
}

func (w want) check(t *testing.T, err error) {
	t.Helper()
	if w == (want{}) {
		if err != nil {
			t.Errorf("got %v; want no error", err)
		}
		return
	}
	failure, ok := errors.AsType[*provider.Error](err)
	if !ok {
		t.Fatalf("got %v; want an error of kind %v", err, w.kind)
	}
	if failure.Kind != w.kind || failure.Code != w.code || !strings.Contains(failure.Detail, w.text) {
		t.Errorf("got %v; want kind %v, code %q and %q", failure, w.kind, w.code, w.text)
	}
	if strings.Contains(err.Error(), "secret words") {
		t.Errorf("the error %v repeats the vendor's words", err)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		answer string
		want   want
	}{
		{"a parameter is wrong", 400, `{"api_id":"1","error":"secret words"}`, want{provider.Unroutable, "HTTP 400", "recipient"}},
		{"the error is an object", 400, `{"error":{"dst":["secret words"]}}`, want{provider.Unroutable, "HTTP 400", "recipient"}},
		{"no credit", 400, `{"error":"Insufficient Credit: secret words"}`, want{provider.Misconfigured, "HTTP 400", "credit"}},
		{"no credit with another status", 402, `{"error":"insufficient credit"}`, want{provider.Misconfigured, "HTTP 402", "credit"}},
		{"no credit, and who knows what else", 500, `{"error":"insufficient credit"}`, want{provider.Unknown, "HTTP 500", "in hand"}},
		{"wrong credentials", 401, `secret words`, want{provider.Misconfigured, "HTTP 401", "credentials"}},
		{"not allowed", 403, `{"error":"secret words"}`, want{provider.Misconfigured, "HTTP 403", "may not"}},
		{"another account", 404, `{"error":"not found"}`, want{provider.Misconfigured, "HTTP 404", "address"}},
		{"wrong method", 405, `{}`, want{provider.Misconfigured, "HTTP 405", "address"}},
		{"too many requests", 429, `{"error":"secret words"}`, want{provider.Throttled, "HTTP 429", "fewer"}},
		{"failed", 500, `{"error":"secret words"}`, want{provider.Unknown, "HTTP 500", "in hand"}},
		{"a page", 502, `<html>secret words`, want{provider.Unknown, "HTTP 502", "in hand"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
				_, _, err := capture(t, message(channel), nil, account, c.status, c.answer)
				c.want.check(t, err)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	unreadable := want{kind: provider.Unknown, text: "can't be understood"}
	for _, c := range []struct {
		name    string
		channel provider.Channel
		answer  string
		want    want
		id      string
	}{
		{"an SMS", provider.SMS, smsTaken, want{}, "db3ce55a-7f1d-11e1-8ea7-1231380bc196"},
		{"no id of an SMS", provider.SMS, `{"message":"message(s) queued","message_uuid":[]}`, unreadable, ""},
		{"an empty id of an SMS", provider.SMS, `{"message_uuid":[""]}`, unreadable, ""},
		{"several ids of an SMS", provider.SMS, `{"message_uuid":["1","2"]}`, unreadable, ""},
		{"an id that is no list", provider.SMS, `{"message_uuid":"1"}`, unreadable, ""},
		{"endless blanks after it", provider.SMS, smsTaken + strings.Repeat(" ", provider.MaxAnswer), unreadable, ""},
		{"a call", provider.Voice, callTaken, want{}, "9834029e-58b6-11e1-b8b7-a5bd0e4e126f"},
		{"a call in a list", provider.Voice, `{"request_uuid":["1"]}`, want{}, "1"},
		{"several calls", provider.Voice, `{"request_uuid":["1","2"]}`, unreadable, ""},
		{"no id of a call", provider.Voice, `{"message":"call fired"}`, unreadable, ""},
		{"an empty id of a call", provider.Voice, `{"request_uuid":""}`, unreadable, ""},
		{"a number as the id of a call", provider.Voice, `{"request_uuid":1}`, unreadable, ""},
		{"half of it", provider.Voice, callTaken[:60], unreadable, ""},
		{"nothing", provider.SMS, ``, unreadable, ""},
		{"not JSON", provider.Voice, `secret words`, unreadable, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, receipt, err := capture(t, message(c.channel), nil, account, http.StatusAccepted, c.answer)
			c.want.check(t, err)
			if receipt.ID != c.id {
				t.Errorf("got the id %q; want %q", receipt.ID, c.id)
			}
		})
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	voiceOnly := func(c *plivo.Config) { c.From = "" }
	smsOnly := func(c *plivo.Config) { c.Voice = plivo.Voice{} }
	text := func(s string) func(*provider.Message) { return func(m *provider.Message) { m.Text = s } }
	for _, c := range []struct {
		name    string
		channel provider.Channel
		message func(*provider.Message)
		config  func(*plivo.Config)
		account provider.Account
		want    want
	}{
		{"a sender of 12 letters", provider.SMS, func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, nil, account, want{kind: provider.Refused, text: "sender"}},
		{"a sender with a blank", provider.SMS, func(m *provider.Message) { m.From = "Acme Inc" }, nil, account, want{kind: provider.Unroutable, text: "letters"}},
		{"a name for the US", provider.SMS, func(m *provider.Message) { m.To, m.Country = "+12125550123", "US" }, nil, account, want{kind: provider.Unroutable, text: "country"}},
		{"no text", provider.SMS, text(""), nil, account, want{kind: provider.Refused, text: "text"}},
		{"1,601 characters", provider.SMS, text(strings.Repeat("x", 1601)), nil, account, want{kind: provider.Refused, text: "1,600"}},
		{"738 characters of another alphabet", provider.SMS, text(strings.Repeat("я", 738)), nil, account, want{kind: provider.Refused, text: "737"}},
		{"369 emoji", provider.SMS, text(strings.Repeat("🔑", 369)), nil, account, want{kind: provider.Refused, text: "737"}},
		{"an SMS without a sender", provider.SMS, nil, voiceOnly, account, want{kind: provider.Misconfigured, text: "sender"}},
		{"15 digits", provider.SMS, func(m *provider.Message) { m.To = "+123456789012345" }, nil, account, want{kind: provider.Unroutable, text: "14 digits"}},
		{"a call without a number", provider.Voice, nil, smsOnly, account, want{kind: provider.Misconfigured, text: "number to call from"}},
		{"a call without addresses", provider.Voice, nil, nil, provider.Account{}, want{kind: provider.Misconfigured, text: "section receipts"}},
		{"a reference that is no name", provider.Voice, func(m *provider.Message) { m.Reference = "a.b" }, nil, account, want{kind: provider.Misconfigured, text: "reference"}},
		{"a long text to speak", provider.Voice, text(strings.Repeat("word ", 300)), nil, account, want{kind: provider.Refused, text: "2,048"}},
		{"16 digits", provider.Voice, func(m *provider.Message) { m.To = "+1234567890123456" }, nil, account, want{kind: provider.Refused, text: "recipient"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(c.channel)
			if c.message != nil {
				c.message(&m)
			}
			got, _, err := capture(t, m, c.config, c.account, http.StatusAccepted, smsTaken)
			c.want.check(t, err)
			if got.method != "" {
				t.Errorf("it was sent: %s %s", got.method, got.path)
			}
		})
	}
}

func TestTheLongestTexts(t *testing.T) {
	for _, text := range []string{strings.Repeat("x", 1600), strings.Repeat("€", 1600), strings.Repeat("я", 737)} {
		m := message(provider.SMS)
		m.Text = text
		look, client := start(t, account)
		if _, err := client.Send(t.Context(), m); err != nil {
			t.Errorf("%d bytes: %v (refused: %v)", len(text), err, look.Stats().Refused)
		}
	}
}
