package natsstore

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/phonehook/phonehook/messaging"
)

func TestMadeAt(t *testing.T) {
	now := time.Now()
	if at, ok := madeAt(uuid.Must(uuid.NewV7()).String()); !ok || at.Sub(now).Abs() > time.Minute {
		t.Errorf("an id of now was made at %s, %t", at, ok)
	}
	for _, id := range []string{"", uuid.NewString(), strings.ToUpper(uuid.Must(uuid.NewV7()).String()), "019389b8-7c00-7000-8000-0123456789ag", "019389b87c00700080000123456789ab"} {
		if _, ok := madeAt(id); ok {
			t.Errorf("%q passes for an id", id)
		}
	}
}

func TestShardsAreBounded(t *testing.T) {
	ids, numbers := map[string]bool{}, map[string]bool{}
	key := messaging.NumberKey("key")
	for range 50_000 {
		id := uuid.NewString()
		ids[idShard(id)] = true
		numbers[numberShard(key.Hash("demo", id))] = true
	}
	if len(ids) != idShards || len(numbers) != numberShards {
		t.Errorf("%d and %d shards, want %d and %d", len(ids), len(numbers), idShards, numberShards)
	}
	if got := numberShard(""); got != noNumber {
		t.Errorf("no number has the shard %s", got)
	}
}

func TestTokens(t *testing.T) {
	for id, same := range map[string]bool{"019389b8-7c00-7000-8000-0123456789ab": true, "A_z": true, "a.b": false, "*": false, ">": false, "a b": false, "é": false, "$x": false} {
		got := token(id)
		if (got == id) != same || strings.ContainsAny(got, ".*> ") || got == "" {
			t.Errorf("token(%q) = %q", id, got)
		}
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{-time.Second: "1", 0: "1", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Hour: "3600"} {
		if got := seconds(d); got != want {
			t.Errorf("seconds(%s) = %s, want %s", d, got, want)
		}
	}
}

func TestTheNewestAttemptsAreKept(t *testing.T) {
	attempts := []messaging.Attempt{{Code: messaging.CodeUnknown}}
	for range 2 * maxAttempts {
		attempts = append(attempts, messaging.Attempt{Code: messaging.CodeUnavailable})
	}
	got := newest(attempts)
	if len(got) != maxAttempts || got[0].Code != messaging.CodeUnknown {
		t.Errorf("%d attempts are kept, the first %s", len(got), got[0].Code)
	}
}

func TestWhatJetStreamAnswers(t *testing.T) {
	e := newEvents(&Store{})
	for answer, want := range map[string]bool{
		`{"stream":"PHONEHOOK_EVENTS","seq":17}`:                     true,
		`{"stream":"PHONEHOOK_EVENTS","seq":17,"duplicate": true}`:   true,
		`{"stream":"PHONEHOOK_EVENTS","domain":"hub","seq":17}`:      true,
		`{"stream":"PHONEHOOK_EVENTS","seq":0,"error":{"code":503}}`: false,
		`{"error":{"code":503},"stream":"PHONEHOOK_EVENTS","seq":0}`: false,
		`{"stream":"PHONEHOOK_EVENTS","seq":}`:                       false,
		`{"stream":"PHONEHOOK_EVENTS","seq":1`:                       false,
		`{"stream":"PHONEHOOK_EVENTS","seq":1}}`:                     false,
		"":                                                           false,
	} {
		if got := e.isStored([]byte(answer)); got != want {
			t.Errorf("%s: %t, want %t", answer, got, want)
		}
	}
}

// TestALateAnswerIsNotAnothers has a second answer to one event come when another is in its
// slot, as it happens when two servers both take themselves for the leader.
func TestALateAnswerIsNotAnothers(t *testing.T) {
	e := newEvents(&Store{})
	ack := &nats.Msg{Data: []byte(`{"stream":"PHONEHOOK_EVENTS","seq":1}`)}
	var numbers []uint64
	for i := range 3 {
		if !e.add(&record{born: time.Now()}) {
			t.Fatal("there is no room")
		}
		sending := e.take(false)
		if len(sending) != 1 {
			t.Fatalf("%d events go off, want one", len(sending))
		}
		numbers = append(numbers, sending[0].number)
		if first := numbers[0] % maxUnderWay; numbers[i]%maxUnderWay != first {
			t.Fatalf("the slots are %d and %d, and the test needs the same", first, numbers[i]%maxUnderWay)
		}
		for _, earlier := range numbers[:i] {
			e.settle(earlier, ack)
		}
		if n := e.Pending(); n != 1 {
			t.Errorf("%d events are pending after others' answers, want 1", n)
		}
		for range 2 {
			e.settle(numbers[i], ack)
		}
		if n := e.Pending(); n != 0 {
			t.Errorf("%d events are pending after their answers, want none", n)
		}
	}
}

func TestBackoffIsBounded(t *testing.T) {
	for tries := range 100 {
		if wait := backoff(tries); wait < firstBackoff/2 || wait > lastBackoff {
			t.Errorf("after %d tries: %s", tries, wait)
		}
	}
}

func TestTheClockOfAnotherIsLearnt(t *testing.T) {
	now := time.Now()
	c := clock{now: func() time.Time { return now }}
	c.learn(now, now.Add(100*time.Millisecond), now.Add(time.Hour))
	if off := c.ahead() - time.Hour; off.Abs() > 50*time.Millisecond {
		t.Errorf("off by %s", off)
	}
	c.learn(now, now.Add(time.Minute), now.Add(5*time.Hour)) // took too long to tell anything
	if off := c.server().Sub(now) - time.Hour; off.Abs() > 50*time.Millisecond {
		t.Errorf("off by %s", off)
	}
}

// TestTheStreamsFit holds their sizes against what nats.conf gives.
func TestTheStreamsFit(t *testing.T) {
	s := &Store{opts: Options{Manage: true}.withDefaults()}
	var disk, memory int64
	for _, stream := range s.streams() {
		var cfg jetstream.StreamConfig
		stream.apply(&cfg)
		if cfg.MaxBytes <= 0 {
			t.Errorf("%s has no size", stream.name)
		}
		if cfg.Storage == jetstream.MemoryStorage {
			memory += cfg.MaxBytes
		} else {
			disk += cfg.MaxBytes
		}
	}
	if disk > 1<<30 || memory > 64<<20 {
		t.Errorf("they take %d MiB of disk and %d of memory", disk>>20, memory>>20)
	}
}
