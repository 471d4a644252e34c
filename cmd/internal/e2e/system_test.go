package e2e_test

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/gateway"
)

// system is phonehook as separate processes, each started by the test when it wants.
type system struct {
	t   *testing.T
	dir string
	// store is where the NATS server keeps what outlives it.
	store string
	// natsPort is fixed, so that the server can come back.
	natsPort int
	// first and second are look-alikes of Vonage. The tenant solo has the first
	// alone, and the tenant pair both in this order.
	first, second look

	nats    *process
	gateway *process
	hook    string
	admin   string
	// all are the processes that were ever started.
	all []*process
}

// newSystem returns a system of which only the look-alikes run.
func newSystem(t *testing.T) *system {
	t.Helper()
	s := &system{t: t, dir: t.TempDir(), store: t.TempDir(), natsPort: freePort(t)}
	s.first, s.second = s.startLook(), s.startLook()
	s.write("gateway.yaml", gatewayFile(s.natsURL()))
	s.write("private.pem", privateKey(t))
	s.write("worker.yaml", workerFile(s.natsURL(), s.first.url, s.second.url, filepath.Join(s.dir, "private.pem")))
	return s
}

// startSystem returns a system that runs whole, with so many workers.
func startSystem(t *testing.T, workers int) (s *system, started []*process) {
	t.Helper()
	s = newSystem(t)
	s.startNATS()
	s.startGateway()
	for range workers {
		started = append(started, s.startWorker())
	}
	s.awaitCall()
	return s, started
}

// awaitReady waits until the gateway says that it is ready.
func (s *system) awaitReady() {
	s.t.Helper()
	eventually(s.t, "the gateway is ready", func() bool {
		return do(s.t, http.MethodGet, s.admin+"/readyz", "", "").status == http.StatusOK
	})
}

// awaitCall waits until a call comes through.
func (s *system) awaitCall() {
	s.t.Helper()
	eventually(s.t, "a call comes through", func() bool {
		return s.call("solo", example("+18085555555")).status == 200
	})
}

func (s *system) natsURL() string { return "nats://127.0.0.1:" + strconv.Itoa(s.natsPort) }

func (s *system) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *system) startNATS() {
	s.t.Helper()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	s.nats = start(s.t, "nats", self, []string{natsPort + "=" + strconv.Itoa(s.natsPort), "TMPDIR=" + s.store})
	s.all = append(s.all, s.nats)
	s.nats.awaits("ready")
}

func (s *system) startGateway() {
	s.t.Helper()
	s.gateway = program(s.t, "gateway", "--config", filepath.Join(s.dir, "gateway.yaml"))
	s.all = append(s.all, s.gateway)
	found := s.gateway.awaits(`"gateway runs","listen":"([^"]+)","admin":"([^"]+)"`)
	s.hook, s.admin = "http://"+found[1]+"/hooks/send-phone-message", "http://"+found[2]
}

func (s *system) startWorker() *process {
	s.t.Helper()
	w := program(s.t, "worker", "--config", filepath.Join(s.dir, "worker.yaml"))
	s.all = append(s.all, w)
	w.awaits(`"worker runs"`)
	return w
}

func (s *system) startLook() look {
	s.t.Helper()
	p := program(s.t, "phonehook", "simulate", "vonage", "--listen", "127.0.0.1:0", "--open")
	s.all = append(s.all, p)
	return look{t: s.t, url: p.awaits(`listens at (http://[0-9.:]+)\n`)[1]}
}

func gatewayFile(natsURL string) string {
	file := fmt.Sprintf(`
kind: gateway
log: {format: json, level: debug}
nats: {url: %q}
shutdown_delay: 0s
listen: 127.0.0.1:0
admin: 127.0.0.1:0
tenants:
`, natsURL)
	for _, tenant := range []string{"solo", "pair", "short", "patient"} {
		file += fmt.Sprintf("  - {name: %s, tokens: [{sha256: %s}], default_region: US, deadline: %s, on_deadline: %s}\n",
			tenant, gateway.HashToken("token-of-"+tenant),
			cmp.Or(map[string]string{"short": "2s", "patient": "2s"}[tenant], "20s"),
			cmp.Or(map[string]string{"patient": "accept"}[tenant], "fail"))
	}
	return file
}

func workerFile(natsURL, first, second, key string) string {
	account := func(name, url string) string {
		return fmt.Sprintf(`
  - name: %s
    vonage:
      {api_key: abcd1234, api_secret: marked-secret, from: "15550100123", allow_insecure: true, sms_url: %q, voice_url: %q,
       application_id: 8f6c9ad0-5b0e-4a53-9d2d-3c1f0f2d6a10, private_key_file: %q}`, name, url, url, key)
	}
	return fmt.Sprintf(`
kind: worker
log: {format: json, level: debug}
nats: {url: %q}
admin: 127.0.0.1:0
providers:%s%s
tenants:
  - {name: pair, routes: [{providers: [first, second]}]}
  - {name: "*", routes: [{providers: [first]}]}
`, natsURL, account("first", first), account("second", second))
}

// privateKey is one of the size that Vonage has, in PEM.
func privateKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	if err := pem.Encode(&text, block); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// freePort is a port that nobody listens at now.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
