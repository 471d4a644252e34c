package vonage_test

import (
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
