package webhook

import (
	"errors"
	"maps"
	"slices"

	"github.com/phonehook/phonehook/configs"
)

// The secrets that no template can name are kept among the others, under names that none of
// those can have.
const (
	basicSecret  = "basic.password"
	bearerSecret = "bearer"
)

func (c *Config) hasBearer() bool { return !c.Bearer.IsZero() || c.BearerFile != "" }

// readSecrets reads all of them.
func (c *Client) readSecrets() error {
	c.secrets = make(map[string]string, len(c.cfg.Secrets)+1)
	var complaints []error
	read := func(prefix, key string, inline configs.Secret, path string) string {
		secret, err := configs.ReadSecret(key, inline, path)
		complaints = append(complaints, configs.Within(prefix, err))
		return secret.Reveal()
	}
	for _, name := range slices.Sorted(maps.Keys(c.cfg.Secrets)) {
		source := c.cfg.Secrets[name]
		secret, err := configs.ReadSecret("value", source.Value, source.File)
		if wrong, ok := errors.AsType[*configs.Complaint](err); ok {
			err = configs.Complain("secrets."+name+".file", "%s", wrong.Detail)
		}
		complaints = append(complaints, err)
		c.secrets[name] = secret.Reveal()
	}
	if basic := c.cfg.Basic; basic != nil {
		c.secrets[basicSecret] = read("basic", "password", basic.Password, basic.PasswordFile)
	}
	if c.cfg.hasBearer() {
		bearer, err := configs.ReadSecret("bearer", c.cfg.Bearer, c.cfg.BearerFile)
		complaints = append(complaints, err)
		if c.secrets[bearerSecret] = bearer.Reveal(); !printable(bearer.Reveal()) {
			complaints = append(complaints, configs.Complain("bearer", "has a line break or another control character"))
		}
	}
	if c.reports != nil && c.cfg.Receipts.HMAC != nil {
		signature := c.cfg.Receipts.HMAC
		c.signing = []byte(read("receipts.hmac", "secret", signature.Secret, signature.SecretFile))
	}
	return errors.Join(complaints...)
}
