package bench

import (
	"bytes"
	"fmt"
	"net/url"
)

// example is the documented example of a call of the send-phone-message hook.
// Number and code have a fixed width, so that every call can carry its own
// without the body's length changing.
const example = `{"recipient":"1-808-555-5555","text":"Here is your one time password: 999111","context":{` +
	`"message_type":"sms","action":"enrollment","language":"en","code":"999111","ip":"127.0.0.1","user_agent":"Mozilla/5.0",` +
	`"client":{"client_id":"1235","name":"Test Application","client_metadata":{}},` +
	`"user":{"user_id":"auth0|test12345","name":"Billie Magnusson","email":"billie@example.com",` +
	`"app_metadata":{},"user_metadata":{}}}}`

// Numbers begin at 1-808-200-0000, because no American exchange begins with 0 or
// 1, and there are eight million of them before the first comes again.
const (
	firstNumber = 2_000_000
	numbers     = 8_000_000
	codes       = 1_000_000
)

// request is one HTTP request, ready to be written, whose number and code can be
// replaced in place. It belongs to one connection.
type request struct {
	bytes    []byte
	exchange []byte
	line     []byte
	codes    [2][]byte
}

func newRequest(target *url.URL, token string) *request {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\n", target.RequestURI(), target.Host)
	if token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(example))
	head := b.Len()
	b.WriteString(example)

	r := &request{bytes: b.Bytes()}
	body := r.bytes[head:]
	number := body[bytes.Index(body, []byte("555-5555")):]
	r.exchange, r.line = number[:3], number[4:8]
	first := bytes.Index(body, []byte("999111"))
	last := bytes.LastIndex(body, []byte("999111"))
	r.codes = [2][]byte{body[first : first+6], body[last : last+6]}
	return r
}

// number returns the request's bytes as the call with this number; two calls less
// than eight million apart differ.
func (r *request) number(call uint64) []byte {
	recipient := firstNumber + call%numbers
	digits(r.exchange, recipient/10_000)
	digits(r.line, recipient%10_000)
	for _, code := range r.codes {
		digits(code, call%codes)
	}
	return r.bytes
}

// digits writes the last len(to) decimal digits of n.
func digits(to []byte, n uint64) {
	for i := len(to) - 1; i >= 0; i-- {
		to[i] = byte('0' + n%10)
		n /= 10
	}
}
