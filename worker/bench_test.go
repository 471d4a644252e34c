package worker_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

func BenchmarkSend(b *testing.B) {
	for _, failing := range []int{0, 1, 3} {
		b.Run(fmt.Sprintf("failing=%d", failing), func(b *testing.B) {
			providers := make(map[string]provider.Provider)
			var names []string
			for i := range failing + 1 {
				name := fmt.Sprintf("p%d", i)
				names = append(names, name)
				providers[name] = instant{fail: i < failing}
			}
			cfg := worker.Config{Tenants: []worker.Tenant{{Name: "*", Routes: []worker.Route{{Providers: names}}}}}
			d, err := worker.NewDispatcher(cfg, providers, worker.Options{})
			if err != nil {
				b.Fatal(err)
			}
			m := message()
			m.Expires = time.Now().Add(time.Hour)
			ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
			defer cancel()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Send(ctx, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// instant answers at once and remembers nothing.
type instant struct{ fail bool }

func (i instant) Send(context.Context, provider.Message) (provider.Receipt, error) {
	if i.fail {
		return provider.Receipt{}, &provider.Error{Kind: provider.Unavailable}
	}
	return provider.Receipt{ID: "1"}, nil
}
