package aws

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// modeSNS is the mode in which SMS go through SNS.
const modeSNS = "sns"

// vendorDomains are the vendor's own.
var vendorDomains = []string{"amazonaws.com", "api.aws"}

// Config is an account in one region. The credentials are those of a user of IAM who may call
// sms-voice:SendTextMessage and sms-voice:SendVoiceMessage, or sns:Publish. Roles and the
// credentials of instances are not read.
type Config struct {
	// Region is where the account's senders are, such as eu-west-1.
	Region string `yaml:"region"`

	AccessKeyID         string         `yaml:"access_key_id"`
	SecretAccessKey     configs.Secret `yaml:"secret_access_key"`
	SecretAccessKeyFile string         `yaml:"secret_access_key_file"`
	// SessionToken goes with credentials that end; they are not renewed.
	SessionToken     configs.Secret `yaml:"session_token"`
	SessionTokenFile string         `yaml:"session_token_file"`

	// Mode is empty for End User Messaging, or sns, which has neither validity periods nor
	// reports nor calls.
	Mode string `yaml:"mode"`

	// From is the sender where a message brings none: a number with its country code, a short
	// code, a sender id of up to 11 letters, digits, hyphens and underscores; or for End User
	// Messaging the id or ARN of a number or a pool. Absent has the vendor choose among the
	// account's senders.
	From string `yaml:"from"`
	// ConfigurationSet says where the vendor reports to; without one it reports nowhere.
	ConfigurationSet string `yaml:"configuration_set"`
	// ProtectConfiguration is the id of the countries that are allowed, where it is not the
	// account's or the configuration set's.
	ProtectConfiguration string `yaml:"protect_configuration"`
	// MaxPrice is the most that an SMS may cost in US dollars, such as "0.25".
	MaxPrice string `yaml:"max_price"`
	// DLT is what recipients in India need.
	DLT DLT `yaml:"dlt"`

	Voice Voice `yaml:"voice"`

	// TopicARN are the SNS topics that reports are believed from.
	TopicARN []string `yaml:"topic_arn"`

	// BaseURL is the address of the API; absent means the region's. Others are those of FIPS, of a
	// VPC and of the look-alike.
	BaseURL string `yaml:"base_url"`
	// SNSURL is where the certificates of reports come from and where a subscription is confirmed,
	// for a look-alike; absent means the address of the topic's region.
	SNSURL string `yaml:"sns_url"`
	// AllowInsecure permits addresses without TLS, for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// DLT is the registration of texts in India.
type DLT struct {
	EntityID   string `yaml:"entity_id"`
	TemplateID string `yaml:"template_id"`
}

// Voice is how calls are made.
type Voice struct {
	// From is the number that calls come from, its id or ARN, or those of a pool with one; absent
	// means Config.From.
	From string `yaml:"from"`
	// VoiceID is the voice where a message has no language, or one that no voice speaks; absent
	// means JOANNA, who speaks American English.
	VoiceID string `yaml:"voice_id"`
	// MaxPricePerMinute is the most that a call may cost in US dollars.
	MaxPricePerMinute string `yaml:"max_price_per_minute"`
}

// resolve returns a copy of c with its defaults in place, and what requests are signed with.
func (c Config) resolve() (Config, sdk.CredentialsProvider, error) {
	if err := c.Validate(); err != nil {
		return c, nil, err
	}
	secret, err := configs.ReadSecret("secret_access_key", c.SecretAccessKey, c.SecretAccessKeyFile)
	if err != nil {
		return c, nil, err
	}
	token, err := configs.ReadSecret("session_token", c.SessionToken, c.SessionTokenFile)
	if err != nil {
		return c, nil, err
	}
	c.BaseURL, c.SNSURL = strings.TrimRight(c.BaseURL, "/"), strings.TrimRight(c.SNSURL, "/")
	c.Voice.From = orElse(c.Voice.From, c.From)
	c.Voice.VoiceID = orElse(c.Voice.VoiceID, defaultVoice)
	return c, staticKey(c.AccessKeyID, secret.Reveal(), token.Reveal()), nil
}

// The forms of what the file has in it. A price is as the API's model has it.
var (
	keyIDs  = regexp.MustCompile(`^[A-Za-z0-9_]{16,128}$`)
	names   = regexp.MustCompile(`^[A-Za-z0-9_:/-]{1,256}$`)
	prices  = regexp.MustCompile(`^[0-9]{0,2}\.[0-9]{1,5}$`)
	dltIDs  = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
	topics  = regexp.MustCompile(`^arn:aws(-us-gov)?:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)
	notARNs = "must be the ARN of a standard topic in one of the vendor's regions, such as arn:aws:sns:eu-west-1:123456789012:phonehook"
)

// Validate implements configs.Validator. It reads no file: New does.
func (c *Config) Validate() error {
	complaints := []error{
		configs.OneSecret("secret_access_key", c.SecretAccessKey, c.SecretAccessKeyFile),
		configs.AtMostOneSecret("session_token", c.SessionToken, c.SessionTokenFile),
		configs.BaseURL("base_url", c.BaseURL, c.AllowInsecure, vendorDomains...),
		configs.BaseURL("sns_url", c.SNSURL, c.AllowInsecure, vendorDomains...),
	}
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	switch {
	case c.Region == "":
		complain("region", "is missing; it is where the account's senders are, such as eu-west-1")
	case !knows(c.Region):
		complain("region", "%q has no End User Messaging", c.Region)
	}
	if !keyIDs.MatchString(c.AccessKeyID) {
		complain("access_key_id", "is missing, or is not 16 to 128 letters and digits")
	}
	if c.Mode != "" && c.Mode != modeSNS {
		complain("mode", "is neither empty nor %s", modeSNS)
	}
	switch kind := provider.SenderKindOf(c.From); {
	case c.From == "", isResource(c.From):
	case kind == 0, kind == provider.NameSender && !validName(c.From):
		complain("from", "must be a number of 7 to 15 digits, a short code, up to 11 letters, digits, hyphens and underscores with a letter among them, or the id or ARN of a number or a pool")
	}
	if c.MaxPrice != "" && !prices.MatchString(c.MaxPrice) {
		complain("max_price", "must be dollars with a point and up to five digits behind it, in quotes, such as \"0.25\"")
	}
	if c.DLT != (DLT{}) && (!dltIDs.MatchString(c.DLT.EntityID) || !dltIDs.MatchString(c.DLT.TemplateID)) {
		complain("dlt", "needs entity_id and template_id, of letters and digits")
	}
	if c.Mode == modeSNS {
		return errors.Join(append(complaints, c.notOfSNS()...)...)
	}
	return errors.Join(append(complaints, c.ofMessaging()...)...)
}

// notOfSNS complains about what SNS would do nothing with.
func (c *Config) notOfSNS() []error {
	var complaints []error
	for _, other := range []struct {
		key   string
		given bool
	}{
		{"configuration_set", c.ConfigurationSet != ""},
		{"protect_configuration", c.ProtectConfiguration != ""},
		{"voice", c.Voice != (Voice{})},
		{"topic_arn", len(c.TopicARN) > 0},
	} {
		if other.given {
			complaints = append(complaints, configs.Complain(other.key, "is nothing that SNS has; leave it out, or leave out mode"))
		}
	}
	if isResource(c.From) {
		complaints = append(complaints, configs.Complain("from", "is an id or an ARN, which SNS does not take; give the number or the sender id itself"))
	}
	return complaints
}

// ofMessaging complains about what End User Messaging would refuse.
func (c *Config) ofMessaging() []error {
	var complaints []error
	for _, named := range []struct{ key, value string }{
		{"configuration_set", c.ConfigurationSet}, {"protect_configuration", c.ProtectConfiguration},
	} {
		if named.value != "" && !names.MatchString(named.value) {
			complaints = append(complaints, configs.Complain(named.key, "must be a name, an id or an ARN"))
		}
	}
	for i, arn := range c.TopicARN {
		if !topics.MatchString(arn) || !knows(regionOf(arn)) {
			complaints = append(complaints, configs.Complain(fmt.Sprintf("topic_arn[%d]", i), "%s", notARNs))
		}
	}
	if c.Voice != (Voice{}) {
		complaints = append(complaints, configs.Within("voice", c.Voice.validate(c.From, c.Region)))
	}
	return complaints
}

func (v *Voice) validate(from, region string) error {
	var complaints []error
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, configs.Complain(path, format, args...))
	}
	caller := orElse(v.From, from)
	switch {
	case caller == "":
		complain("from", "is missing; calls need a number, and the account has no from")
	case provider.SenderKindOf(caller) != provider.NumberSender && !isResource(caller):
		complain("from", "must be a number of 7 to 15 digits, or the id or ARN of a number or a pool")
	}
	if v.VoiceID != "" && !slices.Contains(types.VoiceId("").Values(), types.VoiceId(v.VoiceID)) {
		complain("voice_id", "%q is no voice of the API, such as JOANNA", v.VoiceID)
	}
	if v.MaxPricePerMinute != "" && !prices.MatchString(v.MaxPricePerMinute) {
		complain("max_price_per_minute", "must be dollars with a point and up to five digits behind it, in quotes, such as \"0.25\"")
	}
	if knows(region) && !calls(region) {
		complain("", "can't be: the region %s has no calls", region)
	}
	return errors.Join(complaints...)
}

// regionOf returns the region in an ARN.
func regionOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 3 {
		return parts[3]
	}
	return ""
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
