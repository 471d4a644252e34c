package gateway_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/phonehook/phonehook/gateway"
)

// TestCallsGoOnUntilEverybodyKnows has a gateway told to end while calls still come.
func TestCallsGoOnUntilEverybodyKnows(t *testing.T) {
	settings := config()
	settings.ShutdownDelay = deadline(2 * time.Second)
	g := start(t, settings, gateway.Deps{Sender: &phones{}})
	if status, closes := g.call(t); status != http.StatusOK || closes {
		t.Fatalf("before: %d, closes %t", status, closes)
	}
	told := time.Now()
	g.stop()
	eventually(t, "/readyz is 503", func() bool { return g.admin(t, http.MethodGet, "/readyz").status == http.StatusServiceUnavailable })
	if status, closes := g.call(t); status != http.StatusOK || !closes {
		t.Errorf("during the delay: %d, closes %t", status, closes)
	}
	if s := as[struct{ Draining bool }](t, g.admin(t, http.MethodGet, "/status")); !s.Draining {
		t.Error("the status does not say so")
	}
	var dialer net.Dialer
	eventually(t, "the listener is closed", func() bool {
		conn, err := dialer.DialContext(t.Context(), "tcp", g.Addr())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	if took := time.Since(told); took < settings.ShutdownDelay.Std() {
		t.Errorf("the listener closed after %v", took)
	}
}

// call makes a hook call, and says whether the gateway closes the connection after it.
func (g *running) call(t *testing.T) (status int, closes bool) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+g.Addr()+hookPath, strings.NewReader(seedBody))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+statusToken)
	response, err := g.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode, response.Close
}
