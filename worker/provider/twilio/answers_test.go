package twilio_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/twilio"
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

func TestCodes(t *testing.T) {
	kinds := map[provider.Kind]string{
		provider.Refused: "13224 21211 21217 21265 21401 21602 21605 21610 21614 21617 21619 21635 30004 30005 60200 60205",
		provider.Unroutable: "21203 21210 21212 21214 21215 21216 21266 21408 21601 21606 21612 21616 21659 21660 21663 30006 30007 30032 30034 30035 " +
			"30042 30450 30453 60203 60220 60238 60410 60605",
		provider.Throttled:   "10004 14107 20429 21611 30001 30022 30023",
		provider.Unknown:     "20500 20504",
		provider.Unavailable: "20503 21730 30003 30008 30036 30410 60212",
		provider.Misconfigured: "10001 10002 10005 20001 20003 20005 20006 20008 20403 20404 20422 21201 21205 21213 21219 21603 21604 21608 21609 21701 " +
			"21703 30002 60204 60217 63038 90007",
	}
	listed := make(map[string]provider.Kind)
	for kind, list := range kinds {
		for code := range strings.FieldsSeq(list) {
			listed[code] = kind
			answer := fmt.Sprintf(`{"code":%s,"message":"secret words","more_info":"https://www.twilio.com/docs/errors/%s","status":400}`, code, code)
			for _, channel := range twilio.Facts.Channels {
				_, _, err := capture(t, message(channel), nil, http.StatusBadRequest, answer)
				want{kind, code, twilio.Reason(code)}.check(t, err)
			}
			_, _, err := capture(t, message(provider.SMS), throughVerify, http.StatusBadRequest, answer)
			want{kind, code, twilio.Reason(code)}.check(t, err)
			if twilio.Reason(code) == "" {
				t.Errorf("the code %s has no words", code)
			}
		}
	}
	if diff := cmp.Diff(listed, twilio.Codes()); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		answer string
		want   want
		wait   time.Duration
	}{
		{"a code that is a string", 400, `{"code":"21211"}`, want{kind: provider.Refused, code: "21211"}, 0},
		{"a code in no list", 400, `{"code":29999,"message":"secret words"}`, want{kind: provider.Refused, code: "HTTP 400"}, 0},
		{"a code of six digits", 400, `{"code":573005}`, want{kind: provider.Refused, code: "HTTP 400"}, 0},
		{"a code that is a sentence", 400, `{"code":"secret words"}`, want{kind: provider.Refused, code: "HTTP 400"}, 0},
		{"a code that is a list", 403, `{"code":[]}`, want{kind: provider.Misconfigured, code: "HTTP 403"}, 0},
		{"no code", 500, `{}`, want{kind: provider.Unknown, code: "HTTP 500"}, 0},
		{"a page", 502, `<html>secret words`, want{kind: provider.Unknown, code: "HTTP 502"}, 0},
		{"half of it", 400, `{"code":21211,`, want{kind: provider.Refused, code: "HTTP 400"}, 0},
		{"throttled without a code", 429, ``, want{kind: provider.Throttled, code: "HTTP 429"}, 7 * time.Second},
		{"throttled", 429, `{"code":20429}`, want{kind: provider.Throttled, code: "20429"}, 7 * time.Second},
		{"down", 503, `{"code":20503}`, want{kind: provider.Unavailable, code: "20503"}, 7 * time.Second},
		{"a limit that is the number's", 429, `{"code":60203}`, want{kind: provider.Unroutable, code: "60203"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := capture(t, message(provider.SMS), nil, c.status, c.answer)
			c.want.check(t, err)
			if failure, ok := errors.AsType[*provider.Error](err); ok && failure.RetryAfter != c.wait {
				t.Errorf("it asks to wait for %v; want %v", failure.RetryAfter, c.wait)
			}
		})
	}
}

var unreadable = want{kind: provider.Unknown, text: "can't be understood"}

func TestSMSAnswers(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		want         want
		parts        int
	}{
		{"taken", smsTaken, want{}, 1},
		{"three parts", `{"sid":"SM1","status":"queued","num_segments":"3"}`, want{}, 3},
		{"of a messaging service", `{"sid":"SM1","status":"accepted","num_segments":"0"}`, want{}, 0},
		{"no parts", `{"sid":"SM1","status":"sending"}`, want{}, 0},
		{"parts that are none", `{"sid":"SM1","status":"sent","num_segments":"-1"}`, want{}, 0},
		{"a status in no list", `{"sid":"SM1","status":"secret words"}`, want{}, 0},
		{"failed with a code", `{"sid":"SM1","status":"failed","error_code":30005,"error_message":"secret words"}`, want{provider.Refused, "30005", "unknown"}, 0},
		{"failed without one", `{"sid":"SM1","status":"undelivered","error_code":null}`, want{kind: provider.Unavailable, text: "could not send"}, 0},
		{"canceled", `{"sid":"SM1","status":"canceled"}`, want{kind: provider.Unavailable, text: "could not send"}, 0},
		{"no id", `{"status":"queued"}`, unreadable, 0},
		{"an empty object", `{}`, unreadable, 0},
		{"nothing", ``, unreadable, 0},
		{"not JSON", `secret words`, unreadable, 0},
		{"half of it", smsTaken[:60], unreadable, 0},
		{"endless blanks after it", smsTaken + strings.Repeat(" ", provider.MaxAnswer), unreadable, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, receipt, err := capture(t, message(provider.SMS), nil, http.StatusCreated, c.answer)
			c.want.check(t, err)
			if receipt.Parts != c.parts {
				t.Errorf("got %d parts; want %d", receipt.Parts, c.parts)
			}
		})
	}
}

func TestCallAnswers(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		want         want
	}{
		{"queued", callTaken, want{}},
		{"ringing", `{"sid":"CA1","status":"ringing"}`, want{}},
		{"busy", `{"sid":"CA1","status":"busy"}`, want{provider.Unavailable, "status busy", "ended before"}},
		{"failed", `{"sid":"CA1","status":"failed"}`, want{provider.Unavailable, "status failed", "ended before"}},
		{"no id", `{"status":"queued"}`, unreadable},
		{"nothing", ``, unreadable},
		{"not JSON", `secret words`, unreadable},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, receipt, err := capture(t, message(provider.Voice), nil, http.StatusCreated, c.answer)
			c.want.check(t, err)
			if (receipt != provider.Receipt{}) != (err == nil) {
				t.Errorf("got the receipt %+v", receipt)
			}
		})
	}
}

func TestVerificationAnswers(t *testing.T) {
	ended := want{kind: provider.Unknown, text: "not under way"}
	for _, c := range []struct {
		name, answer string
		want         want
	}{
		{"pending", verifyTaken, want{}},
		{"ended", `{"sid":"VE1","status":"max_attempts_reached"}`, ended},
		{"no status", `{"sid":"VE1"}`, ended},
		{"no id", `{"status":"pending"}`, unreadable},
		{"nothing", ``, unreadable},
		{"not JSON", `secret words`, unreadable},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := capture(t, message(provider.SMS), throughVerify, http.StatusCreated, c.answer)
			c.want.check(t, err)
		})
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	voiceOnly := func(c *twilio.Config) { c.From = "" }
	noNumber := func(c *twilio.Config) { c.Voice = twilio.Voice{} }
	text := func(s string) func(*provider.Message) { return func(m *provider.Message) { m.Text, m.Code = s, "" } }
	code := func(s string) func(*provider.Message) { return func(m *provider.Message) { m.Code = s } }
	needsCode := want{kind: provider.Unroutable, text: "4 to 10"}
	for _, c := range []struct {
		name    string
		channel provider.Channel
		message func(*provider.Message)
		config  func(*twilio.Config)
		want    want
	}{
		{"a sender of 12 letters", provider.SMS, func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, nil, want{kind: provider.Refused, text: "sender"}},
		{"a sender with a full stop", provider.SMS, func(m *provider.Message) { m.From = "acme.com" }, nil, want{kind: provider.Unroutable, text: "letters"}},
		{"a sender of signs", provider.SMS, func(m *provider.Message) { m.From = "+-+" }, nil, want{kind: provider.Unroutable, text: "letters"}},
		{"a name for the US", provider.SMS, func(m *provider.Message) { m.To, m.Country = "+12125550123", "US" }, nil, want{kind: provider.Unroutable, text: "country"}},
		{"no text", provider.SMS, text(""), nil, want{kind: provider.Refused, text: "text"}},
		{"an SMS without a sender", provider.SMS, nil, voiceOnly, want{kind: provider.Misconfigured, text: "sender"}},
		{"a call without a number", provider.Voice, nil, noNumber, want{kind: provider.Misconfigured, text: "number"}},
		{"nothing to speak", provider.Voice, text(""), nil, want{kind: provider.Refused, text: "text"}},
		{"a long text to speak", provider.Voice, text(strings.Repeat("word ", 610)), nil, want{kind: provider.Refused, text: "3,000"}},
		{"many digits to speak", provider.Voice, text(strings.Repeat("1234 ", 50)), nil, want{kind: provider.Refused, text: "3,000"}},
		{"16 digits", provider.SMS, func(m *provider.Message) { m.To = "+1234567890123456" }, nil, want{kind: provider.Refused, text: "recipient"}},
		{"another channel", "fax", nil, nil, want{kind: provider.Misconfigured, text: "channel"}},
		{"a life that is over", provider.SMS, func(m *provider.Message) { m.Expires = time.Now().Add(-time.Second) }, nil, want{kind: provider.Unavailable, text: "ended"}},
		{"no code for Verify", provider.SMS, code(""), throughVerify, needsCode},
		{"a short code for Verify", provider.SMS, code("123"), throughVerify, needsCode},
		{"a long code for Verify", provider.Voice, code("12345678901"), throughVerify, needsCode},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(c.channel)
			if c.message != nil {
				c.message(&m)
			}
			got, _, err := capture(t, m, c.config, http.StatusCreated, smsTaken)
			c.want.check(t, err)
			if got.method != "" {
				t.Errorf("it was sent: %s %s", got.method, got.path)
			}
		})
	}
}
