package aws_test

import (
	"testing"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/aws"
)

// The benchmarks send to the look-alike over loopback, so they count its work too.
func benchmarkSend(b *testing.B, channel provider.Channel, config func(string) aws.Config) {
	_, client := start(b, config)
	m := message(channel)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Send(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSendSMS(b *testing.B)   { benchmarkSend(b, provider.SMS, config) }
func BenchmarkSendVoice(b *testing.B) { benchmarkSend(b, provider.Voice, config) }
func BenchmarkSendSNS(b *testing.B)   { benchmarkSend(b, provider.SMS, snsConfig) }
