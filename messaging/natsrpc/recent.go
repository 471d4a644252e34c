package natsrpc

import (
	"encoding/binary"
	"iter"
	"slices"
	"sync"
	"time"
)

// The bounds of what a worker remembers of its outcomes.
const (
	// recentFor is long enough for a server that vanished to be noticed (3 s) and
	// for another to be found while the calls still wait (4 s).
	recentFor = 10 * time.Second
	// recentBytes is some 30,000 outcomes of 250 bytes: 3,000 a second for all
	// that time, which is more than a worker of 256 slots ends.
	recentBytes = 8 << 20
	// A page has what was said within a second, if that is not too much.
	pageFor   = time.Second
	pageBytes = 256 << 10
)

// recent remembers what a worker said last. It is safe for concurrent use.
//
// It is written down in pages of bytes. As values of their own the outcomes would be a
// hundred thousand for the garbage collector to look at, again and again.
type recent struct {
	mu    sync.Mutex
	pages []page // the oldest first
	bytes int
}

type page struct {
	first, last time.Time
	data        []byte
}

// said is an answer that ended a worker's part in a message.
type said struct {
	answer, reason string
	body           []byte
}

// add remembers an answer on the subject reply, and forgets what is too old or too
// much.
func (r *recent) add(now time.Time, reply, answer, reason string, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.pages)
	if n == 0 || len(r.pages[n-1].data) >= pageBytes || now.Sub(r.pages[n-1].first) >= pageFor {
		size := 0
		if n > 0 {
			size = len(r.pages[n-1].data) // about as much as the last one
		}
		r.pages = append(r.pages, page{first: now, data: make([]byte, 0, size)})
		n++
	}
	p := &r.pages[n-1]
	before := len(p.data)
	for _, part := range []string{reply, answer, reason} {
		p.data = append(binary.AppendUvarint(p.data, uint64(len(part))), part...)
	}
	p.data = append(binary.AppendUvarint(p.data, uint64(len(body))), body...)
	p.last = now
	r.bytes += len(p.data) - before
	r.forget(now)
}

// expire forgets what is too old.
func (r *recent) expire(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
}

func (r *recent) forget(now time.Time) {
	for len(r.pages) > 0 && (r.bytes > recentBytes || now.Sub(r.pages[0].last) > recentFor) {
		r.bytes -= len(r.pages[0].data)
		r.pages = slices.Delete(r.pages, 0, 1)
	}
}

// all returns what is remembered now, the oldest first, by the subjects on which it was
// said.
func (r *recent) all() iter.Seq2[string, said] {
	r.mu.Lock()
	pages := slices.Clone(r.pages) // what is written is never changed, only added to
	r.mu.Unlock()
	return func(yield func(string, said) bool) {
		for _, p := range pages {
			for data := p.data; len(data) > 0; {
				var parts [4][]byte
				for i := range parts {
					size, n := binary.Uvarint(data)
					end := n + int(size) //nolint:gosec // a length that was written above
					parts[i], data = data[n:end:end], data[end:]
				}
				if !yield(string(parts[0]), said{string(parts[1]), string(parts[2]), parts[3]}) {
					return
				}
			}
		}
	}
}
