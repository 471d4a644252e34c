package vonage

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // what the vendor's dashboard calls "MD5 hash" and "MD5 HMAC signature"
	"crypto/sha1" //nolint:gosec // likewise, and HMAC-SHA1 is not broken (RFC 6194, section 3.3)
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phonehook/phonehook/worker/provider"
)

// signatureMethods are the HMACs with which the SMS API can sign; md5hash, which is none, has no
// hash here.
var signatureMethods = map[string]func() hash.Hash{
	"md5hash": nil, "md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New,
}

// validSignature checks the parameter sig
// (developer.vonage.com/en/getting-started/concepts/signing-messages): what is signed are the
// other parameters in the order of their names, in which the two signs that join them are
// underscores.
func validSignature(parameters url.Values, method string, secret []byte) bool {
	var text strings.Builder
	underscore := strings.NewReplacer("&", "_", "=", "_")
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if len(parameters[name]) != 1 {
			return false
		}
		if name != "sig" {
			text.WriteString("&" + name + "=" + underscore.Replace(parameters[name][0]))
		}
	}
	var sum []byte
	if method == "md5hash" {
		all := md5.Sum(append([]byte(text.String()), secret...)) //nolint:gosec // the account is configured so
		sum = all[:]
	} else {
		mac := hmac.New(signatureMethods[method], secret)
		mac.Write([]byte(text.String()))
		sum = mac.Sum(nil)
	}
	given, err := hex.DecodeString(parameters.Get("sig"))
	return err == nil && hmac.Equal(given, sum)
}

// tokenClaims are those of the token of a request
// (developer.vonage.com/en/getting-started/concepts/webhooks, signed webhooks).
type tokenClaims struct {
	jwt.RegisteredClaims
	APIKey        string `json:"api_key"`
	ApplicationID string `json:"application_id"`
	PayloadHash   string `json:"payload_hash"`
}

// verifyToken says whether a callback is signed. It fails where it is signed wrongly or too long
// ago. Without the secret nothing can be said of a signature, so there is none.
func (c *Client) verifyToken(callback provider.Callback) (bool, error) {
	token, ok := strings.CutPrefix(callback.Header.Get("Authorization"), "Bearer ")
	if len(c.signing) == 0 || !ok {
		return false, nil
	}
	var claims tokenClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithLeeway(time.Minute), jwt.WithTimeFunc(func() time.Time { return callback.At }))
	_, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return c.signing, nil })
	sum := sha256.Sum256(callback.Body)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return false, provider.Staleness("its token has expired")
	case err != nil, claims.IssuedAt == nil:
		return false, provider.Forgery("the token is wrong")
	case subtle.ConstantTimeCompare([]byte(strings.ToLower(claims.PayloadHash)), []byte(hex.EncodeToString(sum[:]))) != 1:
		return false, provider.Forgery("the token is not for this body")
	case differs(c.cfg.APIKey, claims.APIKey), differs(c.cfg.ApplicationID, claims.ApplicationID):
		return false, provider.Forgery("the token is of another account or application")
	}
	if err := provider.Timely(claims.IssuedAt.Time, callback.At); err != nil {
		return false, err
	}
	return true, nil
}

// differs says whether a claim is another than what is configured, where there are both.
func differs(configured, claimed string) bool {
	return configured != "" && claimed != "" && configured != claimed
}
