package natsrpc_test

import (
	"context"
	"testing"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// BenchmarkCall is a call to a worker that needs no time: what the way costs.
func BenchmarkCall(b *testing.B) {
	url := messagingtest.NATS(b)
	newServer(b, url, messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		return messaging.Receipt{Code: messaging.CodeSent}, nil
	}), natsrpc.ServerOptions{Slots: 1024})
	client := newClient(b, url)
	send := func() {
		ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
		defer cancel()
		if _, err := client.Send(ctx, messagingtest.Message()); err != nil {
			b.Error(err)
		}
	}
	b.Run("one at a time", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			send()
		}
	})
	b.Run("64 at a time", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(32) // times two processors
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				send()
			}
		})
	})
}
