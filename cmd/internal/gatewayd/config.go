package gatewayd

import (
	"errors"

	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// Kind is what the key `kind` of a gateway's file says.
const Kind = "gateway"

// Config is a gateway's file.
type Config struct {
	Kind string         `yaml:"kind"`
	Log  run.LogConfig  `yaml:"log"`
	NATS natsrpc.Config `yaml:"nats"`

	gateway.Config `yaml:",inline"`
}

// NewConfig returns the defaults.
func NewConfig() Config {
	delay := configs.Duration(gateway.DefaultShutdownDelay)
	return Config{Config: gateway.Config{Listen: gateway.DefaultListen, Admin: gateway.DefaultAdmin, ShutdownDelay: &delay}}
}

// Validate implements configs.Validator.
func (c *Config) Validate() error {
	var kind error
	if c.Kind != Kind {
		kind = configs.Complain("kind", "is %q; a gateway's file has kind: %s", c.Kind, Kind)
	}
	return errors.Join(
		kind,
		configs.Within("log", c.Log.Validate()),
		configs.Within("nats", c.NATS.Validate()),
		c.Config.Validate(),
	)
}

// Load reads the gateway's file at path. The environment, by lookup, is stronger
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
