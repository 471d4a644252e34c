package vonage_test

import (
	"net/http/httptest"
	"testing"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/vonage"
)

// The benchmarks send to the look-alike over loopback, so they count its work too.
func benchmarkSend(b *testing.B, channel provider.Channel) {
	_, client := start(b)
	m := message(channel)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Send(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSendSMS(b *testing.B)   { benchmarkSend(b, provider.SMS) }
func BenchmarkSendVoice(b *testing.B) { benchmarkSend(b, provider.Voice) }

func BenchmarkSendMessage(b *testing.B) {
	look := newLookAlike()
	server := httptest.NewServer(look)
	defer server.Close()
	defer look.Close()
	cfg := config(server.URL)
	cfg.Messages = true
	client, err := vonage.New(cfg, provider.Account{})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	m := message(provider.SMS)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Send(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSendSMSTogether(b *testing.B) {
	_, client := start(b)
	m := message(provider.SMS)
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.Send(b.Context(), m); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkVoiceFor(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		vonage.VoiceFor("pt-AO", "en-US")
	}
}
