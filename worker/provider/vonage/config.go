package vonage

import (
	"crypto/rsa"
	"errors"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phonehook/phonehook/configs"
)

// The addresses of the vendor's APIs, where Config names no other.
const (
	DefaultSMSURL   = "https://rest.nexmo.com"
	DefaultVoiceURL = "https://api.nexmo.com"
)

// vendorDomains are the vendor's own, old name and new.
var vendorDomains = []string{"nexmo.com", "vonage.com"}

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
