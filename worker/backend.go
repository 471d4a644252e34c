package worker

import (
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
)

// letters is the size of the alphabet that country codes are written in.
const letters = 26

// noCountry is the place of numbers of no country.
const noCountry = letters * letters

// backend is a provider under its configured name, with its limits and circuits.
type backend struct {
	name     string
	provider provider.Provider
	throttle *throttle // nil where it has no limits
	logger   *zap.Logger
	// circuits are made when they are needed first.
	circuits [channels][noCountry + 1]atomic.Pointer[circuit]
}

func countryIndex(code string) int {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return noCountry
	}
	return int(code[0]-'A')*letters + int(code[1]-'A')
}

// circuit returns the one for the channel and the country. All that is not a country's
// code shares one, so the worker's memory does not depend on what messages say.
func (b *backend) circuit(channel messaging.Channel, country string) *circuit {
	index := countryIndex(country)
	place := &b.circuits[channelIndex(channel)][index]
	if c := place.Load(); c != nil {
		return c
	}
	if index == noCountry {
		country = ""
	}
	place.CompareAndSwap(nil, newCircuit(b.name, string(channel), country, b.logger))
	return place.Load()
}
