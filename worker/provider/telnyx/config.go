package telnyx

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// DefaultURL is the address of the vendor's API, where Config names no other. There is one for all
// regions.
const DefaultURL = "https://api.telnyx.com"

// vendorDomain is the vendor's own.
const vendorDomain = "telnyx.com"

// Config is an account at Telnyx. SMS needs a sender or a messaging profile, calls need a TeXML
// application; one of the two is enough.
type Config struct {
	// APIKey is a key of the API's second version, from "API Keys" in the portal.
	APIKey     configs.Secret `yaml:"api_key"`
	APIKeyFile string         `yaml:"api_key_file"`

	// PublicKey checks the signatures of webhooks: 32 bytes in base64, from "Keys & Credentials"
	// in the portal. Without it webhooks are believed for their address alone.
	PublicKey string `yaml:"public_key"`

	// From is the sender where a message brings none: a number with its country code, a short
	// code, or a name of up to 11 letters, digits and blanks. Absent has the vendor choose one of
	// the messaging profile's numbers.
	From string `yaml:"from"`
	// MessagingProfileID is the profile whose numbers are a pool and whose names are registered.
	MessagingProfileID string `yaml:"messaging_profile_id"`

	Voice Voice `yaml:"voice"`

	// BaseURL is the address of the API without its path; absent means DefaultURL. Tests and the
	// look-alike have others.
	BaseURL string `yaml:"base_url"`
	// AllowInsecure permits an address without TLS. The key then crosses the network in the
	// clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Voice is how calls are made.
type Voice struct {
	// AccountSID is the account's id in the addresses of TeXML, and ApplicationID that of the
	// TeXML application.
	AccountSID    string `yaml:"account_sid"`
	ApplicationID string `yaml:"application_id"`
	// From is the number that calls come from; absent means Config.From, which must then be a
	// number.
	From string `yaml:"from"`
	// Language is the voice's where a message has none, or one that the vendor does not speak;
	// absent means en-US.
	Language string `yaml:"language"`
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
	c.BaseURL = strings.TrimRight(orElse(c.BaseURL, DefaultURL), "/")
	c.Voice.From = orElse(c.Voice.From, c.From)
	c.Voice.Language = orElse(c.Voice.Language, "en-US")
	return c, key.Reveal(), nil
}

// publicKey returns PublicKey, or nil where there is none or it is none.
func (c *Config) publicKey() ed25519.PublicKey {
	key, err := base64.StdEncoding.DecodeString(c.PublicKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil
	}
	return key
}

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	complaints := []error{
		configs.OneSecret("api_key", c.APIKey, c.APIKeyFile),
		configs.BaseURL("base_url", c.BaseURL, c.AllowInsecure, vendorDomain),
	}
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	if c.PublicKey != "" && c.publicKey() == nil {
		complain("public_key", "is not %d bytes in base64, as the portal shows them", ed25519.PublicKeySize)
	}
	switch kind := provider.SenderKindOf(c.From); {
	case c.From == "":
		if c.MessagingProfileID == "" && c.Voice == (Voice{}) {
			complain("from", "is missing; SMS needs it or messaging_profile_id, calls need a section voice")
		}
	case kind == 0, kind == provider.NameSender && !validName(c.From):
		complain("from", "must be a number of 7 to 15 digits, a short code, or up to 11 letters, digits and blanks with a letter among them")
	case kind == provider.NameSender && c.MessagingProfileID == "":
		complain("messaging_profile_id", "is missing; from is a name, which has to be registered in a messaging profile")
	}
	if c.Voice != (Voice{}) {
		complaints = append(complaints, configs.Within("voice", c.Voice.validate(c.From)))
	}
	return errors.Join(complaints...)
}

func (v *Voice) validate(from string) error {
	var complaints []error
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	if v.AccountSID == "" || strings.Trim(v.AccountSID, pathCharacters) != "" {
		complain("account_sid", "is missing or has something else than letters, digits and hyphens; it stands in the address of calls")
	}
	if v.ApplicationID == "" {
		complain("application_id", "is missing; calls need a TeXML application")
	}
	switch {
	case v.From != "" && provider.SenderKindOf(v.From) != provider.NumberSender:
		complain("from", "must be a number of 7 to 15 digits")
	case v.From == "" && provider.SenderKindOf(from) != provider.NumberSender:
		complain("from", "is missing; calls need a number, and the account's from is none")
	}
	if v.Language != "" && !voices.Has(v.Language) {
		complain("language", "%q is no language that Telnyx speaks, such as en-GB", v.Language)
	}
	return errors.Join(complaints...)
}

// The characters of an account's id, and of a sender that is a name.
const (
	letters        = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits         = "0123456789"
	pathCharacters = letters + digits + "-_"
)

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
