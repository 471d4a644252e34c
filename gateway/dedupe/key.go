package dedupe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"

	"github.com/phonehook/phonehook/messaging"
)

// Header is the name of the header that brings a key.
const Header = "Idempotency-Key"

// maxKeyLength bounds a caller's key: seven times a UUID, and what other APIs take.
const maxKeyLength = 255

// Key is the name under which a request is remembered. It is a hash, so it has one
// size and tells nothing.
type Key [sha256.Size]byte

// Fingerprint tells one request from another with the same key. The zero value says
// that the key is made of the request itself.
type Fingerprint [sha256.Size]byte

// String returns the fingerprint as hexadecimal digits, and the zero value as "".
func (f Fingerprint) String() string {
	if f == (Fingerprint{}) {
		return ""
	}
	return hex.EncodeToString(f[:])
}

// Secret keys the hashes. A one-time code has a million values, so without it whoever
// can read the gateways' shared memory could find the code behind a hash by trying all.
// Every gateway needs the same; an empty one makes plain hashes.
type Secret []byte

// ClientKey returns the key of a request that brought one in its header.
func (s Secret) ClientKey(tenant, key string) Key {
	return s.sum("key", tenant, key)
}

// NaturalKey returns the key of a request that brought none: what makes two messages
// the same to the person who gets them.
func (s Secret) NaturalKey(m messaging.Message) Key {
	if m.Code != "" {
		return s.sum("code", m.Tenant, m.To, string(m.Channel), m.Code)
	}
	return s.sum("text", m.Tenant, m.To, string(m.Channel), m.Text)
}

// Fingerprint returns the fingerprint of a request's address and body.
func (s Secret) Fingerprint(path string, body []byte) Fingerprint {
	h := s.hash()
	_, _ = h.Write(joined("fingerprint", path)) // a hash never fails
	_, _ = h.Write(body)
	return Fingerprint(h.Sum(nil))
}

func (s Secret) sum(parts ...string) Key {
	h := s.hash()
	_, _ = h.Write(joined(parts...))
	return Key(h.Sum(nil))
}

func (s Secret) hash() hash.Hash {
	if len(s) == 0 {
		return sha256.New()
	}
	return hmac.New(sha256.New, s)
}

// joined returns the parts, each after its length, so that no two lists of parts are one
// text.
func joined(parts ...string) []byte {
	text := make([]byte, 0, 128) // a number, a code and their names
	for _, part := range parts {
		text = binary.BigEndian.AppendUint64(text, uint64(len(part)))
		text = append(text, part...)
	}
	return text
}

// ParseHeader returns the key in the values of a request's header lines, and "" where
// there are none. A key may stand bare or, as draft-ietf-httpapi-idempotency-key-header
// has it, as a quoted string of RFC 9651; both are the same key. The error is a
// *messaging.Error of CodeInvalidRequest that does not repeat the key.
func ParseHeader(values []string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", invalid("is given more than once")
	}
	key := strings.Trim(values[0], " \t")
	if strings.HasPrefix(key, `"`) {
		var ok bool
		if key, ok = unquote(key); !ok {
			return "", invalid("is not one quoted string")
		}
	} else if strings.Contains(key, `"`) {
		return "", invalid("has a quotation mark within; quote the whole key or none of it")
	}
	if len(key) < 1 || len(key) > maxKeyLength {
		return "", invalid("must have 1 to 255 characters")
	}
	if strings.IndexFunc(key, func(r rune) bool { return r < '!' || r > '~' }) >= 0 {
		return "", invalid("must consist of visible ASCII characters, without spaces")
	}
	return key, nil
}

// unquote reads a String of RFC 9651, section 3.3.3, that is the whole of s.
func unquote(s string) (string, bool) {
	var key strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			return key.String(), i == len(s)-1
		case '\\':
			i++
			if i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", false
			}
			key.WriteByte(s[i])
		default:
			key.WriteByte(c)
		}
	}
	return "", false
}

func invalid(detail string) *messaging.Error {
	return &messaging.Error{Code: messaging.CodeInvalidRequest, Detail: "the header " + Header + " " + detail}
}
