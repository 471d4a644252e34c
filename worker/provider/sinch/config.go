package sinch

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// DefaultVoiceURL is the address of the Voice API where Voice names no other: the vendor leads it to
// the region that is nearest (developers.sinch.com/docs/voice/api-reference/voice).
const DefaultVoiceURL = "https://calling.api.sinch.com"

// vendorDomain is the vendor's own.
const vendorDomain = "sinch.com"

// regions are those of the SMS REST API, from the vendor's SDK for Node. A service plan belongs to
// one of them. The first is the one that Config means where it names none.
var regions = []string{"us", "eu", "au", "br", "ca"}

// Config is an account at Sinch. SMS needs a service plan, calls need an application of the Voice
// API; one of the two is enough.
type Config struct {
	// ServicePlanID is the service plan of the SMS REST API, and APIToken the token beside it in
	// the dashboard.
	ServicePlanID string         `yaml:"service_plan_id"`
	APIToken      configs.Secret `yaml:"api_token"`
	APITokenFile  string         `yaml:"api_token_file"`
	// Region is where the service plan is: us, eu, au, br or ca; absent means us.
	Region string `yaml:"region"`

	// From is the sender where a message brings none: a number with its country code, a short
	// code, or a name of up to 11 characters. Absent has the vendor choose one of the service
	// plan's, which needs its "Automatic Default Originator" to be set up.
	From string `yaml:"from"`

	// WebhookSecret checks the signatures of reports of SMS, for accounts where the vendor has
	// enabled them. Without it reports are believed for their address alone.
	WebhookSecret     configs.Secret `yaml:"webhook_secret"`
	WebhookSecretFile string         `yaml:"webhook_secret_file"`

	Voice Voice `yaml:"voice"`

	// BaseURL is the address of the SMS REST API without its path; absent means the region's.
	// Tests and the look-alike have others.
	BaseURL string `yaml:"base_url"`
	// AllowInsecure permits addresses without TLS. The token then crosses the network in the
	// clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Voice is how calls are made.
type Voice struct {
	// ApplicationKey and ApplicationSecret are those of an application of the Voice API. The
	// secret is in base64, as the dashboard shows it.
	ApplicationKey        string         `yaml:"application_key"`
	ApplicationSecret     configs.Secret `yaml:"application_secret"`
	ApplicationSecretFile string         `yaml:"application_secret_file"`
	// From is the number that calls come from; absent means Config.From, which must then be a
	// number. A call without one is taken and never reaches its phone.
	From string `yaml:"from"`
	// Language is the voice's where a message has none, or one that the vendor does not speak;
	// absent means en-US.
	Language string `yaml:"language"`
	// BaseURL is the address of the Voice API without its path, such as that of one of its
	// regions, https://calling-euc1.api.sinch.com; absent means DefaultVoiceURL.
	BaseURL string `yaml:"base_url"`
}

// secrets are what the file or the files that it names keep.
type secrets struct {
	token, webhook string
	application    []byte
}

// resolve returns a copy of c with its defaults in place, and its secrets.
func (c Config) resolve() (Config, secrets, error) {
	if err := c.Validate(); err != nil {
		return c, secrets{}, err
	}
	token, tokenErr := configs.ReadSecret("api_token", c.APIToken, c.APITokenFile)
	webhook, webhookErr := configs.ReadSecret("webhook_secret", c.WebhookSecret, c.WebhookSecretFile)
	application, applicationErr := configs.ReadSecret("application_secret", c.Voice.ApplicationSecret, c.Voice.ApplicationSecretFile)
	key, ok := decodeSecret(application)
	if applicationErr == nil && !ok {
		applicationErr = configs.Complain("application_secret_file", notBase64)
	}
	if err := errors.Join(tokenErr, webhookErr, configs.Within("voice", applicationErr)); err != nil {
		return c, secrets{}, err
	}
	c.BaseURL = strings.TrimRight(orElse(c.BaseURL, "https://"+orElse(c.Region, regions[0])+".sms.api.sinch.com"), "/")
	c.Voice.BaseURL = strings.TrimRight(orElse(c.Voice.BaseURL, DefaultVoiceURL), "/")
	c.Voice.From = orElse(c.Voice.From, c.From)
	c.Voice.Language = orElse(c.Voice.Language, "en-US")
	return c, secrets{token: token.Reveal(), webhook: webhook.Reveal(), application: key}, nil
}

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	complaints := []error{
		configs.AtMostOneSecret("webhook_secret", c.WebhookSecret, c.WebhookSecretFile),
		configs.BaseURL("base_url", c.BaseURL, c.AllowInsecure, vendorDomain),
	}
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	if c.sendsSMS() || c.Voice == (Voice{}) {
		if c.ServicePlanID == "" || strings.Trim(c.ServicePlanID, pathCharacters) != "" {
			complain("service_plan_id", "is missing or has something else than letters, digits and hyphens; SMS needs it, and calls need a section voice")
		}
		complaints = append(complaints, configs.OneSecret("api_token", c.APIToken, c.APITokenFile))
	}
	if c.Region != "" && !slices.Contains(regions, c.Region) {
		complain("region", "%q is none of %s", c.Region, strings.Join(regions, ", "))
	}
	if c.From != "" && provider.SenderKindOf(c.From) == 0 {
		complain("from", "must be a number of 7 to 15 digits, a short code, or a name of up to 11 characters")
	}
	if c.Voice != (Voice{}) {
		complaints = append(complaints, configs.Within("voice", c.Voice.validate(c.From, c.AllowInsecure)))
	}
	return errors.Join(complaints...)
}

// sendsSMS says whether the file has anything of a service plan.
func (c *Config) sendsSMS() bool {
	return c.ServicePlanID != "" || !c.APIToken.IsZero() || c.APITokenFile != ""
}

// notBase64 complains about an application's secret.
const notBase64 = "is not base64, as the dashboard shows it"

func (v *Voice) validate(from string, insecure bool) error {
	complaints := []error{
		configs.OneSecret("application_secret", v.ApplicationSecret, v.ApplicationSecretFile),
		configs.BaseURL("base_url", v.BaseURL, insecure, vendorDomain),
	}
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	if v.ApplicationKey == "" || strings.Trim(v.ApplicationKey, pathCharacters) != "" {
		complain("application_key", "is missing or has something else than letters, digits and hyphens; calls need an application of the Voice API")
	}
	if _, ok := decodeSecret(v.ApplicationSecret); !ok {
		complain("application_secret", notBase64)
	}
	switch {
	case v.From != "" && provider.SenderKindOf(v.From) != provider.NumberSender:
		complain("from", "must be a number of 7 to 15 digits")
	case v.From == "" && provider.SenderKindOf(from) != provider.NumberSender:
		complain("from", "is missing; calls without a number never reach their phone, and the account's from is none")
	}
	if v.Language != "" && !voices.Has(v.Language) {
		complain("language", "%q is no language that Sinch speaks, such as en-GB", v.Language)
	}
	return errors.Join(complaints...)
}

// decodeSecret returns the bytes of an application's secret, and whether it has some. No secret has
// none.
func decodeSecret(secret configs.Secret) ([]byte, bool) {
	key, err := base64.StdEncoding.DecodeString(secret.Reveal())
	return key, err == nil
}

// pathCharacters are those of the names that stand in an address or before the colon of a signature.
const pathCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
