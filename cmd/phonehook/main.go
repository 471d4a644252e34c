// Command phonehook is the operator's tool: it runs everything in one process for
// development, makes calls, checks configuration files and measures.
package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/phonehook/phonehook/cmd/internal/run"
)

const rootLong = `Phonehook is the self-hosted backend of phone message hooks: an identity platform
calls it to have a one-time code delivered by SMS or voice, and it answers in time
what became of the message. The servers are the programs gateway and worker; this
is the tool beside them.

To try it out, run "phonehook dev" in one terminal and "phonehook send" in another,
and look at http://127.0.0.1:8081.

The exit status is 0 on success and 1 on every failure, whose reason is the last
line on standard error.`

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "phonehook",
		Short:         "The tool of those who run phonehook",
		Long:          rootLong,
		Version:       run.Version(),
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		// Without it, cobra takes the whole command for a topic of help, and an
		// unknown command for no error.
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(run.HintAtHelp)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		newDevCommand(),
		newSendCommand(),
		newMessagesCommand(),
		newCheckCommand(),
		newRouteCommand(),
		newTokenCommand(),
		newReceiptsCommand(),
		newSimulateCommand(),
		newBenchCommand(),
	)
	return root
}

func main() {
	os.Exit(run.Main(os.Stderr, func(ctx context.Context) error {
		return newRootCommand().ExecuteContext(ctx)
	}))
}
