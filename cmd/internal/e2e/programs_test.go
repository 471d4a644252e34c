package e2e_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWrongConfigurationEndsWithStatus1(t *testing.T) {
	dir := t.TempDir()
	s := &system{t: t, dir: dir}
	s.write("unknown-key.yaml", "kind: gateway\nnats: {url: nats://127.0.0.1:4222}\nlisten: :0\nlisen: :0\n")
	s.write("two.yaml", "kind: worker\n---\nkind: worker\n")
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, tt := range map[string]struct {
		program string
		args    []string
		want    string
	}{
		"gateway, missing file":    {"gateway", []string{"--config", at("missing.yaml")}, at("missing.yaml") + ": no such file or directory"},
		"worker, missing file":     {"worker", []string{"--config", at("missing.yaml")}, at("missing.yaml") + ": no such file or directory"},
		"dev, missing file":        {"phonehook", []string{"dev", "--config", at("missing.yaml")}, at("missing.yaml") + ": no such file or directory"},
		"gateway, unknown key":     {"gateway", []string{"--config", at("unknown-key.yaml")}, at("unknown-key.yaml") + ": line 4: unknown key lisen"},
		"gateway, check of it":     {"gateway", []string{"--config", at("unknown-key.yaml"), "--check-config"}, at("unknown-key.yaml") + ": line 4: unknown key lisen"},
		"phonehook, check of it":   {"phonehook", []string{"check", at("unknown-key.yaml")}, at("unknown-key.yaml") + ": line 4: unknown key lisen"},
		"worker, second document":  {"worker", []string{"--config", at("two.yaml")}, at("two.yaml") + ": the file has a second document"},
		"worker, unknown flag":     {"worker", []string{"--confg", "x"}, "unknown flag: --confg; see worker --help"},
		"phonehook, wrong command": {"phonehook", []string{"sned"}, `unknown command "sned" for "phonehook"`},
	} {
		t.Run(name, func(t *testing.T) {
			p := program(t, tt.program, tt.args...)
			if status := p.ended(); status != 1 {
				t.Errorf("ended with %d", status)
			}
			if !strings.Contains(p.text(), tt.want) {
				t.Errorf("wrote %q, want %q in it", p.text(), tt.want)
			}
		})
	}
}

func TestHealthcheckTellsWhetherAGatewayIsReady(t *testing.T) {
	s := newSystem(t)
	admin := "127.0.0.1:" + strings.TrimPrefix(s.natsURL(), "nats://127.0.0.1:") // the one free port that we know
	file := strings.Replace(gatewayFile("nats://127.0.0.1:1"), "admin: 127.0.0.1:0", "admin: "+admin, 1)
	s.write("gateway.yaml", file)
	asked := func() *process {
		p := program(t, "gateway", "--config", filepath.Join(s.dir, "gateway.yaml"), "--healthcheck")
		if status := p.ended(); status != 1 {
			t.Errorf("ended with %d", status)
		}
		return p
	}
	if text := asked().text(); !strings.Contains(text, "connection refused") {
		t.Errorf("without a gateway it says %q", text)
	}
	s.startGateway()
	if text := asked().text(); !strings.Contains(text, "answered 503") || !strings.Contains(text, "not connected to nats") {
		t.Errorf("without NATS it says %q", text)
	}
}

func TestSecondSignalEndsAGatewayAtOnce(t *testing.T) {
	s, _ := startSystem(t, 1)
	s.first.fault(`{"kind":"hang"}`)
	answered := make(chan answer, 1)
	go func() { answered <- s.call("solo", example("+18085555555")) }()
	eventually(t, "the call is at the provider", func() bool { return s.first.stats().Faults["hang"] > 0 })
	s.gateway.signal(syscall.SIGTERM)
	eventually(t, "the gateway drains", func() bool {
		return strings.Contains(do(t, http.MethodGet, s.admin+"/readyz", "", "").body, "shutting down")
	})
	s.gateway.signal(syscall.SIGTERM)
	if status := s.gateway.ended(); status != -1 {
		t.Errorf("ended with %d, want by the signal", status)
	}
	<-answered
}
