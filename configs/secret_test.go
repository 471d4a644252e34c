package configs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/configs"
)

func TestSecretIsPrintedNowhere(t *testing.T) {
	const value = "quokka"
	holder := struct {
		Key    string
		Secret configs.Secret
		Many   []configs.Secret
		Behind *configs.Secret
	}{"k", configs.NewSecret(value), []configs.Secret{configs.NewSecret(value)}, nil}
	secret := configs.NewSecret(value)
	holder.Behind = &secret

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&out, verb+"\n", secret)
		fmt.Fprintf(&out, verb+"\n", holder)
	}
	fmt.Fprintln(&out, secret, &secret, holder)
	asJSON, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(asJSON)
	out.Write(asYAML)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", secret, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", secret, "holder", holder)
	zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&out), zap.DebugLevel)).
		Info("x", zap.Any("secret", secret), zap.Any("holder", holder), zap.Stringer("stringer", secret))

	if strings.Contains(out.String(), value) {
		t.Errorf("the secret was printed:\n%s", &out)
	}
	if n := strings.Count(out.String(), "secret>"); n < 20 {
		t.Errorf("only %d places say <secret>, so something was not printed at all:\n%s", n, &out)
	}
	if secret.Reveal() != value {
		t.Error("Reveal does not")
	}
	if s := fmt.Sprint(configs.Secret{}); s != "" {
		t.Errorf("an empty secret prints as %q", s)
	}
}

func TestReadSecret(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain, windows, empty := write("plain", "from file\n"), write("windows", "from file\r\n"), write("empty", "\n")
	spaced := write("spaced", " two lines \n\n")
	missing := filepath.Join(dir, "missing")
	for name, tt := range map[string]struct {
		inline, path string
		want, err    string
	}{
		"neither":              {"", "", "", ""},
		"inline":               {"inline", "", "inline", ""},
		"file":                 {"", plain, "from file", ""},
		"line break of two":    {"", windows, "from file", ""},
		"one line break alone": {"", spaced, " two lines \n", ""},
		"both":                 {"inline", plain, "", "password: is given twice, as password and as password_file; keep one"},
		"missing file":         {"", missing, "", "password_file: open " + missing + ": no such file or directory"},
		"empty file":           {"", empty, "", "password_file: " + empty + " is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := configs.ReadSecret("password", configs.NewSecret(tt.inline), tt.path)
			if got.Reveal() != tt.want {
				t.Errorf("got %q, want %q", got.Reveal(), tt.want)
			}
			if text := fmt.Sprint(err); err != nil && text != tt.err || err == nil && tt.err != "" {
				t.Errorf("got error %q, want %q", text, tt.err)
			}
		})
	}
}
