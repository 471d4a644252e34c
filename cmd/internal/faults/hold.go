package main

import (
	"fmt"
	"strings"
	"time"
)

// hold is a moment at which some workers were cut off, with what they had in hand.
type hold struct {
	moment  time.Time
	workers []*workerNode
}

// hold remembers such a moment.
func (s *stage) hold(moment time.Time, workers ...*workerNode) {
	s.holds = append(s.holds, hold{moment, workers})
}

const (
	// onTheWay is how long a request can be under way from a worker that has begun
	// it to the look-alike that counts it.
	onTheWay = 100 * time.Millisecond
	// settling is how long a worker can take, with a provider's answer, to take an
	// asynchronous message out of the durable queue.
	settling = 100 * time.Millisecond
)

// inHand returns the references of the messages whose attempt a worker had begun at
// the moment and not told the end of: the caller had no answer yet, or, where none
// waits, the provider had only just given its own. Messages that were still waiting
// for an attempt are none of them.
func (s *stage) inHand(h hold) map[string]bool {
	keys := make(map[string]bool)
	for _, w := range h.workers {
		keys[w.key] = true
	}
	calls := make(map[string]*call, len(s.calls))
	for _, c := range s.calls {
		calls[c.number] = c
	}
	found := make(map[string]bool)
	for _, l := range s.looks {
		for _, a := range l.attempts(h.moment.Add(onTheWay)) {
			if keys[a.worker] && open(calls[a.number], a, h.moment) {
				found[a.reference] = true
			}
		}
	}
	return found
}

// open says whether an attempt's end was not told at the moment.
func open(c *call, a attempt, moment time.Time) bool {
	switch {
	case c == nil:
		return false // no call of the row
	case c.kind == async:
		return a.ended.IsZero() || a.ended.After(moment.Add(-settling))
	}
	return !c.answered || c.ended.After(moment)
}

// duplicatesAreExcused wants no more duplicates than there were messages in hand, and
// only of these.
func duplicatesAreExcused(s *stage) []string {
	held, counts := make(map[string]bool), make([]string, 0, len(s.holds))
	for _, h := range s.holds {
		found := s.inHand(h)
		counts = append(counts, fmt.Sprint(len(found)))
		for reference := range found {
			held[reference] = true
		}
	}
	s.note("%s messages were in hand", strings.Join(counts, " and "))
	complaints := judge(s.accountFor(s.calls), duplicatesAtMost(len(held)))
	others := 0
	for _, reference := range duplicated(s.delivered) {
		if !held[reference] {
			others++
		}
	}
	return append(complaints, judge(figures{}, func(figures) string { return none(others, "duplicates of messages that no worker had in hand") })...)
}
