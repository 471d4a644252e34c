package telnyx

import "github.com/phonehook/phonehook/worker/provider"

// Codes returns what the table of codes has.
func Codes() map[string]provider.Kind {
	kinds := make(map[string]provider.Kind, len(codes))
	for code, class := range codes {
		kinds[string(code)] = class.kind
	}
	return kinds
}

// Reason returns the words for a code.
func Reason(of string) string { return codes[code(of)].reason }
