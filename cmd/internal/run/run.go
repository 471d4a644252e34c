package run

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// Main runs program until it returns, and returns the status with which the process
// should exit: 0, or 1 after it has written the error to stderr. The first SIGINT
// or SIGTERM ends the program's context, and it then has the time that it takes; a
// second one ends the process at once.
func Main(stderr io.Writer, program func(ctx context.Context) error) int {
	tuneMemory()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from then on a signal does what it does by itself
	if err := program(ctx); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// Version is the version of the module that this program was built from, followed
// by the revision where the build knows one.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version, modified := info.Main.Version, ""
	if version == "" {
		version = "(devel)"
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			version += " " + s.Value
		case "vcs.modified":
			if s.Value == "true" {
				modified = " with changes"
			}
		}
	}
	return version + modified
}
