package mitto

import "github.com/phonehook/phonehook/worker/provider"

// Codes returns the kind of every code in the table.
func Codes() map[string]provider.Kind {
	kinds := make(map[string]provider.Kind, len(codes))
	for code, class := range codes {
		kinds[code] = class.kind
	}
	return kinds
}

// Statuses returns the table of statuses.
func Statuses() map[string]provider.Status { return statuses }
