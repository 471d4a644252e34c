// Command worker takes messages from NATS and delivers them through providers. It
// holds the providers' credentials and has no public listener.
package main

import (
	"context"
	"os"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/cmd/internal/workerd"
)

const long = `Worker takes phone messages from NATS and delivers them by SMS or voice through
the providers that its file names, in the order of the tenant's route.

It listens to nobody but a health check: GET /healthz and /readyz on the address
admin of its file. NATS need not be there when it starts. Any number of workers
share the messages; more of them deliver more.

SIGTERM and SIGINT drain it: it takes nothing new, finishes what it has in hand,
for at most 20 s, and ends. A second signal ends it at once. The exit status is
0 after draining, and 1 when the configuration is wrong or the worker can't go on.`

const example = `  worker --config configs/worker.yaml
  worker --config configs/worker.yaml --check-config`

func main() {
	program := run.Program{Name: "worker", Short: "Deliver phone messages through providers", Long: long, Example: example, Load: load}
	os.Exit(run.Main(os.Stderr, func(ctx context.Context) error {
		return program.Command().ExecuteContext(ctx)
	}))
}

func load(path string) (run.Settings, error) {
	cfg, err := workerd.Load(path, os.LookupEnv)
	if err != nil {
		return run.Settings{}, err
	}
	return run.Settings{Log: cfg.Log, Admin: cfg.Admin, New: func(logger *zap.Logger) (run.Process, error) {
		return workerd.New(cfg, logger)
	}}, nil
}
