package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
)

var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// TestProblemDocuments holds the answer to every code, with and without a retry, in
// one golden file: status, the headers that belong to it, and the document.
func TestProblemDocuments(t *testing.T) {
	var all strings.Builder
	for _, c := range messaging.Codes() {
		if c == messaging.CodeSent || c == messaging.CodePending {
			continue
		}
		for _, e := range []*messaging.Error{
			{Code: c, Cause: errors.New("CAUSE that nobody may see")},
			{Code: c, Detail: "the sender's detail", Field: "a.field", RetryAfter: 1500 * time.Millisecond},
		} {
			g := start(t, config(), gateway.Deps{Sender: fails(fmt.Errorf("wrapped: %w", e))})
			got := g.post(t, seedBody)
			if got.status != c.Status() || strings.Contains(got.body, "CAUSE") {
				t.Errorf("%s: %+v", c, got)
			}
			fmt.Fprintf(&all, "%d %s\n", got.status, got.header.Get("Content-Type"))
			for _, name := range []string{"Allow", "Cache-Control", "Retry-After", "Www-Authenticate"} {
				if value := got.header.Get(name); value != "" {
					fmt.Fprintf(&all, "%s: %s\n", name, value)
				}
			}
			fmt.Fprintf(&all, "%s\n\n", anyID.ReplaceAllString(got.body, "ID"))
		}
	}
	golden(t, "testdata/problems.txt", all.String())
}

func TestATimeoutSaysWhetherTheMessageMayHaveGoneOut(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		want  string
		retry string
	}{
		"expired":      {&messaging.Error{Code: messaging.CodeExpired}, "the message was not sent", "1"},
		"unknown":      {&messaging.Error{Code: messaging.CodeUnknown}, "the message may still have gone out", ""},
		"bare context": {fmt.Errorf("away: %w", context.DeadlineExceeded), "the message may still have gone out", ""},
	} {
		g := start(t, config(), gateway.Deps{Sender: fails(c.err)})
		got := g.post(t, seedBody)
		if got.status != http.StatusGatewayTimeout || !strings.Contains(got.body, c.want) || got.header.Get("Retry-After") != c.retry {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestFaultsOfTheSenderAreProblemsWithoutDetails(t *testing.T) {
	for name, sender := range map[string]messaging.Sender{
		"a foreign error": fails(errors.New("SECRET in a foreign error")),
		"no outcome":      fails(nil),
		"a panic": messaging.SenderFunc(func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
			panic("SECRET in a panic: " + m.Text)
		}),
		"a nil dereference": messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
			var m *messaging.Message
			return messaging.Receipt{Provider: m.Text}, nil
		}),
	} {
		g := start(t, config(), gateway.Deps{Sender: sender})
		got := g.post(t, seedBody)
		if got.status != http.StatusInternalServerError || !strings.Contains(got.body, `"code":"internal"`) ||
			strings.Contains(got.body, "SECRET") || strings.Contains(got.body, "goroutine") {
			t.Errorf("%s: %+v", name, got)
		}
		if strings.Contains(name, "panic") || strings.Contains(name, "nil") {
			panics := g.logs.FilterMessage("panic").All()
			if len(panics) != 1 || !strings.Contains(fmt.Sprint(panics[0].ContextMap()["stack"]), "problem_test.go") ||
				strings.Contains(fmt.Sprint(panics[0].ContextMap()), "SECRET") {
				t.Errorf("%s is logged as %v", name, panics)
			}
		}
		if lines := g.logs.FilterMessage("call").All(); len(lines) != 1 || lines[0].ContextMap()["outcome"] != "internal" {
			t.Errorf("%s: the call's line is %v", name, lines)
		}
		if again := g.post(t, seedBody); again.status != http.StatusInternalServerError {
			t.Errorf("%s: the gateway did not survive: %+v", name, again)
		}
	}
}

func TestASendersFieldIsNamedAsInTheCallersBody(t *testing.T) {
	g := start(t, config(), gateway.Deps{Sender: fails(&messaging.Error{Code: messaging.CodeInvalidNumber, Field: "to", Detail: "is unreachable"})})
	got := g.post(t, `{"notification":{"recipient":"+18085555555","as_text":"x"}}`)
	if !strings.Contains(got.body, `"field":"notification.recipient"`) {
		t.Errorf("the answer is %+v", got)
	}
}

func TestAHookIsToldOfAPendingMessageAsOfASentOne(t *testing.T) {
	pending := messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		return messaging.Receipt{Code: messaging.CodePending}, nil
	})
	g := start(t, config(), gateway.Deps{Sender: pending})
	if got := g.post(t, seedBody); got.status != http.StatusOK || !strings.HasPrefix(got.body, `{"MessageID":"`) {
		t.Errorf("the answer is %+v", got)
	}
}
