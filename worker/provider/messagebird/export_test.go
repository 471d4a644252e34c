package messagebird

import "github.com/phonehook/phonehook/worker/provider"

// ErrorCodes returns what the table of the API's codes has.
func ErrorCodes() map[string]provider.Kind { return kindsOf(errorCodes) }

// NetworkCodes returns what the table of the networks' codes has.
func NetworkCodes() map[string]provider.Kind { return kindsOf(networkCodes) }

func kindsOf(codes map[string]class) map[string]provider.Kind {
	kinds := make(map[string]provider.Kind, len(codes))
	for code, class := range codes {
		kinds[code] = class.kind
	}
	return kinds
}

// Verify checks the signature of a callback alone, whatever it says.
func (c *Client) Verify(callback provider.Callback) error { return c.verify(callback) }
