package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// rule judges figures. It returns what is wrong, or nothing.
type rule func(f figures) string

// always are the rules of every row: no fault excuses a call without an answer, a
// broken promise, an untrue answer, or a message sent when nobody waits any more.
func always() []rule {
	return []rule{someCalls, allAnswered, inTime, noneLost, allTrue, noneStale, noneStrange}
}

// judge returns the complaints of the rules.
func judge(f figures, rules ...rule) []string {
	var complaints []string
	for _, r := range rules {
		if complaint := r(f); complaint != "" {
			complaints = append(complaints, complaint)
		}
	}
	return complaints
}

// someCalls guards the others: of no calls everything is true.
func someCalls(f figures) string {
	if f.Calls == 0 {
		return "no call was made"
	}
	return ""
}

func allAnswered(f figures) string {
	return none(f.Calls-f.Answered, "calls without an answer"+f.others())
}

func inTime(f figures) string   { return none(f.Late, "answers after the deadline") }
func noneLost(f figures) string { return none(f.Lost, "calls told 200 or 202 and not delivered") }
func allTrue(f figures) string {
	return none(f.Untrue, "calls told that nothing was sent, and delivered")
}
func noneStale(f figures) string { return none(f.Stale, "deliveries after the call's deadline") }

func noneStrange(f figures) string {
	return none(f.Strange, "deliveries under an id or to a number that no caller knows")
}

// allSucceed wants every call answered 200, or 202 where it is asynchronous.
func allSucceed(f figures) string {
	return none(f.Calls-f.OK-f.Accepted, "calls not answered 200"+f.others())
}

// allDelivered wants every call delivered, whatever it was answered.
func allDelivered(f figures) string {
	return none(f.Calls-f.Delivered, "calls not delivered"+f.others())
}

func none(count int, what string) string {
	if count == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", count, what)
}

// duplicatesAtMost allows so many deliveries beyond the first.
func duplicatesAtMost(most int) rule {
	return func(f figures) string {
		if f.Duplicates <= most {
			return ""
		}
		return fmt.Sprintf("%d duplicates, at most %d allowed", f.Duplicates, most)
	}
}

// p99Below bounds the latency that one call in a hundred exceeds.
func p99Below(most time.Duration) rule {
	return func(f figures) string {
		if f.P99 < most {
			return ""
		}
		return fmt.Sprintf("p99 %s, not below %s", short(f.P99), short(most))
	}
}

// shareOK wants at least this share of the calls answered 200 or 202.
func shareOK(least float64) rule {
	return func(f figures) string { return share("answered 200", f.OK+f.Accepted, f.Calls, least, f.others()) }
}

// shareDelivered wants at least this share of the calls delivered.
func shareDelivered(least float64) rule {
	return func(f figures) string { return share("delivered", f.Delivered, f.Calls, least, f.others()) }
}

func share(what string, count, of int, least float64, others string) string {
	if float64(count) >= least*float64(of) && of > 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d %s, at least %.1f %% wanted%s", count, of, what, 100*least, others)
}

// onlyAnswers wants no other answers than these.
func onlyAnswers(allowed ...string) rule {
	return func(f figures) string {
		others := 0
		for answer, count := range f.Answers {
			if !slices.Contains(allowed, answer) {
				others += count
			}
		}
		return none(others, "answers other than "+strings.Join(allowed, ", ")+f.others())
	}
}

// others lists the answers that are no success, the most frequent first.
func (f figures) others() string {
	var parts []string
	for _, answer := range slices.SortedFunc(maps.Keys(f.Answers), func(a, b string) int { return f.Answers[b] - f.Answers[a] }) {
		if answer != "200" && answer != "202" {
			parts = append(parts, fmt.Sprintf("%d× %s", f.Answers[answer], answer))
		}
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// within says where a complaint comes from.
func within(part string, complaints []string) []string {
	for i := range complaints {
		complaints[i] = part + ": " + complaints[i]
	}
	return complaints
}

// short is a duration for people.
func short(d time.Duration) string {
	if d < 10*time.Millisecond {
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
