package bench

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/phonehook/phonehook/cmd/internal/devd"
	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/cmd/internal/workerd"
	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider/builtin"
	"github.com/phonehook/phonehook/worker/provider/vonage"
)

// productSetup describes the product in reports.
const productSetup = "inbox provider, log at level info as JSON to " + os.DevNull

// startProduct starts the product on a free port of 127.0.0.1: the development
// server, which runs a gateway and a worker as production does, each with its own
// connection to NATS, but logging as they do in production. The log goes to the null
// device, so that each line is made and written without filling a disk.
func startProduct(ctx context.Context, set settings) (*subject, error) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("bench: product: %w", err)
	}
	process, err := startDevelopmentServer(null, set)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bench: product: %w", err), null.Close())
	}
	return &subject{
		endpoint: Endpoint{URL: "http://" + process.Addr() + hookPath, Token: process.Token()},
		close: func() error {
			ended, end := context.WithCancel(ctx)
			end()
			if err := errors.Join(process.Wait(ended), null.Close()); err != nil {
				return fmt.Errorf("bench: product: %w", err)
			}
			return nil
		},
	}, nil
}

func startDevelopmentServer(log *os.File, set settings) (*devd.Process, error) {
	logger, err := run.NewLogger(run.LogConfig{Format: run.JSON}, log)
	if err != nil {
		return nil, err
	}
	cfg, err := devd.Load("")
	if err != nil {
		return nil, err
	}
	cfg.Gateway.Listen, cfg.Gateway.Admin = "127.0.0.1:0", "127.0.0.1:0"
	if set.noDedupe {
		cfg.Gateway.Tenants[0].DedupeWindow = new(configs.Duration)
	}
	if set.provider != "" {
		cfg.Worker = delivery(set)
	}
	return devd.Start(cfg, devd.Options{Logger: logger})
}

// delivery is a worker's configuration with an account of Vonage as its only provider,
// at set.provider. A second one would be kept part of each call's time.
func delivery(set settings) workerd.Delivery {
	const name = "vonage"
	return workerd.Delivery{
		Config: worker.Config{
			Slots:   set.slots,
			Tenants: []worker.Tenant{{Name: worker.EveryTenant, Routes: []worker.Route{{Providers: []string{name}}}}},
		},
		Providers: builtin.Entries{{Name: name, Vonage: &vonage.Config{
			APIKey: "abcd1234", APISecret: configs.NewSecret("a-secret"), From: "15550100123",
			SMSURL: set.provider, AllowInsecure: true,
		}}},
	}
}
