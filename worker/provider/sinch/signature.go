package sinch

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the vendor signs the body's MD5
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// application is one of the Voice API: its key names it, and its secret signs what is sent to it and
// what it sends (developers.sinch.com/docs/voice/api-reference/authentication).
type application struct {
	key    string
	secret []byte
}

// timestampHeader is signed with a request. The vendor refuses one whose time is long ago.
const timestampHeader = "X-Timestamp"

// authorise signs a request for a path.
func (a *application) authorise(request *http.Request, path string, body []byte, now time.Time) {
	at := now.UTC().Format(time.RFC3339)
	signature := a.sign(request.Method, body, request.Header.Get("Content-Type"), at, path)
	request.Header.Set(timestampHeader, at)
	request.Header.Set("Authorization", "Application "+a.key+":"+base64.StdEncoding.EncodeToString(signature))
}

// sign signs a request. What is signed are its verb, the MD5 of its body, which is empty where that
// is, its content type, its time and its path, on a line each.
func (a *application) sign(verb string, body []byte, media, at, path string) []byte {
	digest := ""
	if len(body) > 0 {
		sum := md5.Sum(body) //nolint:gosec // the vendor signs it
		digest = base64.StdEncoding.EncodeToString(sum[:])
	}
	return mac(a.secret, verb, "\n", digest, "\n", media, "\nx-timestamp:", at, "\n", path)
}

// credentials returns what an Authorization header has behind the scheme of applications, and
// whether it is of that scheme.
func credentials(header http.Header) (string, bool) {
	scheme, rest, _ := strings.Cut(header.Get("Authorization"), " ")
	return rest, strings.EqualFold(scheme, "Application")
}

// verify fails where an event is not signed by the application, or too long ago.
func (a *application) verify(callback provider.Callback, credentials string) error {
	forged := provider.Forgery("the signature is wrong")
	key, text, _ := strings.Cut(credentials, ":")
	signature, err := base64.StdEncoding.DecodeString(text)
	if err != nil || a.key == "" || !strings.EqualFold(key, a.key) {
		return forged
	}
	address, err := url.Parse(callback.URL)
	if err != nil {
		return forged
	}
	at := callback.Header.Get(timestampHeader)
	want := a.sign(callback.Method, callback.Body, callback.Header.Get("Content-Type"), at, address.EscapedPath())
	if !hmac.Equal(signature, want) {
		return forged
	}
	signed, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return forged
	}
	return provider.Timely(signed, callback.At)
}

// The headers of a signature of an SMS's report, from the vendor's SDKs for .NET and Python. There is
// one more, for the algorithm, of which there is one: HMAC with SHA-256.
const (
	webhookSignature = "X-Sinch-Webhook-Signature"
	webhookNonce     = "X-Sinch-Webhook-Signature-Nonce"
	webhookTime      = "X-Sinch-Webhook-Signature-Timestamp"
)

// verifyWebhook fails where a report of an SMS is not signed with the secret, or too long ago. What
// is signed are the body as it came, the nonce and the time, with dots between them.
func verifyWebhook(secret []byte, callback provider.Callback) error {
	text, nonce, at := callback.Header.Get(webhookSignature), callback.Header.Get(webhookNonce), callback.Header.Get(webhookTime)
	signature, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !hmac.Equal(signature, mac(secret, string(callback.Body), ".", nonce, ".", at)) {
		return provider.Forgery("the signature is missing or wrong")
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return provider.Forgery("the signature has no time")
	}
	return provider.Timely(time.Unix(seconds, 0), callback.At)
}

// mac returns the HMAC with SHA-256 of the parts, one behind the other.
func mac(key []byte, parts ...string) []byte {
	hash := hmac.New(sha256.New, key)
	for _, part := range parts {
		_, _ = hash.Write([]byte(part)) // never fails
	}
	return hash.Sum(nil)
}
