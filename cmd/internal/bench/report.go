package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"time"
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

// WriteJSON writes the report for machines.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("bench: write the report: %w", err)
	}
	return nil
}
