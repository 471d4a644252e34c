package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The worker holds the providers' credentials. It has no public listener, and
// nothing in it could open one.
func TestNoGatewayIsLinkedIn(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{"phonehook/gateway", "labstack/echo", "nats-server"} {
		if strings.Contains(string(out), part) {
			t.Errorf("the worker links %s", part)
		}
	}
	if !strings.Contains(string(out), "phonehook/messaging/natsrpc") {
		t.Error("the list is not what it should be, so the test sees nothing")
	}
}
