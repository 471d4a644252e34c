package mitto

import (
	"errors"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// DefaultURL is the address of the vendor's API, where Config names no other. It leads to the
// nearest of the vendor's places.
const DefaultURL = "https://rest.mittoapi.net"

// vendorDomains are the vendor's own; the second is in its older pages.
var vendorDomains = []string{"mittoapi.net", "mittoapi.com"}

// Config is an account at Mitto. The vendor lets in only the addresses that it was told for the
// account, which nothing here can show.
type Config struct {
	// APIKey is what the vendor sends when it has made the account.
	APIKey     configs.Secret `yaml:"api_key"`
	APIKeyFile string         `yaml:"api_key_file"`

	// From is the sender where a message brings none: a number with its country code of up to 14
	// digits, a short code, or a name of 3 to 11 characters. The vendor has to know it for the
	// countries that register senders.
	From string `yaml:"from"`

	// BaseURL is the address of the API without its path, such as
	// https://rest-fra.mittoapi.net for the one in Frankfurt; absent means DefaultURL. Tests
	// and the look-alike have others.
	BaseURL string `yaml:"base_url"`
	// AllowInsecure permits an address without TLS. The key then crosses the network in the
	// clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// resolve returns a copy of c with its defaults in place, and the API key.
func (c Config) resolve() (Config, string, error) {
	if err := c.Validate(); err != nil {
		return c, "", err
	}
	key, err := configs.ReadSecret("api_key", c.APIKey, c.APIKeyFile)
	if err != nil {
		return c, "", err
	}
	if c.BaseURL == "" {
		c.BaseURL = DefaultURL
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	return c, key.Reveal(), nil
}

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	complaints := []error{
		configs.OneSecret("api_key", c.APIKey, c.APIKeyFile),
		configs.BaseURL("base_url", c.BaseURL, c.AllowInsecure, vendorDomains...),
	}
	if c.From != "" && (provider.SenderKindOf(c.From) == 0 || !validSender(c.From)) {
		complaints = append(complaints, configs.Complain("from", "must be a number of 7 to 14 digits, a short code, or a name of 3 to 11 letters and digits"))
	}
	return errors.Join(complaints...)
}
