package vonage

import (
	"errors"
	"net/url"

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
