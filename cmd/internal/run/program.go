package run

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
)

// Program is a server that is run from a configuration file: what the gateway and
// the worker have in common as commands.
type Program struct {
	Name    string
	Short   string
	Long    string
	Example string
	// Load reads the file at path and validates it.
	Load func(path string) (Settings, error)
}

// Settings are a file that was read.
type Settings struct {
	Log LogConfig
	// Admin is the address of the private listener, or empty.
	Admin string
	// New makes the process. It reads the files that the configuration names and
	// connects to nothing, so that it also serves to check a configuration.
	New func(logger *zap.Logger) (Process, error)
}

// Process is a running server. Run returns when ctx has ended and the work in hand
// is done, or when the server can't go on.
type Process interface {
	Run(ctx context.Context) error
}

// Command returns the program as a command. Its errors are for Main to print.
func (p Program) Command() *cobra.Command {
	var path string
	var check, health bool
	cmd := &cobra.Command{
		Use:           p.Name,
		Short:         p.Short,
		Long:          p.Long + "\n\n" + environment,
		Example:       p.Example,
		Version:       Version(),
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := p.Load(path)
			if err != nil {
				return err
			}
			switch {
			case check:
				return p.check(cmd, path, settings)
			case health:
				return AskHealth(cmd.Context(), settings.Admin, "/readyz")
			}
			return p.serve(cmd, settings)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&path, "config", "/etc/phonehook/"+p.Name+".yaml", "read the configuration from this `file`")
	flags.BoolVar(&check, "check-config", false, "only check the configuration; the exit status is 0 if it is good and 1 if not")
	flags.BoolVar(&health, "healthcheck", false, "only ask the process that runs with this configuration whether it is ready; the exit status is 0 if it is")
	cmd.MarkFlagsMutuallyExclusive("check-config", "healthcheck")
	cmd.SetFlagErrorFunc(HintAtHelp)
	return cmd
}

// HintAtHelp adds to an error about flags where to read about them.
func HintAtHelp(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
}

func (p Program) check(cmd *cobra.Command, path string, s Settings) error {
	if _, err := s.New(zap.NewNop()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: ok\n", path)
	return err
}

func (p Program) serve(cmd *cobra.Command, s Settings) error {
	logger, err := NewLogger(s.Log, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer zap.RedirectStdLog(logger.Named("library"))()
	process, err := s.New(logger)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	logger.Info("starting", zap.String("version", Version()))
	if err := process.Run(cmd.Context()); err != nil {
		// Also in the log, where whoever only has that will look for it.
		logger.Error("stopped because of an error", zap.Error(err))
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	logger.Info("stopped")
	return nil
}
