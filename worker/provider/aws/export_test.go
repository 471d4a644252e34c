package aws

import "github.com/phonehook/phonehook/worker/provider"

// Codes returns what the table of codes has.
func Codes() map[string]provider.Kind {
	kinds := make(map[string]provider.Kind, len(codes))
	for code, class := range codes {
		kinds[code] = class.kind
	}
	return kinds
}

// Reason returns the words for a code.
func Reason(code string) string { return codes[code].reason }

// Outcomes returns the types of event that are known.
func Outcomes() []string {
	var types []string
	for kind := range outcomes {
		types = append(types, kind)
	}
	return types
}

// VoiceIDs returns the voices that languages have.
func VoiceIDs() []string { return voices.Codes() }
