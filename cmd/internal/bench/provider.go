package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// startProvider starts a provider on a free port of 127.0.0.1 that takes every message
// after set.delay. It checks nothing and keeps nothing, so that the time is what it
// says. Its answer is Vonage's to an SMS and has a MessageID besides: the callers can
// call it as they call a subject, to see how long it takes by itself.
func startProvider(ctx context.Context, set settings) (*subject, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("bench: provider: %w", err)
	}
	server := &http.Server{Handler: provide(set.delay), ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return &subject{endpoint: Endpoint{URL: "http://" + listener.Addr().String()}, close: func() error {
		err := server.Close() // whoever still waits is another subject that ends
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}}, nil
}

func provide(delay time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a body that breaks off breaks the answer too
		time.Sleep(delay)
		id := uuid.NewString()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"MessageID":"`+id+`","message-count":"1","messages":[{"to":"18085555555","message-id":"`+id+
			`","status":"0","remaining-balance":"3.14159265","message-price":"0.03330000","network":"23410"}]}`)
	})
}
