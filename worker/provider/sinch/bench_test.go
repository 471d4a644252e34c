package sinch_test

import (
	"testing"

	"github.com/phonehook/phonehook/worker/provider"
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
