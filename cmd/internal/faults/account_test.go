package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const deadline = 2 * time.Second

var start = time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)

// sent is a call that was answered 200 after 50 ms and delivered once.
func sent(serial int) (*call, []delivery) {
	c := newCall(serial, hook, start.Add(time.Duration(serial)*time.Millisecond))
	c.started, c.ended = c.planned, c.planned.Add(50*time.Millisecond)
	c.answered, c.status, c.id = true, 200, "id-of-"+c.number
	return c, []delivery{{provider: "first", reference: c.id, count: 1, last: c.started.Add(20 * time.Millisecond)}}
}

// TestTheAccountFindsWhatIsWrong takes a hundred calls of which all went well, spoils
// one, and expects the account to tell, and a rule of every row to complain.
func TestTheAccountFindsWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(c *call, taken []delivery) []delivery
		want  func(f *figures)
		// complaint is what a rule of every row says, or empty where only a row's
		// own rules say something.
		complaint string
		own       rule
		says      string
	}{
		{
			name:  "nothing",
			spoil: func(_ *call, taken []delivery) []delivery { return taken },
			want:  func(*figures) {},
		},
		{
			name:      "answered 200 and lost",
			spoil:     func(*call, []delivery) []delivery { return nil },
			want:      func(f *figures) { f.Delivered, f.Lost = 99, 1 },
			complaint: "1 calls told 200 or 202 and not delivered",
			own:       allDelivered, says: "1 calls not delivered",
		},
		{
			name: "accepted and lost",
			spoil: func(c *call, _ []delivery) []delivery {
				c.kind, c.status = async, 202
				return nil
			},
			want: func(f *figures) {
				f.OK, f.Accepted, f.Delivered, f.Lost = 99, 1, 99, 1
				f.Answers = map[string]int{"200": 99, "202": 1}
			},
			complaint: "1 calls told 200 or 202 and not delivered",
		},
		{
			name:  "taken twice by one provider",
			spoil: func(_ *call, taken []delivery) []delivery { taken[0].count = 2; return taken },
			want:  func(f *figures) { f.Duplicates = 1 },
			own:   duplicatesAtMost(0), says: "1 duplicates, at most 0 allowed",
		},
		{
			name: "taken by both providers",
			spoil: func(_ *call, taken []delivery) []delivery {
				other := taken[0]
				other.provider = "second"
				return append(taken, other)
			},
			want: func(f *figures) { f.Duplicates = 1 },
			own:  duplicatesAtMost(0), says: "1 duplicates, at most 0 allowed",
		},
		{
			name: "no answer",
			spoil: func(c *call, taken []delivery) []delivery {
				c.answered, c.status, c.failure = false, 0, "connection closed"
				return taken
			},
			want: func(f *figures) {
				f.Answered, f.OK = 99, 99
				f.Answers = map[string]int{"200": 99, "no answer (connection closed)": 1}
			},
			complaint: "1 calls without an answer (1× no answer (connection closed))",
			own:       allSucceed, says: "1 calls not answered 200 (1× no answer (connection closed))",
		},
		{
			name: "answered late",
			spoil: func(c *call, taken []delivery) []delivery {
				c.ended = c.started.Add(deadline + grace + 1)
				return taken
			},
			want:      func(f *figures) { f.Late, f.Max = 1, deadline+grace+1 },
			complaint: "1 answers after the deadline",
		},
		{
			name: "slow because the load was",
			spoil: func(c *call, taken []delivery) []delivery {
				c.planned = c.planned.Add(-10 * time.Second)
				return taken
			},
			want: func(f *figures) { f.Behind, f.Max = 10*time.Second, 10*time.Second+50*time.Millisecond },
		},
		{
			name: "sent after the deadline",
			spoil: func(c *call, taken []delivery) []delivery {
				taken[0].last = c.started.Add(deadline + grace + 1)
				return taken
			},
			want:      func(f *figures) { f.Stale = 1 },
			complaint: "1 deliveries after the call's deadline",
		},
		{
			name: "told that it was not sent",
			spoil: func(c *call, taken []delivery) []delivery {
				c.status, c.code = 503, "unavailable"
				return taken
			},
			want: func(f *figures) {
				f.OK, f.Untrue = 99, 1
				f.Answers = map[string]int{"200": 99, "503 unavailable": 1}
			},
			complaint: "1 calls told that nothing was sent, and delivered",
			own:       onlyAnswers("200"), says: "1 answers other than 200 (1× 503 unavailable)",
		},
		{
			name: "told that nobody knows",
			spoil: func(c *call, taken []delivery) []delivery {
				c.status, c.code = 504, "unknown"
				return taken
			},
			want: func(f *figures) {
				f.OK = 99
				f.Answers = map[string]int{"200": 99, "504 unknown": 1}
			},
			own: shareOK(0.995), says: "99 of 100 answered 200, at least 99.5 % wanted (1× 504 unknown)",
		},
		{
			name: "refused and not sent",
			spoil: func(c *call, _ []delivery) []delivery {
				c.status, c.code = 503, "unavailable"
				return nil
			},
			want: func(f *figures) {
				f.OK, f.Delivered = 99, 99
				f.Answers = map[string]int{"200": 99, "503 unavailable": 1}
			},
			own: shareDelivered(0.999), says: "99 of 100 delivered, at least 99.9 % wanted (1× 503 unavailable)",
		},
		{
			name:      "sent under another id",
			spoil:     func(_ *call, taken []delivery) []delivery { taken[0].reference = "another"; return taken },
			want:      func(f *figures) { f.Strange = 1 },
			complaint: "1 deliveries under an id or to a number that no caller knows",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var calls []*call
			delivered := make(map[string][]delivery)
			for i := range 100 {
				c, taken := sent(i)
				if i == 42 {
					taken = test.spoil(c, taken)
				}
				calls = append(calls, c)
				delivered[c.number] = taken
			}
			const usual = 50 * time.Millisecond
			want := figures{Calls: 100, Answered: 100, OK: 100, Delivered: 100, P50: usual, P99: usual, Max: usual, Answers: map[string]int{"200": 100}}
			test.want(&want)
			got := account(calls, delivered, deadline)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("figures (-want +got):\n%s", diff)
			}
			var complaints []string
			if test.complaint != "" {
				complaints = []string{test.complaint}
			}
			if diff := cmp.Diff(complaints, judge(got, always()...)); diff != "" {
				t.Errorf("complaints of every row (-want +got):\n%s", diff)
			}
			if test.own != nil {
				if diff := cmp.Diff([]string{test.says}, judge(got, test.own)); diff != "" {
					t.Errorf("complaints of the row (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestOfNoCallsNothingIsTrue(t *testing.T) {
	if diff := cmp.Diff([]string{"no call was made"}, judge(account(nil, nil, deadline), always()...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if complaint := shareOK(0.995)(figures{}); complaint == "" {
		t.Error("a share of nothing is enough")
	}
}

func TestP99IsBounded(t *testing.T) {
	rule := p99Below(time.Second)
	if complaint := rule(figures{P99: time.Second - 1}); complaint != "" {
		t.Errorf("just below: %s", complaint)
	}
	if complaint := rule(figures{P99: time.Second}); complaint != "p99 1s, not below 1s" {
		t.Errorf("just not below: %q", complaint)
	}
}

func TestPercentileIsAMeasuredValue(t *testing.T) {
	sorted := make([]time.Duration, 200)
	for i := range sorted {
		sorted[i] = time.Duration(i + 1)
	}
	for q, want := range map[float64]time.Duration{0.5: 100, 0.99: 198, 1: 200, 0: 1} {
		if got := percentile(sorted, q); got != want {
			t.Errorf("percentile %v is %d, want %d", q, got, want)
		}
	}
	if got := percentile(nil, 0.5); got != 0 {
		t.Errorf("percentile of nothing is %d", got)
	}
}

func TestDeliveriesToOtherNumbersAreStrange(t *testing.T) {
	c, taken := sent(1)
	warm, early := sent(2)
	delivered := map[string][]delivery{c.number: taken, warm.number: early}
	if got := strangers(delivered, []*call{c}, []*call{warm}); got != 0 {
		t.Errorf("%d strangers, want none", got)
	}
	if got := strangers(delivered, []*call{c}); got != 1 {
		t.Errorf("%d strangers, want 1", got)
	}
}

func TestDuplicatesAreExcusedByWhatWasInHand(t *testing.T) {
	c, taken := sent(1)
	taken[0].count = 2
	worker := &workerNode{key: "worker-1"}
	first := &attempt{worker: worker.key, reference: c.id, number: c.number, begun: c.started.Add(10 * time.Millisecond), ended: c.ended}
	s := &stage{
		system: &system{shape: shape{deadline: deadline}, looks: []*lookalike{{history: []*attempt{first}}}},
		calls:  []*call{c}, delivered: map[string][]delivery{c.number: taken},
	}
	bad := []string{"1 duplicates, at most 0 allowed", "1 duplicates of messages that no worker had in hand"}
	for _, test := range []struct {
		name    string
		moment  time.Time
		workers []*workerNode
		want    []string
	}{
		{"before it began", first.begun.Add(-onTheWay), []*workerNode{worker}, bad},
		{"on its way", first.begun.Add(-onTheWay / 2), []*workerNode{worker}, nil},
		{"under way", first.begun, []*workerNode{worker}, nil},
		{"under way at another worker", first.begun, []*workerNode{{key: "worker-2"}}, bad},
		{"when the caller has the answer", c.ended, []*workerNode{worker}, bad},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.holds = []hold{{test.moment, test.workers}}
			if diff := cmp.Diff(test.want, duplicatesAreExcused(s)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	s.holds = nil
	if diff := cmp.Diff(bad, duplicatesAreExcused(s)); diff != "" {
		t.Errorf("nobody was cut off (-want +got):\n%s", diff)
	}
}

func TestAnAsynchronousMessageIsInHandUntilTheProviderHasAnswered(t *testing.T) {
	c := newCall(1, async, start)
	c.answered, c.status, c.ended = true, 202, start // long before its attempt
	a := attempt{begun: start.Add(time.Second)}
	if !open(c, a, a.begun) {
		t.Error("it is not, while it is under way")
	}
	a.ended = a.begun.Add(time.Second)
	if !open(c, a, a.ended.Add(settling/2)) || open(c, a, a.ended.Add(settling)) {
		t.Error("it is not until shortly after the provider's answer")
	}
	if open(nil, a, a.begun) {
		t.Error("a message of no call is in hand")
	}
}

func TestCallsOfAMoment(t *testing.T) {
	var calls []*call
	for i := range 10 {
		c, _ := sent(i)
		calls = append(calls, c)
	}
	chosen := between(calls, start.Add(3*time.Millisecond), start.Add(5*time.Millisecond))
	if diff := cmp.Diff([]*call{calls[3], calls[4]}, chosen, cmp.Comparer(func(a, b *call) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
