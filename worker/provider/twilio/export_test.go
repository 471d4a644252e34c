package twilio

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

// Languages returns the languages that are spoken, and the languages of the named voices.
func Languages() (spoken, named []string) {
	for language := range polly {
		named = append(named, language)
	}
	return voices.Codes(), named
}

// Address returns the address of the API for a region and an edge.
func Address(region, edge string) string { return address(region, edge) }
