package workerd

import (
	"errors"
	"net"

	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider/builtin"
	"github.com/phonehook/phonehook/worker/receipts"
)

// Kind is what the key `kind` of a worker's file says.
const Kind = "worker"

// DefaultAdmin is where the private listener is unless the file says otherwise: on
// the loopback, beside the gateway's two.
const DefaultAdmin = "127.0.0.1:8082"

// Delivery is what a worker does: the part of its configuration that is the same in
// a process of its own and in a development server.
type Delivery struct {
	worker.Config `yaml:",inline"`

	Providers builtin.Entries `yaml:"providers"`
	// Receipts is where providers report what became of messages.
	Receipts receipts.Config `yaml:"receipts"`
}

// Validate implements configs.Validator.
func (d *Delivery) Validate() error {
	return errors.Join(
		configs.Within("providers", d.Providers.Validate()),
		configs.Within("receipts", d.Receipts.Validate()),
		d.Config.Validate(),
		d.ValidateProviders(d.Providers.Has),
	)
}

// Config is a worker's file.
type Config struct {
	Kind string         `yaml:"kind"`
	Log  run.LogConfig  `yaml:"log"`
	NATS natsrpc.Config `yaml:"nats"`
	// Admin is the address of the private listener, which serves health; empty
	// means none.
	Admin string `yaml:"admin"`

	Delivery `yaml:",inline"`
}

// NewConfig returns the defaults.
func NewConfig() Config { return Config{Admin: DefaultAdmin} }

// Validate implements configs.Validator.
func (c *Config) Validate() error {
	var kind, admin error
	if c.Kind != Kind {
		kind = configs.Complain("kind", "is %q; a worker's file has kind: %s", c.Kind, Kind)
	}
	if _, _, err := net.SplitHostPort(c.Admin); c.Admin != "" && err != nil {
		admin = configs.Complain("admin", "%q is not an address such as %s", c.Admin, DefaultAdmin)
	}
	return errors.Join(
		kind,
		configs.Within("log", c.Log.Validate()),
		configs.Within("nats", c.NATS.Validate()),
		admin,
		c.Delivery.Validate(),
	)
}

// Load reads the worker's file at path. The environment, by lookup, is stronger
// than the file.
func Load(path string, lookup func(name string) (string, bool)) (Config, error) {
	cfg := NewConfig()
	if err := configs.Load(path, &file{&cfg, lookup}); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// file is a Config that looks at the environment before it is validated.
type file struct {
	*Config `yaml:",inline"`

	lookup func(name string) (string, bool)
}

// Validate implements configs.Validator.
func (f *file) Validate() error {
	run.NATSFromEnvironment(&f.NATS, f.lookup)
	return f.Config.Validate()
}
