package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"
)

//nolint:gosec // it is a text about tokens
const tokenLong = `Token makes a new random token for a caller of the hooks and prints two lines: the
token, which goes to the caller and is kept nowhere else, and its SHA-256, which goes
into the gateway's file:

  tenants:
    - name: acme
      tokens:
        - sha256: …

A tenant can have two tokens at once. To change a token, add the new one beside the
old one, restart the gateways, give the new one to the caller, and take the old one
out.`

// tokenBytes is 256 bits of chance: guessing is hopeless, and a plain hash of it
// gives nothing away.
const tokenBytes = 32

func newTokenCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "token",
		Short:   "Make a token for a caller",
		Long:    tokenLong,
		Example: "  phonehook token",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			token := newToken()
			hash := sha256.Sum256([]byte(token))
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "token:  %s\nsha256: %s\n", token, hex.EncodeToString(hash[:]))
			return err
		},
	}
}

// newToken returns a token. Its prefix lets people and scanners of secrets see what
// it is.
func newToken() string {
	random := make([]byte, tokenBytes)
	_, _ = rand.Read(random) // never fails
	return "ph_" + base64.RawURLEncoding.EncodeToString(random)
}
