package natsstore_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// The benchmarks have the server in the same process, so allocations and times are those
// of both.

// atOnce is how many callers there are for each core.
const atOnce = 32

func BenchmarkRecord(b *testing.B) {
	g := gateway(b, messagingtest.NATS(b))
	e := eventOf(message("demo", time.Minute), "w1")
	var n atomic.Uint64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			g.Events().Record(e)
			if n.Add(1)%(natsstore.MaxRecords/4) == 0 {
				waitFor(b, "room", func() bool { return g.Events().Pending() < natsstore.MaxRecords/2 })
			}
		}
	})
	waitFor(b, "everything to be stored", func() bool { return g.Events().Pending() == 0 })
	b.ReportMetric(float64(g.Events().Dropped()), "dropped")
}

// BenchmarkAlias keeps aliases and waits until they are stored.
func BenchmarkAlias(b *testing.B) {
	url := messagingtest.NATS(b)
	gateway(b, url)
	w := worker(b, url, "w1")
	a := messaging.Alias{Provider: "p", Tenant: "demo", ID: message("demo", time.Minute).ID}
	b.Run("Keep", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			a.ProviderMessageID = strconv.Itoa(i)
			w.Aliases().Keep(a)
			if i%(natsstore.MaxRecords/4) == 0 {
				waitFor(b, "room", func() bool { return w.Aliases().Pending() < natsstore.MaxRecords/2 })
			}
		}
		waitFor(b, "everything to be stored", func() bool { return w.Aliases().Pending() == 0 })
		b.ReportMetric(float64(w.Aliases().Dropped()), "dropped")
	})
	b.Run("Find", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.Aliases().Find(b.Context(), "p", "1"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkWaysToPublish compares ways to store a value and wait for the answer.
func BenchmarkWaysToPublish(b *testing.B) {
	url := messagingtest.NATS(b)
	gateway(b, url)
	nc := dial(b, url)
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	ask, closeAsk := natsstore.NewAsker(b, nc)
	defer closeAsk()
	var n atomic.Uint64
	for _, way := range []struct {
		name    string
		publish func(*nats.Msg) error
	}{
		{"jetstream.PublishMsg", func(m *nats.Msg) error {
			ctx, cancel := context.WithTimeout(b.Context(), time.Second)
			defer cancel()
			_, err := js.PublishMsg(ctx, m)
			return err
		}},
		{"nats.RequestMsg", func(m *nats.Msg) error {
			_, err := nc.RequestMsg(m, time.Second)
			return err
		}},
		{"this package's", ask},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(atOnce)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := way.publish(&nats.Msg{
						Subject: "$KV.phonehook_keys." + strconv.FormatUint(n.Add(1), 10), Data: []byte(`{"id":"x"}`),
						Header: nats.Header{"Nats-TTL": {"10"}, "Nats-Expected-Last-Subject-Sequence": {"0"}},
					}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkHistory looks for one message among 100,000 events of some minutes.
func BenchmarkHistory(b *testing.B) {
	g := gateway(b, messagingtest.NATS(b))
	var m messaging.Message
	key := messaging.NumberKey("key")
	for i := range 100_000 {
		m = message("demo", 5*time.Minute)
		m.ToHash = key.Hash("demo", strconv.Itoa(i))
		g.Events().Record(eventOf(m, "w1"))
		if i%4096 == 0 {
			waitFor(b, "room", func() bool { return g.Events().Pending() < 4096 })
		}
	}
	waitFor(b, "everything to be stored", func() bool { return g.Events().Pending() == 0 })
	b.Run("by id", func(b *testing.B) {
		for b.Loop() {
			if _, err := g.Events().Events(b.Context(), "demo", m.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by number", func(b *testing.B) {
		for b.Loop() {
			if ids, err := g.Events().ByNumber(b.Context(), "demo", m.ToHash, 10); err != nil || len(ids) != 1 {
				b.Fatal(ids, err)
			}
		}
	})
}

// BenchmarkReadingAMessageWithAReport reads a message whose report came after so many events of
// the same tenant's other messages.
func BenchmarkReadingAMessageWithAReport(b *testing.B) {
	for _, others := range []int{0, 10_000, 50_000} {
		b.Run(strconv.Itoa(others), func(b *testing.B) {
			url := messagingtest.NATS(b)
			g, w := gateway(b, url), worker(b, url, "w1")
			mine := message("demo", time.Minute)
			receipt, _ := sent()
			w.Events().Record(messaging.EventOf(mine, receipt, nil))
			for i := range others {
				w.Events().Record(messaging.EventOf(message("demo", time.Minute), receipt, nil))
				if i%5_000 == 0 {
					waitFor(b, "the events to be stored", func() bool { return w.Events().Pending() == 0 })
				}
			}
			waitFor(b, "the events to be stored", func() bool { return w.Events().Pending() == 0 })
			if err := w.Reports().Report(b.Context(), reportOf(mine, messaging.DeliveryDelivered, "v")); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				events, err := g.Events().Events(b.Context(), "demo", mine.ID)
				if err != nil || len(events) != 2 {
					b.Fatal(len(events), err)
				}
			}
		})
	}
}
