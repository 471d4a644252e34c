package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
)

func TestOneLineTellsWhatBecameOfACall(t *testing.T) {
	g := start(t, config(), gateway.Deps{Sender: &phones{}})
	id := strings.TrimSuffix(strings.TrimPrefix(g.post(t, seedBody).body, `{"MessageID":"`), `"}`)
	lines := g.logs.All()
	if len(lines) != 1 || lines[0].Message != "call" || lines[0].Level != zapcore.InfoLevel || lines[0].LoggerName != "gateway" {
		t.Fatalf("the lines are %v", lines)
	}
	fields := lines[0].ContextMap()
	for key, want := range map[string]any{
		"id": id, "tenant": "acme", "channel": "sms", "country": "US", "provider": "phones", "worker": "w1",
		"attempts": int64(1), "outcome": "sent", "status": int64(200), "shape": "hook",
	} {
		if fields[key] != want {
			t.Errorf("%s is %v; want %v", key, fields[key], want)
		}
	}
	if _, there := fields["duration"]; !there {
		t.Error("there is no duration")
	}
}

func TestTheLevelOfALineTellsWhoMustAct(t *testing.T) {
	for code, want := range map[messaging.Code]zapcore.Level{
		messaging.CodeInvalidNumber: zapcore.InfoLevel, messaging.CodeRejected: zapcore.InfoLevel,
		messaging.CodeBlocked: zapcore.InfoLevel, messaging.CodeRateLimited: zapcore.InfoLevel,
		messaging.CodeUnavailable: zapcore.WarnLevel, messaging.CodeUnknown: zapcore.WarnLevel, messaging.CodeExpired: zapcore.WarnLevel,
		messaging.CodeInternal: zapcore.ErrorLevel, messaging.CodeMisconfigured: zapcore.ErrorLevel,
	} {
		g := start(t, config(), gateway.Deps{Sender: fails(&messaging.Error{Code: code, Cause: errors.New("the cause")})})
		g.post(t, seedBody)
		line := g.logs.FilterMessage("call").All()[0]
		if line.Level != want || line.ContextMap()["outcome"] != code.String() || line.ContextMap()["error"] != "the cause" {
			t.Errorf("%s is logged as %s %v", code, line.Level, line.ContextMap())
		}
	}
}

// TestLogsHoldNothingOfACallersWords marks everything in calls of many outcomes and
// looks for the marks in all output.
func TestLogsHoldNothingOfACallersWords(t *testing.T) {
	const mark, number = "MARK90210", "+18085559021"
	fail := errors.New("down")
	sender := messaging.SenderFunc(func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		if m.Channel == messaging.Voice {
			panic(m.Text)
		}
		return messaging.Receipt{}, &messaging.Error{Code: messaging.CodeUnavailable, Detail: fmt.Sprintf("not sent: %v", m), Cause: fail}
	})
	var e engine
	deps := e.deps()
	deps.Sender = sender
	g := start(t, repeating(), deps)
	body := `{"recipient":"` + number + `","text":"` + mark + `","context":{"message_type":"%s","action":"%s","language":"` + mark + `",` +
		`"code":"` + mark + `","ip":"` + mark + `","user_agent":"` + mark + `","client":{"client_id":"` + mark + `","name":"` + mark + `"},` +
		`"user":{"user_id":"` + mark + `","email":"` + mark + `"}}}`
	for _, c := range []string{
		fmt.Sprintf(body, "sms", "enrollment"),
		fmt.Sprintf(body, "voice", "enrollment"),
		fmt.Sprintf(body, mark, "enrollment"),
		fmt.Sprintf(body, "sms", mark),
		strings.Replace(fmt.Sprintf(body, "sms", "enrollment"), number, number+mark, 1),
		`{"` + mark + `":1,"` + mark + `":2}`,
		`{"` + mark,
		mark,
	} {
		for _, query := range []string{"", "?reply=envelope", "?reply=" + mark} {
			g.do(t, http.MethodPost, hookPath+query, statusToken, c, "User-Agent", mark, "X-Request-Id", mark)
		}
	}
	native := `{"to":"` + number + `","text":"` + mark + `","code":"` + mark + `","user":{"name":"` + mark + `"}}`
	for _, headers := range [][]string{nil, {"Prefer", "respond-async"}, {"Prefer", "wait=" + mark}, {"Idempotency-Key", mark}, {"Idempotency-Key", mark + " " + mark}} {
		g.send(t, native, headers...)
		g.send(t, `{"`+mark+`":1}`, headers...)
	}
	e.keys.Break(true)
	e.history.Break(true)
	g.send(t, native, "Idempotency-Key", mark+"2")
	for _, path := range []string{"?to=%2B" + number[1:], "?to=" + mark, "?" + mark + "=1", "/" + mark, "/" + mark + "/cancel"} {
		g.native(t, http.MethodGet, messagesPath+path, "")
		g.native(t, http.MethodPost, messagesPath+path, "")
	}
	g.do(t, http.MethodPost, hookPath, mark, "{}")
	g.do(t, http.MethodGet, "/"+mark+"?q="+mark, mark, "")
	g.do(t, mark, hookPath, mark, "")
	g.admin(t, http.MethodGet, "/", "Host", mark+".example")
	lines := g.logs.All()
	if len(lines) < 25 {
		t.Fatalf("only %d lines", len(lines))
	}
	for _, event := range e.history.All() {
		data, err := messaging.EncodeEvent(event)
		if err != nil || strings.Contains(string(data), mark) || strings.Contains(string(data), number[1:]) {
			t.Errorf("an event holds a caller's words: %s, %v", data, err)
		}
	}
	for _, line := range lines {
		data, err := json.Marshal(line.ContextMap())
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{mark, number[1:], statusToken} {
			if strings.Contains(line.Message+string(data), word) {
				t.Errorf("a line holds %q: %s %s", word, line.Message, data)
			}
		}
	}
}

func TestARefusedCallIsFoundByItsID(t *testing.T) {
	g := start(t, config(), gateway.Deps{Sender: &phones{}})
	for _, body := range []string{"{", `{"recipient":"12","text":"x"}`, strings.Repeat("x", 300_000)} {
		var problem struct {
			MessageID string `json:"message_id"`
		}
		if err := json.Unmarshal([]byte(g.post(t, body).body), &problem); err != nil {
			t.Fatal(err)
		}
		if found := g.logs.FilterField(zap.String("id", problem.MessageID)).Len(); problem.MessageID == "" || found != 1 {
			t.Errorf("%d lines have the id %q", found, problem.MessageID)
		}
	}
}
