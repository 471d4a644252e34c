package vonage

import (
	"errors"

	"github.com/phonehook/phonehook/configs"
)

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
		configs.BaseURL("sms_url", c.SMSURL, c.AllowInsecure, vendorDomains...), configs.BaseURL("voice_url", c.VoiceURL, c.AllowInsecure, vendorDomains...),
		configs.WebURL("callback", c.Callback), configs.WebURL("voice.event_url", c.Voice.EventURL))
	return errors.Join(complaints...)
}

func (c *Config) hasSMS() bool {
	return c.APIKey != "" || !c.APISecret.IsZero() || c.APISecretFile != ""
}

func (c *Config) hasVoice() bool {
	return c.ApplicationID != "" || !c.PrivateKey.IsZero() || c.PrivateKeyFile != ""
}

func (c *Config) validateSMS() error {
	complaints := []error{configs.OneSecret("api_secret", c.APISecret, c.APISecretFile)}
	if len(c.APIKey) != apiKeyLength {
		complaints = append(complaints, configs.Complain("api_key", "must have %d characters, as the dashboard shows it", apiKeyLength))
	}
	if c.From == "" {
		complaints = append(complaints, configs.Complain("from", "is missing; SMS needs a sender"))
	}
	return errors.Join(complaints...)
}

func (c *Config) validateVoice() error {
	complaints := []error{configs.OneSecret("private_key", c.PrivateKey, c.PrivateKeyFile)}
	if c.ApplicationID == "" {
		complaints = append(complaints, configs.Complain("application_id", "is missing; calls need it beside private_key"))
	}
	if _, ok := digits(c.Voice.From); c.Voice.From != "" && !ok {
		complaints = append(complaints, configs.Complain("voice.from", "must be a number of 7 to 15 digits"))
	} else if _, ok := digits(c.From); c.Voice.From == "" && !ok {
		complaints = append(complaints, configs.Complain("voice.from", "is missing; calls need a number, and from is none"))
	}
	if c.Voice.Language != "" && !voices.Has(c.Voice.Language) {
		complaints = append(complaints, configs.Complain("voice.language", "%q is no language that Vonage speaks, such as en-GB", c.Voice.Language))
	}
	if c.Voice.Style < 0 {
		complaints = append(complaints, configs.Complain("voice.style", "must not be negative"))
	}
	return errors.Join(complaints...)
}
