package configs

import (
	"net/url"
	"strings"
)

// OneSecret complains about a secret that is given twice or not at all. It reads no file:
// ReadSecret does.
func OneSecret(key string, inline Secret, path string) error {
	if inline.IsZero() && path == "" {
		return Complain(key, "is missing; give it, or the path of a file with it as %s_file", key)
	}
	return AtMostOneSecret(key, inline, path)
}

// AtMostOneSecret complains about a secret that is given twice.
func AtMostOneSecret(key string, inline Secret, path string) error {
	if !inline.IsZero() && path != "" {
		return Complain(key, "is given twice, as %s and as %s_file; keep one", key, key)
	}
	return nil
}

// BaseURL complains about the address of a vendor's API that is given and can't be used: paths
// are put behind it, and credentials are sent there. The domains are the vendor's own, at which
// an address has no path: one would be a mistake that every request had to pay for.
func BaseURL(key, address string, insecure bool, domains ...string) error {
	if address == "" {
		return nil
	}
	u, err := webURL(key, address)
	switch {
	case err != nil:
		return err
	case u.RawQuery != "" || u.Fragment != "":
		return Complain(key, "must not have a query or a fragment")
	case u.Scheme != "https" && !insecure:
		return Complain(key, "must begin with https://; a look-alike beside the worker needs allow_insecure: true")
	case strings.Trim(u.Path, "/") != "" && within(u.Hostname(), domains):
		return Complain(key, "has the path %s, which does not belong there; give the address without it", u.Path)
	}
	return nil
}

// WebURL complains about an address that is given and is none of the web.
func WebURL(key, address string) error {
	if address == "" {
		return nil
	}
	_, err := webURL(key, address)
	return err
}

func webURL(key, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return nil, Complain(key, "is not an address such as https://example.com")
	case u.User != nil:
		return nil, Complain(key, "must not have a user name or a password in it")
	}
	return u, nil
}

// within says whether host is one of the domains or below one.
func within(host string, domains []string) bool {
	for _, domain := range domains {
		if host = strings.ToLower(host); host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}
