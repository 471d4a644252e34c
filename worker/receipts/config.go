package receipts

import (
	"errors"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// Config is where providers call phonehook back. Without a URL they are not asked to.
type Config struct {
	// URL is the gateway's public address, as providers reach it: https, and the host
	// that they know, since some sign it. Behind it come /receipts/….
	URL string `yaml:"url"`
	// Key signs the addresses that providers are given: at least 32 characters, the same
	// for all workers. Who has it can report anything of any message.
	Key     configs.Secret `yaml:"key"`
	KeyFile string         `yaml:"key_file"`
	// AllowInsecure permits a URL without TLS, for a look-alike beside the gateway.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Validate implements configs.Validator. It reads no file: Addresses does.
func (c *Config) Validate() error {
	if c.URL == "" {
		if !c.Key.IsZero() || c.KeyFile != "" {
			return configs.Complain("url", "is missing; it is the gateway's public address, and the key alone does nothing")
		}
		return nil
	}
	complaints := []error{configs.OneSecret("key", c.Key, c.KeyFile)}
	if complaint := configs.BaseURL("url", c.URL, true); complaint != nil {
		complaints = append(complaints, complaint)
	} else if strings.HasPrefix(c.URL, "http:") && !c.AllowInsecure {
		complaints = append(complaints, configs.Complain("url", "must begin with https://; providers on this machine need allow_insecure: true"))
	}
	if !c.Key.IsZero() && len(c.Key.Reveal()) < provider.MinAddressKey {
		complaints = append(complaints, shortKey("key"))
	}
	return errors.Join(complaints...)
}

func shortKey(place string) error {
	return configs.Complain(place, "has fewer than %d characters; make one with: openssl rand -base64 32", provider.MinAddressKey)
}

// Addresses returns what makes the addresses, or nil where providers are not asked to call.
func (c *Config) Addresses() (*provider.Addresses, error) {
	if c.URL == "" {
		return nil, nil
	}
	key, err := configs.ReadSecret("key", c.Key, c.KeyFile)
	if err != nil {
		return nil, err
	}
	if len(key.Reveal()) < provider.MinAddressKey {
		return nil, shortKey("key_file")
	}
	return provider.NewAddresses(c.URL, []byte(key.Reveal())), nil
}
