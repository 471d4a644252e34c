package gateway

import (
	"bytes"
	"errors"
	"net/http"
	"sync"

	"github.com/phonehook/phonehook/messaging"
)

// maxBody is the largest body that is read. An event with every member that Auth0
// documents has about 4 KiB; the rest is room for the metadata of applications and
// users. What becomes of it must fit into one message of NATS (see configs/nats.conf).
const maxBody = 256 << 10

// bodies are buffers for reading: a call needs its body only while it is decoded.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooledBody keeps the buffer of a rare large body from staying allocated.
const maxPooledBody = 16 << 10

// withBody reads the request's body and calls use with it. The bytes must not be kept.
func withBody(w http.ResponseWriter, r *http.Request, use func(body []byte) error) error {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return &messaging.Error{Code: messaging.CodeInvalidRequest, Detail: "the body has a Content-Encoding; send it without"}
	}
	if r.ContentLength > maxBody {
		w.Header().Set("Connection", "close") // the rest is not worth reading
		return tooLarge()
	}
	buffer := bodies.Get().(*bytes.Buffer) //nolint:forcetypeassert // the pool holds nothing else
	defer func() {
		if buffer.Cap() <= maxPooledBody {
			clear(buffer.Bytes()) // no code lies about in free memory
			buffer.Reset()
			bodies.Put(buffer)
		}
	}()
	if _, err := buffer.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return tooLarge()
		}
		return &messaging.Error{Code: messaging.CodeInvalidRequest, Detail: "the body did not arrive whole"}
	}
	return use(buffer.Bytes())
}

func tooLarge() error {
	return &messaging.Error{Code: messaging.CodeTooLarge, Detail: "the body has more than 262,144 bytes"}
}
