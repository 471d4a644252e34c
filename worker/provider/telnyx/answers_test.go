package telnyx_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/telnyx"
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
		provider.Refused:     "10001 10002 10016 40001 40009 40012 40300 40301 40302 40304 40310 40316 40319 40322 40328",
		provider.Unroutable:  "40002 40003 40004 40007 40008 40010 40013 40015 40017 40019 40020 40100 40305 40306 40307 40309 40315 40320 40321 40325 40329 40330 40331",
		provider.Throttled:   "10011 40011 40016 40018 40318 90041 90042 90043",
		provider.Unknown:     "10007 10008",
		provider.Unavailable: "10037 40005 40006 40014",
		provider.Misconfigured: "10003 10004 10005 10006 10009 10010 10015 10017 10023 10025 10026 10027 10028 10029 10030 10032 10033 10034 10038 10039 " +
			"20001 20002 20003 20004 20005 20006 20007 20008 20012 20013 20014 20015 20016 20017 20100 40311 40312 40313 40314 40333 90012 90013",
	}
	listed := make(map[string]provider.Kind)
	for kind, list := range kinds {
		for code := range strings.FieldsSeq(list) {
			listed[code] = kind
			answer := fmt.Sprintf(`{"errors":[{"code":"%s","title":"secret words","detail":"secret words","meta":{}}]}`, code)
			for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
				_, _, err := capture(t, message(channel), nil, http.StatusBadRequest, answer)
				want{kind, code, telnyx.Reason(code)}.check(t, err)
			}
			if telnyx.Reason(code) == "" {
				t.Errorf("the code %s has no words", code)
			}
		}
	}
	if diff := cmp.Diff(listed, telnyx.Codes()); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		answer string
		want   want
	}{
		{"a code that is a number", 400, `{"errors":[{"code":40310}]}`, want{kind: provider.Refused, code: "40310"}},
		{"the second code is known", 400, `{"errors":[{"code":"49999"},{"code":"40318"}]}`, want{kind: provider.Throttled, code: "40318"}},
		{"a code in no list", 422, `{"errors":[{"code":"49999","detail":"secret words"}]}`, want{kind: provider.Refused, code: "HTTP 422"}},
		{"a code that is a sentence", 400, `{"errors":[{"code":"secret words"}]}`, want{kind: provider.Refused, code: "HTTP 400"}},
		{"a code that is a list", 403, `{"errors":[{"code":[]}]}`, want{kind: provider.Misconfigured, code: "HTTP 403"}},
		{"no errors", 500, `{"errors":[]}`, want{kind: provider.Unknown, code: "HTTP 500"}},
		{"a page", 502, `<html>secret words`, want{kind: provider.Unknown, code: "HTTP 502"}},
		{"the recipient is wrong", 422, `{"errors":[{"code":"10015","source":{"pointer":"/to"}}]}`, want{provider.Refused, "10015", "recipient"}},
		{"the sender is wrong", 422, `{"errors":[{"code":"10002","source":{"pointer":"/from"}}]}`, want{provider.Unroutable, "10002", "sender"}},
		{"the text is wrong", 422, `{"errors":[{"code":"10015","source":{"pointer":"/text"}}]}`, want{kind: provider.Misconfigured, code: "10015"}},
		{"a code of its own heeds no pointer", 400, `{"errors":[{"code":"40300","source":{"pointer":"/from"}}]}`, want{kind: provider.Refused, code: "40300"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := capture(t, message(provider.SMS), nil, c.status, c.answer)
			c.want.check(t, err)
		})
	}
}

func TestSMSAnswers(t *testing.T) {
	unreadable := want{kind: provider.Unknown, text: "can't be understood"}
	for _, c := range []struct {
		name, answer string
		want         want
		parts        int
	}{
		{"taken", smsTaken, want{}, 1},
		{"three parts", `{"data":{"id":"1","to":[{"status":"sending"}],"parts":3}}`, want{}, 3},
		{"sent at once", `{"data":{"id":"1","to":[{"status":"sent"}]}}`, want{}, 0},
		{"a status in no list", `{"data":{"id":"1","to":[{"status":"secret words"}]}}`, want{}, 0},
		{"no recipients", `{"data":{"id":"1"}}`, want{}, 0},
		{"failed with a code", `{"data":{"id":"1","to":[{"status":"sending_failed"}],"errors":[{"code":"40012","detail":"secret words"}]}}`, want{provider.Refused, "40012", "number"}, 0},
		{"failed without one", `{"data":{"id":"1","to":[{"status":"delivery_failed"}]}}`, want{kind: provider.Unavailable, text: "could not send"}, 0},
		{"partly failed", `{"data":{"id":"1","to":[{"status":"queued"},{"status":"sending_failed"}]}}`, want{kind: provider.Unknown, text: "some of"}, 0},
		{"no id", `{"data":{"to":[{"status":"queued"}]}}`, unreadable, 0},
		{"an empty object", `{}`, unreadable, 0},
		{"nothing", ``, unreadable, 0},
		{"not JSON", `secret words`, unreadable, 0},
		{"half of it", smsTaken[:60], unreadable, 0},
		{"endless blanks after it", smsTaken + strings.Repeat(" ", provider.MaxAnswer), unreadable, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, receipt, err := capture(t, message(provider.SMS), nil, http.StatusOK, c.answer)
			c.want.check(t, err)
			if receipt.Parts != c.parts {
				t.Errorf("got %d parts; want %d", receipt.Parts, c.parts)
			}
		})
	}
}

func TestCallAnswers(t *testing.T) {
	unreadable := want{kind: provider.Unknown, text: "can't be understood"}
	for _, c := range []struct {
		name, answer string
		want         want
		id           string
	}{
		{"queued", callTaken, want{}, "v3:1"},
		{"the id under its other name", `{"status":"initiated","sid":"v3:2"}`, want{}, "v3:2"},
		{"no id", `{"from":"+1","to":"+2","status":"queued"}`, want{}, ""},
		{"busy", `{"status":"busy","call_sid":"v3:1"}`, want{provider.Unavailable, "status busy", "ended before"}, ""},
		{"no status", `{"call_sid":"v3:1"}`, unreadable, ""},
		{"nothing", ``, unreadable, ""},
		{"not JSON", `secret words`, unreadable, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, receipt, err := capture(t, message(provider.Voice), nil, http.StatusOK, c.answer)
			c.want.check(t, err)
			if receipt.ID != c.id {
				t.Errorf("got the id %q; want %q", receipt.ID, c.id)
			}
		})
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	smsOnly := func(c *telnyx.Config) { c.Voice = telnyx.Voice{} }
	voiceOnly := func(c *telnyx.Config) { c.From, c.MessagingProfileID = "", "" }
	noProfile := func(c *telnyx.Config) { c.From, c.MessagingProfileID = "+447700900000", "" }
	for _, c := range []struct {
		name    string
		channel provider.Channel
		message func(*provider.Message)
		config  func(*telnyx.Config)
		want    want
	}{
		{"a sender of 12 letters", provider.SMS, func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, nil, want{kind: provider.Refused, text: "sender"}},
		{"a sender with a hyphen", provider.SMS, func(m *provider.Message) { m.From = "Acme-Inc" }, nil, want{kind: provider.Unroutable, text: "letters"}},
		{"a sender without its profile", provider.SMS, func(m *provider.Message) { m.From = "Acme" }, noProfile, want{kind: provider.Unroutable, text: "messaging_profile_id"}},
		{"a name for the US", provider.SMS, func(m *provider.Message) { m.To, m.Country = "+12125550123", "US" }, nil, want{kind: provider.Unroutable, text: "country"}},
		{"no text", provider.SMS, func(m *provider.Message) { m.Text = "" }, nil, want{kind: provider.Refused, text: "text"}},
		{"an SMS without a sender", provider.SMS, nil, voiceOnly, want{kind: provider.Misconfigured, text: "sender"}},
		{"a call without its application", provider.Voice, nil, smsOnly, want{kind: provider.Misconfigured, text: "section voice"}},
		{"a long text to speak", provider.Voice, func(m *provider.Message) { m.Text = strings.Repeat("word ", 600) + "493817" }, nil, want{kind: provider.Refused, text: "3,000"}},
		{"16 digits", provider.SMS, func(m *provider.Message) { m.To = "+1234567890123456" }, nil, want{kind: provider.Refused, text: "recipient"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(c.channel)
			if c.message != nil {
				c.message(&m)
			}
			got, _, err := capture(t, m, c.config, http.StatusOK, smsTaken)
			c.want.check(t, err)
			if got.method != "" {
				t.Errorf("it was sent: %s %s", got.method, got.path)
			}
		})
	}
}
