package webhook

import (
	"errors"
	"net/url"
	"strings"

	"github.com/phonehook/phonehook/configs"
)

// maxAddress bounds an address. Servers take 8 KiB in the first line of a request (RFC 9110,
// section 4.1, asks for 8,000 at least).
const maxAddress = 8000

// address is where requests go.
type address struct {
	text *text
	// scheme and host are fixed, so that no value can lead the credentials elsewhere.
	scheme, host string
}

// compileAddress compiles the address, whose scheme and host no template has.
func compileAddress(source string, insecure bool, secrets map[string]Source) (*address, error) {
	if source == "" {
		return nil, configs.Complain("url", "is missing")
	}
	fixed, _, templated := strings.Cut(source, "{{")
	_, rest, _ := strings.Cut(fixed, "://")
	if templated && !strings.ContainsAny(rest, "/?") {
		return nil, configs.Complain("url", "must begin with a scheme and a host without templates, such as https://example.com/")
	}
	if err := configs.WebURL("url", fixed); err != nil {
		return nil, err
	}
	u, err := url.Parse(fixed)
	switch {
	case err != nil:
		return nil, configs.Complain("url", "is not an address such as https://example.com")
	case strings.Contains(source, "#"):
		return nil, configs.Complain("url", "must not have a fragment")
	case u.Scheme != "https" && !insecure:
		return nil, configs.Complain("url", "must begin with https://; a look-alike beside the worker needs allow_insecure: true")
	}
	compiled, err := compileText("url", source, inAddress, secrets)
	if err != nil {
		return nil, err
	}
	return &address{text: compiled, scheme: u.Scheme, host: u.Host}, nil
}

// render returns the address with the values and the query in it.
func (a *address) render(v *values, query string) (string, error) {
	rendered, err := a.text.render(v)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(rendered)
	switch {
	case err != nil || u.Scheme != a.scheme || u.Host != a.host:
		return "", errors.New("it is no longer an address of the same host")
	case strings.Contains(rendered, " "):
		return "", errors.New("it has a space in it; write %20")
	case hasDots(u.EscapedPath()):
		return "", errors.New("a part of the path is . or .., which leads elsewhere")
	}
	if query != "" {
		separator := "?"
		if strings.Contains(rendered, "?") {
			separator = "&"
		}
		rendered += separator + query
	}
	if len(rendered) > maxAddress {
		return "", errTooLong
	}
	return rendered, nil
}

// hasDots says whether a path has a part that a server would take for the way to another one.
func hasDots(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}
