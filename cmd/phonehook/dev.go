package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/devd"
	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/worker/provider/lookalike"
)

const devLong = `Dev runs all of phonehook in this one process: a NATS server with JetStream, the
gateway, a worker, and an inbox that keeps the messages instead of sending them. It
needs nothing else and leaves nothing behind.

It prints where it listens and a curl line to paste. The messages are shown by the
private listener, as a page at / and as JSON at /inbox; they have codes and numbers
in them, so keep that listener to yourself.

--config replaces the built-in configuration, which --print-config shows, by a file
of kind dev, for example to deliver through a real provider from this machine.

--provider NAME delivers through a look-alike of that provider's API in place of the
inbox, so that all of the way is tried: its requests, its errors and its receipts. The
page shows what it was sent, and "phonehook messages get ID" that it was delivered.

Ctrl-C answers the calls under way and ends. The log goes to standard error.`

const devExample = `  phonehook dev

  # On other ports, keeping the NATS server's data
  phonehook dev --listen 127.0.0.1:9080 --admin 127.0.0.1:9081 --data ./data

  # Through a look-alike of Twilio, with receipts
  phonehook dev --provider twilio

  # With a configuration of one's own
  phonehook dev --print-config > dev.yaml
  phonehook dev --config dev.yaml`

// devOptions are the flags of dev.
type devOptions struct {
	config, listen, admin, data, logLevel, provider string
	printConfig                                     bool
}

func newDevCommand() *cobra.Command {
	var o devOptions
	cmd := &cobra.Command{
		Use:     "dev",
		Short:   "Run everything in one process, for development",
		Long:    devLong,
		Example: devExample,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.printConfig {
				_, err := cmd.OutOrStdout().Write(devd.DefaultFile)
				return err
			}
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.config, "config", "", "read the configuration from this `file` of kind dev")
	f.StringVar(&o.listen, "listen", "", "the `address` of the hooks, stronger than the configuration's (default 127.0.0.1:8080)")
	f.StringVar(&o.admin, "admin", "", "the `address` of the private pages, likewise (default 127.0.0.1:8081)")
	f.StringVar(&o.data, "data", "", "the `folder` for the NATS server's data (default a temporary one)")
	f.StringVar(&o.logLevel, "log-level", "info", "the least `level` that is logged: debug, info, warn or error")
	f.StringVar(&o.provider, "provider", "", "deliver through a look-alike of this `provider`: "+strings.Join(lookalike.Names(), ", "))
	f.BoolVar(&o.printConfig, "print-config", false, "only print the built-in configuration")
	return cmd
}

func (o *devOptions) run(ctx context.Context, stdout, stderr io.Writer) error {
	cfg, err := devd.Load(o.config)
	if err != nil {
		return err
	}
	if o.listen != "" {
		cfg.Gateway.Listen = o.listen
	}
	if o.admin != "" {
		cfg.Gateway.Admin = o.admin
	}
	if err := cfg.Validate(); err != nil { // again, for the flags
		return fmt.Errorf("dev: %w", err)
	}
	logger, err := run.NewLogger(run.LogConfig{Format: run.Console, Level: o.logLevel}, stderr)
	if err != nil {
		return fmt.Errorf("dev: %w", err)
	}
	defer zap.RedirectStdLog(logger.Named("library"))()
	var vendor *lookalike.Kind
	if o.provider != "" {
		kind, err := findLookAlike(o.provider)
		if err != nil {
			return fmt.Errorf("dev: %w", err)
		}
		vendor = &kind
	}
	process, err := devd.Start(cfg, devd.Options{Logger: logger, Data: o.data, LookAlike: vendor})
	if err != nil {
		return fmt.Errorf("dev: %w", err)
	}
	welcome(stdout, process)
	if err := process.Wait(ctx); err != nil {
		return fmt.Errorf("dev: %w", err)
	}
	return nil
}

// welcome prints what a newcomer needs next.
func welcome(w io.Writer, p *devd.Process) {
	token := p.Token()
	if token == "" {
		token = "YOUR-TOKEN"
	}
	messages := "none of the providers is an inbox: messages are really sent"
	if p.HasInbox() {
		messages = fmt.Sprintf("http://%s/ (JSON: http://%s/inbox)", p.AdminAddr(), p.AdminAddr())
	}
	provider := ""
	if address := p.LookAlike(); address != "" {
		provider = fmt.Sprintf("\n  provider  a look-alike at %s/_control/", address)
	}
	_, _ = fmt.Fprintf(w, `phonehook is ready.

  hook      http://%s%s
  token     %s
  messages  %s%s

Paste this into another terminal, or run: phonehook send%s

curl -i http://%s%s \
  -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' \
  -d '%s'

Ctrl-C ends it.
`, p.Addr(), hookPath, token, messages, provider, sendFlags(p, token), p.Addr(), hookPath, token, exampleJSON())
}

// sendFlags are the flags that `phonehook send` needs to call p.
func sendFlags(p *devd.Process, token string) string {
	flags := ""
	if url := "http://" + p.Addr() + hookPath; url != defaultHookURL {
		flags += " --url " + url
	}
	if token != devd.Token {
		flags += " --token " + token
	}
	return flags
}
