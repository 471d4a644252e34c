package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
)

// same compares what a repetition has to get with what the first request got.
func same(t *testing.T, name string, first, again answer) {
	t.Helper()
	if first.status != again.status || first.body != again.body || first.header.Get("Content-Type") != again.header.Get("Content-Type") ||
		first.header.Get("Location") != again.header.Get("Location") {
		t.Errorf("%s: the first answer was %+v, the repetition's is %+v", name, first, again)
	}
	if first.header.Get("Idempotent-Replayed") != "" || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%s: replayed is %q, then %q", name, first.header.Get("Idempotent-Replayed"), again.header.Get("Idempotent-Replayed"))
	}
}

// TestAKeyRepeatsTheFirstAnswer goes through doors, reply modes and outcomes, and has
// the repetition come to the same gateway and to another.
func TestAKeyRepeatsTheFirstAnswer(t *testing.T) {
	doors := map[string]func(*running, ...string) answer{
		"hook": func(g *running, h ...string) answer {
			return g.do(t, http.MethodPost, hookPath, statusToken, seedBody, h...)
		},
		"envelope": func(g *running, h ...string) answer {
			return g.do(t, http.MethodPost, hookPath, envelopeToken, seedBody, h...)
		},
		"native": func(g *running, h ...string) answer { return g.send(t, nativeBody, h...) },
		"async": func(g *running, h ...string) answer {
			return g.send(t, nativeBody, append(h, "Prefer", "respond-async")...)
		},
	}
	for name, call := range doors {
		for _, code := range []messaging.Code{messaging.CodeSent, messaging.CodeInvalidNumber, messaging.CodeRejected, messaging.CodeUnknown, messaging.CodeMisconfigured} {
			if name == "async" && code != messaging.CodeSent {
				continue
			}
			var e engine
			if code != messaging.CodeSent {
				e.fails(&messaging.Error{Code: code, Detail: "is the provider's detail", Field: "to", RetryAfter: 1500 * time.Millisecond})
			}
			one, other := e.gateway(t, config()), e.gateway(t, config())
			first := call(one, "Idempotency-Key", "the-key")
			e.work = nil // a repetition that is sent would be sent well
			same(t, fmt.Sprintf("%s, %s, the same gateway", name, code), first, call(one, "Idempotency-Key", `"the-key"`))
			same(t, fmt.Sprintf("%s, %s, another gateway", name, code), first, call(other, "Idempotency-Key", "the-key"))
			if n := len(e.received()) + e.queue.Len(); n != 1 {
				t.Errorf("%s, %s: %d messages were sent", name, code, n)
			}
		}
	}
}

func TestAnAnswerAfterTheQueueIsTheFirst(t *testing.T) {
	var e engine
	one, other := e.gateway(t, config()), e.gateway(t, config())
	first := one.send(t, nativeBody, "Prefer", "respond-async", "Idempotency-Key", "k")
	m, _ := e.queue.Take()
	r, err := e.Send(t.Context(), m)
	e.history.Record(messaging.EventOf(m, r, err))
	same(t, "the same gateway", first, one.send(t, nativeBody, "Prefer", "respond-async", "Idempotency-Key", "k"))
	same(t, "another gateway", first, other.send(t, nativeBody, "Prefer", "respond-async", "Idempotency-Key", "k"))
}

func TestAKeyOfAnotherRequestIsRefused(t *testing.T) {
	var e engine
	one, other := e.gateway(t, config()), e.gateway(t, config())
	one.send(t, nativeBody, "Idempotency-Key", "k")
	for name, got := range map[string]answer{
		"another body":                     one.send(t, strings.Replace(nativeBody, "Your", "My", 1), "Idempotency-Key", "k"),
		"another body, another gateway":    other.send(t, strings.Replace(nativeBody, "Your", "My", 1), "Idempotency-Key", "k"),
		"another address":                  one.do(t, http.MethodPost, hookPath, statusToken, seedBody, "Idempotency-Key", "k"),
		"another address, another gateway": other.do(t, http.MethodPost, hookPath, statusToken, seedBody, "Idempotency-Key", "k"),
	} {
		p := as[problem](t, got)
		if got.status != http.StatusUnprocessableEntity || p.Code != "key_reused" || got.header.Get("Idempotent-Replayed") != "" || p.MessageID == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := one.do(t, http.MethodPost, messagesPath, envelopeToken, nativeBody, "Idempotency-Key", "k"); got.status != http.StatusOK {
		t.Errorf("another tenant's key: %+v", got)
	}
	if got := one.do(t, http.MethodPost, hookPath+"?reply=envelope", statusToken, seedBody, "Idempotency-Key", "k"); !strings.Contains(got.body, `"message":"key_reused: `) {
		t.Errorf("the envelope: %+v", got)
	}
	if n := len(e.received()); n != 2 {
		t.Errorf("%d messages were sent", n)
	}
}

func TestABadKeyIsRefusedByName(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	for _, key := range []string{"", strings.Repeat("k", 300), "a b", `"open`, "schlüssel"} {
		for name, got := range map[string]answer{
			"hook":   g.do(t, http.MethodPost, hookPath, statusToken, seedBody, "Idempotency-Key", key),
			"native": g.send(t, nativeBody, "Idempotency-Key", key),
		} {
			p := as[problem](t, got)
			if got.status != http.StatusBadRequest || p.Code != "invalid_request" || !strings.Contains(p.Detail, "Idempotency-Key") {
				t.Errorf("%s with %.20q: %+v", name, key, got)
			}
		}
	}
	if len(e.received()) > 0 {
		t.Error("something was sent")
	}
}

func TestWhatIsRefusedClaimsNothing(t *testing.T) {
	var e engine
	g := e.gateway(t, repeating())
	g.do(t, http.MethodPost, hookPath, "wrong", seedBody, "Idempotency-Key", "k")
	g.do(t, http.MethodPost, hookPath, statusToken, "{", "Idempotency-Key", "k")
	g.do(t, http.MethodPost, hookPath, statusToken, `{"recipient":"12","text":"x"}`, "Idempotency-Key", "k")
	g.send(t, "{}", "Idempotency-Key", "k")
	g.send(t, nativeBody, "Idempotency-Key", "k", "Prefer", "wait=x")
	if len(e.keys.Claims()) > 0 || len(e.history.All()) > 0 {
		t.Errorf("%v was claimed, %v recorded", e.keys.Claims(), e.history.All())
	}
	if got := g.send(t, nativeBody, "Idempotency-Key", "k"); got.status != http.StatusOK {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestWithoutAKeyTheSameCodeIsOneMessage(t *testing.T) {
	var e engine
	one, other := e.gateway(t, repeating()), e.gateway(t, repeating())
	first := one.post(t, seedBody)
	same(t, "the same gateway", first, one.post(t, seedBody))
	same(t, "another gateway", first, other.post(t, seedBody))
	same(t, "in other words", first, one.post(t, `{"notification":{"recipient":"+18085555555","as_text":"x","code":"123456"}}`))
	native := other.send(t, `{"to":"8085555555","text":"y","code":"123456"}`)
	if as[message](t, native).ID != strings.Trim(strings.TrimPrefix(first.body, `{"MessageID":`), `"}`) {
		t.Errorf("at another door: %+v", native)
	}
	for name, body := range map[string]string{
		"another code":    strings.Replace(seedBody, `"code":"123456"`, `"code":"123457"`, 1),
		"another number":  strings.Replace(seedBody, "5555\"", "5556\"", 1),
		"another channel": strings.Replace(seedBody, `"sms"`, `"voice"`, 1),
	} {
		if got := one.post(t, body); got.header.Get("Idempotent-Replayed") != "" || got.body == first.body {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if keyed := one.do(t, http.MethodPost, hookPath, statusToken, seedBody, "Idempotency-Key", "k"); keyed.body == first.body {
		t.Errorf("with a key of its own: %+v", keyed)
	}
	if n := len(e.received()); n != 5 {
		t.Errorf("%d messages were sent", n)
	}
}

func TestAFailureThatARetryMendsIsNotRepeated(t *testing.T) {
	for _, code := range []messaging.Code{messaging.CodeUnavailable, messaging.CodeExpired, messaging.CodeRateLimited} {
		for _, headers := range [][]string{nil, {"Idempotency-Key", "k"}} {
			var e engine
			e.fails(&messaging.Error{Code: code})
			one, other := e.gateway(t, repeating()), e.gateway(t, repeating())
			if got := one.do(t, http.MethodPost, hookPath, statusToken, seedBody, headers...); got.status != code.Status() || e.keys.Len() != 0 {
				t.Errorf("%s: %+v", code, got)
			}
			e.work = nil
			if got := other.do(t, http.MethodPost, hookPath, statusToken, seedBody, headers...); got.status != http.StatusOK || len(e.received()) != 2 {
				t.Errorf("after %s: %+v", code, got)
			}
		}
	}
}

func TestConcurrentRepetitionsAreOneMessage(t *testing.T) {
	var e engine
	e.work = func(context.Context, messaging.Message) (messaging.Receipt, error) {
		time.Sleep(20 * time.Millisecond)
		return messaging.Receipt{Code: messaging.CodeSent, Provider: "p", Worker: "w1"}, nil
	}
	gateways := []*running{e.gateway(t, repeating()), e.gateway(t, repeating())}
	const keys, callers = 10, 6
	answers := make([][]answer, keys)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for key := range keys {
		for caller := range callers {
			wg.Go(func() {
				headers := []string{"Idempotency-Key", fmt.Sprint(key)}
				body := nativeBody
				if key%2 == 0 {
					headers, body = nil, strings.ReplaceAll(nativeBody, "424242", fmt.Sprint(key))
				}
				got := gateways[caller%2].send(t, body, headers...)
				mu.Lock()
				answers[key] = append(answers[key], got)
				mu.Unlock()
			})
		}
	}
	wg.Wait()
	for key, got := range answers {
		for _, a := range got {
			if a.status != http.StatusOK || a.body != got[0].body {
				t.Errorf("key %d: %+v, %+v", key, a, got[0])
			}
		}
	}
	if n := len(e.received()); n != keys {
		t.Errorf("%d messages were sent", n)
	}
	for key, n := range e.keys.Claims() {
		if n > len(gateways) {
			t.Errorf("%s was claimed %d times", key, n)
		}
	}
}

func TestARepetitionHasItsOwnLine(t *testing.T) {
	var e engine
	g := e.gateway(t, repeating())
	id := strings.Trim(strings.TrimPrefix(g.post(t, seedBody).body, `{"MessageID":`), `"}`)
	g.post(t, seedBody)
	lines := g.logs.FilterField(zap.String("id", id)).All()
	if len(lines) != 2 || lines[0].ContextMap()["replayed"] != nil || lines[1].ContextMap()["replayed"] != true || lines[1].ContextMap()["provider"] != "vonage" {
		t.Errorf("the lines are %v", lines)
	}
}
