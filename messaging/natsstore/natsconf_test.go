package natsstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// configured runs a server with the nats.conf that ships, and returns its URL and what
// connects as a user. A permission that is missing fails the test.
func configured(t *testing.T) (login func(user string) *nats.Conn) {
	t.Helper()
	for _, user := range []string{"GATEWAY", "WORKER", "OBSERVER"} {
		t.Setenv("NATS_"+user+"_PASSWORD", "test-password")
	}
	options, err := server.ProcessConfigFile("../../configs/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	options.Host, options.Port, options.HTTPPort = "127.0.0.1", server.RANDOM_PORT, server.RANDOM_PORT
	options.StoreDir, options.NoLog, options.NoSigs = t.TempDir(), true, true
	running, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { running.Shutdown(); running.WaitForShutdown() })
	running.Start()
	if !running.ReadyForConnections(patience) {
		t.Fatal("the server did not get ready")
	}
	return func(user string) *nats.Conn {
		var once sync.Once
		return dial(t, running.ClientURL(), nats.UserInfo(user, "test-password"), nats.CustomInboxPrefix("_INBOX."+user),
			nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
				once.Do(func() { t.Errorf("%s: %v", user, err) })
			}))
	}
}

// TestEverythingIsPermitted does all that a gateway and a worker do under their users of nats.conf.
func TestEverythingIsPermitted(t *testing.T) {
	login := configured(t)
	w := open(t, login("worker"), natsstore.Options{Source: "w1"})
	g := open(t, login("gateway"), natsstore.Options{Manage: true, Tenants: []string{"demo"}})
	again := open(t, login("gateway"), natsstore.Options{Manage: true, Tenants: []string{"demo", "more"}, KeepEvents: time.Hour})
	for _, s := range []*natsstore.Store{g, again, w} {
		ready(t, s)
	}
	for name, ttl := range spans {
		first, _ := claim(t, g.Keys(), name, "a", ttl)
		claim(t, g.Keys(), name, "b", ttl)
		second, ok, err := g.Keys().Replace(t.Context(), name, first, aClaim("b"), ttl)
		if !ok || err != nil {
			t.Errorf("Replace: %t, %v", ok, err)
		}
		if err := g.Keys().Release(t.Context(), name, second); err != nil {
			t.Error(err)
		}
	}
	cancelled, failing, late := message("demo", time.Minute), message("demo", time.Minute), message("more", time.Minute)
	enqueue(t, g, cancelled)
	if err := g.Queue().Cancel(t.Context(), "demo", cancelled.ID); err != nil {
		t.Error(err)
	}
	heard := make(chan error, 1)
	go func() {
		_, err := g.Events().Await(t.Context(), failing.Tenant, failing.ID)
		heard <- err
	}()
	var tries counter
	consume(t, w, 1, func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		if m.ID == failing.ID {
			if tries.add(); tries.value() == 1 {
				return failed(messaging.CodeUnavailable)
			}
		}
		return sent()
	})
	enqueue(t, g, failing)
	enqueue(t, w, late) // which a worker could not deliver in time
	outcome(t, g, failing)
	outcome(t, g, late)
	if err := <-heard; err != nil {
		t.Error(err)
	}
	if ids, err := g.Events().ByNumber(t.Context(), "demo", failing.ToHash, 10); err != nil || len(ids) != 2 {
		t.Errorf("by number: %v, %v", ids, err)
	}
	if err := g.Queue().Cancel(t.Context(), "demo", failing.ID); !errors.Is(err, messaging.CodeConflict) {
		t.Errorf("Cancel of what has ended: %v", err)
	}
	alias := messaging.Alias{Provider: "p", ProviderMessageID: "v-1", Tenant: "demo", ID: failing.ID}
	w.Aliases().Keep(alias)
	if got := found(t, w, "p", "v-1"); got != alias {
		t.Errorf("the alias is %+v", got)
	}
	if len(g.NumberKey()) == 0 {
		t.Error("a gateway has no key for hashes of numbers")
	}
}
