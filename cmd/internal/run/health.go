package run

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	// askTimeout is how long a healthy process may take to say so: within what
	// container runtimes allow a check, and a thousand times what it needs.
	askTimeout = 2 * time.Second
	// maxAnswer is how much of an answer's text is shown.
	maxAnswer = 1 << 10
)

// AskHealth asks a process whose private listener is at address for path, such as
// "/readyz", and returns an error unless the answer is 200. An address that stands
// for every interface is asked on the loopback.
func AskHealth(ctx context.Context, address, path string) error {
	url, err := healthURL(address, path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("health check: %w", err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("health check: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		return fmt.Errorf("health check: %s answered %d: %s", url, answer.StatusCode, strings.TrimSpace(string(text)))
	}
	return nil
}

func healthURL(address, path string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("health check: the process has no private listener to ask (admin is %q)", address)
	}
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return "http://" + net.JoinHostPort(host, port) + path, nil
}
