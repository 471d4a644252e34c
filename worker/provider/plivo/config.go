package plivo

import (
	"errors"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// DefaultURL is the address of the vendor's API, where Config names no other. There is one for all
// regions.
const DefaultURL = "https://api.plivo.com"

// vendorDomain is the vendor's own.
const vendorDomain = "plivo.com"

// Config is an account at Plivo. SMS needs a sender or a powerpack, calls need a number; one of the
// two is enough.
type Config struct {
	// AuthID is the account's or subaccount's id, such as MA…, and AuthToken its token, both from
	// the console's overview. The token checks the vendor's signatures as well.
	AuthID        string         `yaml:"auth_id"`
	AuthToken     configs.Secret `yaml:"auth_token"`
	AuthTokenFile string         `yaml:"auth_token_file"`

	// From is the sender where a message brings none: a number with its country code, a short
	// code, or a name of up to 11 letters and digits, for which the account has to be enabled.
	From string `yaml:"from"`
	// PowerpackUUID is a pool of numbers to choose the sender from in the place of From.
	PowerpackUUID string `yaml:"powerpack_uuid"`

	Voice Voice `yaml:"voice"`

	// BaseURL is the address of the API without its path; absent means DefaultURL. Tests and the
	// look-alike have others.
	BaseURL string `yaml:"base_url"`
	// AllowInsecure permits an address without TLS. The token then crosses the network in the
	// clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Voice is how calls are made.
type Voice struct {
	// From is the number that calls come from; absent means Config.From, which must then be a
	// number.
	From string `yaml:"from"`
	// Language is the voice's where a message has none, or one that the vendor does not speak;
	// absent means en-US.
	Language string `yaml:"language"`
}

// resolve returns a copy of c with its defaults in place, and the token.
func (c Config) resolve() (Config, string, error) {
	if err := c.Validate(); err != nil {
		return c, "", err
	}
	token, err := configs.ReadSecret("auth_token", c.AuthToken, c.AuthTokenFile)
	if err != nil {
		return c, "", err
	}
	c.BaseURL = strings.TrimRight(orElse(c.BaseURL, DefaultURL), "/")
	c.Voice.From = orElse(c.Voice.From, c.From)
	c.Voice.Language = orElse(c.Voice.Language, "en-US")
	return c, token.Reveal(), nil
}

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	complaints := []error{
		configs.OneSecret("auth_token", c.AuthToken, c.AuthTokenFile),
		configs.BaseURL("base_url", c.BaseURL, c.AllowInsecure, vendorDomain),
	}
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	if c.AuthID == "" || strings.Trim(c.AuthID, letters+digits) != "" {
		complain("auth_id", "is missing or has something else than letters and digits; it stands in the address of every request")
	}
	switch kind := provider.SenderKindOf(c.From); {
	case c.From == "":
		if c.PowerpackUUID == "" && c.Voice.From == "" {
			complain("from", "is missing; SMS needs it or powerpack_uuid, calls need a number here or as voice.from")
		}
	case kind == 0, kind == provider.NameSender && !validName(c.From):
		complain("from", "must be a number of 7 to 15 digits, a short code, or up to 11 letters and digits with a letter among them")
	case c.PowerpackUUID != "":
		complain("powerpack_uuid", "is given beside from; keep one, and give the number to call from as voice.from")
	}
	if c.Voice.From != "" && provider.SenderKindOf(c.Voice.From) != provider.NumberSender {
		complain("voice.from", "must be a number of 7 to 15 digits")
	}
	if c.Voice.Language != "" && !voices.Has(c.Voice.Language) {
		complain("voice.language", "%q is no language that Plivo speaks, such as en-GB", c.Voice.Language)
	}
	return errors.Join(complaints...)
}

// The characters of an account's id, and of a sender that is a name.
const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

// validName says whether a name arrives as it is: the vendor takes every character but letters and
// digits out of it (docs.plivo.com/docs/messaging/api/message/send-a-message).
func validName(name string) bool {
	return strings.Trim(name, letters+digits) == "" && strings.ContainsAny(name, letters)
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
