package webhook

import (
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

// values are what templates can use. A value that is not there is empty, or 0.
type values struct {
	To, Digits, From, Text, Code, Language, Reference, Tenant, Channel, Country string
	// Expires is the end of the message's life as RFC 3339 has it, in UTC, and TTL the whole
	// seconds that are left of it, at least 1.
	Expires string
	TTL     int
	// Callback is where the vendor is to report.
	Callback string
	// Unicode says that the text does not fit the default alphabet of SMS, and Parts as how
	// many SMS it is sent.
	Unicode bool
	Parts   int
	Secrets map[string]string
}

// valueNames are the names of all values, methods included.
const valueNames = "To Digits From Text Code Language Reference Tenant Channel Country Expires TTL Callback Unicode Parts Spoken SSML Secrets"

// Spoken is what a call says, as plain text, twice.
func (v *values) Spoken() string { return speech.Twice(v.Text, v.Code) }

// SSML is what a call says, as a document of SSML, twice.
func (v *values) SSML() string { return speech.SSML(v.Text, v.Code) }

// values returns what templates can use of m.
func (c *Client) values(m provider.Message) (*values, *provider.Error) {
	v, failure := c.plan.values(m)
	if failure != nil {
		return nil, failure
	}
	v.Secrets = c.secrets
	if c.reports != nil {
		v.Callback = c.account.CallbackURL(m)
	}
	return v, nil
}

// values returns what templates can use of m, but for the secrets and the address of reports.
func (p *plan) values(m provider.Message) (*values, *provider.Error) {
	digits, ok := provider.Digits(m.To)
	if !ok {
		return nil, provider.Fail(provider.Refused, "", "the recipient is not a number of 7 to 15 digits")
	}
	left, failure := m.Left(0)
	if failure != nil {
		return nil, failure
	}
	v := &values{
		To: "+" + digits, Digits: digits, Text: m.PlainText(), Code: m.Code, Language: m.Language, Reference: m.Reference,
		Tenant: m.Tenant, Channel: string(m.Channel), Country: m.Country,
	}
	if !m.Expires.IsZero() {
		v.Expires = m.Expires.UTC().Format(time.RFC3339)
		v.TTL = max(int(left/time.Second), 1)
	}
	alphabet, parts := provider.Segments(v.Text)
	v.Unicode, v.Parts = alphabet != provider.GSM7, parts
	if v.From, failure = senderOf(p.cfg, m); failure != nil {
		return nil, failure
	}
	if m.Channel == provider.Voice {
		v.Language = p.speaks(m.Language)
	}
	return v, nil
}

// senderOf returns whom the message comes from, or nothing where neither the message nor the
// file says: there are vendors at which the account itself has the sender.
func senderOf(cfg Config, m provider.Message) (string, *provider.Error) {
	if m.Channel != provider.Voice {
		if cfg.From == "" && m.From == "" {
			return "", nil
		}
		return m.Sender(cfg.From)
	}
	configured := cfg.Voice.From
	if configured == "" {
		configured = cfg.From
	}
	if configured == "" && provider.SenderKindOf(m.From) != provider.NumberSender {
		return "", nil
	}
	return m.VoiceSender(configured)
}

// speaks returns the vendor's code for a language.
func (p *plan) speaks(tag string) string {
	switch {
	case p.voices != nil:
		return p.voices.For(tag, p.cfg.Voice.Language)
	case tag == "":
		return p.cfg.Voice.Language
	}
	return tag
}

// spoken says whether each entry of a list of languages can be read.
func spoken(entries []string) bool {
	for _, entry := range entries {
		tag, code, differs := strings.Cut(entry, "=")
		if _, err := language.Parse(tag); err != nil || differs && code == "" || strings.ContainsAny(entry, " \t\n") {
			return false
		}
	}
	return true
}
