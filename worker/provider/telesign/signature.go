package telesign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider"
)

// authMethod is how requests are signed. The vendor takes a user's name and password as well, which
// show the key to whoever is between.
const authMethod = "HMAC-SHA256"

// signer signs requests to the vendor and checks what the vendor signed, with the same key.
type signer struct {
	customer string
	key      []byte
}

// sign signs a request for a resource. The time and the nonce, which are signed with it, let the
// vendor see a copy of the request for one.
func (s signer) sign(request *http.Request, resource, body string) {
	date, nonce := time.Now().UTC().Format(http.TimeFormat), uuid.NewString()
	request.Header.Set("Date", date)
	request.Header.Set("X-Ts-Auth-Method", authMethod)
	request.Header.Set("X-Ts-Nonce", nonce)
	request.Header.Set("Authorization", s.authorization(request.Method, request.Header.Get("Content-Type"), date, nonce, body, resource))
}

// authorization returns the header with the signature
// (developer.telesign.com/enterprise/docs/authentication, and github.com/TeleSign/python_telesign,
// telesign/rest.py).
func (s signer) authorization(method, contentType, date, nonce, body, resource string) string {
	signed := strings.Join([]string{method, contentType, date, "x-ts-auth-method:" + authMethod, "x-ts-nonce:" + nonce, body, resource}, "\n")
	return "TSA " + s.customer + ":" + base64.StdEncoding.EncodeToString(s.mac([]byte(signed)))
}

func (s signer) mac(data []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	_, _ = mac.Write(data) // never fails
	return mac.Sum(nil)
}

// signatureHeaders are the two that a callback's signature is in: "TSA", the customer and a colon
// before it, or the signature alone. A proxy may take the first away.
var signatureHeaders = []string{"Authorization", "X-Ts-Authorization"}

// verify fails where a callback is not signed, or not rightly
// (developer.telesign.com/enterprise/docs/authenticate-callbacks). Of a callback only the body is
// signed, and no time, so that an old report can't be told from a new one: it says what the first
// said.
func (s signer) verify(callback provider.Callback) error {
	want, found := s.mac(callback.Body), false
	for _, name := range signatureHeaders {
		for _, value := range callback.Header.Values(name) {
			signature, err := base64.StdEncoding.DecodeString(value[strings.LastIndexByte(value, ':')+1:])
			if err != nil || !hmac.Equal(signature, want) {
				return provider.Forgery("the signature is wrong")
			}
			found = true
		}
	}
	if !found {
		return provider.Forgery("there is no signature")
	}
	return nil
}
