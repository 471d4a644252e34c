package main

import (
	"regexp"
	"testing"

	"github.com/phonehook/phonehook/gateway"
)

func TestTokenComesWithItsHash(t *testing.T) {
	line := regexp.MustCompile(`^token:  (ph_[A-Za-z0-9_-]{43})\nsha256: ([0-9a-f]{64})\n$`)
	var tokens []string
	for range 2 {
		stdout, _, err := execute(t, t.Context(), "token")
		if err != nil {
			t.Fatal(err)
		}
		found := line.FindStringSubmatch(stdout)
		if found == nil {
			t.Fatalf("got %q", stdout)
		}
		if gateway.HashToken(found[1]) != found[2] {
			t.Error("a gateway computes another hash")
		}
		tokens = append(tokens, found[1])
	}
	if tokens[0] == tokens[1] {
		t.Error("two tokens are the same")
	}
}
