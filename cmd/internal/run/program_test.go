package run_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/run"
)

// process is one that logs a line and returns err.
type process struct {
	logger *zap.Logger
	err    error
}

func (p process) Run(context.Context) error {
	p.logger.Info("at work")
	return p.err
}

// execute runs a program with these settings and arguments.
func execute(t *testing.T, s run.Settings, loadErr error, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := run.Program{
		Name: "gateway", Short: "short", Long: "long", Example: "example",
		Load: func(path string) (run.Settings, error) {
			if path != "the-file" {
				t.Errorf("loaded %q", path)
			}
			return s, loadErr
		},
	}.Command()
	cmd.SetArgs(append([]string{"--config", "the-file"}, args...))
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), errs.String(), err
}

func settings(runErr, newErr error) run.Settings {
	return run.Settings{New: func(logger *zap.Logger) (run.Process, error) {
		return process{logger, runErr}, newErr
	}}
}

func TestProgramRunsAndLogs(t *testing.T) {
	_, stderr, err := execute(t, settings(nil, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"msg":"starting","version":`, `"msg":"at work"`, `"msg":"stopped"`} {
		if !strings.Contains(stderr, part) {
			t.Errorf("%s is missing in:\n%s", part, stderr)
		}
	}
}

func TestProgramReportsWhatFails(t *testing.T) {
	failure := errors.New("no such thing")
	for name, tt := range map[string]struct {
		settings run.Settings
		load     error
		args     []string
		want     string
	}{
		"reading the file": {run.Settings{}, failure, nil, "no such thing"},
		"making it":        {settings(nil, failure), nil, nil, "gateway: no such thing"},
		"running it":       {settings(failure, nil), nil, nil, "gateway: no such thing"},
		"checking it":      {settings(nil, failure), nil, []string{"--check-config"}, "the-file: no such thing"},
		"unknown flag":     {settings(nil, nil), nil, []string{"--confg"}, "unknown flag: --confg; see gateway --help"},
		"argument":         {settings(nil, nil), nil, []string{"start"}, `unknown command "start" for "gateway"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := execute(t, tt.settings, tt.load, tt.args...)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestCheckConfigRunsNothing(t *testing.T) {
	stdout, stderr, err := execute(t, settings(errors.New("it ran"), nil), nil, "--check-config")
	if err != nil || stdout != "the-file: ok\n" || stderr != "" {
		t.Errorf("got %q, %q, %v", stdout, stderr, err)
	}
}

func TestHealthcheckAsksTheProcess(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "not connected to nats\n")
	}))
	defer server.Close()
	s := settings(errors.New("it ran"), nil)
	s.Admin = server.Listener.Addr().String()
	if _, _, err := execute(t, s, nil, "--healthcheck"); err != nil {
		t.Error(err)
	}
	status = http.StatusServiceUnavailable
	_, _, err := execute(t, s, nil, "--healthcheck")
	if want := "health check: http://" + s.Admin + "/readyz answered 503: not connected to nats"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, port, _ := strings.Cut(s.Admin, ":")
	for _, everywhere := range []string{"0.0.0.0:" + port, ":" + port} {
		status = http.StatusOK
		if err := run.AskHealth(t.Context(), everywhere, "/readyz"); err != nil {
			t.Errorf("%s: %v", everywhere, err)
		}
	}
	if err := run.AskHealth(t.Context(), "", "/readyz"); err == nil || !strings.Contains(err.Error(), "no private listener") {
		t.Errorf("got %v", err)
	}
}
