// Package inbox is the provider that keeps messages instead of sending them, so
// that a person or a test can look at them. It is for development: what it keeps
// includes codes and numbers, and is gone with the process.
package inbox

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// DefaultKeep is how many messages an inbox keeps unless told otherwise: more than
// anyone looks through, in a few hundred kilobytes. MaxKeep is the most: with
// texts of the greatest length it comes to some 200 MB.
const (
	DefaultKeep = 1_000
	MaxKeep     = 100_000
)

// Config is the section `inbox` of a provider's entry.
type Config struct {
	// Keep is how many messages are kept, the oldest being dropped first;
	// absent means DefaultKeep.
	Keep int `yaml:"keep"`
}

// Validate implements configs.Validator.
func (c *Config) Validate() error {
	if c.Keep < 0 || c.Keep > MaxKeep {
		return configs.Complain("keep", "must be between 1 and %d, or absent for %d", MaxKeep, DefaultKeep)
	}
	return nil
}

// Message is a message as it was kept.
type Message struct {
	ID       string
	Tenant   string
	Channel  provider.Channel
	To       string
	From     string
	Text     string
	Language string
	// Provider is the configured name of the inbox.
	Provider string
	// At is when the message arrived.
	At time.Time
}

// Inbox keeps the last messages in memory. It implements provider.Provider, and
// every message that is not yet expired succeeds. It is safe for concurrent use.
type Inbox struct {
	name  string
	taken atomic.Uint64

	mu sync.Mutex
	// ring grows up to its capacity, keep; from then on next is the oldest.
	ring []Message
	keep int
	next int
}

var _ provider.Provider = (*Inbox)(nil)

// New returns an empty inbox with this configured name.
func New(name string, cfg Config) *Inbox {
	if cfg.Keep == 0 {
		cfg.Keep = DefaultKeep
	}
	return &Inbox{name: name, keep: cfg.Keep}
}

// Open is New for an account.
func Open(cfg Config, account provider.Account) (*Inbox, error) { return New(account.Name, cfg), nil }

// Facts are what an operator should know of it.
var Facts = provider.Facts{
	Vendor:      "Inbox",
	Channels:    []provider.Channel{provider.SMS, provider.Voice},
	Validity:    "what is past its life is refused",
	Idempotency: "no",
	Receipts:    "none",
	Regions:     "this process",
	Senders:     "any",
}

// Send keeps m.
func (i *Inbox) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	now := time.Now()
	if ctx.Err() != nil || !now.Before(m.Expires) {
		return provider.Receipt{}, &provider.Error{Kind: provider.Unavailable, Detail: "the message came too late"}
	}
	i.put(Message{
		ID:       m.Reference,
		Tenant:   m.Tenant,
		Channel:  m.Channel,
		To:       m.To,
		From:     m.From,
		Text:     m.Text,
		Language: m.Language,
		Provider: i.name,
		At:       now,
	})
	return provider.Receipt{ID: "inbox-" + strconv.FormatUint(i.taken.Add(1), 10), Parts: 1}, nil
}

func (i *Inbox) put(m Message) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.ring) < i.keep {
		i.ring = append(i.ring, m)
		return
	}
	i.ring[i.next] = m
	i.next = (i.next + 1) % i.keep
}

// Messages returns what is kept, the newest first.
func (i *Inbox) Messages() []Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := len(i.ring)
	kept := make([]Message, n)
	for k := range kept {
		kept[n-1-k] = i.ring[(i.next+k)%n]
	}
	return kept
}
