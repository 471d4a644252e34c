// Command gateway takes the calls of identity platforms and has the workers deliver
// their messages. It faces the public, and holds callers' credentials but never a
// provider's.
package main

import (
	"context"
	"os"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/gatewayd"
	"github.com/phonehook/phonehook/cmd/internal/run"
)

const long = `Gateway takes the blocking HTTP calls of identity platforms, "send this phone
message", hands each to a worker by way of NATS, and answers within the caller's
time what became of it.

It has two listeners: the public one, address listen of its file, for the hooks,
and the private one, address admin, for GET /healthz and /readyz. NATS and the
workers need not be there when it starts. Any number of gateways can run side by
side.

SIGTERM and SIGINT drain it: it takes no new calls, answers those that it has, and
ends. A second signal ends it at once. The exit status is 0 after draining, and 1
when the configuration is wrong or the gateway can't go on.`

const example = `  gateway --config configs/gateway.yaml
  gateway --config configs/gateway.yaml --check-config`

func main() {
	program := run.Program{Name: "gateway", Short: "Take phone message hooks from identity platforms", Long: long, Example: example, Load: load}
	os.Exit(run.Main(os.Stderr, func(ctx context.Context) error {
		return program.Command().ExecuteContext(ctx)
	}))
}

func load(path string) (run.Settings, error) {
	cfg, err := gatewayd.Load(path, os.LookupEnv)
	if err != nil {
		return run.Settings{}, err
	}
	return run.Settings{Log: cfg.Log, Admin: cfg.Admin, New: func(logger *zap.Logger) (run.Process, error) {
		return gatewayd.New(cfg, gatewayd.Options{Logger: logger})
	}}, nil
}
