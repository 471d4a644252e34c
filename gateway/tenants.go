package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/phonehook/phonehook/configs"
)

const hashSize = sha256.Size

// HashToken returns a token's SHA-256 as a configuration's sha256 key takes it.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// tenant is a caller whose credential has been read.
type tenant struct {
	name     string
	region   string
	deadline time.Duration
	// accept has what isn't sent at the deadline go to the durable queue.
	accept bool
	// window is how long a request without a key stands for its repetitions.
	window   time.Duration
	envelope bool
}

// tenants finds the tenant of a token by the token's hash. No comparison stops at the
// first different byte of a secret: what is compared is a hash that whoever tries
// tokens cannot steer.
type tenants map[[hashSize]byte]*tenant

// newTenants reads the token files. Each complaint is a *configs.Complaint, all joined.
func newTenants(list []Tenant) (tenants, error) {
	all := tenants{}
	seen := map[[hashSize]byte]string{}
	var complaints []error
	for i, entry := range list {
		t := &tenant{
			name: entry.Name, region: entry.DefaultRegion, deadline: entry.deadline(),
			accept: entry.OnDeadline == OnDeadlineAccept, window: entry.dedupeWindow(), envelope: entry.Reply == ReplyEnvelope,
		}
		for j, token := range entry.Tokens {
			path := item(item("tenants", i)+".tokens", j)
			sum, err := token.sum()
			if err != nil {
				complaints = append(complaints, configs.Within(path, err))
				continue
			}
			if earlier, twice := seen[sum]; twice {
				complaints = append(complaints, configs.Complain(path, "is the same token as %s", earlier))
				continue
			}
			seen[sum], all[sum] = path, t
		}
	}
	return all, errors.Join(complaints...)
}

// sum returns the token's hash, reading its file if it has one.
func (t Token) sum() (sum [hashSize]byte, err error) {
	if t.TokenFile == "" {
		_, err = hex.Decode(sum[:], []byte(t.SHA256))
		return sum, err
	}
	token, err := configs.ReadSecret("token", configs.Secret{}, t.TokenFile)
	if err != nil {
		return sum, err
	}
	return sha256.Sum256([]byte(strings.TrimSpace(token.Reveal()))), nil
}

// bearer returns the tenant that an Authorization header stands for, or nil. The
// scheme may be in any case.
func (all tenants) bearer(header string) *tenant {
	scheme, token, _ := strings.Cut(strings.TrimSpace(header), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	return all[sha256.Sum256([]byte(strings.TrimSpace(token)))]
}
