package plivo_test

import (
	"testing"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The benchmarks send to the look-alike over loopback, so they count its work too: for a call, also
// its two requests to an address where nothing answers. It makes no reports.
func benchmarkSend(b *testing.B, channel provider.Channel) {
	look, client := start(b, account)
	if err := look.SetReceipts(simulator.Receipts{}); err != nil {
		b.Fatal(err)
	}
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
