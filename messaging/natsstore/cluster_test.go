package natsstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/natsserver"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// TestAClusterLosesItsLeader kills the server that leads JetStream. Everything that was
// accepted is there afterwards, and what needs a leader waits for the next.
func TestAClusterLosesItsLeader(t *testing.T) {
	if testing.Short() {
		t.Skip("an election takes seconds")
	}
	servers, _, err := natsserver.StartCluster(t.TempDir(), t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var urls []string
	for _, s := range servers {
		urls = append(urls, s.URL())
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	url := strings.Join(urls, ",")
	g := open(t, dial(t, url, nats.DontRandomize()), natsstore.Options{Manage: true, Replicas: 3, Tenants: []string{"demo"}})
	ready(t, g)
	w := open(t, dial(t, url), natsstore.Options{Source: "w1"})
	ready(t, w)
	stored, recorded := message("demo", time.Minute), message("demo", time.Minute)
	enqueue(t, g, stored)
	g.Events().Record(eventOf(recorded, "w1"))
	flushed(t, g, recorded, 1)
	for name, ttl := range spans {
		mineIn(t, g.Keys(), name, "a", ttl)
	}
	// Events go on all the time, whoever leads.
	during := message("demo", time.Minute)
	const many = 250
	recording := make(chan struct{})
	go func() {
		defer close(recording)
		for range many {
			w.Events().Record(eventOf(during, ""))
			time.Sleep(time.Millisecond)
		}
	}()
	for _, s := range servers {
		if s.IsLeader() {
			if err := s.Shutdown(); err != nil {
				t.Fatal(err)
			}
			break // another one leads already
		}
	}
	consume(t, w, 1, func(context.Context, messaging.Message) (messaging.Receipt, error) { return sent() })
	if e := outcome(t, g, stored); e.Code != messaging.CodeSent {
		t.Errorf("the outcome is %s", e.Code)
	}
	flushed(t, g, recorded, 1)
	<-recording
	if got := flushed(t, g, during, many); len(got) != many {
		t.Errorf("%d events are stored, want %d", len(got), many)
	}
	for name, ttl := range spans {
		if mineIn(t, g.Keys(), name, "b", ttl) {
			t.Errorf("a %s key was forgotten", name)
		}
	}
	if n := w.Events().Dropped() + g.Events().Dropped(); n != 0 {
		t.Errorf("%d events were dropped", n)
	}
}

// mineIn claims as soon as a cluster lets it, and says whether it got the key.
func mineIn(t *testing.T, keys messaging.Keys, key, id string, ttl time.Duration) (mine bool) {
	t.Helper()
	waitFor(t, "a claim", func() bool {
		var err error
		_, mine, err = keys.Claim(t.Context(), key, aClaim(id), ttl)
		if err != nil && !errors.Is(err, messaging.CodeUnavailable) {
			t.Fatal(err)
		}
		return err == nil
	})
	return mine
}
