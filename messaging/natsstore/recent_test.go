package natsstore_test

import (
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// shortLife is a life of keys in the claim log that no test outlasts.
const shortLife = time.Minute

// decided claims until that is decided: a busy machine may need longer than one claim has.
func decided(t *testing.T, keys messaging.Keys, key, name string) (there messaging.Claim, mine bool) {
	t.Helper()
	waitFor(t, "a claim", func() bool {
		var err error
		there, mine, err = keys.Claim(t.Context(), key, aClaim(name), shortLife)
		if err != nil && !errors.Is(err, messaging.CodeUnavailable) {
			t.Error(err)
		}
		return err == nil
	})
	return there, mine
}

func TestOneOfManyGatewaysGetsEachKey(t *testing.T) {
	url := messagingtest.NATS(t)
	gateways := make([]*natsstore.Store, 4)
	for i := range gateways {
		gateways[i] = gateway(t, url)
	}
	const keys, rivals = 40, 8
	var got [keys][rivals]messaging.Claim
	var won [keys]counter
	var wait sync.WaitGroup
	for key := range keys {
		for rival := range rivals {
			wait.Go(func() {
				var mine bool
				g := gateways[rival%len(gateways)]
				if got[key][rival], mine = decided(t, g.Keys(), strconv.Itoa(key), strconv.Itoa(rival)); mine {
					won[key].add()
				}
			})
		}
	}
	wait.Wait()
	for key := range keys {
		if won[key].value() != 1 {
			t.Errorf("key %d was given %d times", key, won[key].value())
		}
		for _, there := range got[key] {
			if diff := cmp.Diff(got[key][0], there); diff != "" {
				t.Errorf("two were told of different claims of key %d: %s", key, diff)
			}
		}
	}
}

// TestAGatewayThatStartsKnowsTheClaims has a log of several megabytes, which the server sends at
// the pace at which it is read.
func TestAGatewayThatStartsKnowsTheClaims(t *testing.T) {
	url := messagingtest.NATS(t)
	first := gateway(t, url)
	a, _ := decided(t, first.Keys(), "k", "a")
	gone, _ := decided(t, first.Keys(), "released", "a")
	if err := first.Keys().Release(t.Context(), "released", gone); err != nil {
		t.Fatal(err)
	}
	const batches = 400
	nc := dial(t, url)
	for i := range uint32(batches) {
		if err := nc.Publish(natsstore.SubjectRecent, natsstore.FullBatch(i, shortLife)); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Publish(natsstore.SubjectRecent, []byte("\x63 of a later version")); err != nil {
		t.Fatal(err)
	}
	whole := batches*natsstore.BatchLimit + 1
	waitFor(t, "the first to read all", func() bool { return natsstore.LivingClaims(first) == whole })
	second := gateway(t, url)
	waitFor(t, "the second to read all", func() bool { return natsstore.LivingClaims(second) == whole })
	if there, mine := decided(t, second.Keys(), "k", "b"); mine || cmp.Diff(a, there) != "" {
		t.Errorf("it does not know the earlier claim: %t, %s", mine, cmp.Diff(a, there))
	}
	if _, mine := decided(t, second.Keys(), "released", "b"); !mine {
		t.Error("it does not know that a key was released")
	}
}

func TestOneOfManyTakesAKeyOver(t *testing.T) {
	url := messagingtest.NATS(t)
	gateways := []*natsstore.Store{gateway(t, url), gateway(t, url), gateway(t, url)}
	const rivals = 12
	for round := range 20 {
		key := strconv.Itoa(round)
		first, _ := decided(t, gateways[0].Keys(), key, "first")
		var won counter
		var wait sync.WaitGroup
		for rival := range rivals {
			wait.Go(func() {
				keys := gateways[rival%len(gateways)].Keys()
				if rival == 0 { // whose claim it was gives it up at the same time
					if err := keys.Release(t.Context(), key, first); err != nil && !errors.Is(err, messaging.CodeUnavailable) {
						t.Error(err)
					}
					return
				}
				waitFor(t, "a take-over", func() bool {
					_, mine, err := keys.Replace(t.Context(), key, first, aClaim(strconv.Itoa(rival)), shortLife)
					if mine {
						won.add()
					}
					return err == nil
				})
			})
		}
		wait.Wait()
		if won.value() != 1 {
			t.Errorf("the key was taken over %d times", won.value())
		}
		holder, _ := decided(t, gateways[0].Keys(), key, "later")
		for _, g := range gateways[1:] {
			if there, mine := decided(t, g.Keys(), key, "later"); mine || there.MessageID != holder.MessageID || there.MessageID == idOf("first") {
				t.Errorf("the key is %s's for one and %s's for another", holder.MessageID, there.MessageID)
			}
		}
	}
}

// TestKeysOfAGatewayThatDies has its connection go while claims are under way.
func TestKeysOfAGatewayThatDies(t *testing.T) {
	url := messagingtest.NATS(t)
	nc := dial(t, url)
	dies := open(t, nc, natsstore.Options{Manage: true, Tenants: []string{"demo"}})
	ready(t, dies)
	others := []*natsstore.Store{gateway(t, url), gateway(t, url)}
	const keys = 400
	var had [keys]bool
	var wait sync.WaitGroup
	for key := range keys {
		wait.Go(func() {
			if key == keys/2 {
				nc.Close()
			}
			_, mine, err := dies.Keys().Claim(t.Context(), strconv.Itoa(key), aClaim("dead"), shortLife)
			had[key] = mine && err == nil
		})
	}
	wait.Wait()
	for key := range keys {
		there, mine := decided(t, others[0].Keys(), strconv.Itoa(key), "b")
		if had[key] && mine {
			t.Errorf("key %d was given to two", key)
		}
		if again, mine := decided(t, others[1].Keys(), strconv.Itoa(key), "c"); mine || cmp.Diff(there, again) != "" {
			t.Errorf("two were told of different claims of key %d", key)
		}
	}
}

// TestALogThatIsNotHeard cuts a gateway off without its connection noticing.
func TestALogThatIsNotHeard(t *testing.T) {
	url := messagingtest.NATS(t)
	other := gateway(t, url)
	way := newGate(t, url)
	cutOff := gateway(t, way.url())
	var records counter
	if _, err := dial(t, url).Subscribe(natsstore.SubjectRecent, func(msg *nats.Msg) {
		for range natsstore.RecordsOf(msg) {
			records.add()
		}
	}); err != nil {
		t.Fatal(err)
	}
	known, _ := decided(t, cutOff.Keys(), "known", "a")
	way.mu.Lock()
	const tries = 200
	for i := range tries {
		if _, _, err := cutOff.Keys().Claim(t.Context(), strconv.Itoa(i), aClaim("a"), shortLife); !errors.Is(err, messaging.CodeUnavailable) {
			t.Errorf("got %v, want %v", err, messaging.CodeUnavailable)
		}
	}
	waitFor(t, "it to notice that it hears nothing", func() bool {
		_, _, err := cutOff.Keys().Claim(t.Context(), "known", aClaim("b"), shortLife)
		return errors.Is(err, messaging.CodeUnavailable)
	})
	if err := other.Keys().Release(t.Context(), "known", known); err != nil {
		t.Error(err)
	}
	way.mu.Unlock()
	if _, mine := decided(t, cutOff.Keys(), "known", "b"); !mine {
		t.Error("it does not know what happened meanwhile")
	}
	// What was undecided came to the log later. It is the same message's when it tries again.
	if there, mine := decided(t, other.Keys(), "0", "b"); mine || there.MessageID != idOf("a") {
		t.Errorf("the key is %s's, %t", there.MessageID, mine)
	}
	if _, mine := decided(t, cutOff.Keys(), "0", "a"); !mine {
		t.Error("a claim that was repeated is not its own")
	}
	// Few of the tries were waited for.
	if n := records.value(); n < 3 || n > tries/2 {
		t.Errorf("%d records were sent", n)
	}
}

func TestTheLogIsLost(t *testing.T) {
	url := messagingtest.NATS(t)
	gateways := []*natsstore.Store{gateway(t, url), gateway(t, url)}
	for i := range 20 {
		decided(t, gateways[0].Keys(), strconv.Itoa(i), "a")
	}
	js, err := jetstream.New(dial(t, url))
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), natsstore.StreamRecent); err != nil {
		t.Fatal(err)
	}
	// A gateway that can write to the new log before the other follows it knows as much.
	waitFor(t, "both to follow the new log", func() bool {
		return natsstore.LivingClaims(gateways[0]) == 0 && natsstore.LivingClaims(gateways[1]) == 0
	})
	first, mine := decided(t, gateways[1].Keys(), "0", "b")
	if !mine {
		t.Error("a key is taken that nobody knows of")
	}
	if there, mine := decided(t, gateways[0].Keys(), "0", "c"); mine || cmp.Diff(first, there) != "" {
		t.Error("they don't follow the same log")
	}
}

func TestTheLogIsFull(t *testing.T) {
	url := messagingtest.NATS(t)
	g := gateway(t, url)
	known, _ := decided(t, g.Keys(), "known", "a")
	nc := dial(t, url)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for full := false; !full; { // of a version that nobody knows
		_, err := js.Publish(t.Context(), natsstore.SubjectRecent, make([]byte, 1<<20))
		full = err != nil
	}
	for full := false; !full; {
		_, err := js.Publish(t.Context(), natsstore.SubjectRecent, make([]byte, 10))
		full = err != nil
	}
	waitFor(t, "new claims to be refused", func() bool {
		_, _, err := g.Keys().Claim(t.Context(), "new", aClaim("a"), shortLife)
		return errors.Is(err, messaging.CodeUnavailable)
	})
	if there, mine := decided(t, g.Keys(), "known", "b"); mine || cmp.Diff(known, there) != "" {
		t.Error("an earlier claim was forgotten")
	}
	stream, err := js.Stream(t.Context(), natsstore.StreamRecent)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	decided(t, g.Keys(), "new", "a")
}

func TestWhoDoesNotManageFollowsNoLog(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	if _, _, err := worker(t, url, "w1").Keys().Claim(t.Context(), "k", aClaim("a"), shortLife); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v, want %v", err, messaging.CodeUnavailable)
	}
}

func TestAnIDThatIsNoUUIDClaimsNothing(t *testing.T) {
	keys := gateway(t, messagingtest.NATS(t)).Keys()
	mine := aClaim("a")
	mine.MessageID = "message-1"
	if _, _, err := keys.Claim(t.Context(), "k", mine, shortLife); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v, want %v", err, messaging.CodeUnavailable)
	}
	mine.Revision = 1
	if err := keys.Release(t.Context(), "k", mine); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v, want %v", err, messaging.CodeUnavailable)
	}
}
