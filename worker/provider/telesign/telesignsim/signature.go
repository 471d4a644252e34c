package telesignsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// tolerance is how far a request's time may be off. The vendor's pages name no number.
	tolerance = 15 * time.Minute
	// The bounds of a nonce are not in the vendor's pages either; its SDKs send UUIDs.
	minNonce, maxNonce = 8, 64
	// maxNonces bounds how many nonces are remembered.
	maxNonces = 10_000
)

// authorise says why a request is not let in, or nothing. The name and password that TeleSign takes as
// well show the key, and are not taken here.
func (s *Server) authorise(r *http.Request, body []byte) mistake {
	header := r.Header.Get("Authorization")
	credentials, ok := strings.CutPrefix(header, "TSA ")
	customer, given, complete := strings.Cut(credentials, ":")
	nonce := r.Header.Get("X-Ts-Nonce")
	at, err := http.ParseTime(r.Header.Get("Date"))
	switch {
	case header == "":
		return mistake{10009, "there is no Authorization"}
	case !ok || !complete || customer == "" || given == "":
		return mistake{10028, "Authorization is not TSA, a customer, a colon and a signature"}
	case s.options.CustomerID != "" && customer != s.options.CustomerID:
		return mistake{10015, "the customer is another"}
	case r.Header.Get("X-Ts-Auth-Method") != "HMAC-SHA256":
		return mistake{10006, "x-ts-auth-method is not HMAC-SHA256"}
	case r.Header.Get("Date") == "":
		return mistake{10007, "there is no Date"}
	case err != nil:
		return mistake{10005, "Date is no time"}
	case time.Since(at).Abs() > tolerance:
		return mistake{10004, "Date is off by more than 15 minutes"}
	case len(nonce) < minNonce || len(nonce) > maxNonce:
		return mistake{10003, "x-ts-nonce is too short or too long"}
	}
	signed := r.Method + "\n" + r.Header.Get("Content-Type") + "\n" + r.Header.Get("Date") + "\nx-ts-auth-method:HMAC-SHA256\nx-ts-nonce:" + nonce
	if len(body) > 0 {
		signed += "\n" + string(body)
	}
	signed += "\n" + r.URL.Path
	if len(s.key) > 0 && !hmac.Equal([]byte(given), []byte(s.mac([]byte(signed)))) {
		return mistake{10008, "the signature is wrong"}
	}
	if !s.nonces.isNew(nonce) {
		return mistake{10002, "x-ts-nonce was used before"}
	}
	return mistake{}
}

// mac returns the signature of data.
func (s *Server) mac(data []byte) string {
	mac := hmac.New(sha256.New, s.key)
	_, _ = mac.Write(data) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// nonces are those that were used lately.
type nonces struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

// isNew says whether a nonce was not used before, and remembers it. Of many it forgets all at once.
func (n *nonces) isNew(nonce string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, used := n.seen[nonce]; used {
		return false
	}
	if n.seen == nil || len(n.seen) >= maxNonces {
		n.seen = make(map[string]struct{})
	}
	n.seen[nonce] = struct{}{}
	return true
}
