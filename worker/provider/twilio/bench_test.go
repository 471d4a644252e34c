package twilio_test

import (
	"testing"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/twilio"
)

// The benchmarks send to the look-alike over loopback, so they count its work too.
func benchmarkSend(b *testing.B, channel provider.Channel, change func(*twilio.Config)) {
	_, client := start(b, change)
	m := message(channel)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Send(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSendSMS(b *testing.B)    { benchmarkSend(b, provider.SMS, nil) }
func BenchmarkSendVoice(b *testing.B)  { benchmarkSend(b, provider.Voice, nil) }
func BenchmarkSendVerify(b *testing.B) { benchmarkSend(b, provider.SMS, throughVerify) }
