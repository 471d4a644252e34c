package esendex

import (
	"errors"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// DefaultURL is the address of the vendor's API, where Config names no other. There is one for all
// regions; esendex.us is another product with another API.
const DefaultURL = "https://api.esendex.com"

// vendorDomain is the vendor's own.
const vendorDomain = "esendex.com"

// Config is an account at Esendex.
type Config struct {
	// Username is the e-mail address of a user, and Password that user's password for the API.
	Username     string         `yaml:"username"`
	Password     configs.Secret `yaml:"password"`
	PasswordFile string         `yaml:"password_file"`
	// AccountReference is the account that messages are sent from, such as EX0123456.
	AccountReference string `yaml:"account_reference"`

	// From is the sender of an SMS where a message brings none: a number with its country code,
	// a short code or a name of up to 11 characters. Absent leaves it to the account.
	From  string `yaml:"from"`
	Voice Voice  `yaml:"voice"`

	// BaseURL is the address of the API without its path; absent means DefaultURL. Tests and the
	// look-alike have others.
	BaseURL string `yaml:"base_url"`
	// AllowInsecure permits an address without TLS. The password then crosses the network in the
	// clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Voice is how calls are made.
type Voice struct {
	// From is the number that calls come from; absent means Config.From where that is a number.
	From string `yaml:"from"`
	// Language is the voice's where a message has none, or one that the vendor does not speak;
	// absent means en-GB.
	Language string `yaml:"language"`
}

// resolve returns a copy of c with its defaults in place, and the password.
func (c Config) resolve() (Config, string, error) {
	if err := c.Validate(); err != nil {
		return c, "", err
	}
	password, err := configs.ReadSecret("password", c.Password, c.PasswordFile)
	if err != nil {
		return c, "", err
	}
	c.BaseURL = strings.TrimRight(orElse(c.BaseURL, DefaultURL), "/")
	c.Voice.From = orElse(c.Voice.From, c.From)
	c.Voice.Language = orElse(c.Voice.Language, "en-GB")
	return c, password.Reveal(), nil
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	complaints := []error{
		configs.OneSecret("password", c.Password, c.PasswordFile),
		configs.BaseURL("base_url", c.BaseURL, c.AllowInsecure, vendorDomain),
	}
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	if c.Username == "" || strings.Contains(c.Username, ":") {
		complain("username", "is missing or has a colon, which can't stand in a user's name")
	}
	if c.AccountReference == "" || strings.Trim(c.AccountReference, alphanumeric) != "" {
		complain("account_reference", "is missing or not letters and digits, such as EX0123456")
	}
	if c.From != "" && provider.SenderKindOf(c.From) == 0 {
		complain("from", "is neither a number of 7 to 15 digits, a short code nor a name of up to 11 letters and digits")
	}
	if c.Voice.From != "" && provider.SenderKindOf(c.Voice.From) != provider.NumberSender {
		complain("voice.from", "must be a number of 7 to 15 digits")
	}
	if c.Voice.Language != "" && !voices.Has(c.Voice.Language) {
		complain("voice.language", "%q is no language that Esendex speaks; there are %s", c.Voice.Language, strings.Join(voices.Codes(), ", "))
	}
	return errors.Join(complaints...)
}

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
