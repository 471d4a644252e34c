package webhook

import (
	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// Config describes one vendor's API, and an account there.
type Config struct {
	// Channels are those that the vendor serves, sms and voice; absent means sms. Where
	// they have different addresses, they are two providers.
	Channels []provider.Channel `yaml:"channels"`
	// From is the sender where a message brings none. It may be absent where no template
	// uses it.
	From  string `yaml:"from"`
	Voice Voice  `yaml:"voice"`

	// Method is POST, PUT or GET; absent means POST.
	Method string `yaml:"method"`
	// URL is the address, a template whose scheme and host are fixed. Each value in it is
	// escaped by itself.
	URL string `yaml:"url"`
	// Headers are templates. A name with ? at its end is left out where its value is empty.
	Headers map[string]string `yaml:"headers"`
	// Format is json, form or text and says how Body is written; absent means json.
	Format string `yaml:"format"`
	// Body is for json any mapping or sequence, whose strings are templates; for form a
	// mapping of names to templates, which for GET become the query; and for text one
	// template. A name with ? at its end is left out where its value is empty.
	Body yaml.Node `yaml:"body"`

	// Secrets are what templates use as {{.Secrets.name}}.
	Secrets map[string]Source `yaml:"secrets"`
	// Basic and Bearer make the header Authorization; at most one of them.
	Basic      *Basic         `yaml:"basic"`
	Bearer     configs.Secret `yaml:"bearer"`
	BearerFile string         `yaml:"bearer_file"`

	// Success is an expression that is true for an answer of 2xx that says that the message
	// was taken, and ID one for the vendor's name for the message. One of them is needed:
	// a proxy's page has a status of 200 as well.
	Success string `yaml:"success"`
	ID      string `yaml:"id"`
	// Errors are looked at first, in this order; then the HTTP status.
	Errors []Rule `yaml:"errors"`
	// Examples are answers and what they mean, which is checked when the file is read.
	Examples []Example `yaml:"examples"`

	// Receipts says how the vendor's reports are read; absent means that none are asked for.
	Receipts *Receipts `yaml:"receipts"`

	// AllowInsecure permits an address without TLS. The credentials then cross the network
	// in the clear, so it is for a look-alike beside the worker.
	AllowInsecure bool `yaml:"allow_insecure"`
}

// Voice is how calls are made.
type Voice struct {
	// From is the number that calls come from; absent means Config.From.
	From string `yaml:"from"`
	// Languages are those that the vendor speaks: BCP 47 tags, with an equals sign and the
	// vendor's code behind where that is another ("zh-CN=cmn-CN"). Absent passes on
	// the message's own.
	Languages []string `yaml:"languages"`
	// Language is the vendor's code where a message has no language, or one that is not
	// spoken.
	Language string `yaml:"language"`
}

// Source is a secret, in the file itself or in a file of its own.
type Source struct {
	Value configs.Secret `yaml:"value"`
	File  string         `yaml:"file"`
}

// Basic is a user name and a password (RFC 7617).
type Basic struct {
	User         string         `yaml:"user"`
	Password     configs.Secret `yaml:"password"`
	PasswordFile string         `yaml:"password_file"`
}

// Rule says what an answer means.
type Rule struct {
	// When is an expression over the answer; the rule holds where it is true.
	When string `yaml:"when"`
	// Kind is refused, unroutable, throttled, unavailable, unknown or misconfigured.
	Kind string `yaml:"kind"`
	// Code is an expression for the vendor's code; absent means the HTTP status.
	Code string `yaml:"code"`
	// Detail says in the operator's words what happened; absent names the rule.
	Detail string `yaml:"detail"`
}

// Example is an answer of the vendor and what it means.
type Example struct {
	Status  int               `yaml:"status"`
	Headers map[string]string `yaml:"headers"`
	Body    string            `yaml:"body"`
	// Want is taken or the kind of a failure; ID and Code are checked where they are given.
	Want string `yaml:"want"`
	ID   string `yaml:"id"`
	Code string `yaml:"code"`
}

// Receipts says how a report of the vendor is read. All but Statuses are expressions.
type Receipts struct {
	// Each is for a list of reports in one request. The other expressions then look at
	// each one as item.
	Each string `yaml:"each"`
	// Status is the vendor's word, which Statuses translates to accepted, sent, delivered,
	// undelivered, failed, expired or unknown. A word that it does not have is unknown.
	Status   string                     `yaml:"status"`
	Statuses map[string]provider.Status `yaml:"statuses"`
	// ID is the vendor's name for the message, as Config.ID read it, and Reference the
	// reference where the vendor repeats it. Both may be absent: the address tells.
	ID        string `yaml:"id"`
	Reference string `yaml:"reference"`
	// Code is the vendor's code for the reason, and At when it happened: RFC 3339 or seconds
	// or milliseconds since 1970.
	Code string `yaml:"code"`
	At   string `yaml:"at"`
	// HMAC is the vendor's signature; absent where it signs nothing, and then a report is
	// believed only at an address that was given out.
	HMAC     *HMAC           `yaml:"hmac"`
	Examples []ReportExample `yaml:"examples"`
}

// HMAC is a signature over a report's body (RFC 2104).
type HMAC struct {
	// Header has the signature, behind Prefix.
	Header     string         `yaml:"header"`
	Prefix     string         `yaml:"prefix"`
	Secret     configs.Secret `yaml:"secret"`
	SecretFile string         `yaml:"secret_file"`
	// Encoding is hex or base64; absent means hex.
	Encoding string `yaml:"encoding"`
	// Over is body, the only thing that can be signed; absent means it.
	Over string `yaml:"over"`
	// Algorithm is sha256 or sha1; absent means sha256.
	Algorithm string `yaml:"algorithm"`
}

// ReportExample is a report of the vendor and what it says.
type ReportExample struct {
	Method  string            `yaml:"method"`
	Query   string            `yaml:"query"`
	Headers map[string]string `yaml:"headers"`
	Body    string            `yaml:"body"`
	// Want is the status; ID, Reference and Code are checked where they are given.
	Want      provider.Status `yaml:"want"`
	ID        string          `yaml:"id"`
	Reference string          `yaml:"reference"`
	Code      string          `yaml:"code"`
}
