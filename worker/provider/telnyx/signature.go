package telnyx

import (
	"crypto/ed25519"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// The headers of a signature, from the vendor's SDK for Go and
// developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks.
const (
	signatureHeader = "Telnyx-Signature-Ed25519"
	timeHeader      = "Telnyx-Timestamp"
)

// verify says whether a callback is signed. It fails where it is signed wrongly or too long ago.
// What is signed are the time, a bar and the body as it came. Without a public key nothing can be
// said of a signature, so there is none.
func (c *Client) verify(callback provider.Callback) (bool, error) {
	signatures, times := callback.Header.Values(signatureHeader), callback.Header.Values(timeHeader)
	if c.public == nil || len(signatures) == 0 && len(times) == 0 {
		return false, nil
	}
	forged := provider.Forgery("the signature is wrong")
	if len(signatures) != 1 || len(times) != 1 {
		return false, forged
	}
	signature, err := base64.StdEncoding.DecodeString(signatures[0])
	if err != nil || len(signature) != ed25519.SignatureSize {
		return false, forged
	}
	signed := make([]byte, 0, len(times[0])+1+len(callback.Body))
	signed = append(append(append(signed, times[0]...), '|'), callback.Body...)
	if !ed25519.Verify(c.public, signed, signature) {
		return false, forged
	}
	seconds, err := strconv.ParseInt(times[0], 10, 64)
	if err != nil {
		return false, forged
	}
	if err := provider.Timely(time.Unix(seconds, 0), callback.At); err != nil {
		return false, err
	}
	return true, nil
}
