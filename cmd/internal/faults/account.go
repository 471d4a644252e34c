package main

import (
	"math"
	"net/http"
	"slices"
	"time"
)

// grace is what a caller allows on top of the tenant's deadline, which the gateway
// counts from when it has the request: the way there and back on a machine that has
// more to run than it has cores.
const grace = 300 * time.Millisecond

// delivery is what one provider took for one number under one reference.
type delivery struct {
	provider  string
	reference string
	count     int
	// last is when it was last taken.
	last time.Time
}

// figures are what became of some calls.
type figures struct {
	Calls    int `json:"calls"`
	Answered int `json:"answered"`
	// OK is the number of calls answered 200, and Accepted of those answered 202.
	OK       int `json:"ok"`
	Accepted int `json:"accepted"`
	// Answers counts the answers by status and code.
	Answers map[string]int `json:"answers"`

	// The latencies are those of the answers.
	P50 time.Duration `json:"p50_ns"`
	P99 time.Duration `json:"p99_ns"`
	Max time.Duration `json:"max_ns"`
	// Behind is how late the load itself was at worst.
	Behind time.Duration `json:"behind_ns"`

	// Delivered is how many calls' messages a provider took, and Duplicates how
	// many times more than once.
	Delivered  int `json:"delivered"`
	Duplicates int `json:"duplicates"`
	// Lost are calls that were told 200 or 202 and not delivered.
	Lost int `json:"lost"`
	// Late are answers after the deadline, and Stale deliveries after it, of calls
	// that were waited for.
	Late  int `json:"late"`
	Stale int `json:"stale"`
	// Untrue are deliveries of calls that were told that nothing was sent.
	Untrue int `json:"untrue"`
	// Strange are deliveries under another id than the call was told, or to a
	// number that no call had.
	Strange int `json:"strange"`
	// Repeats is how often calls were made again.
	Repeats int `json:"repeats"`
}

// account counts what became of calls. Deliveries are by number; deadline is the
// tenant's.
func account(calls []*call, delivered map[string][]delivery, deadline time.Duration) figures {
	f := figures{Calls: len(calls), Answers: make(map[string]int)}
	latencies := make([]time.Duration, 0, len(calls))
	for _, c := range calls {
		f.Answers[c.outcome()]++
		f.Repeats += c.repeats
		f.Behind = max(f.Behind, c.started.Sub(c.planned))
		if c.answered {
			f.Answered++
			latencies = append(latencies, c.latency())
			f.answer(c, deadline)
		}
		f.delivery(c, delivered[c.number], deadline)
	}
	slices.Sort(latencies)
	f.P50, f.P99, f.Max = percentile(latencies, 0.50), percentile(latencies, 0.99), percentile(latencies, 1)
	return f
}

func (f *figures) answer(c *call, deadline time.Duration) {
	switch c.status {
	case http.StatusOK:
		f.OK++
	case http.StatusAccepted:
		f.Accepted++
	}
	if c.ended.Sub(c.started) > deadline+grace {
		f.Late++
	}
}

func (f *figures) delivery(c *call, taken []delivery, deadline time.Duration) {
	count := 0
	for _, d := range taken {
		count += d.count
		if c.kind == hook && d.last.Sub(c.started) > deadline+grace {
			f.Stale++
		}
		if c.promised() && d.reference != c.id {
			f.Strange++
		}
	}
	switch {
	case count == 0 && c.promised():
		f.Lost++
	case count > 0:
		f.Delivered++
		f.Duplicates += count - 1
		if c.refused() {
			f.Untrue++
		}
	}
}

// strangers counts deliveries to numbers that no call had, of the load or of the
// warming up, whose messages can be late.
func strangers(delivered map[string][]delivery, all ...[]*call) int {
	known := make(map[string]bool)
	for _, calls := range all {
		for _, c := range calls {
			known[c.number] = true
		}
	}
	count := 0
	for number, taken := range delivered {
		if !known[number] {
			count += len(taken)
		}
	}
	return count
}

// duplicated returns the references of messages that were taken more than once.
func duplicated(delivered map[string][]delivery) []string {
	var references []string
	for _, taken := range delivered {
		count := 0
		for _, d := range taken {
			count += d.count
		}
		if count > 1 {
			references = append(references, taken[0].reference)
		}
	}
	return references
}

// percentile returns the smallest of the sorted durations that the fraction q of them
// does not exceed, or 0 of none.
func percentile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// between returns the calls that were planned from one moment on and before another.
func between(calls []*call, from, to time.Time) []*call {
	return choose(calls, func(c *call) bool { return !c.planned.Before(from) && c.planned.Before(to) })
}

// choose returns the calls that wanted says yes to.
func choose(calls []*call, wanted func(*call) bool) []*call {
	var chosen []*call
	for _, c := range calls {
		if wanted(c) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}
