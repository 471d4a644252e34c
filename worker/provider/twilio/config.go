package twilio

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// vendorDomain is the vendor's own, and verifyURL the address of Verify, which is in one region.
const (
	vendorDomain = "twilio.com"
	verifyURL    = "https://verify.twilio.com"
)

// Config is an account at Twilio. It needs something to send from: a sender or a messaging service
// for SMS, a number for calls, or a Verify service for both.
type Config struct {
	// AccountSID is "AC" and 32 hexadecimal digits.
	AccountSID string `yaml:"account_sid"`
	// AuthToken authorises requests where there is no API key, and checks the signatures of
	// reports. Without it reports are believed for their address alone.
	AuthToken     configs.Secret `yaml:"auth_token"`
	AuthTokenFile string         `yaml:"auth_token_file"`
	// APIKeySID and APIKeySecret are a key that authorises requests in the token's place: "SK" and
	// 32 hexadecimal digits, and what the console showed once.
	APIKeySID        string         `yaml:"api_key_sid"`
	APIKeySecret     configs.Secret `yaml:"api_key_secret"`
	APIKeySecretFile string         `yaml:"api_key_secret_file"`

	// From is the sender where a message brings none: a number with its country code, a short
	// code, or a name of up to 11 letters, digits, blanks and + - _ &.
	From string `yaml:"from"`
	// MessagingServiceSID is the pool to choose the sender from, "MG" and 32 hexadecimal digits.
	// Beside From it is where that belongs to.
	MessagingServiceSID string `yaml:"messaging_service_sid"`

	Voice Voice `yaml:"voice"`

	// VerifyServiceSID has all messages go through this service of Verify, "VA" and 32 hexadecimal
	// digits, which has to have custom codes enabled. The message's text and sender are then
	// Verify's own, and only its code is ours.
	VerifyServiceSID string `yaml:"verify_service_sid"`

	// Region is where the account's data are processed: us1, which is meant where it is absent,
	// ie1 or au1. The credentials have to be that region's. Edge is the place to enter the
	// vendor's network at; absent means the region's own.
	Region string `yaml:"region"`
	Edge   string `yaml:"edge"`

	// BaseURL is the address of the API without its path in place of the region's, and
	// VerifyBaseURL that of Verify, absent meaning BaseURL where there is one. Tests and the
	// look-alike have others.
	BaseURL       string `yaml:"base_url"`
	VerifyBaseURL string `yaml:"verify_base_url"`
	// AllowInsecure permits addresses without TLS. The credentials then cross the network in the
	// clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Voice is how calls are made.
type Voice struct {
	// From is the number that calls come from; absent means Config.From, if that is a number.
	From string `yaml:"from"`
	// Language is the voice's where a message has none, or one that the vendor does not speak;
	// absent means en-US.
	Language string `yaml:"language"`
}

// keys are what was made of the secrets.
type keys struct {
	authorization string
	token         []byte
}

// resolve returns a copy of c with its defaults in place, and what its secrets are for.
func (c Config) resolve() (Config, keys, error) {
	if err := c.Validate(); err != nil {
		return c, keys{}, err
	}
	var token, secret configs.Secret
	var err error
	if !c.AuthToken.IsZero() || c.AuthTokenFile != "" {
		if token, err = configs.ReadSecret("auth_token", c.AuthToken, c.AuthTokenFile); err != nil {
			return c, keys{}, err
		}
	}
	user, password := c.AccountSID, token
	if c.APIKeySID != "" {
		if secret, err = configs.ReadSecret("api_key_secret", c.APIKeySecret, c.APIKeySecretFile); err != nil {
			return c, keys{}, err
		}
		user, password = c.APIKeySID, secret
	}
	c.VerifyBaseURL = strings.TrimRight(orElse(orElse(c.VerifyBaseURL, c.BaseURL), verifyURL), "/")
	c.BaseURL = strings.TrimRight(orElse(c.BaseURL, address(c.Region, c.Edge)), "/")
	c.Voice.From = orElse(c.Voice.From, c.From)
	c.Voice.Language = orElse(c.Voice.Language, "en-US")
	k := keys{authorization: "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password.Reveal()))}
	if !token.IsZero() {
		k.token = []byte(token.Reveal())
	}
	return c, k, nil
}

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	return errors.Join(c.validateCredentials(), c.validateSenders(), c.validateAddresses())
}

func (c *Config) validateCredentials() error {
	var complaints []error
	if !isSID("AC", c.AccountSID) {
		complaints = append(complaints, configs.Complain("account_sid", "must be AC and 32 hexadecimal digits, as the console shows it"))
	}
	if c.APIKeySID == "" && c.APIKeySecret.IsZero() && c.APIKeySecretFile == "" {
		return errors.Join(append(complaints, configs.OneSecret("auth_token", c.AuthToken, c.AuthTokenFile))...)
	}
	if !isSID("SK", c.APIKeySID) {
		complaints = append(complaints, configs.Complain("api_key_sid", "must be SK and 32 hexadecimal digits, as the console shows it"))
	}
	return errors.Join(append(complaints, configs.OneSecret("api_key_secret", c.APIKeySecret, c.APIKeySecretFile),
		configs.AtMostOneSecret("auth_token", c.AuthToken, c.AuthTokenFile))...)
}

func (c *Config) validateSenders() error {
	var complaints []error
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	own := c.From != "" || c.MessagingServiceSID != "" || c.Voice != (Voice{})
	switch {
	case c.VerifyServiceSID != "" && own:
		complain("verify_service_sid", "can't be combined with from, messaging_service_sid and voice, which Verify has itself; make it a provider of its own")
	case c.VerifyServiceSID == "" && !own:
		complain("from", "is missing; SMS needs it or messaging_service_sid, calls need a number here or in voice, codes can go through verify_service_sid")
	}
	if c.VerifyServiceSID != "" && !isSID("VA", c.VerifyServiceSID) {
		complain("verify_service_sid", "must be VA and 32 hexadecimal digits, as the console shows it")
	}
	if c.MessagingServiceSID != "" && !isSID("MG", c.MessagingServiceSID) {
		complain("messaging_service_sid", "must be MG and 32 hexadecimal digits, as the console shows it")
	}
	if c.From != "" && !validSender(c.From) {
		complain("from", "must be a number of 7 to 15 digits, a short code, or up to 11 letters, digits, blanks and + - _ & with a letter among them")
	}
	if c.Voice.From != "" && provider.SenderKindOf(c.Voice.From) != provider.NumberSender {
		complain("voice.from", "must be a number of 7 to 15 digits")
	}
	if c.Voice.Language != "" && !voices.Has(c.Voice.Language) {
		complain("voice.language", "%q is no language that Twilio speaks, such as en-GB", c.Voice.Language)
	}
	return errors.Join(complaints...)
}

func (c *Config) validateAddresses() error {
	complaints := []error{
		configs.BaseURL("base_url", c.BaseURL, c.AllowInsecure, vendorDomain),
		configs.BaseURL("verify_base_url", c.VerifyBaseURL, c.AllowInsecure, vendorDomain),
	}
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	_, known := homeEdges[orElse(c.Region, defaultRegion)]
	switch {
	case !known:
		complain("region", "%q is none of %s", c.Region, "us1, ie1 and au1")
	case c.VerifyServiceSID != "" && orElse(c.Region, defaultRegion) != defaultRegion:
		complain("region", "is %s, where Twilio does not offer Verify", c.Region)
	}
	if c.Edge != "" && !slices.Contains(edges, c.Edge) {
		complain("edge", "%q is none of %s", c.Edge, strings.Join(edges, ", "))
	}
	if c.BaseURL != "" && (c.Region != "" || c.Edge != "") {
		complain("base_url", "is given together with region or edge, which make the address; keep one")
	}
	return errors.Join(complaints...)
}

// isSID says whether sid is one of the vendor's ids: two letters for what it is of, and 32
// hexadecimal digits. They stand in addresses, so that nothing else may be in them.
func isSID(kind, sid string) bool {
	digits, ok := strings.CutPrefix(sid, kind)
	return ok && len(digits) == 32 && strings.Trim(digits, "0123456789abcdefABCDEF") == ""
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
