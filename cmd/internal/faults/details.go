package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

const (
	// maxExamples are enough to see a pattern in.
	maxExamples = 6
	// logLines, and logCalls about calls, are shown of each process of a row that
	// does not hold.
	logLines = 8
	logCalls = 2
)

// examples describes some of the calls that are wrong in any way, without their
// numbers: the id finds them in the logs.
func (s *stage) examples() []string {
	var found []string
	for _, c := range s.calls {
		one := s.accountFor([]*call{c})
		usual := one.OK+one.Accepted == 1 && one.Delivered == 1 && one.Duplicates+one.Late+one.Stale+one.Strange == 0
		if usual {
			continue
		}
		var text strings.Builder
		fmt.Fprintf(&text, "at %s: %s after %s, repeats %d, id %s; delivered", short(c.planned.Sub(s.start)), c.outcome(), short(c.latency()), c.repeats, c.id)
		for _, d := range s.delivered[c.number] {
			fmt.Fprintf(&text, " %d× by %s as %s, last at %s", d.count, d.provider, d.reference, short(d.last.Sub(s.start)))
		}
		for _, l := range s.looks {
			for _, a := range l.attempts(time.Now()) {
				if a.number == c.number {
					fmt.Fprintf(&text, "; sent by %s at %s until %s", a.worker, short(a.begun.Sub(s.start)), short(a.ended.Sub(s.start)))
				}
			}
		}
		if found = append(found, text.String()); len(found) == maxExamples {
			break
		}
	}
	return found
}

// logs are the last lines of the processes, less those of calls that went well.
func (s *stage) logs() []string {
	var all []string
	for _, g := range s.gateways {
		all = append(all, g.command.interesting()...)
	}
	for _, w := range s.workers {
		all = append(all, w.command.interesting()...)
	}
	if s.bus != nil {
		for _, n := range s.bus.nodes {
			all = append(all, n.command.interesting()...)
		}
	}
	return all
}

// interesting returns the last lines that tell of more than a call or a start.
func (c command) interesting() []string {
	data, err := os.ReadFile(c.log)
	if err != nil {
		return []string{c.name + ": " + err.Error()}
	}
	var lines, calls []string
	for line := range strings.Lines(string(data)) {
		line = c.name + ": " + strings.TrimRight(line, "\n")
		switch {
		case strings.Contains(line, `"outcome":"sent"`), strings.Contains(line, "[INF]"): // the second is NATS's
		case strings.Contains(line, `"outcome":`):
			calls = append(calls, line)
		default:
			lines = append(lines, line)
		}
	}
	return append(last(lines, logLines), last(calls, logCalls)...)
}

func last(lines []string, n int) []string { return lines[max(0, len(lines)-n):] }
