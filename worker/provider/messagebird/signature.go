package messagebird

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phonehook/phonehook/worker/provider"
)

// signatureHeader has a signature, which is a token
// (developers.messagebird.com/docs/verify-http-requests, and the vendor's SDK for Go).
const signatureHeader = "Messagebird-Signature-Jwt"

// signatureMethods are those that the vendor's SDK takes. The vendor uses the first.
var signatureMethods = []string{"HS256", "HS384", "HS512"}

// clockSkew is how far a clock may be from the vendor's, whose tokens live for a minute.
const clockSkew = time.Minute

// signatureClaims are those of the token of a request. There is a hash of the body only where there
// is a body.
type signatureClaims struct {
	jwt.RegisteredClaims
	URLHash     string `json:"url_hash"`
	PayloadHash string `json:"payload_hash"`
}

// verify fails where a callback is not signed, is signed wrongly or too long ago.
func (c *Client) verify(callback provider.Callback) error {
	tokens := callback.Header.Values(signatureHeader)
	if len(tokens) != 1 {
		return provider.Forgery("the signature is missing, or there are several")
	}
	var claims signatureClaims
	parser := jwt.NewParser(
		jwt.WithValidMethods(signatureMethods), jwt.WithIssuer("MessageBird"), jwt.WithExpirationRequired(),
		jwt.WithLeeway(clockSkew), jwt.WithTimeFunc(func() time.Time { return callback.At }),
	)
	_, err := parser.ParseWithClaims(tokens[0], &claims, func(*jwt.Token) (any, error) { return c.signing, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenExpired), errors.Is(err, jwt.ErrTokenNotValidYet):
		return provider.Staleness("its signature has expired, or is of the future")
	case err != nil, claims.ID == "":
		return provider.Forgery("the signature is wrong")
	case claims.URLHash != hashOf([]byte(callback.URL)):
		return provider.Forgery("the signature is not for this address")
	case claims.PayloadHash != "" && len(callback.Body) == 0, len(callback.Body) > 0 && claims.PayloadHash != hashOf(callback.Body):
		return provider.Forgery("the signature is not for this body")
	}
	if claims.IssuedAt != nil {
		return provider.Timely(claims.IssuedAt.Time, callback.At)
	}
	return nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
