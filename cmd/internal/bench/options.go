package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"
)

// openConnections is how many connections carry the calls of a fixed rate. With
// 64 of them and 500 calls/s, only answers that take longer than 128 ms make a
// later call wait, and the wait is counted.
const openConnections = 64

// providerConnections carry the load that is sent through a provider: many enough
// that its time is what a call is made of, and 2,560 calls a second at 100 ms.
const providerConnections = 256

// warmUpConnections fills the subjects' pools and lets their heaps settle.
const warmUpConnections = 64

// Options say what Run measures.
type Options struct {
	// Connections are the closed loops: each number is one load.
	Connections []int
	// Rate is the calls a second of the open loop; zero leaves it out.
	Rate int
	// Provider is how long a provider takes for a message, for a load that is sent
	// through one; zero leaves it out.
	Provider time.Duration
	// Steps has the closed loops put on the product also without what can be turned
	// off, to see what each protection costs.
	Steps bool
	// Length is how long each round takes, and WarmUp how long each subject is
	// called before the first.
	Length time.Duration
	WarmUp time.Duration
	// Rounds is how often each load is put on each subject.
	Rounds int
	// Command returns the command that runs Serve for a subject. Its standard
	// input and output are Run's to set.
	Command func(ctx context.Context, subject string) *exec.Cmd
	// Progress is told what is being done, a line at a time.
	Progress io.Writer
}

// Bounds of the options. Beyond them a figure says nothing about phonehook: the
// callers run out of ports, or a round holds too few calls or too many to keep.
const (
	maxConnections = 4096
	maxRate        = 100_000
	minLength      = 100 * time.Millisecond
	maxLength      = 10 * time.Minute
	maxRounds      = 100
	maxProvider    = 5 * time.Second
)

// Validate returns what is wrong with the options, in the command line's words.
func (o Options) Validate() error {
	if len(o.Connections) == 0 && o.Rate == 0 && o.Provider == 0 {
		return errors.New("bench: there is nothing to measure; give --connections, --rate or --provider")
	}
	for _, n := range o.Connections {
		if n < 1 || n > maxConnections {
			return fmt.Errorf("bench: --connections: %d is not between 1 and %d", n, maxConnections)
		}
	}
	switch {
	case o.Rate < 0 || o.Rate > maxRate:
		return fmt.Errorf("bench: --rate: %d is not between 0 and %d calls a second", o.Rate, maxRate)
	case o.Provider < 0 || o.Provider > maxProvider:
		return fmt.Errorf("bench: --provider: %s is not between 0s and %s", o.Provider, maxProvider)
	case o.Length < minLength || o.Length > maxLength:
		return fmt.Errorf("bench: --duration: %s is not between %s and %s", o.Length, minLength, maxLength)
	case o.WarmUp < 0 || o.WarmUp > maxLength:
		return fmt.Errorf("bench: --warm-up: %s is not between 0s and %s", o.WarmUp, maxLength)
	case o.Rounds < 1 || o.Rounds > maxRounds:
		return fmt.Errorf("bench: --rounds: %d is not between 1 and %d", o.Rounds, maxRounds)
	}
	return nil
}

// Time is how long Run will take, less a second or two for starting and stopping.
func (o Options) Time() time.Duration {
	rounds := 0
	for _, s := range o.scenarios() {
		rounds += o.Rounds * len(o.roles(s))
	}
	return time.Duration(len(o.allRoles()))*o.WarmUp + time.Duration(rounds)*o.Length
}

func (o Options) scenarios() []Scenario {
	var all []Scenario
	for _, n := range o.Connections {
		all = append(all, Scenario{Connections: n})
	}
	if o.Rate > 0 {
		all = append(all, Scenario{Connections: openConnections, Rate: o.Rate})
	}
	if o.Provider > 0 {
		all = append(all, Scenario{Connections: providerConnections, ProviderMS: milliseconds(o.Provider)})
	}
	return all
}

// role is what a subject is in a comparison.
type role string

const (
	skeletonRole role = "skeleton"
	productRole  role = "product"
	// providerRole is a provider that is called without anything in between.
	providerRole role = "provider"
	// The others send through a provider, or do without a protection.
	skeletonThrough role = "skeleton through the provider"
	productThrough  role = "product through the provider"
	noDedupe        role = "product without deduplication"
)

// roles are the subjects of a load, in the order of the first round.
func (o Options) roles(s Scenario) []role {
	switch {
	case s.ProviderMS > 0:
		return []role{providerRole, skeletonThrough, productThrough}
	case o.Steps && s.Rate == 0:
		return []role{skeletonRole, noDedupe, productRole}
	}
	return []role{skeletonRole, productRole}
}

// allRoles are those of all loads, each once, and a provider before whoever sends
// through it.
func (o Options) allRoles() []role {
	var all []role
	for _, s := range o.scenarios() {
		for _, r := range o.roles(s) {
			if !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	return all
}
