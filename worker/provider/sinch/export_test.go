package sinch

import "github.com/phonehook/phonehook/worker/provider"

// SMSCodes returns what the table of the SMS API's codes has.
func SMSCodes() map[string]provider.Kind { return kindsOf(smsCodes) }

// VoiceCodes returns what the table of the Voice API's codes has.
func VoiceCodes() map[string]provider.Kind { return kindsOf(voiceCodes) }

func kindsOf(codes map[string]class) map[string]provider.Kind {
	kinds := make(map[string]provider.Kind, len(codes))
	for code, class := range codes {
		kinds[code] = class.kind
	}
	return kinds
}

// BaseURL returns where SMS go.
func BaseURL(c Config) string {
	resolved, _, _ := c.resolve()
	return resolved.BaseURL
}

// Sign signs a request with an application's secret, as its bytes.
func Sign(secret []byte, verb string, body []byte, media, at, path string) []byte {
	a := application{secret: secret}
	return a.sign(verb, body, media, at, path)
}
