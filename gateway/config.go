package gateway

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/gateway/phone"
	"github.com/phonehook/phonehook/messaging"
)

// Where a gateway listens unless it is told: loopback, so that nothing is public by
// accident.
const (
	DefaultListen = "127.0.0.1:8080"
	DefaultAdmin  = "127.0.0.1:8081"
)

// DefaultDeadline is how long a call may take unless its tenant says otherwise: Auth0
// advises its own Actions to wait less than ten seconds for a call, and a second is
// left for the network.
const DefaultDeadline = 9 * time.Second

// MaxDeadline is the longest deadline that a tenant can have: Auth0 ends a Hook and an
// Action after twenty seconds, whatever they are doing.
const MaxDeadline = 20 * time.Second

// DefaultDedupeWindow is how long a request without an idempotency key stands for its
// repetitions: platforms that repeat a call do so within seconds, and a person who asks
// for another code waits longer and is sent another code.
const DefaultDedupeWindow = 10 * time.Second

// MaxDedupeWindow is the longest such window. In a longer one, what looks like a
// repetition is more likely a person who waits for the same text a second time.
const MaxDedupeWindow = time.Minute

// DefaultShutdownDelay is what a gateway's own process should set ShutdownDelay to: load
// balancers look at readiness every few seconds.
const DefaultShutdownDelay = 5 * time.Second

// MaxShutdownDelay is twice the time that common supervisors leave a process to end.
const MaxShutdownDelay = time.Minute

// What a tenant wants at the deadline of a call.
const (
	// OnDeadlineFail gives the message up and says so.
	OnDeadlineFail = "fail"
	// OnDeadlineAccept hands it to the durable queue, as far as it may still be
	// sent, and answers that it is pending.
	OnDeadlineAccept = "accept"
)

// Reply modes of a tenant.
const (
	// ReplyStatus answers with HTTP statuses and problem documents.
	ReplyStatus = "status"
	// ReplyEnvelope always answers 200, with the envelope of Auth0's Hooks.
	ReplyEnvelope = "envelope"
)

// maxTokens lets an old token and its successor be valid at once, and no more.
const maxTokens = 2

// Config is the gateway's part of a configuration file. The zero value of each optional
// key is its default.
type Config struct {
	// Listen and Admin are the addresses of the public and the private listener;
	// DefaultListen and DefaultAdmin where empty.
	Listen string `yaml:"listen"`
	Admin  string `yaml:"admin"`
	// AdminHosts are the host names, besides localhost and every IP address, under
	// which a browser may open the console. Any other name is refused, because a
	// foreign page can make its own name point here and then read the answers.
	AdminHosts []string `yaml:"admin_hosts"`
	// ShutdownDelay is how long the gateway goes on taking calls after it was told to
	// end and /readyz has begun to say so; absent is none. See DefaultShutdownDelay.
	ShutdownDelay *configs.Duration `yaml:"shutdown_delay"`
	Events        EventsConfig      `yaml:"events"`
	Tenants       []Tenant          `yaml:"tenants"`
}

// Tenant is one caller of the hooks.
type Tenant struct {
	Name string `yaml:"name"`
	// Tokens are one credential, or two while one replaces the other.
	Tokens []Token `yaml:"tokens"`
	// DefaultRegion is the country, in ISO 3166-1 alpha-2, whose national numbers are
	// understood without their country code. There is no default: a number read in
	// the wrong country is a stranger's.
	DefaultRegion string `yaml:"default_region"`
	// Deadline is how long a call may take; DefaultDeadline where absent.
	Deadline *configs.Duration `yaml:"deadline"`
	// OnDeadline is OnDeadlineFail, which is the default, or OnDeadlineAccept.
	OnDeadline string `yaml:"on_deadline"`
	// DedupeWindow is how long a request without an idempotency key stands for its
	// repetitions; DefaultDedupeWindow where absent, and 0s sends every one of them.
	DedupeWindow *configs.Duration `yaml:"dedupe_window"`
	// Reply is ReplyStatus, which is the default, or ReplyEnvelope.
	Reply string `yaml:"reply"`
}

// Token is a bearer token, given as its SHA-256 in hexadecimal or as the path of the
// file that holds the token itself.
type Token struct {
	SHA256    string `yaml:"sha256"`
	TokenFile string `yaml:"token_file"`
}

// Validate checks everything that can be told without other files; New reads those
// that hold tokens. Each complaint is a *configs.Complaint, all joined.
func (c Config) Validate() error {
	complaints := []error{
		address("listen", c.Listen),
		address("admin", c.Admin),
	}
	if cmp.Or(c.Listen, DefaultListen) == cmp.Or(c.Admin, DefaultAdmin) && !strings.HasSuffix(c.Listen, ":0") {
		complaints = append(complaints, configs.Complain("admin", "is the address of listen; the private listener needs its own"))
	}
	for i, host := range c.AdminHosts {
		if host == "" || strings.ContainsAny(host, ":/ ") {
			complaints = append(complaints, configs.Complain(item("admin_hosts", i), "must be a host name without scheme or port"))
		}
	}
	if d := c.ShutdownDelay; d != nil && (d.Std() < 0 || d.Std() > MaxShutdownDelay) {
		complaints = append(complaints, configs.Complain("shutdown_delay", "must be 0s to %v", MaxShutdownDelay))
	}
	complaints = append(complaints, configs.Within("events", c.Events.Validate()))
	if len(c.Tenants) == 0 {
		complaints = append(complaints, configs.Complain("tenants", "needs at least one tenant"))
	}
	names, hashes := firsts{}, firsts{}
	for i, tenant := range c.Tenants {
		path := item("tenants", i)
		complaints = append(complaints, configs.Within(path, tenant.validate()), names.claim(path+".name", tenant.Name))
		for j, token := range tenant.Tokens {
			complaints = append(complaints, hashes.claim(item(path+".tokens", j), strings.ToLower(token.SHA256)))
		}
	}
	return errors.Join(complaints...)
}

func (t Tenant) validate() error {
	var complaints []error
	if !messaging.ValidTenant(t.Name) {
		complaints = append(complaints, configs.Complain("name",
			"must be 1 to %d lower-case letters, digits, hyphens and underscores, a letter or digit first", messaging.MaxTenantLength))
	}
	if n := len(t.Tokens); n < 1 || n > maxTokens {
		complaints = append(complaints, configs.Complain("tokens", "must be one token, or two while one replaces the other"))
	}
	for i, token := range t.Tokens {
		complaints = append(complaints, configs.Within(item("tokens", i), token.validate()))
	}
	if t.DefaultRegion != "" && !phone.KnownRegion(t.DefaultRegion) {
		complaints = append(complaints, configs.Complain("default_region", "must be a country's code of two capital letters, such as US"))
	}
	if t.Deadline != nil && (t.Deadline.Std() <= 0 || t.Deadline.Std() > MaxDeadline) {
		complaints = append(complaints, configs.Complain("deadline", "must be more than 0s and at most %v, when Auth0 gives up", MaxDeadline))
	}
	if t.OnDeadline != "" && t.OnDeadline != OnDeadlineFail && t.OnDeadline != OnDeadlineAccept {
		complaints = append(complaints, configs.Complain("on_deadline", "must be %s or %s", OnDeadlineFail, OnDeadlineAccept))
	}
	if d := t.DedupeWindow; d != nil && (d.Std() < 0 || d.Std() > MaxDedupeWindow) {
		complaints = append(complaints, configs.Complain("dedupe_window", "must be 0s, which is off, to %v", MaxDedupeWindow))
	}
	if t.Reply != "" && t.Reply != ReplyStatus && t.Reply != ReplyEnvelope {
		complaints = append(complaints, configs.Complain("reply", "must be %s or %s", ReplyStatus, ReplyEnvelope))
	}
	return errors.Join(complaints...)
}

func (t Token) validate() error {
	switch sum, err := hex.DecodeString(t.SHA256); {
	case t.SHA256 == "" && t.TokenFile == "":
		return configs.Complain("sha256", "is missing; give the token's sha256 or its token_file")
	case t.SHA256 != "" && t.TokenFile != "":
		return configs.Complain("sha256", "and token_file are both given; keep one")
	case t.SHA256 != "" && (err != nil || len(sum) != hashSize):
		return configs.Complain("sha256", "must be %d hexadecimal digits: the SHA-256 of the token", 2*hashSize)
	}
	return nil
}

// deadline returns how long a call of the tenant may take.
func (t Tenant) deadline() time.Duration {
	if t.Deadline == nil {
		return DefaultDeadline
	}
	return t.Deadline.Std()
}

// dedupeWindow returns how long a request without a key stands for its repetitions.
func (t Tenant) dedupeWindow() time.Duration {
	if t.DedupeWindow == nil {
		return DefaultDedupeWindow
	}
	return t.DedupeWindow.Std()
}

// address checks host:port; empty is the default.
func address(path, value string) error {
	if value == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(value); err != nil {
		return configs.Complain(path, "must be host:port, such as %s or :8080", DefaultListen)
	}
	return nil
}

// firsts remembers where each value was seen first.
type firsts map[string]string

// claim complains if value was seen before at another place.
func (f firsts) claim(path, value string) error {
	if value == "" {
		return nil
	}
	if earlier, seen := f[value]; seen {
		return configs.Complain(path, "is the same as %s", earlier)
	}
	f[value] = path
	return nil
}

func item(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
