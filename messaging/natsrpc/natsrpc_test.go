package natsrpc_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t testing.TB, url, name string) *nats.Conn {
	t.Helper()
	nc, err := natsrpc.Connect(natsrpc.Config{URL: url}, name, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func newClient(t testing.TB, url string) *natsrpc.Client {
	t.Helper()
	client, err := natsrpc.NewClient(connect(t, url, "gateway"), natsrpc.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func newServer(t testing.TB, url string, backend messaging.Sender, opts natsrpc.ServerOptions) *natsrpc.Server {
	t.Helper()
	if opts.Tenants == nil {
		opts.Tenants = []string{"*"}
	}
	if opts.Logger == nil {
		opts.Logger = zaptest.NewLogger(t)
	}
	nc := connect(t, url, "worker")
	server, err := natsrpc.NewServer(nc, backend, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { drain(t, server) })
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return server
}

// drain drains a server that may be drained already.
func drain(t testing.TB, server *natsrpc.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) //nolint:usetesting // runs in a cleanup, when t.Context has ended
	defer cancel()
	if err := server.Drain(ctx); err != nil {
		t.Error(err)
	}
}

func TestSenderContract(t *testing.T) {
	url := messagingtest.NATS(t)
	messagingtest.Run(t, func(t *testing.T, backend messaging.Sender) messaging.Sender {
		newServer(t, url, backend, natsrpc.ServerOptions{Slots: 1000})
		return newClient(t, url)
	})
}
