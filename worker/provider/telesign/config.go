package telesign

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// DefaultURL is the address of the vendor's APIs for accounts that were opened on its pages, where
// Config names no other. Those with a contract have https://rest-ww.telesign.com.
const DefaultURL = "https://rest-api.telesign.com"

// vendorDomain is the vendor's own.
const vendorDomain = "telesign.com"

// Config is an account at TeleSign.
type Config struct {
	// CustomerID and APIKey are the account's, from the portal. The key is in base64; reports
	// are signed with it, too.
	CustomerID string         `yaml:"customer_id"`
	APIKey     configs.Secret `yaml:"api_key"`
	APIKeyFile string         `yaml:"api_key_file"`

	// From is the sender of an SMS where a message brings none: a number with its country code,
	// a short code or a name of up to 11 characters. The vendor has to allow senders, and each
	// of them. Absent leaves it to the vendor.
	From  string `yaml:"from"`
	Voice Voice  `yaml:"voice"`

	// BaseURL is the address of the APIs without their paths; absent means DefaultURL. Tests and
	// the look-alike have others.
	BaseURL string `yaml:"base_url"`
	// AllowInsecure permits an address without TLS. The messages then cross the network in the
	// clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Voice is how calls are made. They come from the account's number.
type Voice struct {
	// Language is the voice's where a message has none, or one that the vendor does not speak;
	// absent means en-US.
	Language string `yaml:"language"`
}

// resolve returns a copy of c with its defaults in place, and the bytes of the API key.
func (c Config) resolve() (Config, []byte, error) {
	if err := c.Validate(); err != nil {
		return c, nil, err
	}
	secret, err := configs.ReadSecret("api_key", c.APIKey, c.APIKeyFile)
	if err != nil {
		return c, nil, err
	}
	key, err := base64.StdEncoding.DecodeString(secret.Reveal())
	if err != nil || len(key) == 0 {
		return c, nil, configs.Complain("api_key", "is not in base64, as the portal shows it")
	}
	c.BaseURL = strings.TrimRight(orElse(c.BaseURL, DefaultURL), "/")
	c.Voice.Language = orElse(c.Voice.Language, "en-US")
	return c, key, nil
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
		configs.OneSecret("api_key", c.APIKey, c.APIKeyFile),
		configs.BaseURL("base_url", c.BaseURL, c.AllowInsecure, vendorDomain),
	}
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	if c.CustomerID == "" || strings.Trim(c.CustomerID, idCharacters) != "" {
		complain("customer_id", "is missing or has something else than letters, digits and hyphens")
	}
	if c.From != "" && provider.SenderKindOf(c.From) == 0 {
		complain("from", "is neither a number of 7 to 15 digits, a short code nor a name of up to 11 letters and digits")
	}
	if c.Voice.Language != "" && !voices.Has(c.Voice.Language) {
		complain("voice.language", "%q is no language that TeleSign speaks, such as en-GB", c.Voice.Language)
	}
	return errors.Join(complaints...)
}

const idCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
