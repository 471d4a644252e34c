package vonage_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/vonage"
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

func TestSMSStatuses(t *testing.T) {
	kinds := map[provider.Kind][]int{
		provider.Throttled:     {1, 10},
		provider.Unavailable:   {5, 13},
		provider.Refused:       {7, 12, 33, 34},
		provider.Unroutable:    {6, 15},
		provider.Misconfigured: {2, 3, 4, 8, 9, 11, 14, 16, 19, 20, 22, 23, 29, 32},
	}
	var listed []int
	for kind, statuses := range kinds {
		for _, status := range statuses {
			listed = append(listed, status)
			answer := fmt.Sprintf(`{"message-count":"1","messages":[{"status":"%d","error-text":"secret words"}]}`, status)
			_, _, err := capture(t, message(provider.SMS), nil, http.StatusOK, answer)
			want{kind: kind, code: fmt.Sprintf("status %d", status)}.check(t, err)
		}
	}
	table := vonage.SMSStatuses()
	slices.Sort(listed)
	slices.Sort(table)
	if !slices.Equal(listed, table) {
		t.Errorf("the test has the statuses %v and the table %v", listed, table)
	}
}

func TestSMSAnswers(t *testing.T) {
	unknown := func(text string) want { return want{kind: provider.Unknown, text: text} }
	for _, c := range []struct {
		name, answer string
		want         want
		parts        int
	}{
		{"one part", smsTaken, want{}, 1},
		{"two parts", `{"message-count":"2","messages":[{"status":"0","message-id":"A"},{"status":"0","message-id":"B"}]}`, want{}, 2},
		{"numbers in place of strings", `{"message-count":1,"messages":[{"status":0,"message-id":"A"}]}`, want{}, 1},
		{"no count", `{"messages":[{"status":"0","message-id":"A"}]}`, want{}, 1},
		{"new fields", `{"x":{},"message-count":"1","messages":[{"status":"0","message-id":"A","y":[1]}]}`, want{}, 1},
		{"all parts refused", `{"message-count":"2","messages":[{"status":"9"},{"status":"9"}]}`, want{kind: provider.Misconfigured, code: "status 9"}, 0},
		{"the second part refused", `{"message-count":"2","messages":[{"status":"0"},{"status":"1","error-text":"secret words"}]}`, want{provider.Unknown, "status 1", "took 1 of 2 parts"}, 0},
		{"the first part refused", `{"message-count":"3","messages":[{"status":"6"},{"status":"0"},{"status":"0"}]}`, want{provider.Unknown, "status 6", "took 2 of 3 parts"}, 0},
		{"no messages", `{"message-count":"0","messages":[]}`, unknown("no message"), 0},
		{"null messages", `{"messages":null}`, unknown("no message"), 0},
		{"an empty object", `{}`, unknown("no message"), 0},
		{"fewer messages than counted", `{"message-count":"2","messages":[{"status":"0"}]}`, unknown("parts that it counts"), 0},
		{"a message without a status", `{"message-count":"1","messages":[{"message-id":"A"}]}`, unknown("no status"), 0},
		{"a status that is a word", `{"message-count":"1","messages":[{"status":"secret words"}]}`, unknown("no status"), 0},
		{"a negative status", `{"message-count":"1","messages":[{"status":"-1"}]}`, unknown("no status"), 0},
		{"an empty status", `{"message-count":"1","messages":[{"status":""}]}`, unknown("no status"), 0},
		{"not JSON", `secret words`, unknown("can't be understood"), 0},
		{"an array", `[]`, unknown("can't be understood"), 0},
		{"half of it", smsTaken[:40], unknown("can't be understood"), 0},
		{"endless blanks after it", smsTaken + strings.Repeat(" ", provider.MaxAnswer), unknown("can't be understood"), 0},
		{"messages of another kind", `{"messages":["secret words"]}`, unknown("can't be understood"), 0},
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

func TestMessagesCodes(t *testing.T) {
	kinds := map[provider.Kind]string{
		provider.Throttled:     "1000",
		provider.Unavailable:   "1030 1100",
		provider.Refused:       "1050 1090 1430",
		provider.Unroutable:    "1040 1120 1420",
		provider.Misconfigured: "1010 1020 1021 1022 1060 1070 1080 1130",
	}
	var listed []string
	for kind, codes := range kinds {
		for code := range strings.FieldsSeq(codes) {
			listed = append(listed, code)
			answer := `{"type":"https://developer.vonage.com/api-errors/messages#` + code + `","title":"secret words","detail":"secret words"}`
			_, _, err := capture(t, message(provider.SMS), messages, http.StatusUnprocessableEntity, answer)
			want{kind: kind, code: code}.check(t, err)
		}
	}
	table := vonage.MessagesCodes()
	slices.Sort(listed)
	slices.Sort(table)
	if !slices.Equal(listed, table) {
		t.Errorf("the test has the codes %v and the table %v", listed, table)
	}
}

func messages(c *vonage.Config) { c.Messages = true }

func TestMessagesAnswers(t *testing.T) {
	unreadable := want{kind: provider.Unknown, text: "can't be understood"}
	for _, c := range []struct {
		name   string
		status int
		answer string
		want   want
	}{
		{"taken", 202, `{"message_uuid":"1"}`, want{}},
		{"no id", 202, `{}`, unreadable},
		{"nothing", 202, ``, unreadable},
		{"not JSON", 202, `secret words`, unreadable},
		{"endless blanks after it", 202, `{"message_uuid":"1"}` + strings.Repeat(" ", provider.MaxAnswer), unreadable},
		{"a code in no list", 422, `{"type":"https://developer.vonage.com/api-errors/messages#1999"}`, want{kind: provider.Refused, code: "HTTP 422"}},
		{"an error that is not this API's", 401, `{"type":"https://developer.vonage.com/api-errors#unauthorized"}`, want{kind: provider.Misconfigured, code: "HTTP 401"}},
		{"an error without a page", 402, `{"type":"secret words"}`, want{kind: provider.Misconfigured, code: "HTTP 402"}},
		{"a page", 502, `<html>secret words`, want{kind: provider.Unknown, code: "HTTP 502"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := capture(t, message(provider.SMS), messages, c.status, c.answer)
			c.want.check(t, err)
		})
	}
}

func TestCallAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		answer string
		want   want
	}{
		{"started", 201, `{"uuid":"1","status":"started"}`, want{}},
		{"ringing", 200, `{"uuid":"1","status":"ringing"}`, want{}},
		{"no state", 201, `{"uuid":"1"}`, want{}},
		{"busy", 201, `{"uuid":"1","status":"busy"}`, want{provider.Unavailable, "status busy", "ended before"}},
		{"no call", 201, `{"status":"started"}`, want{kind: provider.Unknown, text: "no call"}},
		{"not JSON", 201, `secret words`, want{kind: provider.Unknown, text: "can't be understood"}},
		{"endless blanks after it", 201, `{"uuid":"1"}` + strings.Repeat(" ", provider.MaxAnswer), want{kind: provider.Unknown, text: "can't be understood"}},
		{"the recipient is wrong", 400, `{"type":"https://secret words","invalid_parameters":[{"name":"to[0].number"}]}`, want{provider.Refused, "HTTP 400", "refused"}},
		{"the sender is wrong", 400, `{"invalid_parameters":[{"name":"from","reason":"secret words"}]}`, want{provider.Unroutable, "HTTP 400", "voice.from"}},
		{"a part of the sender is wrong", 400, `{"invalid_parameters":[{"name":"from.number"}]}`, want{provider.Unroutable, "HTTP 400", "voice.from"}},
		{"something else is wrong", 400, `{"invalid_parameters":[{"name":"ncco[0].text"}]}`, want{provider.Misconfigured, "HTTP 400", "parameter"}},
		{"both are wrong", 400, `{"invalid_parameters":[{"name":"from"},{"name":"to"}]}`, want{provider.Refused, "HTTP 400", ""}},
		{"a page", 400, `<html>secret words`, want{provider.Refused, "HTTP 400", ""}},
		{"the token is refused", 401, `{"type":"UNAUTHORIZED","error_title":"secret words"}`, want{provider.Misconfigured, "HTTP 401", "credentials"}},
		{"no credit", 402, ``, want{provider.Misconfigured, "HTTP 402", "credit"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := capture(t, message(provider.Voice), nil, c.status, c.answer)
			c.want.check(t, err)
		})
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	voiceOnly := func(c *vonage.Config) { c.APIKey, c.APISecret = "", configs.Secret{} }
	smsOnly := func(c *vonage.Config) { c.ApplicationID, c.PrivateKey = "", configs.Secret{} }
	for _, c := range []struct {
		name    string
		channel provider.Channel
		message func(*provider.Message)
		config  func(*vonage.Config)
		want    want
	}{
		{"a sender of 12 letters", provider.SMS, func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, nil, want{kind: provider.Refused, text: "sender"}},
		{"a sender with a blank", provider.SMS, func(m *provider.Message) { m.From = "Acme Inc" }, nil, want{kind: provider.Unroutable, text: "letters and digits"}},
		{"a long reference", provider.SMS, func(m *provider.Message) { m.Reference = strings.Repeat("r", 41) }, nil, want{kind: provider.Misconfigured, text: "40 characters"}},
		{"a name for the US", provider.SMS, func(m *provider.Message) { m.To, m.Country = "+12125550123", "US" }, nil, want{kind: provider.Unroutable, text: "country"}},
		{"a long reference of a message", provider.SMS, func(m *provider.Message) { m.Reference = strings.Repeat("r", 101) }, messages, want{kind: provider.Misconfigured, text: "100 characters"}},
		{"a long text to speak", provider.Voice, func(m *provider.Message) { m.Text = strings.Repeat("word ", 300) + "493817" }, nil, want{kind: provider.Refused, text: "1,500"}},
		{"an SMS without its account", provider.SMS, nil, voiceOnly, want{kind: provider.Misconfigured, text: "api_key"}},
		{"a call without its application", provider.Voice, nil, smsOnly, want{kind: provider.Misconfigured, text: "application_id"}},
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
