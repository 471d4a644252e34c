package bench

import "math"

// Measurement is one round.
type Measurement struct {
	// Calls is the number of right answers; only they have a latency.
	Calls             int     `json:"calls"`
	Errors            int     `json:"errors"`
	FirstError        string  `json:"first_error,omitempty"`
	Seconds           float64 `json:"seconds"`
	RequestsPerSecond float64 `json:"requests_per_second"`
	P50MS             float64 `json:"p50_ms"`
	P95MS             float64 `json:"p95_ms"`
	P99MS             float64 `json:"p99_ms"`
	MaxMS             float64 `json:"max_ms"`
	// CPUSeconds is the processor time of the subject's process.
	CPUSeconds float64 `json:"cpu_seconds"`
	// CPUMicrosecondsPerCall is the same, divided among the right answers.
	CPUMicrosecondsPerCall float64 `json:"cpu_us_per_call"`
	// PeakRSSBytes is the most memory that the subject's process has ever had
	// resident, this round and the ones before.
	PeakRSSBytes int64 `json:"peak_rss_bytes"`
	// CallersCPUSeconds is the processor time of the process that makes the
	// calls, which the subject could not have.
	CallersCPUSeconds float64 `json:"callers_cpu_seconds"`
}

func (m Measurement) cores() float64 { return over(m.CPUSeconds, m.Seconds) }

// over returns a/b, and zero where there is nothing to divide by: an infinity has
// no JSON.
func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func round3(f float64) float64 { return math.Round(f*1000) / 1000 }

// measurement puts together a round and what the subject's process and this one
// used before and after it.
func measurement(r round, before, after, callersBefore, callersAfter Usage) Measurement {
	m := Measurement{
		Calls:             len(r.latencies),
		Errors:            r.errors,
		Seconds:           round3(r.elapsed.Seconds()),
		P50MS:             milliseconds(percentile(r.latencies, 0.50)),
		P95MS:             milliseconds(percentile(r.latencies, 0.95)),
		P99MS:             milliseconds(percentile(r.latencies, 0.99)),
		MaxMS:             milliseconds(percentile(r.latencies, 1)),
		CPUSeconds:        round3(after.CPUSeconds - before.CPUSeconds),
		PeakRSSBytes:      after.PeakRSSBytes,
		CallersCPUSeconds: round3(callersAfter.CPUSeconds - callersBefore.CPUSeconds),
	}
	if r.firstError != nil {
		m.FirstError = r.firstError.Error()
	}
	m.RequestsPerSecond = round3(over(float64(m.Calls), r.elapsed.Seconds()))
	m.CPUMicrosecondsPerCall = round3(over(m.CPUSeconds*1e6, float64(m.Calls)))
	return m
}

func summary(rounds []Measurement) Measurement {
	of := func(figure func(Measurement) float64) float64 {
		values := make([]float64, 0, len(rounds))
		for _, m := range rounds {
			values = append(values, figure(m))
		}
		return round3(median(values))
	}
	total := Measurement{
		Seconds:                of(func(m Measurement) float64 { return m.Seconds }),
		RequestsPerSecond:      of(func(m Measurement) float64 { return m.RequestsPerSecond }),
		P50MS:                  of(func(m Measurement) float64 { return m.P50MS }),
		P95MS:                  of(func(m Measurement) float64 { return m.P95MS }),
		P99MS:                  of(func(m Measurement) float64 { return m.P99MS }),
		MaxMS:                  of(func(m Measurement) float64 { return m.MaxMS }),
		CPUSeconds:             of(func(m Measurement) float64 { return m.CPUSeconds }),
		CPUMicrosecondsPerCall: of(func(m Measurement) float64 { return m.CPUMicrosecondsPerCall }),
		CallersCPUSeconds:      of(func(m Measurement) float64 { return m.CallersCPUSeconds }),
	}
	for _, m := range rounds {
		total.Calls += m.Calls
		total.Errors += m.Errors
		total.PeakRSSBytes = max(total.PeakRSSBytes, m.PeakRSSBytes)
		if total.FirstError == "" {
			total.FirstError = m.FirstError
		}
	}
	return total
}
