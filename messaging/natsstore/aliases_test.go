package natsstore_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// found waits until an alias is there.
func found(t *testing.T, s *natsstore.Store, provider, id string) messaging.Alias {
	t.Helper()
	var got messaging.Alias
	waitFor(t, "an alias", func() bool {
		var err error
		got, err = s.Aliases().Find(t.Context(), provider, id)
		if err != nil && !errors.Is(err, messaging.CodeNotFound) {
			t.Fatal(err)
		}
		return err == nil
	})
	return got
}

func aliasesStored(t *testing.T, s *natsstore.Store) {
	t.Helper()
	waitFor(t, "the aliases to be stored", func() bool { return s.Aliases().Pending() == 0 })
}

func notFound(t *testing.T, s *natsstore.Store, provider, id string) {
	t.Helper()
	if got, err := s.Aliases().Find(t.Context(), provider, id); !errors.Is(err, messaging.CodeNotFound) {
		t.Errorf("%s, %q: found %+v, %v", provider, id, got, err)
	}
}

func TestAnAliasIsFoundByEveryWorker(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	one, other := worker(t, url, "w1"), worker(t, url, "w2")
	ids := []string{"1183c73d-2e62-4f60-b610-30f160bdfbd5", "a.b.*.>", "a b", "é\n", strings.Repeat("x", 4096)}
	var want []messaging.Alias
	for i, id := range ids {
		a := messaging.Alias{Provider: "main", ProviderMessageID: id, Tenant: "demo", ID: "message-" + strconv.Itoa(i)}
		want = append(want, a)
		notFound(t, one, a.Provider, id)
		one.Aliases().Keep(a)
	}
	for _, a := range want {
		if got := found(t, other, a.Provider, a.ProviderMessageID); got != a {
			t.Errorf("kept %+v, found %+v", a, got)
		}
	}
	notFound(t, other, "main", "1183c73d-2e62-4f60-b610-30f160bdfbd6")
	notFound(t, other, "main", "")
}

// TestAliasesDoNotMix has two accounts, and two tenants, whose vendors have the same ids.
func TestAliasesDoNotMix(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	w := worker(t, url, "w1")
	all := []messaging.Alias{
		{Provider: "main", ProviderMessageID: "1", Tenant: "demo", ID: "a"},
		{Provider: "second", ProviderMessageID: "1", Tenant: "other", ID: "b"},
		{Provider: "main", ProviderMessageID: "2", Tenant: "other", ID: "c"},
	}
	for _, a := range all {
		w.Aliases().Keep(a)
	}
	for _, a := range all {
		if got := found(t, w, a.Provider, a.ProviderMessageID); got != a {
			t.Errorf("kept %+v, found %+v", a, got)
		}
	}
	notFound(t, w, "second", "2")
	notFound(t, w, "main\n1", "")
}

func TestTheSameAliasIsKeptOnce(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	one, other := worker(t, url, "w1"), worker(t, url, "w2")
	a := messaging.Alias{Provider: "main", ProviderMessageID: "1", Tenant: "demo", ID: "a"}
	var keeping sync.WaitGroup
	for _, w := range []*natsstore.Store{one, other} {
		keeping.Go(func() {
			for range 500 {
				w.Aliases().Keep(a)
			}
		})
	}
	keeping.Wait()
	aliasesStored(t, one)
	aliasesStored(t, other)
	if n := streamOf(t, dial(t, url), natsstore.StreamAliases); n != 1 || one.Aliases().Dropped()+other.Aliases().Dropped() != 0 {
		t.Errorf("the stream has %d messages, %d and %d were dropped", n, one.Aliases().Dropped(), other.Aliases().Dropped())
	}
	a.ID = "b" // of a vendor whose ids come again, the newest message counts
	other.Aliases().Keep(a)
	aliasesStored(t, other)
	if got := found(t, one, "main", "1"); got.ID != "b" {
		t.Errorf("found %+v", got)
	}
}

func TestAnAliasOfNothingIsDropped(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	w := worker(t, url, "w1")
	for _, a := range []messaging.Alias{
		{Provider: "main", Tenant: "demo", ID: "a"},
		{Provider: "main", ProviderMessageID: "1", ID: "a"},
		{Provider: "main", ProviderMessageID: "1", Tenant: "a.>", ID: "a"},
	} {
		w.Aliases().Keep(a)
	}
	if n := w.Aliases().Dropped(); n != 3 {
		t.Errorf("%d were dropped", n)
	}
}

// TestAliasesAreBounded looks at what the server was told of the stream, and fills it.
func TestAliasesAreBounded(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	w := worker(t, url, "w1")
	js, err := jetstream.New(dial(t, url))
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), natsstore.StreamAliases)
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	if cfg.Storage != jetstream.FileStorage || cfg.MaxAge != 96*time.Hour || cfg.MaxBytes <= 0 || cfg.MaxBytes > 64<<20 ||
		cfg.MaxMsgsPerSubject != 1 || cfg.Discard != jetstream.DiscardOld || !cfg.AllowDirect {
		t.Errorf("the stream is %+v", cfg)
	}
	const few = 200
	cfg.MaxBytes = few * 130 // of one alias
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	id := message("demo", time.Minute).ID
	for i := range 2 * few {
		w.Aliases().Keep(messaging.Alias{Provider: "main", ProviderMessageID: strconv.Itoa(i), Tenant: "demo", ID: id})
	}
	aliasesStored(t, w)
	info, err := stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := info.State.Msgs; n > few*11/10 || n < few*9/10 || w.Aliases().Dropped() != 0 {
		t.Errorf("%d bytes have %d aliases, and %d were dropped", info.State.Bytes, n, w.Aliases().Dropped())
	}
	notFound(t, w, "main", "0")
	found(t, w, "main", strconv.Itoa(2*few-1))
}

func TestAliasesExpire(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	w := worker(t, url, "w1")
	js, err := jetstream.New(dial(t, url))
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), natsstore.StreamAliases)
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	cfg.MaxAge, cfg.Duplicates = time.Second, time.Second
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	w.Aliases().Keep(messaging.Alias{Provider: "main", ProviderMessageID: "1", Tenant: "demo", ID: "a"})
	found(t, w, "main", "1")
	waitFor(t, "its end", func() bool {
		_, err := w.Aliases().Find(t.Context(), "main", "1")
		return errors.Is(err, messaging.CodeNotFound)
	})
}

func TestAliasesOutliveTheServer(t *testing.T) {
	s := startServer(t)
	gateway(t, s.URL())
	w := worker(t, s.URL(), "w1")
	before := messaging.Alias{Provider: "main", ProviderMessageID: "1", Tenant: "demo", ID: "a"}
	during := messaging.Alias{Provider: "main", ProviderMessageID: "2", Tenant: "demo", ID: "b"}
	w.Aliases().Keep(before)
	found(t, w, "main", "1")
	s.stop()
	w.Aliases().Keep(during)
	if _, err := w.Aliases().Find(t.Context(), "main", "1"); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("without a server: %v", err)
	}
	s.start()
	ready(t, w)
	for _, a := range []messaging.Alias{before, during} {
		if got := found(t, w, "main", a.ProviderMessageID); got != a {
			t.Errorf("kept %+v, found %+v", a, got)
		}
	}
	if n := w.Aliases().Dropped(); n != 0 {
		t.Errorf("%d were dropped", n)
	}
}

// TestNobodyTellsAnAliasInTime has a server that does not answer.
func TestNobodyTellsAnAliasInTime(t *testing.T) {
	url := messagingtest.NATS(t)
	silent := dial(t, url)
	if _, err := silent.Subscribe("$JS.API.DIRECT.GET."+natsstore.StreamAliases, func(*nats.Msg) {}); err != nil {
		t.Fatal(err)
	}
	if err := silent.Flush(); err != nil {
		t.Fatal(err)
	}
	w := open(t, dial(t, url), natsstore.Options{Source: "w1"})
	began := time.Now()
	if _, err := w.Aliases().Find(t.Context(), "main", "1"); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("it took %s", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Aliases().Find(ctx, "main", "1"); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v", err)
	}
}

// TestAliasesThatNobodyTakesAreInNoEventsWay has no stream of aliases, as with a gateway from before
// there was one.
func TestAliasesThatNobodyTakesAreInNoEventsWay(t *testing.T) {
	url := messagingtest.NATS(t)
	gateway(t, url)
	nc := dial(t, url)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := natsstore.Open(dial(t, url), natsstore.Options{Source: "w1"})
	if err != nil {
		t.Fatal(err)
	}
	ready(t, s)
	if err := js.DeleteStream(t.Context(), natsstore.StreamAliases); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Aliases().Find(t.Context(), "main", "1"); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("without a stream: %v", err)
	}
	const n = 500
	for i := range n {
		s.Aliases().Keep(messaging.Alias{Provider: "main", ProviderMessageID: strconv.Itoa(i), Tenant: "demo", ID: "a"})
		s.Events().Record(eventOf(message("demo", time.Minute), ""))
	}
	waitFor(t, "the events to be stored", func() bool { return s.Events().Pending() == 0 })
	if lost := s.Events().Dropped(); lost != 0 {
		t.Errorf("%d events were dropped", lost)
	}
	// A gateway makes the stream when it looks again, at the latest after five seconds, so that
	// some or all of them are stored nevertheless; what was not is told.
	if err := s.Close(shortly(t)); (err != nil) != (s.Aliases().Dropped() > 0) {
		t.Errorf("Close says %v, and %d were dropped", err, s.Aliases().Dropped())
	}
}
