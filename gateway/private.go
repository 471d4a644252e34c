package gateway

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/phonehook/phonehook/gateway/dedupe"
	"github.com/phonehook/phonehook/messaging"
)

var errDraining = errors.New("the gateway is shutting down")

// health says that the process serves, and nothing more: a supervisor that restarts
// the gateway because NATS is away makes nothing better.
func (s *Server) health(c echo.Context) error {
	return c.String(http.StatusOK, "ok\n")
}

// ready says whether calls should come here.
func (s *Server) ready(c echo.Context) error {
	var reason error
	switch {
	case s.draining.Load():
		reason = errDraining
	case s.deps.Ready != nil:
		reason = s.deps.Ready()
	}
	if reason != nil {
		// Answered here and not logged: probes ask every few seconds.
		return writeProblem(c, &messaging.Error{Code: messaging.CodeUnavailable, Detail: "not ready: " + reason.Error()}, "")
	}
	return c.String(http.StatusOK, "ready\n")
}

// statusJSON is what GET /status tells.
type statusJSON struct {
	// Draining says that the gateway is shutting down.
	Draining bool `json:"draining"`
	// NotReady is empty, or why calls should not come here.
	NotReady string `json:"not_ready,omitempty"`
	// Duplicates says how far they are seen.
	Duplicates dedupe.Status `json:"duplicates"`
	// Process is what the process around the gateway tells.
	Process any `json:"process,omitempty"`
}

// status tells an operator how the gateway is, beyond whether it is ready.
func (s *Server) status(c echo.Context) error {
	status := statusJSON{Draining: s.draining.Load(), Duplicates: s.dedupe.Status()}
	if s.deps.Ready != nil {
		if err := s.deps.Ready(); err != nil {
			status.NotReady = err.Error()
		}
	}
	if s.deps.Status != nil {
		status.Process = s.deps.Status()
	}
	return writeJSON(c, http.StatusOK, status)
}

// knownHost refuses a request that names a host which this listener is not known by.
// A page of a foreign site can make its own name resolve to this address ("DNS
// rebinding") and would then count as the same origin as the console, codes and all;
// but the browser still sends that name. Names of loopback and plain addresses cannot
// be rebound. /healthz and /readyz reveal nothing and are called under any name, so
// they stand outside.
func (s *Server) knownHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !localName(c.Request().Host) && !slices.Contains(s.config.AdminHosts, hostname(c.Request().Host)) {
			return &messaging.Error{
				Code:   messaging.CodeBlocked,
				Detail: "the console is not known by this host name; add the name to admin_hosts or use an IP address",
			}
		}
		return next(c)
	}
}

func localName(host string) bool {
	name := hostname(host)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || net.ParseIP(name) != nil
}

// hostname returns the name in a Host header, in lower case, without its port.
func hostname(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	return strings.ToLower(name)
}
