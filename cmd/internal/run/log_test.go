package run_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/configs"
)

func newLogger(t *testing.T, cfg run.LogConfig) (*zap.Logger, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	logger, err := run.NewLogger(cfg, &out)
	if err != nil {
		t.Fatal(err)
	}
	return logger, &out
}

func TestLogIsJSONWhereNobodyLooks(t *testing.T) {
	logger, out := newLogger(t, run.LogConfig{})
	logger.Named("part").Info("it happened", zap.Duration("duration", 1500*time.Millisecond))
	var line struct {
		Level, Logger, Msg string
		Time               time.Time
		Duration           float64
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if line.Level != "info" || line.Logger != "part" || line.Msg != "it happened" || line.Duration != 1.5 || line.Time.IsZero() {
		t.Errorf("got %s", out)
	}
}

func TestConsoleLogIsForPeople(t *testing.T) {
	logger, out := newLogger(t, run.LogConfig{Format: run.Console})
	logger.Named("part").Warn("it happened", zap.Duration("duration", 1500*time.Millisecond))
	for _, part := range []string{"WARN", "part", "it happened", `{"duration": "1.5s"}`} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is missing in %s", part, out)
		}
	}
}

func TestLevelIsTheLeastThatIsWritten(t *testing.T) {
	for level, want := range map[string]int{"": 3, "debug": 4, "info": 3, "warn": 2, "error": 1} {
		logger, out := newLogger(t, run.LogConfig{Level: level})
		logger.Debug("d")
		logger.Info("i")
		logger.Warn("w")
		logger.Error("e")
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("%q wrote %d lines, want %d", level, got, want)
		}
	}
}

func TestNoLineIsSampledAway(t *testing.T) {
	logger, out := newLogger(t, run.LogConfig{})
	for range 5000 {
		logger.Info("the same")
	}
	if got := strings.Count(out.String(), "\n"); got != 5000 {
		t.Errorf("wrote %d of 5000 lines", got)
	}
}

func TestBadLogConfigIsRefused(t *testing.T) {
	for yaml, want := range map[string]string{
		"{format: xml}":         `f: format: "xml" is neither json nor console`,
		"{level: loud}":         `f: level: "loud" is none of debug, info, warn and error`,
		"{format: console}":     "",
		"{level: warn}":         "",
		"{format: x, level: x}": "f: format: \"x\" is neither json nor console\nf: level: \"x\" is none of debug, info, warn and error",
	} {
		got := ""
		if err := configs.Parse("f", []byte(yaml), new(run.LogConfig)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", yaml, got, want)
		}
	}
	if _, err := run.NewLogger(run.LogConfig{Format: "xml"}, os.Stderr); err == nil {
		t.Error("a logger was made")
	}
}
