package messagebird

import (
	"errors"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// DefaultURL is the address of the vendor's APIs, where Config names no other. There is one for all
// regions.
const DefaultURL = "https://rest.messagebird.com"

// vendorDomains are the vendor's own, old name and new.
var vendorDomains = []string{"messagebird.com", "bird.com"}

// Config is an account at MessageBird. One sender is enough: a name serves SMS alone, a number both
// channels.
type Config struct {
	// AccessKey is a live key of the REST API, from "Developers", "API access" in the dashboard. A
	// test key, which begins with test_, is answered as if it sent.
	AccessKey     configs.Secret `yaml:"access_key"`
	AccessKeyFile string         `yaml:"access_key_file"`

	// SigningKey checks the signatures of reports, from "Developers", "API settings" in the
	// dashboard. Without it reports are believed for their address alone.
	SigningKey     configs.Secret `yaml:"signing_key"`
	SigningKeyFile string         `yaml:"signing_key_file"`

	// From is the sender where a message brings none: a number with its country code, a short
	// code, or a name of up to 11 characters.
	From string `yaml:"from"`

	Voice Voice `yaml:"voice"`

	// BaseURL is the address of the APIs without their paths; absent means DefaultURL. Tests and
	// the look-alike have others.
	BaseURL string `yaml:"base_url"`
	// AllowInsecure permits an address without TLS. The key then crosses the network in the
	// clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Voice is how calls are made.
type Voice struct {
	// From is the number that calls come from; absent means Config.From, which must then be a
	// number for calls to be made.
	From string `yaml:"from"`
	// Language is the voice's where a message has none, or one that the vendor does not speak;
	// absent means en-us.
	Language string `yaml:"language"`
	// Gender is the voice: male or female; absent means female.
	Gender string `yaml:"gender"`
}

// resolve returns a copy of c with its defaults and its secrets in place.
func (c Config) resolve() (Config, error) {
	if err := c.Validate(); err != nil {
		return c, err
	}
	var accessErr, signingErr error
	c.AccessKey, accessErr = configs.ReadSecret("access_key", c.AccessKey, c.AccessKeyFile)
	c.SigningKey, signingErr = configs.ReadSecret("signing_key", c.SigningKey, c.SigningKeyFile)
	c.BaseURL = strings.TrimRight(orElse(c.BaseURL, DefaultURL), "/")
	c.Voice.From = orElse(c.Voice.From, c.From)
	c.Voice.Language = orElse(c.Voice.Language, "en-us")
	c.Voice.Gender = orElse(c.Voice.Gender, "female")
	return c, errors.Join(accessErr, signingErr)
}

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	complaints := []error{
		configs.OneSecret("access_key", c.AccessKey, c.AccessKeyFile),
		configs.AtMostOneSecret("signing_key", c.SigningKey, c.SigningKeyFile),
		configs.BaseURL("base_url", c.BaseURL, c.AllowInsecure, vendorDomains...),
	}
	switch {
	case c.From == "" && c.Voice.From == "":
		complaints = append(complaints, configs.Complain("from", "is missing; SMS needs it, calls need it or voice.from"))
	case c.From != "" && provider.SenderKindOf(c.From) == 0:
		complaints = append(complaints, configs.Complain("from", "must be a number of 7 to 15 digits, a short code, or a name of up to 11 characters"))
	}
	return errors.Join(append(complaints, configs.Within("voice", c.Voice.validate()))...)
}

func (v *Voice) validate() error {
	var complaints []error
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	if v.From != "" && provider.SenderKindOf(v.From) != provider.NumberSender {
		complain("from", "must be a number of 7 to 15 digits")
	}
	if v.Language != "" && !voices.Has(v.Language) {
		complain("language", "%q is no language that MessageBird speaks, such as en-gb", v.Language)
	}
	if v.Gender != "" && v.Gender != "male" && v.Gender != "female" {
		complain("gender", "%q is neither male nor female", v.Gender)
	}
	return errors.Join(complaints...)
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
