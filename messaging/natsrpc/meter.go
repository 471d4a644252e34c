package natsrpc

import "time"

// The meter counts over the last two seconds: long enough that a few slow messages
// do not look like an outage, short enough that a real one is soon seen.
const (
	meterSlice  = 100 * time.Millisecond
	meterSlices = 20
)

// meter measures the workers: how many messages they end in a second, and how long
// one takes. Its users lock it.
type meter struct {
	slices [meterSlices]int
	at     int64 // the number of the latest slice
	sum    int

	average   time.Duration
	deviation time.Duration
}

// note counts a message that ended now and took so long. The weights are those by
// which TCP estimates a round trip: some ten messages tell.
func (m *meter) note(now time.Time, took time.Duration) {
	m.advance(now)
	m.slices[m.at%meterSlices]++
	m.sum++
	if m.average == 0 {
		m.average, m.deviation = took, took/2
		return
	}
	m.deviation += ((took - m.average).Abs() - m.deviation) / 4
	m.average += (took - m.average) / 8
}

// advance forgets what is older than the slices reach.
func (m *meter) advance(now time.Time) {
	at := now.UnixNano() / int64(meterSlice)
	if at-m.at >= meterSlices || at < m.at { // the clock may have been set back
		m.slices, m.sum, m.at = [meterSlices]int{}, 0, at
		return
	}
	for m.at < at {
		m.at++
		m.sum -= m.slices[m.at%meterSlices]
		m.slices[m.at%meterSlices] = 0
	}
}

// rate is how many messages a second have ended lately.
func (m *meter) rate(now time.Time) float64 {
	m.advance(now)
	return float64(m.sum) / (meterSlices * meterSlice).Seconds()
}

// usual is within what time nearly every message has ended lately.
func (m *meter) usual() time.Duration { return m.average + 2*m.deviation }
