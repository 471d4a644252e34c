// Package lookalike is the list of the look-alikes of providers' APIs. They are for trying a
// worker out and for tests, so no server links it: builtin has the providers themselves.
package lookalike

import (
	"net/http"
	"slices"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// Server is a look-alike that runs.
type Server interface {
	http.Handler
	SetFaults(faults ...simulator.Fault) error
	SetReceipts(r simulator.Receipts) error
	Messages() []simulator.Message
	Stats() simulator.Stats
	Close()
}

// ReportsElsewhere is a Server whose vendor is told in its dashboard where to report, and not by
// each message.
type ReportsElsewhere interface {
	ReportTo(address string)
}

// Kind is one vendor's look-alike.
type Kind struct {
	// Name is the key of the provider's section, such as twilio, and Vendor the name for
	// people.
	Name, Vendor string
	// New returns a look-alike that lets in the account of Section alone, and Open one that
	// lets in any account whose requests have the right form.
	New, Open func() Server
	// Section is that account's section in a worker's file, a key and its value on
	// each line, for a look-alike that listens at base.
	Section func(base string) string
}

// Find returns the kind with a name.
func Find(name string) (Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return Kinds[i], true
}

// Names returns the names of all, in the order of Kinds.
func Names() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}
