package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
)

const simulateLong = `Simulate runs a look-alike of a provider's API, for trying out a worker without an
account and for tests. It takes what the provider takes, refuses what the provider
refuses, and can be told to misbehave.`

func newSimulateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a look-alike of a provider",
		Long:  simulateLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSimulateVonageCommand())
	return cmd
}

const simulateVonageLong = `Vonage runs a look-alike of Vonage's SMS API (POST /sms/json) and Voice API
(POST /v1/calls). A worker uses it with this in its file:

  providers:
    - name: vonage
      vonage:
        sms_url: http://127.0.0.1:8083
        voice_url: http://127.0.0.1:8083
        allow_insecure: true
        …

It remembers the messages that it took, and is controlled over HTTP:

  GET  /_control/messages  the messages taken, counted for each reference
  GET  /_control/stats     requests, messages taken, faults met, refusals
  POST /_control           {"faults":[{"kind":"hang","count":3}]} sets faults,
                           {"faults":[]} clears them, {"reset":true} forgets all

The kinds of fault are delay, hang, close, reset, status, truncate, garbage, empty,
huge, refuse, throttle, no-parts and partial.

It shows texts and codes to whoever asks, so it is nothing for real messages.`

const simulateVonageExample = `  phonehook simulate vonage --listen 127.0.0.1:8083
  curl -d '{"faults":[{"kind":"delay","delay":"2s"}]}' http://127.0.0.1:8083/_control`

// simulateOptions are the flags of simulate vonage.
type simulateOptions struct {
	listen, publicKey string
	health            bool
	vonage            vonagesim.Options
}

func newSimulateVonageCommand() *cobra.Command {
	var o simulateOptions
	cmd := &cobra.Command{
		Use:     "vonage",
		Short:   "Run a look-alike of Vonage",
		Long:    simulateVonageLong,
		Example: simulateVonageExample,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.health {
				return run.AskHealth(cmd.Context(), o.listen, "/_control/stats")
			}
			return o.run(cmd)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8083", "the `address` to listen at")
	f.StringVar(&o.vonage.APIKey, "api-key", "", "let in this SMS account's `key` alone")
	f.StringVar(&o.vonage.APISecret, "api-secret", "", "and with this `secret` alone")
	f.StringVar(&o.vonage.ApplicationID, "application-id", "", "let in this Voice application's `ID` alone")
	f.StringVar(&o.publicKey, "public-key", "", "check the tokens' signatures with the key in this `file`; without it they are not checked")
	f.IntVar(&o.vonage.Keep, "keep", simulator.DefaultKeep, "how many messages to remember")
	f.BoolVar(&o.health, "healthcheck", false, "only ask the look-alike that runs at --listen whether it answers; the exit status is 0 if it does")
	return cmd
}

func (o *simulateOptions) run(cmd *cobra.Command) error {
	if o.publicKey != "" {
		pem, err := os.ReadFile(o.publicKey)
		if err != nil {
			return fmt.Errorf("simulate: %w", err)
		}
		if o.vonage.PublicKey, err = vonagesim.ParsePublicKey(pem); err != nil {
			return fmt.Errorf("simulate: %s: %w", o.publicKey, err)
		}
	}
	var config net.ListenConfig
	listener, err := config.Listen(cmd.Context(), "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("simulate: %w; choose another address with --listen", err)
	}
	look := vonagesim.New(o.vonage)
	_, _ = fmt.Fprintf(cmd.OutOrStdout(), "a look-alike of Vonage listens at http://%s\n", listener.Addr())
	return serve(cmd.Context(), listener, look)
}

// simulatorHeaders bounds how long a client may take to send the headers. There is
// no bound on the whole request: a look-alike that hangs does it for as long as the
// client bears it.
const simulatorHeaders = 10 * time.Second

// serve answers until ctx ends, and then cuts off what hangs on purpose.
func serve(ctx context.Context, listener net.Listener, look *vonagesim.Server) error {
	server := &http.Server{Handler: look, ReadHeaderTimeout: simulatorHeaders}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case <-ctx.Done():
	case err := <-served:
		look.Close()
		return fmt.Errorf("simulate: %w", err)
	}
	look.Close()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := server.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	return err
}
