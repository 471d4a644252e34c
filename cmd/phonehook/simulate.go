package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/worker/provider/lookalike"
)

const simulateLong = `Simulate runs look-alikes of providers' APIs, for trying out a worker without an
account and for tests. One takes what its provider takes, refuses what the provider
refuses, reports what became of messages as the provider does, signed, and can be told
to misbehave. It lets in one account alone, which --print-config shows as an entry for a
worker's file, or with --open any that has the right form.

With all, each has a port of its own, in the order of this list from that of --listen on:
%s

Each remembers the messages that it took, and is controlled over HTTP:

  GET  /_control/          a page with the messages taken
  GET  /_control/messages  the same as JSON, counted for each reference
  GET  /_control/stats     requests, messages taken, faults met, refusals, receipts
  POST /_control           {"faults":[{"kind":"hang","count":3}]} sets faults,
                           {"faults":[]} clears them, {"reset":true} forgets all,
                           {"receipts":{"delay":"1s","reports":["sent","delivered"]}}
                           says what is reported of messages

The kinds of fault are delay, hang, close, reset, status, truncate, garbage, empty, huge,
and the provider's own, which a wrong kind is answered with. A delay is also a latency,
"every":3 a rate. These recipients have a meaning everywhere, if the provider has such an
error:

%s
It shows texts and codes to whoever asks, so it is nothing for real messages.`

const simulateExample = `  phonehook simulate twilio --listen 127.0.0.1:8083
  phonehook simulate all
  curl -d '{"faults":[{"kind":"delay","delay":"2s"}]}' http://127.0.0.1:8083/_control`

// defaultSimulator is where the first look-alike listens unless told otherwise.
const defaultSimulator = "127.0.0.1:8083"

// simulateOptions are the flags of simulate.
type simulateOptions struct {
	listen      string
	open        bool
	health      bool
	printConfig bool
}

func newSimulateCommand() *cobra.Command {
	var o simulateOptions
	cmd := &cobra.Command{
		Use:       "simulate PROVIDER|all",
		Short:     "Run look-alikes of providers",
		Long:      fmt.Sprintf(simulateLong, wrapped(lookalike.Names()), magicTable()),
		Example:   simulateExample,
		Args:      cobra.ExactArgs(1),
		ValidArgs: append(lookalike.Names(), "all"),
		RunE: func(cmd *cobra.Command, args []string) error {
			kinds := lookalike.Kinds
			if args[0] != "all" {
				kind, err := findLookAlike(args[0])
				if err != nil {
					return fmt.Errorf("simulate: %w", err)
				}
				kinds = []lookalike.Kind{kind}
			}
			return o.run(cmd.Context(), cmd.OutOrStdout(), kinds)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", defaultSimulator, "the `address` to listen at; with all, that of the first")
	f.BoolVar(&o.open, "open", false, "let any account in")
	f.BoolVar(&o.printConfig, "print-config", false, "only print the entries for a worker's file")
	f.BoolVar(&o.health, "healthcheck", false, "only ask the look-alikes that run at --listen whether they answer; the exit status is 0 if they do")
	return cmd
}

// findLookAlike finds a look-alike, or says which there are.
func findLookAlike(name string) (lookalike.Kind, error) {
	kind, ok := lookalike.Find(name)
	if !ok {
		return kind, fmt.Errorf("there is no look-alike of %q; there are %s", name, strings.Join(lookalike.Names(), ", "))
	}
	return kind, nil
}

// run does with the kinds what the flags say.
func (o *simulateOptions) run(ctx context.Context, w io.Writer, kinds []lookalike.Kind) error {
	addresses, err := consecutive(o.listen, len(kinds))
	if err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	switch {
	case o.health:
		for _, address := range addresses {
			if err := run.AskHealth(ctx, address, "/_control/stats"); err != nil {
				return err
			}
		}
		return nil
	case o.printConfig:
		_, _ = fmt.Fprintln(w, "providers:")
		for i, kind := range kinds {
			_, _ = fmt.Fprintf(w, "  - name: %s\n    %s:\n      %s\n", kind.Name, kind.Name,
				strings.ReplaceAll(strings.TrimSpace(kind.Section("http://"+addresses[i])), "\n", "\n      "))
		}
		return nil
	}
	return o.simulate(ctx, w, kinds, addresses)
}

// consecutive returns so many addresses of one host, from one port on. Port 0 is any, for each.
func consecutive(first string, n int) ([]string, error) {
	host, text, err := net.SplitHostPort(first)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address such as %s", first, defaultSimulator)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || int(port)+n-1 > 65535 {
		return nil, fmt.Errorf("%q has no port for %d look-alikes; choose a lower one with --listen", first, n)
	}
	addresses := make([]string, n)
	for i := range addresses {
		at := port
		if port != 0 {
			at += uint64(i)
		}
		addresses[i] = net.JoinHostPort(host, strconv.FormatUint(at, 10))
	}
	return addresses, nil
}

// simulate binds every address before it serves any, so that nobody finds half of them.
func (o *simulateOptions) simulate(ctx context.Context, w io.Writer, kinds []lookalike.Kind, addresses []string) error {
	listeners := make([]net.Listener, len(kinds))
	var config net.ListenConfig
	for i, address := range addresses {
		listener, err := config.Listen(ctx, "tcp", address)
		if err != nil {
			for _, earlier := range listeners[:i] {
				_ = earlier.Close()
			}
			return fmt.Errorf("simulate: %w; choose another address with --listen", err)
		}
		listeners[i] = listener
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, len(kinds))
	for i, kind := range kinds {
		_, _ = fmt.Fprintf(w, "a look-alike of %s listens at http://%s\n", kind.Vendor, listeners[i].Addr())
		look := kind.New
		if o.open {
			look = kind.Open
		}
		go func() {
			ended <- serve(ctx, listeners[i], look())
			stop()
		}()
	}
	var err error
	for range kinds {
		err = errors.Join(err, <-ended)
	}
	return err
}

// simulatorHeaders bounds how long a client may take to send the headers. There is
// no bound on the whole request: a look-alike that hangs does it for as long as the
// client bears it.
const simulatorHeaders = 10 * time.Second

// serve answers until ctx ends, and then cuts off what hangs on purpose.
func serve(ctx context.Context, listener net.Listener, look lookalike.Server) error {
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
