package twiliosim

import (
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// number is a telephone number in E.164, as all three APIs have it.
var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// parse reads the body, or says why it can't.
func parse(r *http.Request, body []byte) (url.Values, mistake) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		return nil, mistake{"20422", "the content type is not application/x-www-form-urlencoded"}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || r.URL.RawQuery != "" {
		return nil, mistake{"20422", "the body is no form, or the address has a query"}
	}
	for _, values := range form {
		for _, value := range values {
			if !utf8.ValidString(value) || value == "" {
				return nil, mistake{"20422", "a parameter is empty or not UTF-8"}
			}
		}
	}
	return form, mistake{}
}

// unknown says whether a form has a parameter besides those named, or one of them twice. A name with
// an asterisk may come more than once. Twilio itself ignores what it does not know.
func unknown(form url.Values, names string) bool {
	list := strings.Fields(names)
	for name, values := range form {
		if !slices.Contains(list, name+"*") && (!slices.Contains(list, name) || len(values) > 1) {
			return true
		}
	}
	return false
}

// within says whether a parameter is a whole number within bounds, or absent.
func within(form url.Values, name string, low, high int) bool {
	if !form.Has(name) {
		return true
	}
	n, err := strconv.Atoi(form.Get(name))
	return err == nil && low <= n && n <= high
}

// callback says whether the address for reports is one, or absent. Its host has no underscore.
func callback(form url.Values) bool {
	if !form.Has("StatusCallback") {
		return true
	}
	u, err := url.Parse(form.Get("StatusCallback"))
	return err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "http") && !strings.Contains(u.Host, "_")
}
