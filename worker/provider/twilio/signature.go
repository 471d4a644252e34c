package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the vendor's choice; HMAC does not need the hash to be free of collisions
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// signatureHeader has the signature, and hashParameter of the address the hash of a body that is no
// form (twilio.com/docs/usage/webhooks/webhooks-security).
const (
	signatureHeader = "X-Twilio-Signature"
	hashParameter   = "bodySHA256"
)

// verifySignature says whether a callback is signed, and returns the parameters of its body. It fails
// where it is signed wrongly. A signature has no time in it, so that it is good for ever: a report
// that is repeated says again what became of the same message.
//
// Webhook rules of the account's can have callbacks signed with a key of theirs and SHA-256; those
// are not served, and taken for forged.
func (c *Client) verifySignature(callback provider.Callback) (signed bool, fields url.Values, err error) {
	address, err := url.Parse(callback.URL)
	if err != nil {
		return false, nil, provider.Malformation("its address is none")
	}
	hash := address.Query().Get(hashParameter)
	signatures := callback.Header.Values(signatureHeader)
	if c.token != nil && len(signatures) != 1 {
		return false, nil, provider.Forgery("there is not one signature")
	}
	if hash == "" {
		fields, err = url.ParseQuery(string(callback.Body))
	} else {
		fields, err = readJSON(callback.Body)
	}
	if err != nil {
		fields = nil // the signature comes first
	}
	if c.token != nil {
		signed = c.isSigned(spellings(callback.URL, address), callback.Body, fields, hash, signatures[0])
		if !signed {
			return false, nil, provider.Forgery("the signature is wrong")
		}
	}
	if err != nil {
		return false, nil, provider.Malformation("it is neither a form nor an object of strings in JSON")
	}
	return signed, fields, nil
}

// isSigned checks a signature of one of the addresses and, behind it, of a form's parameters by their
// names. In the place of other bodies, the address has their hash.
func (c *Client) isSigned(addresses []string, body []byte, fields url.Values, hash, signature string) bool {
	given, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	if hash != "" {
		sum := sha256.Sum256(body)
		if fields = nil; !hmac.Equal([]byte(hex.EncodeToString(sum[:])), []byte(hash)) {
			return false
		}
	}
	for _, address := range addresses {
		mac := hmac.New(sha1.New, c.token)
		_, _ = io.WriteString(mac, address) // never fails, nor does the next
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			for _, value := range fields[name] {
				_, _ = io.WriteString(mac, name+value)
			}
		}
		if hmac.Equal(mac.Sum(nil), given) {
			return true
		}
	}
	return false
}

// spellings are the ways in which an address can have been signed: as it is, and without its port or
// with the one that it does not name. The vendor is not consistent in that, as its SDK says.
func spellings(address string, parsed *url.URL) []string {
	host, port := parsed.Host, parsed.Port()
	switch {
	case port != "":
		host = strings.TrimSuffix(host, ":"+port)
	case parsed.Scheme == "https":
		host += ":443"
	default:
		host += ":80"
	}
	return []string{address, strings.Replace(address, "//"+parsed.Host, "//"+host, 1)}
}
