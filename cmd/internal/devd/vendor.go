package devd

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/phonehook/phonehook/cmd/internal/workerd"
	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/gateway/console"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/lookalike"
)

// vendor is a look-alike that runs beside the rest. A nil one is none.
type vendor struct {
	kind     lookalike.Kind
	look     lookalike.Server
	listener net.Listener
	server   *http.Server
	served   chan struct{}
}

// headerTimeout bounds how long the worker may take to send headers.
const headerTimeout = 10 * time.Second

// startVendor starts a look-alike at a port of its own.
func startVendor(kind lookalike.Kind) (*vendor, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("look-alike of %s: %w", kind.Vendor, err)
	}
	v := &vendor{kind: kind, look: kind.New(), listener: listener, served: make(chan struct{})}
	v.server = &http.Server{Handler: v.look, ReadHeaderTimeout: headerTimeout}
	go func() {
		defer close(v.served)
		_ = v.server.Serve(listener) // ends with close
	}()
	return v, nil
}

func (v *vendor) url() string {
	if v == nil {
		return ""
	}
	return "http://" + v.listener.Addr().String()
}

func (v *vendor) close() {
	if v == nil {
		return
	}
	v.look.Close()
	_ = v.server.Close() // there is nothing left to lose
	<-v.served
}

// delivery is the part of a worker's configuration that sends every message of every tenant
// through the look-alike, and has it report to the gateway at public.
func (v *vendor) delivery(cfg Config, public string) (workerd.Delivery, error) {
	// The key is this process's own, like the look-alike.
	key := rand.Text() + rand.Text()
	text := fmt.Sprintf(`kind: dev
worker:
  receipts: {url: %q, key: %q, allow_insecure: true}
  providers:
    - name: %s
      %s:
        %s
  tenants:
    - name: "*"
      routes:
        - providers: [%s]
`, public, key, v.kind.Name, v.kind.Name, strings.ReplaceAll(strings.TrimSpace(v.kind.Section(v.url())), "\n", "\n        "), v.kind.Name)
	made := Config{Gateway: cfg.Gateway}
	if err := configs.Parse("the configuration of the look-alike", []byte(text), &made); err != nil {
		return workerd.Delivery{}, err
	}
	if elsewhere, ok := v.look.(lookalike.ReportsElsewhere); ok {
		elsewhere.ReportTo(provider.NewAddresses(public, []byte(key)).ForAccount(v.kind.Name, v.kind.Name))
	}
	return made.Worker, nil
}

// inboxMessages are what the look-alike took.
func (v *vendor) inboxMessages() []console.InboxMessage {
	taken := v.look.Messages()
	slices.Reverse(taken)
	messages := make([]console.InboxMessage, len(taken))
	for i, m := range taken {
		messages[i] = console.InboxMessage{
			ID: m.Reference, Channel: m.Channel, To: m.To, From: m.From, Text: m.Text, Language: m.Language, Provider: v.kind.Name, At: m.At,
		}
	}
	return messages
}
