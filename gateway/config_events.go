package gateway

import (
	"errors"
	"time"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging"
)

// DefaultKeepEvents is how long events are kept: long enough for "what happened to my
// code last week?".
const DefaultKeepEvents = 240 * time.Hour

// Bounds of how long events are kept.
const (
	// minKeepEvents is how long an idempotency key stands: the answer that it
	// repeats is found in the events.
	minKeepEvents = keyLife
	// maxKeepEvents keeps a typing error from keeping people's numbers, masked as
	// they are, for longer than a year.
	maxKeepEvents = 366 * 24 * time.Hour
)

// minNumberKey is the length of a key that nobody can guess.
const minNumberKey = 16

// EventsConfig is the section about what is kept of each message: no code, no text, and
// the number only masked and hashed.
type EventsConfig struct {
	// Keep is how long; DefaultKeepEvents where absent.
	Keep *configs.Duration `yaml:"keep"`
	// NumberKey is the secret that numbers are hashed with, or NumberKeyFile the path
	// of the file that holds it. All gateways need the same one. With another one,
	// earlier messages are no longer found by their number. Without one, it is for
	// the process around the gateway to bring one.
	NumberKey     configs.Secret `yaml:"number_key"`
	NumberKeyFile string         `yaml:"number_key_file"`
}

// Validate checks everything that can be told without the file of the key.
func (c EventsConfig) Validate() error {
	var complaints []error
	if d := c.Keep; d != nil && (d.Std() < minKeepEvents || d.Std() > maxKeepEvents) {
		complaints = append(complaints, configs.Complain("keep",
			"must be 24h, for which idempotency keys are remembered, to %dh", int(maxKeepEvents.Hours())))
	}
	if c.NumberKeyFile != "" && !c.NumberKey.IsZero() {
		complaints = append(complaints, configs.Complain("number_key", "and number_key_file are both given; keep one"))
	}
	if !c.NumberKey.IsZero() {
		complaints = append(complaints, longEnough("number_key", c.NumberKey))
	}
	return errors.Join(complaints...)
}

// KeepFor returns how long events are kept.
func (c EventsConfig) KeepFor() time.Duration {
	if c.Keep == nil {
		return DefaultKeepEvents
	}
	return c.Keep.Std()
}

// ReadNumberKey returns the key for hashing numbers, from its file if it has one, and
// nil where none is configured. Its errors are *configs.Complaint.
func (c EventsConfig) ReadNumberKey() (messaging.NumberKey, error) {
	key, err := configs.ReadSecret("number_key", c.NumberKey, c.NumberKeyFile)
	if err != nil || key.IsZero() {
		return nil, err
	}
	if err := longEnough("number_key_file", key); err != nil {
		return nil, err
	}
	return messaging.NumberKey(key.Reveal()), nil
}

func longEnough(path string, key configs.Secret) error {
	if len(key.Reveal()) < minNumberKey {
		return configs.Complain(path, "must have at least %d bytes; `openssl rand -base64 32` makes a good one", minNumberKey)
	}
	return nil
}
