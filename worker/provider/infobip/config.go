package infobip

import (
	"errors"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// vendorDomain is the vendor's own.
const vendorDomain = "infobip.com"

// Config is an account at Infobip.
type Config struct {
	// APIKey is one of "API keys" in the portal, whose scopes have to allow sending SMS
	// (sms:message:send), or voice messages (voice-message:message:send).
	APIKey     configs.Secret `yaml:"api_key"`
	APIKeyFile string         `yaml:"api_key_file"`

	// From is the sender of SMS where a message brings none: a number with its country code, a
	// short code, or a name of 3 to 11 letters and digits.
	From string `yaml:"from"`

	Voice Voice `yaml:"voice"`

	// BaseURL is the account's own address of the API without its path, such as
	// https://xyz123.api.infobip.com; the portal's home page shows it.
	BaseURL string `yaml:"base_url"`
	// AllowInsecure permits an address without TLS. The key then crosses the network in the
	// clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Voice is how calls are made.
type Voice struct {
	// From is the number that calls come from; absent means Config.From, which must then be a
	// number.
	From string `yaml:"from"`
	// Language is the voice's where a message has none, or one that the vendor does not speak;
	// absent means en.
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
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.Voice.From = orElse(c.Voice.From, c.From)
	c.Voice.Language = orElse(c.Voice.Language, "en")
	return c, key.Reveal(), nil
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
	if c.BaseURL == "" {
		complain("base_url", "is missing; every account has its own, such as https://xyz123.api.infobip.com")
	}
	switch {
	case c.From == "" && c.Voice.From == "":
		complain("from", "is missing; SMS need it, and calls need it or voice.from")
	case c.From != "" && !validSender(c.From):
		complain("from", "must be a number of 7 to 15 digits, a short code, or a name of 3 to 11 letters and digits")
	}
	if c.Voice.From != "" && provider.SenderKindOf(c.Voice.From) != provider.NumberSender {
		complain("voice.from", "must be a number of 7 to 15 digits")
	}
	if c.Voice.Language != "" && !voices.Has(c.Voice.Language) {
		complain("voice.language", "%q is no language that Infobip speaks, such as en-gb", c.Voice.Language)
	}
	return errors.Join(complaints...)
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
