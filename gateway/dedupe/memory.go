package dedupe

import (
	"sync"
	"time"
)

// maxRemembered bounds the outcomes that one process keeps. At a thousand calls a
// second they cover the default window of ten seconds six times over; each takes
// about 600 bytes, so all take 40 MB. What is forgotten here is still known to Keys.
const maxRemembered = 1 << 16

// entry is one key in this process's memory.
type entry struct {
	key         Key
	fingerprint Fingerprint
	// id is the message that the key stands for, as far as is known; the memory's
	// lock guards it.
	id string
	// settled is closed once the fingerprint is known to be the key's, or not to be;
	// right says which. Whoever has another fingerprint waits for it.
	settled   chan struct{}
	isSettled bool
	right     bool
	// done is closed once outcome is set. The memory's lock guards finished and
	// expires.
	done     chan struct{}
	outcome  Outcome
	finished bool
	expires  time.Time
}

// settle says whether the entry's fingerprint is the key's. Only who leads calls it.
func (e *entry) settle(right bool) {
	if !e.isSettled {
		e.isSettled, e.right = true, right
		close(e.settled)
	}
}

// memory is what one process knows. It is safe for concurrent use.
type memory struct {
	mu      sync.Mutex
	limit   int
	entries map[Key]*entry
	// lines have the finished entries, one line for each length of window, so that
	// each is about in the order in which its entries expire.
	lines map[time.Duration]*line
	lined int
}

func newMemory(limit int) *memory {
	return &memory{limit: limit, entries: map[Key]*entry{}, lines: map[time.Duration]*line{}}
}

// enter returns the entry of the request's key. It is a new one, and the caller has to
// finish it, if leads is true.
func (m *memory) enter(req Request) (e *entry, leads bool) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.entries[req.Key]; e != nil && (!e.finished || now.Before(e.expires)) {
		return e, false
	}
	e = &entry{
		key: req.Key, fingerprint: req.Fingerprint, id: req.MessageID,
		settled: make(chan struct{}), done: make(chan struct{}),
	}
	m.entries[req.Key] = e
	return e, true
}

// name sets the message that the entry stands for.
func (m *memory) name(e *entry, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.id = id
}

// idOf returns the message that the entry stands for.
func (m *memory) idOf(e *entry) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return e.id
}

// finish tells the outcome to everybody who waits for it, and remembers it until the
// given time; one in the past forgets the key.
func (m *memory) finish(e *entry, out Outcome, window time.Duration, until time.Time) {
	now := time.Now()
	m.mu.Lock()
	e.outcome, e.finished, e.expires = out, true, until
	kept := now.Before(until)
	if kept {
		m.keep(e, window, now)
	} else if m.entries[e.key] == e {
		delete(m.entries, e.key)
	}
	m.mu.Unlock()
	e.settle(kept)
	close(e.done)
}

// keep puts a finished entry at the end of its line, and lets go of what has expired
// there and of what is too much.
func (m *memory) keep(e *entry, window time.Duration, now time.Time) {
	own := m.lines[window]
	if own == nil {
		own = &line{}
		m.lines[window] = own
	}
	own.push(e)
	m.lined++
	for first := own.first(); first != nil && !now.Before(first.expires); first = own.first() {
		m.drop(own)
	}
	for m.lined > m.limit {
		// A flood of one kind pushes out its own.
		longest := own
		for _, other := range m.lines {
			if other.len() > longest.len() {
				longest = other
			}
		}
		m.drop(longest)
	}
}

// drop forgets the first entry of a line.
func (m *memory) drop(l *line) {
	e := l.pop()
	m.lined--
	if m.entries[e.key] == e { // and not a later one with the same key
		delete(m.entries, e.key)
	}
}

// len returns how many keys are remembered or under way.
func (m *memory) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.entries)
}

// line is a queue of entries.
type line struct {
	entries []*entry
	head    int
}

func (l *line) len() int { return len(l.entries) - l.head }

func (l *line) push(e *entry) { l.entries = append(l.entries, e) }

func (l *line) first() *entry {
	if l.len() == 0 {
		return nil
	}
	return l.entries[l.head]
}

func (l *line) pop() *entry {
	e := l.entries[l.head]
	l.entries[l.head] = nil
	l.head++
	if l.head > len(l.entries)/2 { // moving half costs less than keeping it
		n := copy(l.entries, l.entries[l.head:])
		clear(l.entries[n:])
		l.entries, l.head = l.entries[:n], 0
	}
	return e
}
