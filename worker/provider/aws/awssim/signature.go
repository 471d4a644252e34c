package awssim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unsigned is why a signature is refused: the reason that the look-alike counts, and the codes of
// the two APIs. A zero one is none.
type unsigned struct{ reason, json, xml string }

// authorizations are headers of version 4
// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
var authorizations = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([A-Za-z0-9_]+)/([0-9]{8})/([a-z0-9-]+)/([a-z-]+)/aws4_request, ?` +
	`SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`)

// skew is how far a request's time may be from the vendor's.
const skew = 5 * time.Minute

// checkSignature says what is wrong with the signature of a request to a service, or nothing.
func (s *Server) checkSignature(r *http.Request, body []byte, service string, now time.Time) unsigned {
	header := r.Header.Get("Authorization")
	if header == "" {
		return unsigned{"there is no signature", "MissingAuthenticationTokenException", "MissingAuthenticationToken"}
	}
	parts := authorizations.FindStringSubmatch(header)
	if parts == nil {
		return unsigned{"Authorization is none of version 4", "IncompleteSignatureException", "IncompleteSignature"}
	}
	id, day, region, signedFor, names, signature := parts[1], parts[2], parts[3], parts[4], strings.Split(parts[5], ";"), parts[6]
	wrong := func(reason string) unsigned {
		return unsigned{reason, "InvalidSignatureException", "SignatureDoesNotMatch"}
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case s.options.AccessKeyID != "" && id != s.options.AccessKeyID:
		return unsigned{"the access key is another", "UnrecognizedClientException", "InvalidClientTokenId"}
	case r.Header.Get("X-Amz-Security-Token") != s.options.SessionToken:
		return unsigned{"the session token is another", "UnrecognizedClientException", "InvalidClientTokenId"}
	case err != nil || now.Sub(at).Abs() > skew || at.Format("20060102") != day:
		return wrong("the signature's time is more than five minutes away, or of another day")
	case signedFor != service || s.options.Region != "" && region != s.options.Region:
		return wrong("the signature is for another service or region")
	case !slices.IsSorted(names) || !coversAll(r, names):
		return wrong("the signature does not cover host, content-type and every header of x-amz")
	case s.options.AccessKeyID == "":
		return unsigned{}
	}
	scope := day + "/" + region + "/" + service + "/aws4_request"
	toSign := "AWS4-HMAC-SHA256\n" + at.Format("20060102T150405Z") + "\n" + scope + "\n" + sum(canonical(r, names, body))
	key := []byte("AWS4" + s.options.SecretAccessKey)
	for _, part := range []string{day, region, service, "aws4_request", toSign} {
		key = mac(key, part)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(key)), []byte(signature)) {
		return wrong("the signature is wrong")
	}
	return unsigned{}
}

// coversAll says whether all headers are signed that have to be.
func coversAll(r *http.Request, names []string) bool {
	for name := range r.Header {
		lower := strings.ToLower(name)
		if (lower == "content-type" || strings.HasPrefix(lower, "x-amz-")) && !slices.Contains(names, lower) {
			return false
		}
	}
	return slices.Contains(names, "host") && slices.Contains(names, "x-amz-date")
}

// canonical is a request as it is signed.
func canonical(r *http.Request, names []string, body []byte) string {
	var out strings.Builder
	out.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n" + query(r.URL.Query()) + "\n")
	for _, name := range names {
		var values []string
		switch name {
		case "host":
			values = []string{r.Host}
		case "content-length":
			values = []string{strconv.FormatInt(r.ContentLength, 10)}
		default:
			values = slices.Clone(r.Header.Values(name))
		}
		for i, value := range values {
			values[i] = strings.Join(strings.Fields(value), " ")
		}
		out.WriteString(name + ":" + strings.Join(values, ",") + "\n")
	}
	out.WriteString("\n" + strings.Join(names, ";") + "\n" + sum(string(body)))
	return out.String()
}

// query is a query as it is signed: sorted, with %20 for a blank.
func query(values url.Values) string { return strings.ReplaceAll(values.Encode(), "+", "%20") }

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum(nil)
}
