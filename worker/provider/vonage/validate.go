package vonage

import (
	"errors"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	var complaints []error
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	if !c.hasKey() && !c.hasApplication() {
		complain("api_key", "is missing; SMS needs api_key and api_secret, calls need application_id and private_key")
	}
	if c.hasKey() {
		complaints = append(complaints, c.validateKey())
	}
	if c.hasApplication() {
		complaints = append(complaints, c.validateApplication())
	}
	switch {
	case c.From == "" && (c.hasKey() || c.Messages):
		complain("from", "is missing; SMS needs a sender")
	case c.From != "" && !validSender(c.From):
		complain("from", "must be a number of 7 to 15 digits, a short code, or up to 11 letters and digits")
	}
	complaints = append(complaints, c.validateSignature(),
		configs.BaseURL("sms_url", c.SMSURL, c.AllowInsecure, vendorDomains...), configs.BaseURL("voice_url", c.VoiceURL, c.AllowInsecure, vendorDomains...))
	return errors.Join(complaints...)
}

// hasKey says whether there is something of the pair that the SMS API needs, hasApplication the
// same of the Voice API, and signs whether the vendor's signatures can be checked.
func (c *Config) hasKey() bool {
	return c.APIKey != "" || !c.APISecret.IsZero() || c.APISecretFile != ""
}

func (c *Config) hasApplication() bool {
	return c.ApplicationID != "" || !c.PrivateKey.IsZero() || c.PrivateKeyFile != ""
}

func (c *Config) signs() bool { return !c.SignatureSecret.IsZero() || c.SignatureSecretFile != "" }

func (c *Config) validateKey() error {
	complaints := []error{configs.OneSecret("api_secret", c.APISecret, c.APISecretFile)}
	if len(c.APIKey) != apiKeyLength {
		complaints = append(complaints, configs.Complain("api_key", "must have %d characters, as the dashboard shows it", apiKeyLength))
	}
	return errors.Join(complaints...)
}

func (c *Config) validateApplication() error {
	complaints := []error{configs.OneSecret("private_key", c.PrivateKey, c.PrivateKeyFile)}
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	if c.ApplicationID == "" {
		complain("application_id", "is missing; calls need it beside private_key")
	}
	switch {
	case c.Voice.From != "" && provider.SenderKindOf(c.Voice.From) != provider.NumberSender:
		complain("voice.from", "must be a number of 7 to 15 digits")
	// An application is for messages as well, so that with them there need be no calls.
	case c.Voice.From == "" && provider.SenderKindOf(c.From) != provider.NumberSender && !c.Messages:
		complain("voice.from", "is missing; calls need a number, and from is none")
	}
	if c.Voice.Language != "" && !voices.Has(c.Voice.Language) {
		complain("voice.language", "%q is no language that Vonage speaks, such as en-GB", c.Voice.Language)
	}
	if c.Voice.Style < 0 {
		complain("voice.style", "must not be negative")
	}
	return errors.Join(complaints...)
}

func (c *Config) validateSignature() error {
	complaints := []error{configs.AtMostOneSecret("signature_secret", c.SignatureSecret, c.SignatureSecretFile)}
	if c.SignatureMethod != "" {
		if _, ok := signatureMethods[c.SignatureMethod]; !ok {
			complaints = append(complaints, configs.Complain("signature_method", "%q is none of md5hash, md5, sha1, sha256 and sha512", c.SignatureMethod))
		}
		if !c.signs() {
			complaints = append(complaints, configs.Complain("signature_secret", "is missing; signature_method needs it"))
		}
	}
	return errors.Join(complaints...)
}
