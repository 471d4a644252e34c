package webhook

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // some vendors sign with it, and HMAC-SHA1 is not broken (RFC 6194, section 3.3)
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// algorithms are the hashes of signatures.
var algorithms = map[string]func() hash.Hash{"": sha256.New, "sha256": sha256.New, "sha1": sha1.New}

// verify says whether a request has the signature of its body.
func (s *HMAC) verify(key []byte, callback provider.Callback) bool {
	values := callback.Header.Values(s.Header)
	if len(values) != 1 || len(key) == 0 {
		return false
	}
	text, ok := strings.CutPrefix(strings.TrimSpace(values[0]), s.Prefix)
	if !ok {
		return false
	}
	decode := hex.DecodeString
	if s.Encoding == "base64" {
		decode = base64.StdEncoding.DecodeString
	}
	given, err := decode(text)
	if err != nil {
		return false
	}
	mac := hmac.New(algorithms[s.Algorithm], key)
	_, _ = mac.Write(callback.Body) // never fails
	return hmac.Equal(given, mac.Sum(nil))
}

func (s *HMAC) validate() error {
	complaints := []error{configs.OneSecret("secret", s.Secret, s.SecretFile)}
	complain := func(key, format string, args ...any) {
		complaints = append(complaints, configs.Complain(key, format, args...))
	}
	if !token(s.Header) {
		complain("header", "is missing or not the name of a header")
	}
	if s.Encoding != "" && s.Encoding != "hex" && s.Encoding != "base64" {
		complain("encoding", "%q is neither hex nor base64", s.Encoding)
	}
	if s.Over != "" && s.Over != "body" {
		complain("over", "%q is not body, which is all that can be signed here", s.Over)
	}
	if _, ok := algorithms[s.Algorithm]; !ok {
		complain("algorithm", "%q is neither sha256 nor sha1", s.Algorithm)
	}
	return errors.Join(complaints...)
}
