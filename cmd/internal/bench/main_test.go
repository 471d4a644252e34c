package bench_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/cmd/internal/bench"
)

// subjectVariable makes the test binary be a subject's process.
const subjectVariable = "BENCH_TEST_SUBJECT"

func TestMain(m *testing.M) {
	if name := os.Getenv(subjectVariable); name != "" {
		if err := bench.Serve(context.Background(), name, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1) //nolint:forbidigo // TestMain is this process's main
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// subjectCommand runs this test binary as a subject.
func subjectCommand(ctx context.Context, name string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0]) //nolint:gosec // it is this very program
	cmd.Env = append(os.Environ(), subjectVariable+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}
