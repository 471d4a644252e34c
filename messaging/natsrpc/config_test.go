package natsrpc_test

import (
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

func TestAddressesOfNATS(t *testing.T) {
	for _, url := range []string{"nats://127.0.0.1:4222", "n1", "n1:4222, tls://n2:4222", "nats://user:password@n1"} {
		if err := (&natsrpc.Config{URL: url}).Validate(); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestABadAddressOfNATSIsNotQuoted(t *testing.T) {
	for _, url := range []string{"nats://user:hunter2@ho st:4222", "nats://user:hunter2/x@host", "n1,nats://", "nats://user:hun%ter2@host"} {
		cfg := natsrpc.Config{URL: url}
		_, connecting := natsrpc.Connect(cfg, "test", zap.NewNop())
		for _, err := range []error{cfg.Validate(), connecting} {
			if err == nil || !strings.Contains(err.Error(), "url: ") || strings.Contains(err.Error(), "hun") {
				t.Errorf("%s: got %v", url, err)
			}
		}
	}
}

func TestAPasswordOfNATSIsGivenOnce(t *testing.T) {
	err := (&natsrpc.Config{URL: "n1", User: "u", Password: configs.NewSecret("hunter2"), PasswordFile: "/nowhere"}).Validate()
	if err == nil || !strings.Contains(err.Error(), "given twice") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	if err := (&natsrpc.Config{URL: "n1", Password: configs.NewSecret("hunter2")}).Validate(); err == nil || !strings.Contains(err.Error(), "user: is missing") {
		t.Errorf("got %v", err)
	}
}
