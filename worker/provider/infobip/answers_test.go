package infobip_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/infobip"
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

var channels = []provider.Channel{provider.SMS, provider.Voice}

func withStatus(group, id int) string {
	return fmt.Sprintf(`{"messages":[{"messageId":"1","status":{"groupId":%d,"groupName":"secret words","id":%d,"name":"secret words",`+
		`"description":"secret words","action":"secret words"}}]}`, group, id)
}

func TestStatusesOfAnswers(t *testing.T) {
	kinds := map[provider.Kind][]int{
		0:                      {2, 3, 5, 7, 26},
		provider.Refused:       {8, 10, 25, 52, 55},
		provider.Unroutable:    {4, 6, 11, 13, 14, 18, 19, 20, 54, 87},
		provider.Unavailable:   {9, 15, 21, 31, 96, 97, 98, 99, 100},
		provider.Unknown:       {23, 29},
		provider.Misconfigured: {12, 17, 24, 51, 53, 56, 57, 58, 59, 60, 61, 62, 63, 64, 83, 91},
	}
	listed := make(map[int]provider.Kind)
	for kind, ids := range kinds {
		for _, id := range ids {
			listed[id] = kind
			if infobip.StatusReason(id) == "" {
				t.Errorf("the status %d has no words", id)
			}
			group, expected := 5, want{kind, fmt.Sprintf("status %d", id), infobip.StatusReason(id)}
			if kind == 0 {
				group, expected = 1, want{}
			}
			for _, channel := range channels {
				_, _, err := capture(t, message(channel), nil, http.StatusOK, withStatus(group, id))
				expected.check(t, err)
			}
		}
	}
	if diff := cmp.Diff(listed, infobip.Statuses()); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	kinds := map[provider.Kind]string{
		provider.Misconfigured: "E400 BAD_REQUEST E401 UNAUTHORIZED E403 FORBIDDEN E404 NOT_FOUND E405",
		provider.Throttled:     "E429 TOO_MANY_REQUESTS",
		provider.Unknown:       "E500 GENERAL_ERROR",
	}
	listed := make(map[string]provider.Kind)
	for kind, list := range kinds {
		for code := range strings.FieldsSeq(list) {
			listed[code] = kind
			for _, answer := range []string{
				`{"errorCode":"` + code + `","description":"secret words","action":"secret words","violations":[],"resources":[]}`,
				`{"requestError":{"serviceException":{"messageId":"` + code + `","text":"secret words"}}}`,
			} {
				for _, channel := range channels {
					_, _, err := capture(t, message(channel), nil, http.StatusBadRequest, answer)
					want{kind, code, infobip.RefusalReason(code)}.check(t, err)
				}
			}
		}
	}
	if diff := cmp.Diff(listed, infobip.Refusals()); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
}

func TestWhatARefusalIsAbout(t *testing.T) {
	violation := func(properties ...string) string {
		all := ""
		for _, property := range properties {
			all += `,{"property":"` + property + `","violation":"secret words"}`
		}
		return `{"errorCode":"E400","violations":[` + strings.TrimPrefix(all, ",") + `]}`
	}
	older := func(property string) string {
		return `{"requestError":{"serviceException":{"messageId":"BAD_REQUEST","text":"secret words","validationErrors":{"` + property + `":["secret words"]}}}}`
	}
	for _, c := range []struct {
		name   string
		status int
		answer string
		want   want
	}{
		{"the recipient", 400, violation("messages[0].destinations[0].to"), want{provider.Refused, "E400", "recipient"}},
		{"the sender", 400, violation("messages[0].sender"), want{provider.Unroutable, "E400", "sender"}},
		{"the sender of a call", 400, older("messages[0].from"), want{provider.Unroutable, "BAD_REQUEST", "sender"}},
		{"the recipient of a call", 400, older("to"), want{provider.Refused, "BAD_REQUEST", "recipient"}},
		{"the text", 400, violation("messages[0].content.text"), want{provider.Misconfigured, "E400", "sense"}},
		{"two properties", 400, violation("messages[0].sender", "messages[0].content"), want{provider.Misconfigured, "E400", "sense"}},
		{"a name that ends alike", 400, violation("messages[0].auto"), want{provider.Misconfigured, "E400", "sense"}},
		{"a property that is a sentence", 400, violation("secret words"), want{provider.Misconfigured, "E400", "sense"}},
		{"another code heeds none", 403, `{"errorCode":"E403","violations":[{"property":"to"}]}`, want{provider.Misconfigured, "E403", "scopes"}},
		{"a code in no list", 422, `{"errorCode":"E422"}`, want{kind: provider.Refused, code: "HTTP 422"}},
		{"a code that is a sentence", 400, `{"errorCode":"secret words"}`, want{kind: provider.Refused, code: "HTTP 400"}},
		{"a code that is a number", 403, `{"errorCode":403}`, want{kind: provider.Misconfigured, code: "HTTP 403"}},
		{"nothing", 500, ``, want{kind: provider.Unknown, code: "HTTP 500"}},
		{"a page", 503, `<html>secret words`, want{kind: provider.Unavailable, code: "HTTP 503"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := capture(t, message(provider.SMS), nil, c.status, c.answer)
			c.want.check(t, err)
		})
	}
}

func TestThrottlingSaysHowLongToWait(t *testing.T) {
	_, _, err := capture(t, message(provider.SMS), nil, http.StatusTooManyRequests, `{"errorCode":"E429"}`)
	failure, ok := errors.AsType[*provider.Error](err)
	if !ok || failure.Kind != provider.Throttled || failure.RetryAfter != 7*time.Second {
		t.Errorf("got %v; want to wait for 7 s", err)
	}
}

func TestAnswers(t *testing.T) {
	unreadable := want{kind: provider.Unknown, text: "can't be understood"}
	for _, c := range []struct {
		name, answer string
		want         want
		parts        int
	}{
		{"taken", smsTaken, want{}, 1},
		{"three parts", `{"messages":[{"messageId":"1","status":{"groupId":1},"details":{"messageCount":3}}]}`, want{}, 3},
		{"no count of parts", `{"messages":[{"messageId":"1","status":{"groupId":1,"id":7}}]}`, want{}, 0},
		{"the group of what is accepted", withStatus(0, 0), want{}, 0},
		{"delivered at once", withStatus(3, 5), want{}, 0},
		{"taken with a status in no list", withStatus(1, 999), want{}, 0},
		{"rejected with a status in no list", withStatus(5, 999), want{provider.Unroutable, "status 999", "rejected"}, 0},
		{"undeliverable with a status in no list", withStatus(2, 999), want{provider.Unavailable, "status 999", "delivered"}, 0},
		{"expired with a status in no list", withStatus(4, 999), want{provider.Unavailable, "status 999", "validity"}, 0},
		{"rejected with the status of a success", withStatus(5, 5), want{provider.Unroutable, "status 5", "rejected"}, 0},
		{"rejected without a status", `{"messages":[{"status":{"groupId":5}}]}`, want{kind: provider.Unroutable, text: "rejected"}, 0},
		{"rejected with a number", withStatus(5, 447400123456), want{kind: provider.Unroutable, text: "rejected"}, 0},
		{"a group in no list", withStatus(6, 1), want{provider.Unknown, "status 1", "in no list"}, 0},
		{"no group", `{"messages":[{"messageId":"1","status":{"id":26}}]}`, unreadable, 0},
		{"no status", `{"messages":[{"messageId":"1"}]}`, unreadable, 0},
		{"taken without an id", `{"messages":[{"status":{"groupId":1}}]}`, unreadable, 0},
		{"two messages", `{"messages":[{"messageId":"1","status":{"groupId":1}},{"messageId":"2","status":{"groupId":5}}]}`, unreadable, 0},
		{"no messages", `{"messages":[]}`, unreadable, 0},
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
			_, _, err = capture(t, message(provider.Voice), nil, http.StatusOK, c.answer)
			c.want.check(t, err)
		})
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	nameOnly := func(c *infobip.Config) { c.Voice.From = "" }
	voiceOnly := func(c *infobip.Config) { c.From = "" }
	text := func(text string) func(*provider.Message) { return func(m *provider.Message) { m.Text = text } }
	for _, c := range []struct {
		name    string
		channel provider.Channel
		message func(*provider.Message)
		config  func(*infobip.Config)
		want    want
	}{
		{"a sender of 12 letters", provider.SMS, func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, nil, want{kind: provider.Refused, text: "sender"}},
		{"a sender of 2 letters", provider.SMS, func(m *provider.Message) { m.From = "Ac" }, nil, want{kind: provider.Unroutable, text: "3 characters"}},
		{"a name for the US", provider.SMS, func(m *provider.Message) { m.To, m.Country = "+12125550123", "US" }, nil, want{kind: provider.Unroutable, text: "country"}},
		{"no text", provider.SMS, text(""), nil, want{kind: provider.Refused, text: "no text"}},
		{"26 parts", provider.SMS, text(strings.Repeat("x", 25*153+1)), nil, want{kind: provider.Refused, text: "25 parts"}},
		{"4,001 bytes", provider.SMS, text(strings.Repeat("я", 1000) + strings.Repeat("語", 667)), nil, want{kind: provider.Refused, text: "4,000 bytes"}},
		{"an SMS without a sender", provider.SMS, nil, voiceOnly, want{kind: provider.Misconfigured, text: "sender"}},
		{"a call without a number", provider.Voice, nil, nameOnly, want{kind: provider.Misconfigured, text: "number to call from"}},
		{"nothing to speak", provider.Voice, func(m *provider.Message) { m.Text, m.Code = "", "" }, nil, want{kind: provider.Refused, text: "no text"}},
		{"a long text to speak", provider.Voice, text(strings.Repeat("word ", 140) + "493817"), nil, want{kind: provider.Refused, text: "1,400"}},
		{"16 digits", provider.SMS, func(m *provider.Message) { m.To = "+1234567890123456" }, nil, want{kind: provider.Refused, text: "recipient"}},
		{"a life that is over", provider.SMS, func(m *provider.Message) { m.Expires = time.Now().Add(-time.Second) }, nil, want{kind: provider.Unavailable, text: "life"}},
		{"another channel", "fax", nil, nil, want{kind: provider.Misconfigured, text: "channel"}},
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
