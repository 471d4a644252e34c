package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// builtins are those of Go's own functions that templates can use. The others can print
// anything at any length.
var builtins = []string{"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len"}

// functions are what templates can use besides. The value that a pipeline passes on is the last
// argument. None repeats a value in its error.
var functions = template.FuncMap{
	// How a value is escaped.
	"json":    func(value any) (string, error) { return quoted(value) },
	"query":   func(value any) string { return escaped(fmt.Sprint(value)) },
	"xml":     escapedXML,
	"raw":     func(value any) string { return fmt.Sprint(value) },
	"number":  number,
	"boolean": boolean,
	// How it is written.
	"digits":  func(value string) string { return strings.TrimPrefix(value, "+") },
	"upper":   strings.ToUpper,
	"lower":   strings.ToLower,
	"default": func(otherwise, value any) any { return orElse(value, otherwise) },
	"base64":  func(value string) string { return base64.StdEncoding.EncodeToString([]byte(value)) },
	"sha256":  digest,
	"hmac":    authenticate,
	// Times and periods.
	"unix":    unix,
	"date":    date,
	"div":     div,
	"atLeast": func(low, value int) int { return max(low, value) },
	"atMost":  func(high, value int) int { return min(high, value) },
}

// maxNumber is how long a number can be: longer ones lose digits in most languages.
const maxNumber = 32

// number returns a value that JSON has as a number, and an empty value as it is.
func number(value any) (string, error) {
	text := strings.TrimSpace(fmt.Sprint(value))
	if text == "" {
		return "", nil
	}
	first := text[0]
	if len(text) > maxNumber || (first != '-' && (first < '0' || first > '9')) || !json.Valid([]byte(text)) {
		return "", errors.New("what should be a number is none")
	}
	return text, nil
}

// boolean returns true for a value that is not empty, not 0 and not false.
func boolean(value any) string {
	truth, _ := template.IsTrue(value)
	return strconv.FormatBool(truth && value != "false" && value != "0")
}

func orElse(value, otherwise any) any {
	if truth, _ := template.IsTrue(value); truth {
		return value
	}
	return otherwise
}

// quoted returns a value as JSON, without the escapes that only HTML needs.
func quoted(value any) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", errors.New("a value can't be written as JSON")
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// escaped writes every byte that has a meaning anywhere in an address as %XX (RFC 3986, section
// 2.3 has those without one), so that the result stands in a path as well as in a query.
func escaped(value string) string {
	const hexadecimal = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(value) {
		c := value[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0:
			out.WriteByte(c)
		default:
			out.WriteByte('%')
			out.WriteByte(hexadecimal[c>>4])
			out.WriteByte(hexadecimal[c&15])
		}
	}
	return out.String()
}

func escapedXML(value any) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(fmt.Sprint(value))) // a Builder takes everything
	return out.String()
}

func digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

func authenticate(key, value string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(value)) // never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// unix returns the seconds since 1970 of a time such as .Expires, and nothing for no time.
func unix(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return "", errors.New("unix is for times such as .Expires")
	}
	return strconv.FormatInt(at.Unix(), 10), nil
}

// date writes a time such as .Expires in a layout of Go's.
func date(layout, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return "", errors.New("date is for times such as .Expires")
	}
	return at.Format(layout), nil
}

// div divides value and rounds down.
func div(by, value int) (int, error) {
	if by <= 0 {
		return 0, errors.New("div is by a positive number")
	}
	return value / by, nil
}
