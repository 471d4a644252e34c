package bench

import (
	"fmt"
	"slices"
)

// The targets, and the loads at which they hold.
const (
	targetConnections = 64
	targetRatio       = 0.65
	targetRate        = 500
	targetP50MS       = 1.0
	targetProviderMS  = 100
	targetAddedMS     = 2.0
)

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
	added := Target{
		Name:     fmt.Sprintf("p50, product less a provider of %d ms alone, %d connections", targetProviderMS, providerConnections),
		Required: fmt.Sprintf("at most %.1f ms", targetAddedMS),
	}
	if i := slices.IndexFunc(scenarios, func(s Scenario) bool { return s.ProviderMS == targetProviderMS && s.Provider != nil }); i >= 0 {
		s := scenarios[i]
		added.Measured = fmt.Sprintf("%+.2f ms", s.AddedP50MS)
		added.Reached = s.clean() && s.Provider.Median.Errors == 0 && s.AddedP50MS <= targetAddedMS
	}
	return []Target{ratio, p50, added}
}

// clean says whether both subjects answered, and never wrongly.
func (s Scenario) clean() bool {
	a, b := s.Skeleton.Median, s.Product.Median
	return a.Errors == 0 && b.Errors == 0 && a.Calls > 0 && b.Calls > 0
}

func find(scenarios []Scenario, connections, rate int) (Scenario, bool) {
	i := slices.IndexFunc(scenarios, func(s Scenario) bool { return s.Connections == connections && s.Rate == rate && s.ProviderMS == 0 })
	if i < 0 {
		return Scenario{}, false
	}
	return scenarios[i], true
}
