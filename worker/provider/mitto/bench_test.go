package mitto_test

import "testing"

// BenchmarkSendSMS sends to the look-alike over loopback, so it counts its work too.
func BenchmarkSendSMS(b *testing.B) {
	_, client := start(b)
	m := message()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Send(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}
