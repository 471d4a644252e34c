package simulator

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"time"
)

// hugeLength is how much Huge adds to an answer: many times what a client has
// reason to keep.
const hugeLength = 1 << 20

// misbehave answers a request that met a fault.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, body []byte, f *Fault) {
	switch f.Kind {
	case Delay:
		if s.wait(r, f.Delay.Std()) {
			write(w, s.options.Handler(r, body, nil))
		}
	case Hang:
		s.takeIf(f, r, body)
		s.wait(r, 0)
		panic(http.ErrAbortHandler)
	case Close:
		s.takeIf(f, r, body)
		panic(http.ErrAbortHandler)
	case Reset:
		s.takeIf(f, r, body)
		reset(w)
	case Status:
		s.takeIf(f, r, body)
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		w.WriteHeader(f.Status)
	case Truncate, Garbage, Empty, Huge:
		spoil(w, s.options.Handler(r, body, nil), f.Kind)
	default:
		write(w, s.options.Handler(r, body, f))
	}
}

func (s *Server) takeIf(f *Fault, r *http.Request, body []byte) {
	if f.Taken {
		s.options.Handler(r, body, nil)
	}
}

// wait waits for the time to pass, or forever when it is 0. It returns false when
// the client or the server went away first.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	var passed <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-passed:
		return true
	case <-r.Context().Done():
	case <-s.closed:
	}
	return false
}

// reset ends the connection with a TCP reset where it can, and else closes it.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// spoil sends an answer that was made as usual and comes out wrong.
func spoil(w http.ResponseWriter, a Answer, kind Kind) {
	switch kind {
	case Truncate:
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
		a.Body = a.Body[:len(a.Body)/2]
		write(w, a)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case Garbage:
		a.Body = []byte("<html><body>Bad Gateway")
	case Empty:
		a.Body = nil
	case Huge:
		a.Body = append(bytes.Repeat([]byte(" "), hugeLength), a.Body...)
	default:
		// The other kinds leave the answer as it is.
	}
	write(w, a)
}
