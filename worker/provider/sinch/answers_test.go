package sinch_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/sinch"
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
	if failure.Kind != w.kind || failure.Code != w.code || failure.Detail == "" || !strings.Contains(failure.Detail, w.text) {
		t.Errorf("got %v; want kind %v, code %q and %q", failure, w.kind, w.code, w.text)
	}
	if strings.Contains(err.Error(), "secret words") {
		t.Errorf("the error %v repeats the vendor's words", err)
	}
}

func TestSMSCodes(t *testing.T) {
	listed := map[string]provider.Kind{"syntax_invalid_parameter_format": provider.Refused}
	for code := range strings.FieldsSeq("illegal_number_type unknown_campaign") {
		listed[code] = provider.Unroutable
	}
	for code := range strings.FieldsSeq("syntax_invalid_json syntax_constraint_violation unknown_group missing_callback_url blocked_account") {
		listed[code] = provider.Misconfigured
	}
	for code, kind := range listed {
		_, _, err := capture(t, message(provider.SMS), nil, http.StatusForbidden, `{"code":"`+code+`","text":"secret words"}`)
		want{kind: kind, code: code}.check(t, err)
	}
	if diff := cmp.Diff(listed, sinch.SMSCodes()); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
}

func TestVoiceCodes(t *testing.T) {
	listed := map[string]provider.Kind{
		"40001": provider.Refused, "42201": provider.Unroutable, "42900": provider.Throttled, "50000": provider.Unknown, "50300": provider.Unavailable,
	}
	for code := range strings.FieldsSeq("40002 40003 40004 40005 40100 40101 40102 40200") {
		listed[code] = provider.Misconfigured
	}
	for code, kind := range listed {
		for _, written := range []string{code, `"` + code + `"`} {
			_, _, err := capture(t, message(provider.Voice), nil, http.StatusUnprocessableEntity, `{"errorCode":`+written+`,"message":"secret words"}`)
			want{kind: kind, code: code}.check(t, err)
		}
	}
	if diff := cmp.Diff(listed, sinch.VoiceCodes()); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel provider.Channel
		status  int
		answer  string
		want    want
	}{
		{"a code in no list", provider.SMS, 400, `{"code":"secret words"}`, want{kind: provider.Refused, code: "HTTP 400"}},
		{"a code that is a list", provider.SMS, 403, `{"code":[]}`, want{kind: provider.Misconfigured, code: "HTTP 403"}},
		{"the token is wrong", provider.SMS, 401, ``, want{kind: provider.Misconfigured, code: "HTTP 401"}},
		{"a page", provider.SMS, 502, `<html>secret words`, want{kind: provider.Unknown, code: "HTTP 502"}},
		{"closed for now", provider.SMS, 503, ``, want{kind: provider.Unavailable, code: "HTTP 503"}},
		{"a voice code in no list", provider.Voice, 400, `{"errorCode":40077}`, want{kind: provider.Refused, code: "HTTP 400"}},
		{"a voice code that is a sentence", provider.Voice, 403, `{"errorCode":"secret words"}`, want{kind: provider.Misconfigured, code: "HTTP 403"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := capture(t, message(c.channel), nil, c.status, c.answer)
			c.want.check(t, err)
		})
	}
}

func TestAnswersOfMessagesTaken(t *testing.T) {
	unreadable := want{kind: provider.Unknown, text: "can't be understood"}
	for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
		taken := smsTaken
		if channel == provider.Voice {
			taken = callTaken
		}
		for name, c := range map[string]struct {
			answer string
			want   want
		}{
			"taken": {taken, want{}}, "no id": {`{"type":"mt_text"}`, unreadable}, "an id that is a number": {`{"id":1,"callId":1}`, unreadable},
			"nothing": {``, unreadable}, "not JSON": {`secret words`, unreadable}, "half of it": {taken[:10], unreadable},
			"endless blanks after it": {taken + strings.Repeat(" ", provider.MaxAnswer), unreadable},
		} {
			_, receipt, err := capture(t, message(channel), nil, http.StatusCreated, c.answer)
			c.want.check(t, err)
			if (receipt.ID != "") != (c.want == want{}) {
				t.Errorf("%s: got %+v", name, receipt)
			}
		}
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	voiceAlone := func(c *sinch.Config) { c.ServicePlanID, c.APIToken = "", sinch.Config{}.APIToken }
	smsAlone := func(c *sinch.Config) { c.Voice = sinch.Voice{} }
	for _, c := range []struct {
		name    string
		channel provider.Channel
		message func(*provider.Message)
		config  func(*sinch.Config)
		want    want
	}{
		{"a sender of 12 letters", provider.SMS, func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, nil, want{kind: provider.Refused, text: "sender"}},
		{"a name for the US", provider.SMS, func(m *provider.Message) { m.To, m.Country = "+12125550123", "US" }, nil, want{kind: provider.Unroutable, text: "country"}},
		{"an SMS without a service plan", provider.SMS, nil, voiceAlone, want{kind: provider.Misconfigured, text: "service plan"}},
		{"a call without an application", provider.Voice, nil, smsAlone, want{kind: provider.Misconfigured, text: "section voice"}},
		{"no text", provider.SMS, func(m *provider.Message) { m.Text = "" }, nil, want{kind: provider.Refused, text: "no text"}},
		{"a long text", provider.SMS, func(m *provider.Message) { m.Text = strings.Repeat("x", 1601) }, nil, want{kind: provider.Refused, text: "1,600"}},
		{"a parameter", provider.SMS, func(m *provider.Message) { m.Text = "493817 ${name}" }, nil, want{kind: provider.Unroutable, text: "parameter"}},
		{"a long text to speak", provider.Voice, func(m *provider.Message) { m.Text = strings.Repeat("word ", 130) + "493817" }, nil, want{kind: provider.Refused, text: "600"}},
		{"16 digits", provider.SMS, func(m *provider.Message) { m.To = "+1234567890123456" }, nil, want{kind: provider.Refused, text: "recipient"}},
		{"no channel", "fax", nil, nil, want{kind: provider.Misconfigured, text: "channel"}},
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
