package natsrpc_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// wire is a way to a NATS server that can be cut and mended.
type wire struct {
	url    string
	target string

	mu    sync.Mutex
	whole bool
	conns []net.Conn
	wait  sync.WaitGroup
}

func newWire(t *testing.T, url string) *wire {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{url: "nats://" + listener.Addr().String(), target: strings.TrimPrefix(url, "nats://"), whole: true}
	w.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.join(conn)
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		w.cut()
		w.wait.Wait()
	})
	return w
}

// join connects a client with the server, unless the wire is cut.
func (w *wire) join(client net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var server net.Conn
	var err error
	if w.whole {
		server, err = net.Dial("tcp", w.target) //nolint:noctx // ends with the wire
	}
	if server == nil || err != nil {
		_ = client.Close()
		return
	}
	w.conns = append(w.conns, client, server)
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}
	w.wait.Go(func() { pipe(server, client) })
	w.wait.Go(func() { pipe(client, server) })
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.whole = false
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.conns = nil
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.whole = true
}
