package messagebird_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/messagebird"
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

func TestErrorCodes(t *testing.T) {
	listed := map[string]provider.Kind{"99": provider.Unknown}
	for code := range strings.FieldsSeq("2 9 10 20 21 25 98") {
		listed[code] = provider.Misconfigured
	}
	for code, kind := range listed {
		answer := fmt.Sprintf(`{"errors":[{"code":%s,"description":"secret words","parameter":null}]}`, code)
		for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
			_, _, err := capture(t, message(channel), nil, http.StatusUnprocessableEntity, answer)
			want{kind: kind, code: "error " + code}.check(t, err)
		}
	}
	if diff := cmp.Diff(listed, messagebird.ErrorCodes()); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
}

func TestNetworkCodes(t *testing.T) {
	listed := make(map[string]provider.Kind)
	for kind, list := range map[provider.Kind]string{provider.Refused: "1 2 3 5 9 10 11 12", provider.Unavailable: "0 8 26 27 31 34"} {
		for code := range strings.FieldsSeq(list) {
			listed[code] = kind
		}
	}
	for code, kind := range maps.All(listed) {
		answer := `{"id":"1","recipients":{"items":[{"status":"delivery_failed","statusReason":"secret words","statusErrorCode":` + code + `}]}}`
		_, _, err := capture(t, message(provider.SMS), nil, http.StatusCreated, answer)
		want{kind: kind, code: "status error " + code}.check(t, err)
	}
	if diff := cmp.Diff(listed, messagebird.NetworkCodes()); diff != "" {
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
		{"a code that is a text", 422, `{"errors":[{"code":"25"}]}`, want{provider.Misconfigured, "error 25", "credit"}},
		{"the second code is known", 422, `{"errors":[{"code":77},{"code":25}]}`, want{kind: provider.Misconfigured, code: "error 25"}},
		{"the key is wrong, and more", 401, `{"errors":[{"code":2,"parameter":"access_key"},{"code":9,"parameter":"recipients"}]}`, want{provider.Misconfigured, "error 2", "access key"}},
		{"a code in no list", 422, `{"errors":[{"code":77,"description":"secret words"}]}`, want{kind: provider.Refused, code: "HTTP 422"}},
		{"a code that is a sentence", 422, `{"errors":[{"code":"secret words"}]}`, want{kind: provider.Refused, code: "HTTP 422"}},
		{"a code that is a list", 403, `{"errors":[{"code":[]}]}`, want{kind: provider.Misconfigured, code: "HTTP 403"}},
		{"no errors", 500, `{"errors":[]}`, want{kind: provider.Unknown, code: "HTTP 500"}},
		{"a page", 502, `<html>secret words`, want{kind: provider.Unknown, code: "HTTP 502"}},
		{"closed for now", 503, ``, want{kind: provider.Unavailable, code: "HTTP 503"}},
		{"the recipient is missing", 422, `{"errors":[{"code":9,"parameter":"recipients"}]}`, want{provider.Refused, "error 9", "recipient"}},
		{"the recipient is wrong", 422, `{"errors":[{"code":10,"parameter":"recipient"}]}`, want{provider.Refused, "error 10", "recipient"}},
		{"the sender is wrong", 422, `{"errors":[{"code":10,"parameter":"originator"}]}`, want{provider.Unroutable, "error 10", "sender"}},
		{"the text is wrong", 400, `{"errors":[{"code":21,"parameter":"body"}]}`, want{provider.Refused, "error 21", "text"}},
		{"another parameter is wrong", 422, `{"errors":[{"code":10,"parameter":"validity"}]}`, want{provider.Misconfigured, "error 10", "parameter"}},
		{"a code of its own heeds no parameter", 402, `{"errors":[{"code":25,"parameter":"originator"}]}`, want{kind: provider.Misconfigured, code: "error 25"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := capture(t, message(provider.SMS), nil, c.status, c.answer)
			c.want.check(t, err)
		})
	}
}

func TestAnswersOfMessagesTaken(t *testing.T) {
	unreadable := want{kind: provider.Unknown, text: "can't be understood"}
	failed := want{kind: provider.Unavailable, text: "could not send"}
	recipient := func(fields string) string { return `{"id":"1","recipients":{"items":[{` + fields + `}]}}` }
	for _, c := range []struct {
		name, answer string
		want         want
		parts        int
	}{
		{"taken", smsTaken, want{}, 1},
		{"a call", callTaken, want{}, 0},
		{"three parts", recipient(`"status":"buffered","messagePartCount":3`), want{}, 3},
		{"parts that are none", recipient(`"status":"sent","messagePartCount":-1`), want{}, 0},
		{"a code of null", recipient(`"status":"sent","statusErrorCode":null`), want{}, 0},
		{"a status in no list", recipient(`"status":"secret words"`), want{}, 0},
		{"no recipients", `{"id":"1"}`, want{}, 0},
		{"failed without a code", recipient(`"status":"delivery_failed","statusErrorCode":null`), failed, 0},
		{"failed with a code in no list", recipient(`"status":"delivery_failed","statusErrorCode":7777`), failed, 0},
		{"expired at once", recipient(`"status":"expired"`), failed, 0},
		{"a call that failed", recipient(`"status":"failed"`), failed, 0},
		{"no id", `{"recipients":{"items":[{"status":"sent"}]}}`, unreadable, 0},
		{"an empty object", `{}`, unreadable, 0},
		{"nothing", ``, unreadable, 0},
		{"not JSON", `secret words`, unreadable, 0},
		{"half of it", smsTaken[:60], unreadable, 0},
		{"endless blanks after it", smsTaken + strings.Repeat(" ", provider.MaxAnswer), unreadable, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, receipt, err := capture(t, message(provider.SMS), nil, http.StatusCreated, c.answer)
			c.want.check(t, err)
			if receipt.Parts != c.parts || (receipt.ID != "") != (c.want == want{}) {
				t.Errorf("got %+v; want %d parts", receipt, c.parts)
			}
		})
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	noNumber := func(c *messagebird.Config) { c.Voice.From = "" }
	noSender := func(c *messagebird.Config) { c.From = "" }
	for _, c := range []struct {
		name    string
		channel provider.Channel
		message func(*provider.Message)
		config  func(*messagebird.Config)
		want    want
	}{
		{"a sender of 12 letters", provider.SMS, func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, nil, want{kind: provider.Refused, text: "sender"}},
		{"a name for the US", provider.SMS, func(m *provider.Message) { m.To, m.Country = "+12125550123", "US" }, nil, want{kind: provider.Unroutable, text: "country"}},
		{"an SMS without a sender", provider.SMS, nil, noSender, want{kind: provider.Misconfigured, text: "sender"}},
		{"no text", provider.SMS, func(m *provider.Message) { m.Text = "" }, nil, want{kind: provider.Refused, text: "no text"}},
		{"ten parts", provider.SMS, func(m *provider.Message) { m.Text = strings.Repeat("x", 1378) }, nil, want{kind: provider.Refused, text: "9 parts"}},
		{"a call without a number", provider.Voice, nil, noNumber, want{kind: provider.Misconfigured, text: "number to call from"}},
		{"nothing to say", provider.Voice, func(m *provider.Message) { m.Text, m.Code = "", "" }, nil, want{kind: provider.Refused, text: "no text"}},
		{"a long text to speak", provider.Voice, func(m *provider.Message) { m.Text = strings.Repeat("word ", 200) + "493817" }, nil, want{kind: provider.Refused, text: "1,000"}},
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
