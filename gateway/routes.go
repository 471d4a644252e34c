package gateway

import (
	"net"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/phonehook/phonehook/gateway/console"
)

// hookPath is the door for every shape of Auth0's.
const hookPath = "/hooks/send-phone-message"

// publicRoutes are what the world reaches.
func (s *Server) publicRoutes() http.Handler {
	e := s.newEcho()
	e.Use(s.closing)
	e.Any(hookPath, s.hook) // the handler refuses methods: envelopes do it in their own way
	for path, operations := range nativeAPI {
		e.Any(path, s.native(operations))
	}
	for _, path := range receiptPaths {
		e.Any(path, s.receipt)
	}
	return e
}

// privateRoutes are what the operator and the process's supervisor reach.
func (s *Server) privateRoutes() http.Handler {
	e := s.newEcho()
	reading := []string{http.MethodGet, http.MethodHead}
	e.Match(reading, "/healthz", s.health)
	e.Match(reading, "/readyz", s.ready)
	e.Match(reading, "/status", s.status, s.knownHost)

	pages := echo.WrapHandler(console.Handler(console.Options{
		Inbox:   s.deps.Inbox,
		HookURL: "http://" + reachable(s.Addr()) + hookPath,
		Token:   s.deps.ExampleToken,
	}))
	e.Match(reading, "/", pages, s.knownHost)
	e.Match(reading, "/assets/*", pages, s.knownHost)
	if s.deps.Inbox != nil {
		e.Match(reading, "/inbox", pages, s.knownHost)
	}
	return e
}

// reachable returns an address that this machine can call for one that it listens on.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
