package webhook

import (
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/phonehook/phonehook/configs"
)

// maxHeader bounds a header's value; servers take 8 KiB for all of them together.
const maxHeader = 4 << 10

// notOurs are headers that the connection needs and that would lie if they were set, in lower
// case; those of proxies are refused as well.
var notOurs = []string{"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}

// keys are the headers for which net/http repeats a POST by itself after a connection broke. The
// dispatcher alone repeats, so they are sent in lower case, which vendors read as the same and
// net/http does not see.
var keys = []string{"idempotency-key", "x-idempotency-key"}

// header is one of a request.
type header struct {
	name     string
	optional bool
	text     *text
}

func compileHeaders(templates map[string]string, secrets map[string]Source) ([]header, error) {
	var headers []header
	seen := make(map[string]bool)
	for _, given := range slices.Sorted(maps.Keys(templates)) {
		name, optional := strings.CutSuffix(given, "?")
		key, lower := "headers."+name, strings.ToLower(name)
		switch {
		case !token(name):
			return nil, configs.Complain(key, "is not the name of a header")
		case slices.Contains(notOurs, lower) || strings.HasPrefix(lower, "proxy-"):
			return nil, configs.Complain(key, "can't be set; the connection decides it")
		case seen[lower]:
			return nil, configs.Complain(key, "is given twice")
		}
		seen[lower] = true
		compiled, err := compileText(key, templates[given], asIs, secrets)
		if err != nil {
			return nil, err
		}
		if name = http.CanonicalHeaderKey(name); slices.Contains(keys, lower) {
			name = lower
		}
		headers = append(headers, header{name, optional, compiled})
	}
	return headers, nil
}

// set puts the header into a request.
func (h *header) set(into http.Header, v *values) error {
	value, err := h.text.render(v)
	switch {
	case err != nil:
		return at("headers."+h.name, err)
	case !printable(value):
		return at("headers."+h.name, errors.New("it has a line break or another control character"))
	case len(value) > maxHeader:
		return at("headers."+h.name, errTooLong)
	case value != "" || !h.optional:
		into[h.name] = []string{value}
	}
	return nil
}

// authorize adds the credentials of basic or bearer.
func (p *plan) authorize(request *http.Request, v *values) {
	switch {
	case p.cfg.Basic != nil:
		pair := p.cfg.Basic.User + ":" + v.Secrets[basicSecret]
		request.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	case p.cfg.hasBearer():
		request.Header.Set("Authorization", "Bearer "+v.Secrets[bearerSecret])
	}
}

func printable(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// token says whether a name can be a header's (RFC 9110, section 5.6.2).
func token(name string) bool {
	const signs = "!#$%&'*+-.^_`|~"
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(signs, r))
	})
}
