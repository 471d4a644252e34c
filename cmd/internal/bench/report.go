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
	// Through describes the load through a provider, where there is one.
	Through string `json:"through,omitempty"`
}

// Scenario is one load, put on both subjects in turn.
type Scenario struct {
	// Connections is the number of keep-alive connections. In a closed loop
	// each of them always has a call under way.
	Connections int `json:"connections"`
	// Rate is the number of calls a second of an open loop, or zero for a
	// closed one.
	Rate int `json:"rate,omitempty"`
	// ProviderMS is how long the provider takes through which the load is sent, or
	// zero where there is none.
	ProviderMS float64 `json:"provider_ms,omitempty"`
	Skeleton   Side    `json:"skeleton"`
	Product    Side    `json:"product"`
	// Ratio is the product's requests a second over the skeleton's, and
	// P50DifferenceMS its median latency less the skeleton's. Both are the
	// medians of what each pair of rounds gave.
	Ratio           float64 `json:"ratio"`
	P50DifferenceMS float64 `json:"p50_difference_ms"`
	// Provider is the provider called by itself, and AddedP50MS the median latency
	// of the product less the provider's: the median of what each round gave.
	Provider   *Side   `json:"provider,omitempty"`
	AddedP50MS float64 `json:"added_p50_ms,omitempty"`
	// Steps are the product without some of its protections.
	Steps []Step `json:"steps,omitempty"`
}

// Step is the product without one of its protections.
type Step struct {
	Name string `json:"name"`
	Side Side   `json:"side"`
	// Ratio and P50DifferenceMS compare it with the skeleton, as a Scenario's do
	// the whole product.
	Ratio           float64 `json:"ratio"`
	P50DifferenceMS float64 `json:"p50_difference_ms"`
}

// spread is the time over which the connections' first calls are spread.
func (s Scenario) spread() time.Duration {
	return time.Duration(s.ProviderMS * float64(time.Millisecond))
}

// Name describes the load in a few words.
func (s Scenario) Name() string {
	switch {
	case s.ProviderMS > 0:
		return fmt.Sprintf("%d through %gms", s.Connections, s.ProviderMS)
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

// add appends a round of one of the subjects.
func (s *Scenario) add(subject role, m Measurement) {
	switch subject {
	case skeletonRole, skeletonThrough:
		s.Skeleton.Rounds = append(s.Skeleton.Rounds, m)
	case productRole, productThrough:
		s.Product.Rounds = append(s.Product.Rounds, m)
	case providerRole:
		if s.Provider == nil {
			s.Provider = &Side{}
		}
		s.Provider.Rounds = append(s.Provider.Rounds, m)
	case noDedupe:
		if len(s.Steps) == 0 {
			s.Steps = []Step{{Name: "no dedupe"}}
		}
		s.Steps[0].Side.Rounds = append(s.Steps[0].Side.Rounds, m)
	}
}

// conclude works out the medians from the rounds.
func (s *Scenario) conclude() {
	s.Skeleton.Median = summary(s.Skeleton.Rounds)
	s.Product.Median = summary(s.Product.Rounds)
	s.Ratio, s.P50DifferenceMS = compare(s.Skeleton.Rounds, s.Product.Rounds)
	for i := range s.Steps {
		step := &s.Steps[i]
		step.Side.Median = summary(step.Side.Rounds)
		step.Ratio, step.P50DifferenceMS = compare(s.Skeleton.Rounds, step.Side.Rounds)
	}
	if s.Provider != nil {
		s.Provider.Median = summary(s.Provider.Rounds)
		_, s.AddedP50MS = compare(s.Provider.Rounds, s.Product.Rounds)
	}
}

// compare returns the ratio of b's requests a second over a's, and the median latency
// of b less that of a: each the median of what the pairs of rounds gave.
func compare(a, b []Measurement) (ratio, difference float64) {
	ratios, differences := make([]float64, 0, len(b)), make([]float64, 0, len(b))
	for i := range b {
		ratios = append(ratios, over(b[i].RequestsPerSecond, a[i].RequestsPerSecond))
		differences = append(differences, b[i].P50MS-a[i].P50MS)
	}
	return round3(median(ratios)), round3(median(differences))
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
