package webhook

import (
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// compiled is all that a Config is compiled to.
type compiled struct {
	plan    *plan
	judge   *judge
	reports *reports
}

// Validate implements configs.Validator. It compiles and tries all templates and expressions,
// with placeholders for the secrets. It reads no file: New does.
func (c *Config) Validate() error {
	_, err := c.compile()
	return err
}

// compile validates c and compiles what is in it.
func (c *Config) compile() (*compiled, error) {
	c.Channels = channelsOf(c.Channels)
	made := new(compiled)
	complaints := []error{c.validateBasics(), c.validateSecrets()}
	if err := errors.Join(complaints...); err == nil {
		made.plan, err = compilePlan(c)
		if err == nil {
			err = made.plan.try(placeholders(c.Secrets))
		}
		complaints = append(complaints, err)
	}
	var err error
	made.judge, err = compileJudge(c)
	if err == nil {
		err = made.judge.tryExamples(c.Examples)
	}
	complaints = append(complaints, err)
	made.reports, err = compileReports(c.Receipts)
	complaints = append(complaints, configs.Within("receipts", err))
	if err := errors.Join(complaints...); err != nil {
		return nil, err
	}
	return made, nil
}

func (c *Config) validateBasics() error {
	var complaints []error
	complain := func(key, format string, args ...any) {
		complaints = append(complaints, configs.Complain(key, format, args...))
	}
	for _, channel := range c.Channels {
		if channel != provider.SMS && channel != provider.Voice {
			complain("channels", "%q is neither sms nor voice", channel)
		}
	}
	switch c.Method {
	case "", http.MethodPost, http.MethodPut, http.MethodGet:
	default:
		complain("method", "%q is not POST, PUT or GET", c.Method)
	}
	switch c.Format {
	case "", formatJSON, formatForm, formatText:
	default:
		complain("format", "%q is not json, form or text", c.Format)
	}
	if c.From != "" && provider.SenderKindOf(c.From) == 0 {
		complain("from", "is neither a number, a short code nor a name of up to 11 letters and digits")
	}
	if c.Voice.From != "" && provider.SenderKindOf(c.Voice.From) != provider.NumberSender {
		complain("voice.from", "must be a number of 7 to 15 digits")
	}
	if c.Voice.From == "" && c.From != "" && slices.Contains(c.Channels, provider.Voice) && provider.SenderKindOf(c.From) != provider.NumberSender {
		complain("voice.from", "is missing; calls need a number, and from is none")
	}
	if !spoken(c.Voice.Languages) {
		complain("voice.languages", "must be languages such as en-GB, or with the vendor's own code zh-CN=cmn-CN")
	}
	return errors.Join(complaints...)
}

// secretName is what stands behind .Secrets in a template.
var secretName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

func (c *Config) validateSecrets() error {
	var complaints []error
	for _, name := range slices.Sorted(maps.Keys(c.Secrets)) {
		source := c.Secrets[name]
		switch given, inFile := !source.Value.IsZero(), source.File != ""; {
		case !secretName.MatchString(name):
			complaints = append(complaints, configs.Complain("secrets", "has a name that is not letters, digits and underscores"))
		case given && inFile:
			complaints = append(complaints, configs.Complain("secrets."+name, "is given twice, as value and as file; keep one"))
		case !given && !inFile:
			complaints = append(complaints, configs.Complain("secrets."+name, "is missing; give it as value, or the path of a file with it as file"))
		}
	}
	if c.Basic != nil {
		if c.Basic.User == "" {
			complaints = append(complaints, configs.Complain("basic.user", "is missing"))
		}
		complaints = append(complaints, configs.Within("basic", configs.OneSecret("password", c.Basic.Password, c.Basic.PasswordFile)))
	}
	complaints = append(complaints, configs.AtMostOneSecret("bearer", c.Bearer, c.BearerFile), c.validateAuthorization())
	return errors.Join(complaints...)
}

// validateAuthorization complains about a header that is made twice.
func (c *Config) validateAuthorization() error {
	ways := 0
	for name := range c.Headers {
		if strings.EqualFold(strings.TrimSuffix(name, "?"), "Authorization") {
			ways++
		}
	}
	if c.Basic != nil {
		ways++
	}
	if c.hasBearer() {
		ways++
	}
	if ways > 1 {
		return configs.Complain("bearer", "is one of several that make the header Authorization; keep one of bearer, basic and headers.Authorization")
	}
	return nil
}

// channelsOf returns the channels, or what stands for none.
func channelsOf(channels []provider.Channel) []provider.Channel {
	if len(channels) == 0 {
		return []provider.Channel{provider.SMS}
	}
	return slices.Clone(channels)
}
