package natsstore_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// spans are a time for which keys are in memory, and one for which they are on disk.
var spans = map[string]time.Duration{"recent": 10 * time.Second, "long": 24 * time.Hour}

// idOf returns the id of the message that a test calls by this name.
func idOf(name string) string { return uuid.NewSHA1(uuid.Nil, []byte(name)).String() }

func aClaim(name string) messaging.Claim {
	return messaging.Claim{MessageID: idOf(name), Fingerprint: "of " + name, Deadline: time.Date(2026, 11, 23, 12, 0, 9, 0, time.UTC)}
}

// sameClaim compares claims without their revision.
var sameClaim = cmpopts.IgnoreFields(messaging.Claim{}, "Revision")

func claim(t *testing.T, keys messaging.Keys, key, id string, ttl time.Duration) (messaging.Claim, bool) {
	t.Helper()
	got, mine, err := keys.Claim(t.Context(), key, aClaim(id), ttl)
	if err != nil {
		t.Fatal(err)
	}
	return got, mine
}

func TestAKeyStandsForItsFirstMessage(t *testing.T) {
	url := messagingtest.NATS(t)
	first, second := gateway(t, url), gateway(t, url)
	for name, ttl := range spans {
		t.Run(name, func(t *testing.T) {
			const key = "demo / any text. * > \x00 at all"
			mine, ok := claim(t, first.Keys(), key, "a", ttl)
			if diff := cmp.Diff(aClaim("a"), mine, sameClaim); !ok || diff != "" {
				t.Fatalf("the first claim: %t, %s", ok, diff)
			}
			there, ok := claim(t, second.Keys(), key, "b", ttl)
			if diff := cmp.Diff(mine, there); ok || diff != "" {
				t.Errorf("the second claim: %t, %s", ok, diff)
			}
			if _, ok := claim(t, first.Keys(), key, "a", ttl); !ok {
				t.Error("a message's own claim, repeated, is another's")
			}
			if _, ok := claim(t, first.Keys(), key+"x", "b", ttl); !ok {
				t.Error("another key is taken too")
			}
		})
	}
}

func TestAReleasedKeyIsFreeAtOnce(t *testing.T) {
	keys := gateway(t, messagingtest.NATS(t)).Keys()
	for name, ttl := range spans {
		t.Run(name, func(t *testing.T) {
			first, _ := claim(t, keys, name, "a", ttl)
			stranger := first
			stranger.Revision += 2
			if err := keys.Release(t.Context(), name, stranger); err != nil {
				t.Fatal(err)
			}
			if _, ok := claim(t, keys, name, "b", ttl); ok {
				t.Fatal("a claim with another revision released the key")
			}
			for range 2 { // the second time does no harm
				if err := keys.Release(t.Context(), name, first); err != nil {
					t.Fatal(err)
				}
			}
			if _, ok := claim(t, keys, name, "b", ttl); !ok {
				t.Fatal("the released key is not free")
			}
			if err := keys.Release(t.Context(), name, first); err != nil {
				t.Fatal(err)
			}
			if there, ok := claim(t, keys, name, "c", ttl); ok || there.MessageID != idOf("b") {
				t.Error("who had the key before released it for who has it now")
			}
		})
	}
}

func TestReplace(t *testing.T) {
	keys := gateway(t, messagingtest.NATS(t)).Keys()
	for name, ttl := range spans {
		t.Run(name, func(t *testing.T) {
			first, _ := claim(t, keys, name, "a", ttl)
			second, ok, err := keys.Replace(t.Context(), name, first, aClaim("b"), ttl)
			if err != nil || !ok || second.MessageID != idOf("b") {
				t.Fatalf("Replace: %+v, %t, %v", second, ok, err)
			}
			there, ok, err := keys.Replace(t.Context(), name, first, aClaim("c"), ttl)
			if diff := cmp.Diff(second, there); err != nil || ok || diff != "" {
				t.Errorf("Replace of what was replaced: %t, %v, %s", ok, err, diff)
			}
			if err := keys.Release(t.Context(), name, second); err != nil {
				t.Fatal(err)
			}
			if third, ok, err := keys.Replace(t.Context(), name, second, aClaim("c"), ttl); err != nil || !ok || third.MessageID != idOf("c") {
				t.Errorf("Replace of what is gone: %+v, %t, %v", third, ok, err)
			}
		})
	}
}

func TestAKeyIsFreeAfterItsTime(t *testing.T) {
	keys := gateway(t, messagingtest.NATS(t)).Keys()
	claim(t, keys, "k", "a", time.Second)
	waitFor(t, "the key's end", func() bool {
		_, ok := claim(t, keys, "k", "b", time.Second)
		return ok
	})
}

func TestOneOfManyGetsTheKey(t *testing.T) {
	url := messagingtest.NATS(t)
	gateways := []*natsstore.Store{gateway(t, url), gateway(t, url)}
	for name, ttl := range spans {
		var got [50]messaging.Claim
		var won counter
		var wait sync.WaitGroup
		for i := range got {
			wait.Go(func() {
				id := strconv.Itoa(i)
				// A machine under load may need longer than an operation has.
				for {
					there, mine, err := gateways[i%2].Keys().Claim(t.Context(), name, aClaim(id), ttl)
					if err != nil && t.Context().Err() == nil {
						time.Sleep(10 * time.Millisecond)
						continue
					}
					if got[i] = there; mine {
						won.add()
					}
					return
				}
			})
		}
		wait.Wait()
		if won.value() != 1 {
			t.Errorf("%s: %d claims succeeded, want 1", name, won.value())
		}
		for _, there := range got {
			if diff := cmp.Diff(got[0], there); diff != "" {
				t.Fatalf("%s: two were told of different claims: %s", name, diff)
			}
		}
	}
}

// TestKeysThatNobodyAnswersFor has a stand-in for the stream that stays silent, and later
// answers.
func TestKeysThatNobodyAnswersFor(t *testing.T) {
	url := messagingtest.NATS(t)
	var asked counter
	answer := make(chan struct{})
	standIn := dial(t, url)
	if _, err := standIn.Subscribe("$KV.phonehook_keys.>", func(msg *nats.Msg) {
		asked.add()
		select {
		case <-answer:
			_ = msg.Respond([]byte(`{"stream":"KV_phonehook_keys","seq":7}`))
		default:
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := standIn.Flush(); err != nil {
		t.Fatal(err)
	}
	keys := open(t, dial(t, url), natsstore.Options{}).Keys() // does not make the stream
	for range 50 {
		if _, _, err := keys.Claim(t.Context(), "k", aClaim("a"), time.Hour); !errors.Is(err, messaging.CodeUnavailable) {
			t.Fatalf("got %v, want %v", err, messaging.CodeUnavailable)
		}
	}
	// Of the 50 some three were waited for, and one more for each second that it took.
	if n := asked.value(); n < 3 || n > 20 {
		t.Errorf("JetStream was asked %d times", n)
	}
	close(answer)
	waitFor(t, "keys to be used again", func() bool {
		_, ok, err := keys.Claim(t.Context(), "k", aClaim("a"), time.Hour)
		return ok && err == nil
	})
}

func TestKeysWithoutNATS(t *testing.T) {
	s := startServer(t)
	g := gateway(t, s.URL())
	s.stop()
	for range 1000 { // would take minutes if each waited
		if _, _, err := g.Keys().Claim(t.Context(), "k", aClaim("a"), time.Hour); !errors.Is(err, messaging.CodeUnavailable) {
			t.Fatalf("got %v, want %v", err, messaging.CodeUnavailable)
		}
	}
	if g.Ready() == nil {
		t.Error("the store is ready without NATS")
	}
	s.start()
	waitFor(t, "keys to be used again", func() bool {
		_, ok, err := g.Keys().Claim(t.Context(), "k", aClaim("a"), time.Hour)
		return ok && err == nil
	})
}

func TestACallerWhoLeavesDoesNotWait(t *testing.T) {
	g := gateway(t, messagingtest.NATS(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		if _, _, err := g.Keys().Claim(ctx, "k", aClaim("a"), time.Hour); err != nil && !errors.Is(err, messaging.CodeUnavailable) {
			t.Fatalf("got %v, want %v", err, messaging.CodeUnavailable)
		}
	}
	// Callers who leave say nothing of JetStream.
	if _, _, err := g.Keys().Claim(t.Context(), "other", aClaim("a"), time.Hour); err != nil {
		t.Error(err)
	}
}
