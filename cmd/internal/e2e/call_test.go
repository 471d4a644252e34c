package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// answer is what a call came to. A call that was not answered has status 0.
type answer struct {
	status int
	body   string

	// ID is the message's: MessageID of a success, id of a problem.
	ID     string `json:"MessageID"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	// Message and Status are of the native API.
	Message string `json:"id"`
	Status  string `json:"status"`
}

// codes counts the codes that were made: a call with the code of another is its
// repetition, which is answered and not sent.
var codes atomic.Int64

// example is a body of the hook with this recipient and a code of its own.
func example(to string) string {
	code := fmt.Sprintf("%06d", codes.Add(1))
	return fmt.Sprintf(`{"recipient":%q,"text":"Here is your one time password: %s",
		"context":{"message_type":"sms","action":"enrollment","language":"en","code":%q}}`, to, code, code)
}

// call calls the hook for a tenant.
func (s *system) call(tenant, body string) answer {
	s.t.Helper()
	return do(s.t, http.MethodPost, s.hook, "token-of-"+tenant, body)
}

// calls makes n calls for the tenant solo, one every pause, in the middle of which it
// calls meanwhile, and returns their answers.
func (s *system) calls(n int, pause time.Duration, meanwhile func()) []answer {
	s.t.Helper()
	answers := make(chan answer, n)
	for i := range n {
		go func() { answers <- s.call("solo", example(fmt.Sprintf("+1808555%04d", i))) }()
		time.Sleep(pause)
		if i == n/2 {
			meanwhile()
		}
	}
	all := make([]answer, 0, n)
	for range n {
		all = append(all, <-answers)
	}
	return all
}

// do makes a request, with headers given as a name and its value in turn.
func do(t *testing.T, method, url, token, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return answer{}
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	got, err := client.Do(request)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		return answer{body: err.Error()}
	}
	a := answer{status: got.StatusCode, body: string(text)}
	_ = json.Unmarshal(text, &a) // a page of another kind has none of the members
	return a
}

// look is a look-alike of Vonage that runs at url.
type look struct {
	t   *testing.T
	url string
}

// fault makes the look-alike misbehave from now on; "" makes it behave.
func (l look) fault(fault string) {
	l.t.Helper()
	if a := do(l.t, http.MethodPost, l.url+"/_control", "", `{"faults":[`+fault+`]}`); a.status != http.StatusOK {
		l.t.Fatalf("the look-alike answers %d %s", a.status, a.body)
	}
}

// reset makes the look-alike forget everything.
func (l look) reset() {
	l.t.Helper()
	if a := do(l.t, http.MethodPost, l.url+"/_control", "", `{"reset":true}`); a.status != http.StatusOK {
		l.t.Fatalf("the look-alike answers %d %s", a.status, a.body)
	}
}

// taken is a message that the look-alike took.
type taken struct {
	Reference, Channel, To, Text string
	Count                        int
}

// messages are those that the look-alike took, by reference.
func (l look) messages() map[string]taken {
	l.t.Helper()
	a := do(l.t, http.MethodGet, l.url+"/_control/messages", "", "")
	var list struct{ Messages []taken }
	if err := json.Unmarshal([]byte(a.body), &list); err != nil {
		l.t.Fatalf("%v: %s", err, a.body)
	}
	all := make(map[string]taken)
	for _, m := range list.Messages {
		all[m.Reference] = m
	}
	return all
}

// eventually waits until condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatalf("in %s it has not come to pass that %s", patience, what)
}

// stats is what a look-alike counts.
type stats struct {
	Requests int
	Faults   map[string]int
}

func (l look) stats() (all stats) {
	l.t.Helper()
	a := do(l.t, http.MethodGet, l.url+"/_control/stats", "", "")
	if err := json.Unmarshal([]byte(a.body), &all); err != nil {
		l.t.Fatalf("%v: %s", err, a.body)
	}
	return all
}
