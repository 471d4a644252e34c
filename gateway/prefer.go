package gateway

import (
	"strconv"
	"strings"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// preference is what the Prefer header of a request asks for (RFC 7240).
type preference struct {
	// async asks for an answer before the outcome, waits for one within wait.
	async, waits bool
	wait         time.Duration
}

// atOnce says that the caller does not wait for an outcome at all.
func (p preference) atOnce() bool { return p.async && !p.waits || p.waits && p.wait == 0 }

// applied returns the value of Preference-Applied for an answer; pending says that it
// has no outcome yet.
func (p preference) applied(pending bool) string {
	var parts []string
	if p.async && pending {
		parts = append(parts, "respond-async")
	}
	if p.waits {
		parts = append(parts, "wait="+strconv.Itoa(int(p.wait/time.Second)))
	}
	return strings.Join(parts, ", ")
}

// parsePrefer reads the header's lines. A preference that is not known here is passed
// over, as RFC 7240 wants it, and the first of two with one name counts. What is known
// but makes no sense is refused: a caller that asked to wait and is not understood would
// find out only when it matters.
func parsePrefer(lines []string) (preference, error) {
	var p preference
	for _, line := range lines {
		for _, part := range splitUnquoted(line, ',') {
			part = strings.TrimSpace(splitUnquoted(part, ';')[0]) // parameters say nothing here
			name, value, _ := strings.Cut(part, "=")
			name, value = strings.TrimSpace(name), strings.TrimSpace(value)
			switch {
			case strings.EqualFold(name, "respond-async"):
				if strings.Trim(value, `"`) != "" {
					return p, badPrefer("respond-async takes no value")
				}
				p.async = true
			case strings.EqualFold(name, "wait") && !p.waits:
				seconds, ok := deltaSeconds(strings.Trim(value, `"`))
				if !ok {
					return p, badPrefer("wait must be a whole number of seconds, such as wait=5")
				}
				p.waits, p.wait = true, min(time.Duration(seconds)*time.Second, MaxDeadline)
			}
		}
	}
	return p, nil
}

// deltaSeconds reads 1*DIGIT. A number of more than nine digits is a very long time.
func deltaSeconds(s string) (int, bool) {
	if s == "" || strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		return 0, false
	}
	if s = strings.TrimLeft(s, "0"); len(s) > 9 {
		s = "999999999"
	}
	n, _ := strconv.Atoi("0" + s)
	return n, true
}

// splitUnquoted splits s at every separator outside of quoted strings. It returns at
// least one part.
func splitUnquoted(s string, separator byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

func badPrefer(detail string) error {
	return &messaging.Error{Code: messaging.CodeInvalidRequest, Detail: "the header Prefer: " + detail}
}
