package webhook_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

const judging = `
url: BASE
success: body.ok
id: body.id
errors:
  - {when: 'body.code == 1', kind: refused, code: body.code, detail: no such number}
  - {when: 'body.code in ["2", 2]', kind: unroutable, code: '"E" + string(body.code)'}
  - {when: 'status == 503 and body.busy', kind: throttled, code: body.why}
  - {when: 'any(body.parts, .state != "ok")', kind: unknown, code: 'headers["x-request-id"]'}
  - {when: 'capture(text, "<error>([0-9]+)</error>") == "9"', kind: misconfigured, code: 'capture(text, "<error>([0-9]+)</error>")'}
`

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		answer string
		kind   provider.Kind // 0 is a success
		code   string
	}{
		{"taken", 200, `{"ok":true,"id":"a-1"}`, 0, ""},
		{"taken with a number as its id", 202, `{"ok":true,"id":12}`, 0, ""},
		{"taken with parts", 200, `{"ok":true,"id":"a","parts":[{"state":"ok"}]}`, 0, ""},
		{"not quite", 200, `{"ok":"yes","id":"a"}`, provider.Unknown, ""},
		{"no id", 200, `{"ok":true}`, provider.Unknown, ""},
		{"an empty id", 200, `{"ok":true,"id":" "}`, provider.Unknown, ""},
		{"an id that is a list", 200, `{"ok":true,"id":[]}`, provider.Unknown, ""},
		{"a long id", 200, `{"ok":true,"id":"` + strings.Repeat("x", 129) + `"}`, provider.Unknown, ""},
		{"nothing", 200, ``, provider.Unknown, ""},
		{"null", 200, `null`, provider.Unknown, ""},
		{"a list", 200, `[1]`, provider.Unknown, ""},
		{"two values", 200, `{"ok":true,"id":"a"}{}`, provider.Unknown, ""},
		{"garbage", 200, "\x00\xff<html>", provider.Unknown, ""},
		{"a deep one", 200, strings.Repeat("[", 60_000), provider.Unknown, ""},
		{"a long one", 200, `{"ok":true,"id":"a"}` + strings.Repeat(" ", provider.MaxAnswer), provider.Unknown, ""},
		{"a long one of an error", 400, `{"code":1}` + strings.Repeat(" ", provider.MaxAnswer), provider.Refused, "HTTP 400"},
		{"an error inside", 200, `{"ok":true,"id":"a","code":1}`, provider.Refused, "1"},
		{"an error as a word", 422, `{"code":"2"}`, provider.Unroutable, "E2"},
		{"an error before the status", 503, `{"busy":true,"why":"later"}`, provider.Throttled, "later"},
		{"a status alone", 503, `{"busy":false}`, provider.Unavailable, "HTTP 503"},
		{"another status", 401, ``, provider.Misconfigured, "HTTP 401"},
		{"a part that failed", 200, `{"ok":true,"id":"a","parts":[{"state":"ok"},{"state":"lost"}]}`, provider.Unknown, "request-1"},
		{"XML", 200, `<r><error>9</error></r>`, provider.Misconfigured, "9"},
		{"a code that is a sentence", 503, `{"busy":true,"why":"Sorry, no!"}`, provider.Throttled, "HTTP 503"},
		{"a code that is long", 503, `{"busy":true,"why":"` + strings.Repeat("x", 33) + `"}`, provider.Throttled, "HTTP 503"},
		{"a code with the number", 503, `{"busy":true,"why":"to 447400123456"}`, provider.Throttled, "HTTP 503"},
		{"a code with the code", 503, `{"busy":true,"why":"code 493817"}`, provider.Throttled, "HTTP 503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, receipt, err := captured(t, judging, message(provider.SMS), provider.Account{}, c.status, c.answer)
			if c.kind == 0 {
				if err != nil || receipt.ID == "" {
					t.Errorf("got %+v, %v; want success", receipt, err)
				}
				return
			}
			failure, ok := errors.AsType[*provider.Error](err)
			if !ok || failure.Kind != c.kind || failure.Code != c.code {
				t.Errorf("got %v; want kind %v and code %q", err, c.kind, c.code)
			}
			if err != nil && strings.Contains(err.Error(), "Sorry") {
				t.Error("the error has the vendor's words")
			}
		})
	}
}

// An answer can't keep the worker busy, whatever is in it.
func TestAnswersDoNotTakeLong(t *testing.T) {
	section := "url: BASE\nsuccess: 'status == 200'\nerrors: [{when: 'any(body, any(#, any(#, # == 2)))', kind: refused}]\n"
	list := "[" + strings.TrimSuffix(strings.Repeat("[[1]],", 9_000), ",") + "]"
	_, _, err := captured(t, section, message(provider.SMS), provider.Account{}, http.StatusOK, list)
	if failure, ok := errors.AsType[*provider.Error](err); !ok || failure.Kind != provider.Unknown {
		t.Errorf("got %v; want nobody to know", err)
	}
	// Few enough are looked at to their end.
	_, _, err = captured(t, section, message(provider.SMS), provider.Account{}, http.StatusOK, "[[[1]],[[1],[2]]]")
	if failure, ok := errors.AsType[*provider.Error](err); !ok || failure.Kind != provider.Refused {
		t.Errorf("got %v; want the rule to hold", err)
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	for _, c := range []struct {
		name, section string
		change        func(*provider.Message)
		kind          provider.Kind
	}{
		{"a channel that is not configured", "", func(m *provider.Message) { m.Channel = provider.Voice }, provider.Misconfigured},
		{"a recipient of 16 digits", "", func(m *provider.Message) { m.To = "+1234567890123456" }, provider.Refused},
		{"a message past its life", "", func(m *provider.Message) { m.Expires = time.Now().Add(-time.Second) }, provider.Unavailable},
		{"a sender that is none", "", func(m *provider.Message) { m.From = "Acme Incorporated" }, provider.Refused},
		{"a name where there are none", "", func(m *provider.Message) { m.From, m.Country = "Acme", "US" }, provider.Unroutable},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.SMS)
			c.change(&m)
			got, _, err := captured(t, "url: BASE\n"+c.section+ok, m, provider.Account{}, http.StatusOK, "")
			failure, isFailure := errors.AsType[*provider.Error](err)
			if !isFailure || failure.Kind != c.kind || got.method != "" {
				t.Errorf("got %v and a request %q; want %v and none", err, got.method, c.kind)
			}
		})
	}
}

// An answer without an id is a success where no id is configured, and the vendor has no name for
// the message.
func TestAnswersWithoutAnID(t *testing.T) {
	_, receipt, err := captured(t, "url: BASE\nsuccess: text startsWith 'OK'", message(provider.SMS), provider.Account{}, http.StatusOK, "OK 1")
	if err != nil || receipt != (provider.Receipt{}) {
		t.Errorf("got %+v, %v", receipt, err)
	}
}
