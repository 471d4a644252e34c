// Package providertest has the suite that every provider passes. It runs a provider
// against its vendor's look-alike on a real connection and checks what
// provider.Provider promises: that each failure has its kind, that the kind is
// honest about whether the message may be out, that Send returns when its time is
// over, and that no error tells a secret.
//
// The checks are functions that return an error, so that they can be shown to
// fail: the package's own test runs them against providers that are broken.
package providertest

import (
	"net/http"
	"testing"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// LookAlike is a vendor's look-alike server, as simulator.Server makes it.
type LookAlike interface {
	http.Handler
	SetFaults(faults ...simulator.Fault) error
	Stats() simulator.Stats
	Close()
}

// Harness tells the suite about one vendor and one channel. The providers that it
// makes are closed if they have a method Close.
type Harness struct {
	// LookAlike returns a new look-alike that lets the credentials of New in
	// and not those of NewWrong.
	LookAlike func() LookAlike
	// New returns a provider that sends to base, such as http://127.0.0.1:1.
	New func(base string) (provider.Provider, error)
	// NewWrong returns one whose credentials are wrong.
	NewWrong func(base string) (provider.Provider, error)
	// Message is one that the vendor takes. The suite sets its Reference and
	// Expires. Its text must have its code in it.
	Message provider.Message
	// Secrets are the credentials, which no error may contain. The message's
	// number, text and code are looked for as well.
	Secrets []string
	// Failures are the vendor's own, which its look-alike can answer.
	Failures []Failure
	// Grace is how long Send may take to return after its context ended, or
	// at all where the context does not end; 0 means 10 s, so that only a
	// provider that does not return fails, and not a busy machine.
	Grace time.Duration
}

// Failure is a failure in the vendor's own words.
type Failure struct {
	Name  string
	Fault simulator.Fault
	// Kind and Code are what the error must have.
	Kind provider.Kind
	Code string
	// Taken is how many messages the vendor took all the same.
	Taken int
}

// Check is one check of the suite. Run returns what is wrong.
type Check struct {
	Name string
	Run  func(h Harness) error
}

// Checks returns the suite for a harness.
func Checks(h Harness) []Check {
	checks := append(basicChecks(), transportChecks()...)
	checks = append(checks, statusChecks()...)
	checks = append(checks, spoiledChecks()...)
	checks = append(checks, loadChecks()...)
	return append(checks, vendorChecks(h.Failures)...)
}

// Run runs every check as a subtest.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, check := range Checks(h) {
		t.Run(check.Name, func(t *testing.T) {
			if err := check.Run(h); err != nil {
				t.Error(err)
			}
		})
	}
}
