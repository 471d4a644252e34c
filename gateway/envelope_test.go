package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
)

func TestTheEnvelopeOfASentMessage(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	for name, got := range map[string]answer{
		"by the tenant's setting": g.do(t, http.MethodPost, hookPath, envelopeToken, seedBody),
		"by the query":            g.do(t, http.MethodPost, hookPath+"?reply=envelope", statusToken, seedBody),
	} {
		want := `{"statusCode":200,"headers":{},"status":"success","data":{"MessageID":"ID"}}`
		if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" ||
			anyID.ReplaceAllString(got.body, "ID") != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got := g.do(t, http.MethodPost, hookPath+"?reply=status", envelopeToken, seedBody)
	if !strings.HasPrefix(got.body, `{"MessageID":"`) {
		t.Errorf("the query does not override the tenant's setting: %+v", got)
	}
	if len(sent.received()) != 3 {
		t.Errorf("%d messages were sent", len(sent.received()))
	}
}

func TestTheEnvelopeOfARefusal(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	failure := func(message string) string {
		return `{"status":"error","data":{"stack":"Error: ` + message + `","message":"` + message + `"}}`
	}
	const unauthorized = `{"status":"error","data":{"stack":"Error: Unauthorized extensibility point",` +
		`"message":"Unauthorized extensibility point","statusCode":500}}`
	const short = "Body.recipient is too short; short codes and numbers without their area code cannot be sent to"
	notAnObject := failure("Body received by extensibility point is not an object")
	for name, c := range map[string]struct{ method, query, token, body, want string }{
		"wrong token":        {"POST", "?reply=envelope", "wrong", seedBody, unauthorized},
		"wrong token, GET":   {"GET", "?reply=envelope", "wrong", "", unauthorized},
		"GET":                {"GET", "", envelopeToken, "", notAnObject},
		"OPTIONS":            {"OPTIONS", "", envelopeToken, "", notAnObject},
		"HEAD":               {"HEAD", "", envelopeToken, "", ""},
		"no body":            {"POST", "", envelopeToken, "", notAnObject},
		"scalar":             {"POST", "", envelopeToken, "3", notAnObject},
		"array":              {"POST", "", envelopeToken, "[]", failure("Body.recipient received by extensibility point is not a string")},
		"unknown shape":      {"POST", "", envelopeToken, "{}", failure("Body.recipient received by extensibility point is not a string")},
		"no language":        {"POST", "", envelopeToken, strings.Replace(seedBody, `"language":"en",`, "", 1), failure("Body.context.language received by extensibility point is not a string")},
		"message_type":       {"POST", "", envelopeToken, strings.Replace(seedBody, `"sms"`, `"text"`, 1), failure("Body.context.message_type received by extensibility point is not `sms` or `voice`")},
		"action":             {"POST", "", envelopeToken, strings.Replace(seedBody, `"enrollment"`, `"x"`, 1), failure("Body.context.action received by extensibility point is not `enrollment` or `second-factor-authentication`")},
		"another shape's":    {"POST", "", envelopeToken, `{"message_options":{"recipient":"+1"}}`, failure("Body.message_options.text is missing")},
		"bad number":         {"POST", "", envelopeToken, strings.Replace(seedBody, "1-808-555-5555", "12345", 1), `{"status":"error","data":{"stack":"Error: invalid_number: ` + short + `","message":"invalid_number: ` + short + `","name":"SendPhoneMessageError","friendlyMessage":"This phone number cannot receive messages. Please check it."}}`},
		"not JSON":           {"POST", "", envelopeToken, `{"recipient"`, failure("the body is cut off: its JSON is not complete after 12 bytes")},
		"too large":          {"POST", "", envelopeToken, strings.Repeat(" ", 256<<10+1), failure("the body has more than 262,144 bytes")},
		"unknown reply mode": {"POST", "?reply=letter", envelopeToken, seedBody, `"code":"invalid_request"`},
	} {
		t.Run(name, func(t *testing.T) {
			got := g.do(t, c.method, hookPath+c.query, c.token, c.body)
			if name == "unknown reply mode" {
				if got.status != 400 || !strings.Contains(got.body, c.want) {
					t.Errorf("the answer is %+v", got)
				}
				return
			}
			if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" || got.body != c.want {
				t.Errorf("the answer is %d %s; want %s", got.status, got.body, c.want)
			}
		})
	}
	if len(sent.received()) > 0 {
		t.Error("a refused message was sent")
	}
}

func TestTheEnvelopeTakesTheOtherShapesToo(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	for _, body := range []string{
		`{"message_options":{"recipient":"+18085555555","text":"x","message_type":"sms"}}`,
		`{"notification":{"recipient":"+18085555555","as_text":"x","message_type":"otp_verify"}}`,
		`{"to":"+18085555555","body":"x"}`,
		`{"recipient":"+18085555555","text":"x","message_type":"text"}`,
	} {
		if got := g.do(t, http.MethodPost, hookPath, envelopeToken, body); !strings.Contains(got.body, `"status":"success"`) {
			t.Errorf("%s: %+v", body, got)
		}
	}
	if len(sent.received()) != 4 {
		t.Errorf("%d messages were sent", len(sent.received()))
	}
}

// TestEnvelopesOfFailures holds the envelope of every failed delivery in one golden
// file.
func TestEnvelopesOfFailures(t *testing.T) {
	var all strings.Builder
	for _, code := range messaging.Codes() {
		if code == messaging.CodeSent || code == messaging.CodePending {
			continue
		}
		g := start(t, config(), gateway.Deps{Sender: fails(&messaging.Error{Code: code, Detail: "the sender's <detail>"})})
		got := g.do(t, http.MethodPost, hookPath, envelopeToken, seedBody)
		if got.status != http.StatusOK {
			t.Errorf("%s: %+v", code, got)
		}
		fmt.Fprintf(&all, "%s\n%s\n\n", code, got.body)
	}
	golden(t, "testdata/envelopes.txt", all.String())
}
