package configs

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// hidden is what stands in a secret's place wherever it is printed.
const hidden = "<secret>"

// Secret is a string that prints as <secret> under every verb of fmt and in JSON,
// YAML, slog and zap. Reveal returns the string itself.
type Secret struct{ value string }

// NewSecret returns value as a Secret.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the secret string.
func (s Secret) Reveal() string { return s.value }

// IsZero says whether the secret is empty.
func (s Secret) IsZero() bool { return s.value == "" }

// Format implements fmt.Formatter for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String returns <secret>, or nothing for an empty secret.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return hidden
}

// MarshalText returns <secret>; JSON, YAML, slog and zap use it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the text as the secret.
func (s *Secret) UnmarshalText(text []byte) error {
	s.value = string(text)
	return nil
}

// ReadSecret returns the secret that is given either in the file itself, under
// key, or in a file of its own, whose path stands under key+"_file". Giving both
// is refused; so is an empty file. Giving neither returns an empty Secret: whether
// that is allowed is the caller's to say. One line break at the file's end is cut.
func ReadSecret(key string, inline Secret, path string) (Secret, error) {
	if path == "" {
		return inline, nil
	}
	if !inline.IsZero() {
		return Secret{}, Complain(key, "is given twice, as %s and as %s_file; keep one", key, key)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Secret{}, Complain(key+"_file", "%v", err)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if value == "" {
		return Secret{}, Complain(key+"_file", "%s is empty", path)
	}
	return Secret{value}, nil
}
