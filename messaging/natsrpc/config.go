package natsrpc

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/configs"
)

// Config is how a process reaches NATS: the section `nats` of its file.
type Config struct {
	// URL is one or more server addresses, comma-separated.
	URL string `yaml:"url"`
	// User and its password, in the file or in a file of its own. Both are
	// absent where the server asks for none.
	User         string         `yaml:"user"`
	Password     configs.Secret `yaml:"password"`
	PasswordFile string         `yaml:"password_file"`
	// CAFile is a PEM file of the authorities that sign the servers'
	// certificates, for tls:// URLs; absent means the system's.
	CAFile string `yaml:"ca_file"`
	// Replicas is how many servers of a cluster keep each message of the durable
	// queue, each event and each key: 1, which is the default, 3 or 5. The
	// gateway's setting counts, as it is the gateway that makes what is needed.
	Replicas int `yaml:"replicas"`
}

// Validate implements configs.Validator.
func (c *Config) Validate() error {
	var complaints []error
	complaints = append(complaints, c.validateURL())
	if c.Replicas != 0 && c.Replicas != 1 && c.Replicas != 3 && c.Replicas != 5 {
		complaints = append(complaints, configs.Complain("replicas", "must be 1, 3 or 5, and at most the number of servers"))
	}
	password, err := configs.ReadSecret("password", c.Password, c.PasswordFile)
	complaints = append(complaints, err)
	if err == nil && c.User == "" && !password.IsZero() {
		complaints = append(complaints, configs.Complain("user", "is missing beside the password"))
	}
	return errors.Join(complaints...)
}

// validateURL complains of an address that cannot be one. It quotes none, as the
// parser's own errors do: there may be a password in it.
func (c *Config) validateURL() error {
	if c.URL == "" {
		return configs.Complain("url", "is missing, for example nats://127.0.0.1:4222")
	}
	for i, address := range strings.Split(c.URL, ",") {
		address = strings.TrimSpace(address)
		if !strings.Contains(address, "://") {
			address = "nats://" + address // as nats.go reads it
		}
		if parsed, err := url.Parse(address); err != nil || parsed.Host == "" {
			return configs.Complain("url", "has as address %d nothing of the form nats://host:port", i+1)
		}
	}
	return nil
}

// The settings of a connection. The defaults of nats.go suit jobs, not callers
// who wait: a reconnect after 2 s, a dead server noticed after four minutes.
const (
	// reconnectWait is small enough that a call notices little of a change of
	// server, and large enough that a thousand processes do not storm one.
	reconnectWait   = 50 * time.Millisecond
	reconnectJitter = 25 * time.Millisecond
	// A server that vanished without closing its connections is noticed after
	// pingInterval × (maxPingsOut + 1) = 3 s.
	pingInterval = time.Second
	maxPingsOut  = 2
	// dialTimeout bounds one try to connect, so that an address which swallows
	// packets does not keep the next from being tried.
	dialTimeout = time.Second
)

// Connect returns a connection that keeps itself up until it is closed. It
// returns at once, also when no server answers yet, so that processes can start
// in any order. Only a configuration that can never work is an error.
func Connect(cfg Config, name string, logger *zap.Logger) (*nats.Conn, error) {
	if err := cfg.validateURL(); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	password, err := configs.ReadSecret("password", cfg.Password, cfg.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	opts := []nats.Option{
		nats.Name(name),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectJitter, reconnectJitter),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(maxPingsOut),
		nats.Timeout(dialTimeout),
		nats.IgnoreAuthErrorAbort(), // a password can be put right while we wait
		nats.ConnectHandler(func(nc *nats.Conn) {
			logger.Info("connected to nats", zap.String("server", nc.ConnectedServerName()))
		}),
		nats.DisconnectErrHandler(func(nc *nats.Conn, err error) {
			if !nc.IsClosed() { // we closed it ourselves
				logger.Warn("disconnected from nats", zap.Error(err))
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			logger.Info("reconnected to nats", zap.String("server", nc.ConnectedServerName()))
		}),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			logger.Error("nats reports an error", zap.String("subject", subject), zap.Error(err))
		}),
	}
	if cfg.User != "" {
		opts = append(opts, nats.UserInfo(cfg.User, password.Reveal()),
			// Each kind of program has inboxes of its own, so that nats.conf can
			// keep one from reading the answers to another.
			nats.CustomInboxPrefix("_INBOX."+cfg.User))
	}
	if cfg.CAFile != "" {
		opts = append(opts, nats.RootCAs(cfg.CAFile))
	}
	nc, err := nats.Connect(cfg.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	return nc, nil
}
