package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// kind is how a call asks for its message.
type kind uint8

const (
	// hook is the blocking call of send-phone-message, answered with the outcome.
	hook kind = iota
	// async is POST /v1/messages with Prefer: respond-async, answered as soon as
	// the message is stored.
	async
)

// call is one call and what became of it. Only its own goroutine writes to it until
// the load has ended.
type call struct {
	serial int
	kind   kind
	number string
	// planned is the moment at which the call was to be made, and started the one
	// at which it was.
	planned, started, ended time.Time
	// answered says that an answer was read whole. status, id and code are the
	// answer's; failure is why there is none.
	answered bool
	status   int
	id       string
	code     string
	failure  string
	// repeats is how often the call was made again with the same idempotency key,
	// because it was cut off.
	repeats int
}

// latency counts from the planned moment.
func (c *call) latency() time.Duration { return c.ended.Sub(c.planned) }

// promised says that the caller was told the message is sent or will be.
func (c *call) promised() bool {
	return c.answered && (c.status == http.StatusOK || c.status == http.StatusAccepted)
}

// refused says that the caller was told the message was not sent.
func (c *call) refused() bool {
	return c.answered && !c.promised() && c.code != "unknown" && c.code != "internal"
}

// outcome names the answer for people: "200", "503 unavailable" or "no answer".
func (c *call) outcome() string {
	switch {
	case !c.answered:
		return "no answer (" + c.failure + ")"
	case c.code == "":
		return fmt.Sprint(c.status)
	}
	return fmt.Sprintf("%d %s", c.status, c.code)
}

// The numbers of the calls begin at +1 808 200 0000, because no American exchange
// begins with 0 or 1, and there are eight million of them: more than a run has calls.
const (
	firstNumber = 8_082_000_000
	numbers     = 8_000_000
)

// newCall returns the call with this number within the run; no two have the same
// phone number or the same code.
func newCall(serial int, kind kind, planned time.Time) *call {
	return &call{serial: serial, kind: kind, planned: planned, number: fmt.Sprintf("+1%d", firstNumber+serial%numbers)}
}

func (c *call) oneTimeCode() string { return fmt.Sprintf("%07d", c.serial%numbers) }

// path and body are the request's.
func (c *call) path() string {
	if c.kind == async {
		return "/v1/messages"
	}
	return "/hooks/send-phone-message"
}

func (c *call) body() string {
	if c.kind == async {
		return fmt.Sprintf(`{"to":%q,"channel":"sms","text":"Your code is %s","code":%q}`, c.number, c.oneTimeCode(), c.oneTimeCode())
	}
	return fmt.Sprintf(`{"recipient":%q,"text":"Your code is %s","context":{"message_type":"sms","action":"enrollment","language":"en","code":%q}}`,
		c.number, c.oneTimeCode(), c.oneTimeCode())
}

// read takes the answer's facts from it. The body of a success and that of a problem
// document have no member in common.
func (c *call) read(status int, header http.Header, body []byte) {
	var answer struct {
		Hook   string `json:"MessageID"`
		Native string `json:"id"`
		About  string `json:"message_id"`
		Code   string `json:"code"`
	}
	_ = json.Unmarshal(body, &answer) // a page of another kind has none of the members
	c.answered, c.status, c.code = true, status, ""
	if status >= http.StatusBadRequest {
		c.code = answer.Code
	}
	for _, id := range []string{answer.Hook, answer.Native, answer.About, location(header)} {
		if id != "" {
			c.id = id
			break
		}
	}
}

func location(header http.Header) string {
	path := header.Get("Location")
	return path[strings.LastIndexByte(path, '/')+1:]
}
