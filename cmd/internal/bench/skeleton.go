package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging/natsserver"
)

const (
	hookPath        = "/hooks/send-phone-message"
	skeletonSubject = "skeleton.deliver"
	skeletonQueue   = "workers"
	// skeletonTimeout is the product's default deadline.
	skeletonTimeout = 9 * time.Second
)

// hookCall is the body of a call, as its documentation lists it.
type hookCall struct {
	Recipient string `json:"recipient"`
	Text      string `json:"text"`
	Context   struct {
		MessageType string `json:"message_type"`
		Action      string `json:"action"`
		Language    string `json:"language"`
		Code        string `json:"code"`
		IP          string `json:"ip"`
		UserAgent   string `json:"user_agent"`
		Client      struct {
			ID       string         `json:"client_id"`
			Name     string         `json:"name"`
			Metadata map[string]any `json:"client_metadata"`
		} `json:"client"`
		User struct {
			ID           string         `json:"user_id"`
			Name         string         `json:"name"`
			Email        string         `json:"email"`
			AppMetadata  map[string]any `json:"app_metadata"`
			UserMetadata map[string]any `json:"user_metadata"`
		} `json:"user"`
	} `json:"context"`
}

// hookAnswer is the answer to a call, and in the skeleton the worker's as well.
type hookAnswer struct {
	MessageID string `json:"MessageID"`
}

// skeleton is what somebody would write first: no verification, no checks, no
// deadline but one timeout, no logs.
type skeleton struct {
	server *natsserver.Server
	caller *nats.Conn
	worker *nats.Conn
	http   *http.Server
	served chan error
	// provider is where the worker's side sends each message; empty is nowhere.
	provider string
	client   *http.Client
}

// startSkeleton starts the skeleton on a free port of 127.0.0.1.
func startSkeleton(ctx context.Context, set settings) (*subject, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("bench: skeleton: %w", err)
	}
	s := &skeleton{served: make(chan error, 1), provider: set.provider}
	// The one setting that nobody gets far without: by default all but two
	// connections are closed after each use.
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: maxConnections}}
	if err := s.connect(); err != nil {
		return nil, errors.Join(fmt.Errorf("bench: skeleton: %w", err), listener.Close(), s.disconnect())
	}
	e := echo.New()
	e.POST(hookPath, s.handle)
	// The limit is the gateway's kind, not a tuning: a server without one is a
	// fault that nobody should copy from here.
	s.http = &http.Server{Handler: e, ReadHeaderTimeout: skeletonTimeout}
	go func() { s.served <- s.http.Serve(listener) }()
	return &subject{endpoint: Endpoint{URL: "http://" + listener.Addr().String() + hookPath}, close: s.close}, nil
}

func (s *skeleton) connect() (err error) {
	if s.server, err = natsserver.Start(natsserver.Options{}); err != nil {
		return err
	}
	if s.caller, err = nats.Connect(s.server.URL()); err != nil {
		return err
	}
	if s.worker, err = nats.Connect(s.server.URL()); err != nil {
		return err
	}
	// NATS calls back for one message at a time, so a worker that waits for its
	// provider needs a goroutine for each. This one doesn't wait, but without
	// them it could not stand in for one that does.
	if _, err = s.worker.QueueSubscribe(skeletonSubject, skeletonQueue, func(m *nats.Msg) { go s.work(m) }); err != nil {
		return err
	}
	return s.worker.Flush()
}

// handle is the caller's side.
func (s *skeleton) handle(c echo.Context) error {
	var call hookCall
	if err := c.Bind(&call); err != nil {
		return err
	}
	data, err := json.Marshal(call)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), skeletonTimeout)
	defer cancel()
	reply, err := s.caller.RequestWithContext(ctx, skeletonSubject, data)
	if err != nil {
		return err
	}
	var answer hookAnswer
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// work is the worker's side.
func (s *skeleton) work(m *nats.Msg) {
	var call hookCall
	if err := json.Unmarshal(m.Data, &call); err != nil {
		return // The caller's timeout reports it.
	}
	answer := hookAnswer{MessageID: uuid.NewString()}
	if s.provider != "" {
		var err error
		if answer, err = s.send(m.Data); err != nil {
			return // Likewise.
		}
	}
	data, err := json.Marshal(answer)
	if err != nil {
		return
	}
	_ = m.Respond(data) // Likewise.
}

// send sends a message to the provider.
func (s *skeleton) send(data []byte) (answer hookAnswer, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), skeletonTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.provider, bytes.NewReader(data))
	if err != nil {
		return answer, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return answer, err
	}
	defer func() { _ = response.Body.Close() }()
	return answer, json.NewDecoder(response.Body).Decode(&answer)
}

func (s *skeleton) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), skeletonTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err = errors.Join(err, s.disconnect()); err != nil {
		return fmt.Errorf("bench: skeleton: %w", err)
	}
	return nil
}

func (s *skeleton) disconnect() error {
	s.client.CloseIdleConnections()
	for _, nc := range []*nats.Conn{s.caller, s.worker} {
		if nc != nil {
			nc.Close()
		}
	}
	if s.server == nil {
		return nil
	}
	return s.server.Shutdown()
}
