package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/phonehook/phonehook/configs"
)

// Kind is a way in which a look-alike misbehaves.
type Kind string

// The kinds that every look-alike has. Each vendor adds its own, such as refusing
// with one of its codes.
const (
	// Delay waits for Fault.Delay and then does as usual.
	Delay Kind = "delay"
	// Hang never answers; it ends with the client's connection.
	Hang Kind = "hang"
	// Close closes the connection in place of an answer.
	Close Kind = "close"
	// Reset does the same with a TCP reset.
	Reset Kind = "reset"
	// Status answers with the HTTP status Fault.Status and an empty body.
	Status Kind = "status"
	// Truncate ends the connection in the middle of the usual answer's body.
	Truncate Kind = "truncate"
	// Garbage gives the usual answer's status with a body that is not JSON.
	Garbage Kind = "garbage"
	// Empty gives the usual answer's status with no body.
	Empty Kind = "empty"
	// Huge puts a mebibyte of blanks before the usual answer's body.
	Huge Kind = "huge"
)

var common = []Kind{Delay, Hang, Close, Reset, Status, Truncate, Garbage, Empty, Huge}

// maxFaults bounds how many faults are set at once.
const maxFaults = 64

// Fault is an order to misbehave.
type Fault struct {
	Kind Kind `json:"kind"`
	// Path limits the fault to requests whose path begins with it.
	Path string `json:"path,omitempty"`
	// Count is how many requests meet the fault; 0 is all, until it is cleared.
	Count int `json:"count,omitempty"`
	// Every lets only each so-manieth request meet the fault; 0 and 1 are all.
	Every int `json:"every,omitempty"`
	// Taken says that the message was taken all the same, for Hang, Close,
	// Reset and Status. The kinds that spoil the usual answer always take it.
	Taken bool `json:"taken,omitempty"`
	// Delay is how long Delay waits.
	Delay configs.Duration `json:"delay,omitzero"`
	// Status and RetryAfter are the answer of Status.
	Status     int    `json:"status,omitempty"`
	RetryAfter string `json:"retry_after,omitempty"`
	// Code is the vendor's own code, for kinds of the vendor's own.
	Code string `json:"code,omitempty"`

	seen int
}

// check says what is wrong with a fault for a look-alike with kinds of its own.
func (f *Fault) check(own []Kind) error {
	known := slices.Concat(common, own)
	switch {
	case !slices.Contains(known, f.Kind):
		return fmt.Errorf("simulator: there is no fault %q; there are %s", f.Kind, list(known))
	case f.Kind == Status && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("simulator: the fault %q needs a status from 200 to 599", Status)
	case f.Kind == Delay && f.Delay <= 0:
		return fmt.Errorf("simulator: the fault %q needs a delay, such as 250ms", Delay)
	case f.Count < 0 || f.Every < 0:
		return fmt.Errorf("simulator: count and every must not be negative")
	}
	return nil
}

func list(kinds []Kind) string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}

// pick returns the fault that the request meets, and counts it. Of several that
// fit, the first one set is met.
func pick(faults []*Fault, request *http.Request) *Fault {
	for _, f := range faults {
		if !strings.HasPrefix(request.URL.Path, f.Path) {
			continue
		}
		f.seen++
		every := max(f.Every, 1)
		if f.seen%every != 0 || (f.Count > 0 && f.seen/every > f.Count) {
			continue
		}
		met := *f
		return &met
	}
	return nil
}
