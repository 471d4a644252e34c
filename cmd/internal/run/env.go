package run

import (
	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// environment is the help text about the variables that natsFromEnvironment reads.
const environment = `Variables of the environment, each stronger than the file:

  PHONEHOOK_NATS_URL            nats.url
  PHONEHOOK_NATS_USER           nats.user
  PHONEHOOK_NATS_PASSWORD       nats.password
  PHONEHOOK_NATS_PASSWORD_FILE  nats.password_file`

// NATSFromEnvironment puts the variables that lookup finds in the places of the
// file's values. A password in one form replaces one in the other.
func NATSFromEnvironment(cfg *natsrpc.Config, lookup func(name string) (string, bool)) {
	if url, ok := lookup("PHONEHOOK_NATS_URL"); ok {
		cfg.URL = url
	}
	if user, ok := lookup("PHONEHOOK_NATS_USER"); ok {
		cfg.User = user
	}
	password, hasPassword := lookup("PHONEHOOK_NATS_PASSWORD")
	file, hasFile := lookup("PHONEHOOK_NATS_PASSWORD_FILE")
	if hasPassword || hasFile {
		cfg.Password, cfg.PasswordFile = configs.NewSecret(password), file
	}
}
