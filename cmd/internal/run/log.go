package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/phonehook/phonehook/configs"
)

// The formats of a log.
const (
	// JSON is one object a line, for machines.
	JSON = "json"
	// Console is one line for people.
	Console = "console"
)

// LogConfig is the section `log` of a program's file.
type LogConfig struct {
	// Format is JSON or Console; absent means Console where the log goes to a
	// terminal, and JSON elsewhere.
	Format string `yaml:"format"`
	// Level is the least level that is written: debug, info, warn or error;
	// absent means info.
	Level string `yaml:"level"`
}

// Validate implements configs.Validator.
func (c *LogConfig) Validate() error {
	var complaints []error
	if c.Format != "" && c.Format != JSON && c.Format != Console {
		complaints = append(complaints, configs.Complain("format", "%q is neither json nor console", c.Format))
	}
	if _, ok := levels[c.Level]; !ok {
		complaints = append(complaints, configs.Complain("level", "%q is none of debug, info, warn and error", c.Level))
	}
	return errors.Join(complaints...)
}

var levels = map[string]zapcore.Level{
	"":      zapcore.InfoLevel,
	"debug": zapcore.DebugLevel,
	"info":  zapcore.InfoLevel,
	"warn":  zapcore.WarnLevel,
	"error": zapcore.ErrorLevel,
}

// NewLogger returns the logger of a program that writes to w, which is standard error
// but in tests. Every entry is one write and none is sampled away: a line that is
// missing would be a message that nobody can find.
func NewLogger(cfg LogConfig, w io.Writer) (*zap.Logger, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	encoder := jsonEncoder()
	if cfg.Format == Console || cfg.Format == "" && isTerminal(w) {
		encoder = consoleEncoder()
	}
	out := zapcore.Lock(zapcore.AddSync(w))
	return zap.New(zapcore.NewCore(encoder, out, levels[cfg.Level]), zap.ErrorOutput(out)), nil
}

// jsonEncoder writes times as RFC 3339 and durations in seconds.
func jsonEncoder() zapcore.Encoder {
	cfg := zap.NewProductionEncoderConfig()
	cfg.TimeKey = "time"
	cfg.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	return zapcore.NewJSONEncoder(cfg)
}

func consoleEncoder() zapcore.Encoder {
	cfg := zap.NewDevelopmentEncoderConfig()
	cfg.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
	cfg.EncodeDuration = func(d time.Duration, to zapcore.PrimitiveArrayEncoder) {
		to.AppendString(d.Round(10 * time.Microsecond).String())
	}
	return zapcore.NewConsoleEncoder(cfg)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
