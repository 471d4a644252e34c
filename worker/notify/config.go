package notify

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/phonehook/phonehook/configs"
)

// Config is a tenant's server that is told what becomes of messages.
type Config struct {
	// URL is where it listens.
	URL string `yaml:"url"`
	// Secret signs what it is told: "whsec_" and 24 to 64 bytes in base64, as Standard
	// Webhooks has it.
	Secret     configs.Secret `yaml:"secret"`
	SecretFile string         `yaml:"secret_file"`
	// AllowInsecure permits an address without TLS, on a network of one's own.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// The length of a secret, by Standard Webhooks ("Signature scheme").
const (
	secretPrefix = "whsec_"
	minSecret    = 24
	maxSecret    = 64
)

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	complaints := []error{configs.OneSecret("secret", c.Secret, c.SecretFile)}
	if c.URL == "" {
		complaints = append(complaints, configs.Complain("url", "is missing; it is where the tenant's server listens"))
	} else if complaint := configs.WebURL("url", c.URL); complaint != nil {
		complaints = append(complaints, complaint)
	} else if strings.HasPrefix(c.URL, "http:") && !c.AllowInsecure {
		complaints = append(complaints, configs.Complain("url", "must begin with https://; a server on a network of your own needs allow_insecure: true"))
	}
	if !c.Secret.IsZero() {
		_, err := decode(c.Secret)
		complaints = append(complaints, err)
	}
	return errors.Join(complaints...)
}

// key returns the secret's bytes.
func (c *Config) key() ([]byte, error) {
	secret, err := configs.ReadSecret("secret", c.Secret, c.SecretFile)
	if err != nil {
		return nil, err
	}
	return decode(secret)
}

func decode(secret configs.Secret) ([]byte, error) {
	text, prefixed := strings.CutPrefix(secret.Reveal(), secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !prefixed || err != nil || len(key) < minSecret || len(key) > maxSecret {
		return nil, configs.Complain("secret", `is not "whsec_" with %d to %d bytes in base64; make one with: echo "whsec_$(openssl rand -base64 32)"`, minSecret, maxSecret)
	}
	return key, nil
}
