package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/phonehook/phonehook/gateway"
)

// The one tenant of a system, and its token.
const (
	tenantName  = "faults"
	tenantToken = "token-of-the-fault-suite"
)

// gatewayFile is a gateway's configuration.
func gatewayFile(s shape, natsURL string, g *gatewayNode) string {
	var b strings.Builder
	fmt.Fprintf(&b, "kind: gateway\nlog: {format: json, level: info}\n")
	fmt.Fprintf(&b, "nats: {url: %q, replicas: %d}\n", natsURL, s.replicas())
	fmt.Fprintf(&b, "listen: %s\nadmin: %s\nshutdown_delay: %s\n", g.listen, g.admin, shutdownDelay)
	fmt.Fprintf(&b, "events: {number_key: the-same-for-every-gateway}\n")
	fmt.Fprintf(&b, "tenants:\n  - name: %s\n    tokens: [{sha256: %s}]\n    default_region: US\n    deadline: %s\n",
		tenantName, gateway.HashToken(tenantToken), s.deadline)
	return b.String()
}

// workerFile is a worker's configuration. The worker's key is the API key by which the
// look-alikes know it.
func workerFile(s shape, natsURL string, w *workerNode, looks []*lookalike) string {
	var b strings.Builder
	fmt.Fprintf(&b, "kind: worker\nlog: {format: json, level: info}\nnats: {url: %q}\nadmin: %s\n", natsURL, w.admin)
	fmt.Fprintf(&b, "slots: %d\nproviders:\n", s.slots)
	for _, l := range looks {
		fmt.Fprintf(&b, "  - name: %s\n    vonage: {api_key: %s, api_secret: secret-of-the-look-alike, from: \"15550100123\", allow_insecure: true, sms_url: %q}\n",
			l.name, w.key, l.url())
	}
	fmt.Fprintf(&b, "tenants:\n  - name: %s\n    routes:\n      - steps:\n", tenantName)
	for _, l := range looks {
		fmt.Fprintf(&b, "          - {provider: %s, attempt_timeout: %s}\n", l.name, attemptTimeout)
	}
	return b.String()
}

// write writes a file of the system and returns its path.
func write(dir, name, text string) (string, error) {
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}
