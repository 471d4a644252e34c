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
	// Messages has SMS go through the Messages API, which needs either of the two pairs above.
	Messages bool  `yaml:"messages"`
	Voice    Voice `yaml:"voice"`

	// SignatureSecret is the account's, from "Settings" in the dashboard. With it the vendor's
	// requests about calls and about messages of the Messages API have to be signed; without
	// it they are believed for their address alone.
	SignatureSecret     configs.Secret `yaml:"signature_secret"`
	SignatureSecretFile string         `yaml:"signature_secret_file"`
	// SignatureMethod is how receipts of the SMS API are signed, as the dashboard has it:
	// md5hash, md5, sha1, sha256 or sha512, of which all but the first are HMACs. Absent says
	// that they are not: the vendor signs them only for accounts that asked for it.
	SignatureMethod string `yaml:"signature_method"`

	// SMSURL is the address of the SMS API and VoiceURL that of the Voice and Messages APIs,
	// without their paths; absent means DefaultSMSURL and DefaultVoiceURL. The vendor has
	// regional ones, and tests and the look-alike have others.
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
}

// resolve returns a copy of c with its defaults and its secrets in place, and the
// private key, if it has one.
func (c Config) resolve() (Config, *rsa.PrivateKey, error) {
	if err := c.Validate(); err != nil {
		return c, nil, err
	}
	var key *rsa.PrivateKey
	var smsErr, voiceErr, signatureErr error
	if c.hasKey() {
		c.APISecret, smsErr = configs.ReadSecret("api_secret", c.APISecret, c.APISecretFile)
	}
	if c.hasApplication() {
		key, voiceErr = c.readKey()
	}
	if c.signs() {
		c.SignatureSecret, signatureErr = configs.ReadSecret("signature_secret", c.SignatureSecret, c.SignatureSecretFile)
	}
	c.SMSURL = strings.TrimRight(orElse(c.SMSURL, DefaultSMSURL), "/")
	c.VoiceURL = strings.TrimRight(orElse(c.VoiceURL, DefaultVoiceURL), "/")
	c.Voice.From = orElse(c.Voice.From, c.From)
	c.Voice.Language = orElse(c.Voice.Language, "en-US")
	return c, key, errors.Join(smsErr, voiceErr, signatureErr)
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
