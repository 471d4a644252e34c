package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"time"
)

// The targets, and the loads at which they hold.
const (
	targetConnections = 64
	targetRatio       = 0.70
	targetRate        = 500
	targetP50MS       = 1.0
)

// Report is everything that a run found out. Its JSON form only ever gains
// fields.
type Report struct {
	StartedAt time.Time  `json:"started_at"`
	Machine   Machine    `json:"machine"`
	Settings  Settings   `json:"settings"`
	Scenarios []Scenario `json:"scenarios"`
	Targets   []Target   `json:"targets"`
}

// Machine is where the run took place.
type Machine struct {
	Go         string `json:"go"`
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	Cores      int    `json:"cores"`
	GOMAXPROCS int    `json:"gomaxprocs"`
}

func thisMachine() Machine {
	return Machine{Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0)}
}

// Settings are what the run was told.
type Settings struct {
	RoundSeconds  float64 `json:"round_seconds"`
	Rounds        int     `json:"rounds"`
	WarmUpSeconds float64 `json:"warm_up_seconds"`
	// Product describes how the product is set up.
	Product string `json:"product"`
}

// Scenario is one load, put on both subjects in turn.
type Scenario struct {
	// Connections is the number of keep-alive connections. In a closed loop
	// each of them always has a call under way.
	Connections int `json:"connections"`
	// Rate is the number of calls a second of an open loop, or zero for a
	// closed one.
	Rate     int  `json:"rate,omitempty"`
	Skeleton Side `json:"skeleton"`
	Product  Side `json:"product"`
	// Ratio is the product's requests a second over the skeleton's, and
	// P50DifferenceMS its median latency less the skeleton's. Both are the
	// medians of what each pair of rounds gave.
	Ratio           float64 `json:"ratio"`
	P50DifferenceMS float64 `json:"p50_difference_ms"`
}

// Name describes the load in a few words.
func (s Scenario) Name() string {
	switch {
	case s.Rate > 0:
		return fmt.Sprintf("%d calls/s", s.Rate)
	case s.Connections == 1:
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", s.Connections)
}

// Side is what one subject did under one load.
type Side struct {
	// Median has the median of each figure over the rounds; its calls and
	// errors are sums, its peak the highest.
	Median Measurement   `json:"median"`
	Rounds []Measurement `json:"rounds"`
}

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

// add appends a pair of rounds.
func (s *Scenario) add(skeleton, product Measurement) {
	s.Skeleton.Rounds = append(s.Skeleton.Rounds, skeleton)
	s.Product.Rounds = append(s.Product.Rounds, product)
}

// conclude works out the medians from the rounds.
func (s *Scenario) conclude() {
	s.Skeleton.Median = summary(s.Skeleton.Rounds)
	s.Product.Median = summary(s.Product.Rounds)
	ratios, differences := make([]float64, 0, len(s.Product.Rounds)), make([]float64, 0, len(s.Product.Rounds))
	for i, product := range s.Product.Rounds {
		skeleton := s.Skeleton.Rounds[i]
		ratios = append(ratios, over(product.RequestsPerSecond, skeleton.RequestsPerSecond))
		differences = append(differences, product.P50MS-skeleton.P50MS)
	}
	s.Ratio, s.P50DifferenceMS = round3(median(ratios)), round3(median(differences))
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

// Target is something that the product must reach.
type Target struct {
	Name     string `json:"name"`
	Required string `json:"required"`
	// Measured is the figure, or empty where the load was not among those of
	// the run.
	Measured string `json:"measured,omitempty"`
	// Reached is false as well where there was no figure, and where any call
	// of the load went wrong.
	Reached bool `json:"reached"`
}

// targets judges the scenarios.
func targets(scenarios []Scenario) []Target {
	ratio := Target{Name: fmt.Sprintf("requests/s, product over skeleton (b/a), %d connections", targetConnections), Required: fmt.Sprintf("at least %.2f", targetRatio)}
	if s, ok := find(scenarios, targetConnections, 0); ok {
		ratio.Measured = fmt.Sprintf("%.2f", s.Ratio)
		ratio.Reached = s.clean() && s.Ratio >= targetRatio
	}
	p50 := Target{Name: fmt.Sprintf("p50, product less skeleton (b-a), %d calls/s", targetRate), Required: fmt.Sprintf("at most %.1f ms", targetP50MS)}
	if s, ok := find(scenarios, openConnections, targetRate); ok {
		p50.Measured = fmt.Sprintf("%+.2f ms", s.P50DifferenceMS)
		p50.Reached = s.clean() && s.P50DifferenceMS <= targetP50MS
	}
	return []Target{ratio, p50}
}

// clean says whether both subjects answered, and never wrongly.
func (s Scenario) clean() bool {
	a, b := s.Skeleton.Median, s.Product.Median
	return a.Errors == 0 && b.Errors == 0 && a.Calls > 0 && b.Calls > 0
}

func find(scenarios []Scenario, connections, rate int) (Scenario, bool) {
	i := slices.IndexFunc(scenarios, func(s Scenario) bool { return s.Connections == connections && s.Rate == rate })
	if i < 0 {
		return Scenario{}, false
	}
	return scenarios[i], true
}

// WriteJSON writes the report for machines.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("bench: write the report: %w", err)
	}
	return nil
}
