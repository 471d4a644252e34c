package telesign

import (
	"strconv"

	"github.com/phonehook/phonehook/worker/provider"
)

// Meaning is what the table says of a code.
type Meaning struct {
	Kind   provider.Kind
	Status provider.Status
}

// Codes returns the table of codes, and Reason the words for one.
func Codes() map[string]Meaning {
	meanings := make(map[string]Meaning, len(codes))
	for code, class := range codes {
		meanings[strconv.Itoa(int(code))] = Meaning{class.kind, class.status}
	}
	return meanings
}

// Reason returns the words for a code.
func Reason(text string) string {
	n, err := strconv.Atoi(text)
	if err != nil {
		return ""
	}
	return codes[code(n)].reason
}

// Authorization signs a request.
func Authorization(customer string, key []byte, method, contentType, date, nonce, body, resource string) string {
	return signer{customer, key}.authorization(method, contentType, date, nonce, body, resource)
}
