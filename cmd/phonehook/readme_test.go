package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/messaging"
)

// TestTheExamplesInTheReadmeAreValid checks every configuration that README.md shows,
// with secrets in the places that it names.
func TestTheExamplesInTheReadmeAreValid(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	secrets := t.TempDir()
	for name, secret := range map[string]string{
		"nats": "a-secret", "vonage": "a-secret", "receipts": strings.Repeat("k", 32), "acme-webhook": "whsec_" + strings.Repeat("QUJD", 8),
	} {
		if err := os.WriteFile(filepath.Join(secrets, name), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(examples) < 2 {
		t.Fatalf("found %d examples, want at least a gateway's and a worker's", len(examples))
	}
	for _, example := range examples {
		path := write(t, "example.yaml", strings.ReplaceAll(example[1], "/run/secrets", secrets))
		if _, stderr, err := execute(t, t.Context(), "check", path); err != nil {
			t.Errorf("%v\n%s\n%s", err, stderr, example[1])
		}
	}
}

// TestTheReadmeHasEveryAnswer compares the table of answers with the table of codes.
func TestTheReadmeHasEveryAnswer(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	// What no caller of a hook meets who knows the address.
	elsewhere := []messaging.Code{messaging.CodeSent, messaging.CodePending, messaging.CodeNotFound, messaging.CodeMethodNotAllowed}
	for _, code := range messaging.Codes() {
		row := regexp.MustCompile(fmt.Sprintf("(?m)^\\| %d \\|.*`%s`.*\\|$", code.Status(), code))
		if !slices.Contains(elsewhere, code) && !row.Match(readme) {
			t.Errorf("README.md has no row of %d %s", code.Status(), code)
		}
	}
}
