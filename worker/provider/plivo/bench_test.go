package plivo_test

import (
	"testing"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The benchmarks send to the look-alike over loopback, so they count its work too; with a call, that
// of asking at an address where nothing answers. Without a limit to the reports under way, those
// would be counted as well, so none are made.
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
