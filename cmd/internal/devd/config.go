package devd

import (
	_ "embed" // for dev.yaml
	"errors"

	"github.com/phonehook/phonehook/cmd/internal/workerd"
	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/gateway"
)

// Kind is what the key `kind` of a development server's file says.
const Kind = "dev"

// DefaultFile is the configuration that a development server has without a file.
//
//go:embed dev.yaml
var DefaultFile []byte

// Config is a development server's file: a gateway's and a worker's in one, without
// what connects them.
type Config struct {
	Kind    string           `yaml:"kind"`
	Gateway gateway.Config   `yaml:"gateway"`
	Worker  workerd.Delivery `yaml:"worker"`
}

// Validate implements configs.Validator.
func (c *Config) Validate() error {
	var kind error
	if c.Kind != Kind {
		kind = configs.Complain("kind", "is %q; a file for phonehook dev has kind: %s", c.Kind, Kind)
	}
	return errors.Join(
		kind,
		configs.Within("gateway", c.Gateway.Validate()),
		configs.Within("worker", c.Worker.Validate()),
	)
}

// Load reads the file at path, or DefaultFile where path is empty.
func Load(path string) (Config, error) {
	var cfg Config
	if path == "" {
		return cfg, configs.Parse("the built-in configuration", DefaultFile, &cfg)
	}
	return cfg, configs.Load(path, &cfg)
}
