package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/phonehook/phonehook/cmd/internal/workerd"
)

const receiptsLong = `Receipts is about what providers report of messages: that they arrived, or why not.
Most providers are told with each message where to report. Some have to be told once.`

func newReceiptsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "receipts",
		Short: "Where providers report what became of messages",
		Long:  receiptsLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newReceiptsURLCommand())
	return cmd
}

const receiptsURLLong = `Url prints, for each provider of a worker's file, the address at which that provider's
vendor reports about all messages of the account. It is for vendors that are not told
with each message where to report, but in their dashboard. Whoever knows such an address
of a vendor that does not sign can report anything, so treat it like a password.`

func newReceiptsURLCommand() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:     "url",
		Short:   "Print the addresses to enter in vendors' dashboards",
		Long:    receiptsURLLong,
		Example: "  phonehook receipts url --config worker.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if config == "" {
				return errors.New("receipts: name the worker's file with --config")
			}
			cfg, err := workerd.Load(config, os.LookupEnv)
			if err != nil {
				return err
			}
			return printAddresses(cmd.OutOrStdout(), cfg)
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "the worker's `file`")
	return cmd
}

func printAddresses(w io.Writer, cfg workerd.Config) error {
	addresses, err := cfg.Receipts.Addresses()
	if err != nil {
		return err
	}
	if addresses == nil {
		return errors.New("receipts: the file has no receipts.url, so providers are not asked to report")
	}
	kinds := cfg.Providers.Kinds()
	for _, entry := range cfg.Providers {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", entry.Name, addresses.ForAccount(kinds[entry.Name], entry.Name))
	}
	return nil
}
