package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The gateway faces the public. What a vendor's code could do there, it can't do if
// it isn't there.
func TestNoProviderIsLinkedIn(t *testing.T) {
	deps := func(program string) string {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", program).CombinedOutput() //nolint:gosec // both programs are named below
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	linked := deps(".")
	for _, part := range []string{"phonehook/worker", "vonage", "nats-server"} {
		if strings.Contains(linked, part) {
			t.Errorf("the gateway links %s", part)
		}
	}
	if !strings.Contains(deps("../worker"), "phonehook/worker/provider/vonage") {
		t.Error("the worker does not link what is looked for, so the test sees nothing")
	}
}
