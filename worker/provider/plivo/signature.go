package plivo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// The headers of the vendor's two kinds of signature, each made with the token of the subaccount and
// with that of the main account ("Ma"), and with a nonce. One that matches is enough, since the
// worker's file has one of the two tokens. A header has several signatures with commas between them
// while an account has several tokens.
//
// A signature of V3 covers the address and all parameters
// (docs.plivo.com/docs/voice/xml/request/validation). One of V2 covers the address alone; the
// vendor's page for messages names no other (docs.plivo.com/docs/messaging/concepts/signature-validation).
const (
	signatureV3, mainSignatureV3, nonceV3 = "X-Plivo-Signature-V3", "X-Plivo-Signature-Ma-V3", "X-Plivo-Signature-V3-Nonce"
	signatureV2, mainSignatureV2, nonceV2 = "X-Plivo-Signature-V2", "X-Plivo-Signature-Ma-V2", "X-Plivo-Signature-V2-Nonce"
)

// verify says whether all of a callback is signed, or else its address alone. It fails where it is
// signed wrongly or not at all. Whoever signs with V3 is held to it, so that nobody can have the
// weaker signature believed by leaving the other out of a request that has both. A signature has no
// time in it: a report that is repeated says again what became of the same message.
func (c *Client) verify(callback provider.Callback, fields url.Values) (whole bool, err error) {
	wrong := provider.Forgery("the signature is wrong")
	base, query, ok := split(callback.URL)
	switch header := callback.Header; {
	case !ok:
		return false, provider.Malformation("its address is none")
	case anyOf(header, signatureV3, mainSignatureV3, nonceV3):
		if !c.signed(header, signable(base, query, fields)+"."+header.Get(nonceV3), signatureV3, mainSignatureV3) {
			return false, wrong
		}
		return true, nil
	case anyOf(header, signatureV2, mainSignatureV2, nonceV2):
		if !c.signed(header, base+header.Get(nonceV2), signatureV2, mainSignatureV2) {
			return false, wrong
		}
		return false, nil
	}
	return false, provider.Forgery("the signature is missing")
}

func anyOf(header http.Header, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return header.Get(name) != "" })
}

// signed says whether one of the signatures in the headers of these names is that of text.
func (c *Client) signed(header http.Header, text string, names ...string) bool {
	mac := hmac.New(sha256.New, []byte(c.token))
	_, _ = mac.Write([]byte(text)) // never fails
	want := []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for _, name := range names {
		for given := range strings.SplitSeq(header.Get(name), ",") {
			if hmac.Equal(want, []byte(strings.TrimSpace(given))) {
				return true
			}
		}
	}
	return false
}

// split returns an address without its query, and the query.
func split(address string) (base string, query url.Values, ok bool) {
	base, raw, _ := strings.Cut(address, "?")
	query, err := url.ParseQuery(raw)
	return base, query, err == nil
}

// signable is what V3 signs but for the nonce: the address, the query's parameters and, behind a dot
// where there is a query, those of the body. Both are sorted (plivo/utils/signature_v3.py of the
// vendor's SDK for Python, which has a parameter's several values as well).
func signable(base string, query, fields url.Values) string {
	if len(query) == 0 && len(fields) == 0 {
		return base
	}
	text := base + "?" + strings.Join(pairs(query, "="), "&")
	if len(query) > 0 && len(fields) > 0 {
		text += "."
	}
	return text + strings.Join(pairs(fields, ""), "")
}

// pairs returns the parameters by name and value, with a sign between the two.
func pairs(values url.Values, sign string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range slices.Sorted(slices.Values(values[name])) {
			all = append(all, name+sign+value)
		}
	}
	return all
}
