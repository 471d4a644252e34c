// Package e2e tests the programs as they are run: built, as processes of their own,
// with a NATS server and a look-alike provider that are processes too.
package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/phonehook/phonehook/messaging/natsserver"
)

// patience bounds what should take a moment; only a failure reaches it.
const patience = 30 * time.Second

// natsPort is the variable that makes this program a NATS server at that port.
const natsPort = "PHONEHOOK_E2E_NATS_PORT"

// programs is the folder with the programs, built once for all tests.
var programs string

// client makes all calls. A call that is longer than patience has been lost.
var client = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func TestMain(m *testing.M) {
	if port := os.Getenv(natsPort); port != "" {
		os.Exit(beNATS(port)) //nolint:forbidigo // this is a main
	}
	os.Exit(run(m)) //nolint:forbidigo // this is a main
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "phonehook-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs = dir
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), //nolint:noctx,gosec // the folder is our own, and the time limit is go test's
		"../../gateway", "../../worker", "../../phonehook")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// beNATS is a NATS server's whole life. Its data are where the test said.
func beNATS(port string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	number, err := strconv.Atoi(port)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	server, err := natsserver.Start(natsserver.Options{Port: number, StoreDir: os.Getenv("TMPDIR")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = os.Stdout.WriteString("ready\n")
	<-ctx.Done()
	if err := server.Shutdown(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
