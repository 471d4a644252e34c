package workerd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// The limits of the private listener, which nobody needs for long: a request of a
// few hundred bytes, an answer of ten, or of a hundred KiB where a few providers serve
// every country.
const (
	headerTimeout  = 2 * time.Second
	maxHeaderBytes = 8 << 10
)

// health is the private listener: /healthz says that the process runs, /readyz
// whether it takes messages, and in JSON /providers how its providers do (worker.Health) and
// /receipts what they have reported (receipts.Stats).
type health struct {
	listener net.Listener
	server   *http.Server
	served   chan error
}

// listen binds address and serves until close is called. With an empty address it
// returns nil, whose methods do nothing.
func listen(ctx context.Context, address string, told map[string]func() any, ready func() error) (*health, error) {
	if address == "" {
		return nil, nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("worker: private listener: %w; admin in the configuration says where it is", err)
	}
	h := &health{
		listener: listener,
		server: &http.Server{
			Handler:           handler(told, ready),
			ReadHeaderTimeout: headerTimeout,
			ReadTimeout:       headerTimeout,
			WriteTimeout:      headerTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
		},
		served: make(chan error, 1),
	}
	go func() { h.served <- h.server.Serve(listener) }()
	return h, nil
}

func handler(told map[string]func() any, ready func() error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(); err != nil {
			answer(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		answer(w, http.StatusOK, "ok")
	})
	for path, tell := range told {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			body, err := json.MarshalIndent(tell(), "", "  ")
			if err != nil {
				answer(w, http.StatusInternalServerError, "what is asked for can't be written")
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write(append(body, '\n')) // whoever asked is gone
		})
	}
	return mux
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // whoever asked is gone
}

// address is where the listener is, or empty.
func (h *health) address() string {
	if h == nil {
		return ""
	}
	return h.listener.Addr().String()
}

// close ends the listener and the requests that it serves.
func (h *health) close() error {
	if h == nil {
		return nil
	}
	err := h.server.Close()
	if served := <-h.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
