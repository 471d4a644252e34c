package vonage

import (
	"crypto/rsa"
	"errors"
	"net/url"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phonehook/phonehook/configs"
)

// The addresses of the vendor's APIs, where Config names no other.
const (
	DefaultSMSURL   = "https://rest.nexmo.com"
	DefaultVoiceURL = "https://api.nexmo.com"
)

// apiKeyLength is how long every API key is, by the API's definition; the SDK
// refuses to send with another.
const apiKeyLength = 8

// minKeyBits is what RS256 asks of an RSA key (RFC 7518, section 3.3).
const minKeyBits = 2048

// Config is an account at Vonage. For SMS it needs the API key and secret, for
// calls the application and its private key; one of the two is enough.
type Config struct {
	APIKey        string         `yaml:"api_key"`
	APISecret     configs.Secret `yaml:"api_secret"`
	APISecretFile string         `yaml:"api_secret_file"`

	ApplicationID  string         `yaml:"application_id"`
	PrivateKey     configs.Secret `yaml:"private_key"`
	PrivateKeyFile string         `yaml:"private_key_file"`

	// From is the sender where a message brings none: a number with its country
	// code, or, for SMS, up to 11 letters and digits.
	From string `yaml:"from"`
	// Callback is where Vonage reports what became of an SMS; absent leaves it to
	// the account's settings.
	Callback string `yaml:"callback"`
	Voice    Voice  `yaml:"voice"`

	// SMSURL and VoiceURL are the addresses of the two APIs without their paths;
	// absent means DefaultSMSURL and DefaultVoiceURL. The vendor has regional
	// ones, and tests and the look-alike have others.
	SMSURL   string `yaml:"sms_url"`
	VoiceURL string `yaml:"voice_url"`
	// AllowInsecure permits addresses without TLS. The credentials then cross
	// the network in the clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Voice is how calls are made.
type Voice struct {
	// From is the number that calls come from; absent means Config.From, which
	// must then be a number.
	From string `yaml:"from"`
	// Language is the voice's where a message has none, or one that Vonage does
	// not speak; absent means en-US.
	Language string `yaml:"language"`
	// Style is the number of the voice within its language; 0 exists in every
	// language. Premium asks for the better and dearer version of it.
	Style   int  `yaml:"style"`
	Premium bool `yaml:"premium"`
	// EventURL is where Vonage reports what becomes of a call; absent leaves it
	// to the application's settings.
	EventURL string `yaml:"event_url"`
}

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	var complaints []error
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	sms, voice := c.hasSMS(), c.hasVoice()
	if !sms && !voice {
		complain("api_key", "is missing; SMS needs api_key and api_secret, calls need application_id and private_key")
	}
	if sms {
		complaints = append(complaints, c.validateSMS())
	}
	if voice {
		complaints = append(complaints, c.validateVoice())
	}
	if c.From != "" && !validSender(c.From) {
		complain("from", "must be a number of 7 to 15 digits, or up to 11 letters and digits")
	}
	complaints = append(complaints,
		validURL("sms_url", c.SMSURL, !c.AllowInsecure, true), validURL("voice_url", c.VoiceURL, !c.AllowInsecure, true),
		validURL("callback", c.Callback, false, false), validURL("voice.event_url", c.Voice.EventURL, false, false))
	return errors.Join(complaints...)
}

func (c *Config) hasSMS() bool {
	return c.APIKey != "" || !c.APISecret.IsZero() || c.APISecretFile != ""
}

func (c *Config) hasVoice() bool {
	return c.ApplicationID != "" || !c.PrivateKey.IsZero() || c.PrivateKeyFile != ""
}

func (c *Config) validateSMS() error {
	complaints := []error{oneSecret("api_secret", c.APISecret, c.APISecretFile)}
	if len(c.APIKey) != apiKeyLength {
		complaints = append(complaints, configs.Complain("api_key", "must have %d characters, as the dashboard shows it", apiKeyLength))
	}
	if c.From == "" {
		complaints = append(complaints, configs.Complain("from", "is missing; SMS needs a sender"))
	}
	return errors.Join(complaints...)
}

func (c *Config) validateVoice() error {
	complaints := []error{oneSecret("private_key", c.PrivateKey, c.PrivateKeyFile)}
	if c.ApplicationID == "" {
		complaints = append(complaints, configs.Complain("application_id", "is missing; calls need it beside private_key"))
	}
	if _, ok := digits(c.Voice.From); c.Voice.From != "" && !ok {
		complaints = append(complaints, configs.Complain("voice.from", "must be a number of 7 to 15 digits"))
	} else if _, ok := digits(c.From); c.Voice.From == "" && !ok {
		complaints = append(complaints, configs.Complain("voice.from", "is missing; calls need a number, and from is none"))
	}
	if c.Voice.Language != "" && !spoken(c.Voice.Language) {
		complaints = append(complaints, configs.Complain("voice.language", "%q is no language that Vonage speaks, such as en-GB", c.Voice.Language))
	}
	if c.Voice.Style < 0 {
		complaints = append(complaints, configs.Complain("voice.style", "must not be negative"))
	}
	return errors.Join(complaints...)
}

// oneSecret complains about a secret that is given twice or not at all.
func oneSecret(key string, inline configs.Secret, path string) error {
	switch {
	case !inline.IsZero() && path != "":
		return configs.Complain(key, "is given twice, as %s and as %s_file; keep one", key, key)
	case inline.IsZero() && path == "":
		return configs.Complain(key, "is missing; give it, or the path of a file with it as %s_file", key)
	}
	return nil
}

// validURL complains about an address that is given and can't be used. The base of
// an API has no query, since paths are put behind it.
func validURL(key, address string, secure, base bool) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return configs.Complain(key, "is not an address such as https://example.com")
	case u.User != nil:
		return configs.Complain(key, "must not have a user name or a password in it")
	case base && (u.RawQuery != "" || u.Fragment != ""):
		return configs.Complain(key, "must not have a query or a fragment")
	case secure && u.Scheme != "https":
		return configs.Complain(key, "must begin with https://; a look-alike beside the worker needs allow_insecure: true")
	}
	return nil
}

// resolve returns a copy of c with its defaults and its secrets in place, and the
// private key, if it has one.
func (c Config) resolve() (Config, *rsa.PrivateKey, error) {
	if err := c.Validate(); err != nil {
		return c, nil, err
	}
	var key *rsa.PrivateKey
	var smsErr, voiceErr error
	if c.hasSMS() {
		c.APISecret, smsErr = configs.ReadSecret("api_secret", c.APISecret, c.APISecretFile)
	}
	if c.hasVoice() {
		key, voiceErr = c.readKey()
	}
	c.SMSURL = strings.TrimRight(orElse(c.SMSURL, DefaultSMSURL), "/")
	c.VoiceURL = strings.TrimRight(orElse(c.VoiceURL, DefaultVoiceURL), "/")
	c.Voice.From = orElse(c.Voice.From, c.From)
	c.Voice.Language = orElse(c.Voice.Language, "en-US")
	return c, key, errors.Join(smsErr, voiceErr)
}

func (c Config) readKey() (*rsa.PrivateKey, error) {
	secret, err := configs.ReadSecret("private_key", c.PrivateKey, c.PrivateKeyFile)
	if err != nil {
		return nil, err
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(secret.Reveal()))
	if err != nil || key.N.BitLen() < minKeyBits {
		return nil, configs.Complain("private_key", "is not an RSA key of at least %d bits in PEM, as the dashboard gives it", minKeyBits)
	}
	return key, nil
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
