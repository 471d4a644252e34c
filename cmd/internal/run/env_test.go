package run_test

import (
	"testing"

	"github.com/phonehook/phonehook/cmd/internal/run"
	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

func TestEnvironmentIsStrongerThanFile(t *testing.T) {
	type values = struct{ url, user, password, file string }
	for name, tt := range map[string]struct {
		variables map[string]string
		want      values
	}{
		"nothing set":   {nil, values{"nats://file", "file-user", "file-password", ""}},
		"address":       {map[string]string{"PHONEHOOK_NATS_URL": "nats://env"}, values{"nats://env", "file-user", "file-password", ""}},
		"login":         {map[string]string{"PHONEHOOK_NATS_USER": "u", "PHONEHOOK_NATS_PASSWORD": "p"}, values{"nats://file", "u", "p", ""}},
		"password file": {map[string]string{"PHONEHOOK_NATS_PASSWORD_FILE": "/run/p"}, values{"nats://file", "file-user", "", "/run/p"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := natsrpc.Config{URL: "nats://file", User: "file-user", Password: configs.NewSecret("file-password")}
			run.NATSFromEnvironment(&cfg, func(name string) (string, bool) {
				value, ok := tt.variables[name]
				return value, ok
			})
			if got := (values{cfg.URL, cfg.User, cfg.Password.Reveal(), cfg.PasswordFile}); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
