package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/gateway/console"
	"github.com/phonehook/phonehook/gateway/dedupe"
	"github.com/phonehook/phonehook/messaging"
)

// Limits of both listeners, which protect the process from callers that are slow,
// large or gone.
const (
	// readHeaderTimeout is ample for headers, which arrive in one packet or two.
	readHeaderTimeout = 5 * time.Second
	// readTimeout bounds a whole request. It is longer than any deadline, because
	// net/http takes a connection whose read timeout passes during a call for gone.
	readTimeout = MaxDeadline + 5*time.Second
	// writeTimeout counts from the end of the headers, so it covers the longest
	// deadline and leaves a moment to write the answer.
	writeTimeout = MaxDeadline + 5*time.Second
	// idleTimeout is longer than the 60 s after which common load balancers drop an
	// idle connection, so that they do it first and no call meets a closing one.
	idleTimeout = 2 * time.Minute
	// maxHeaderBytes is far more than a platform's headers and a bearer token need.
	maxHeaderBytes = 16 << 10
	// drainTimeout lets the longest call finish and be answered.
	drainTimeout = MaxDeadline + 2*time.Second
)

// Deps are what a gateway needs from the process around it.
type Deps struct {
	// Sender takes the messages. It is required.
	Sender messaging.Sender
	// Logger is required; the gateway names its own below it.
	Logger *zap.Logger
	// Keys are the memory of requests that all gateways share. Without them, a
	// duplicate is seen only by the gateway that had the first.
	Keys messaging.Keys
	// History is what was recorded of messages. Without it, the native API can't
	// tell what became of one.
	History messaging.History
	// Recorder is told what no worker can tell. nil records nothing.
	Recorder messaging.Recorder
	// Queue is the durable queue, for callers that don't wait. Without it, they are
	// refused.
	Queue messaging.Queue
	// Callbacks take what providers report. Without them such requests are refused.
	Callbacks messaging.Callbacks
	// Feedbacks take it to the providers that want it. Without them it is refused.
	Feedbacks messaging.Feedbacks
	// NumberKey returns the key for hashing numbers, or nil as long as there is none;
	// it is asked for every call. A key in the configuration is stronger.
	NumberKey func() messaging.NumberKey
	// Status returns what GET /status tells of the process around the gateway, as
	// something that has JSON. nil tells nothing.
	Status func() any
	// Ready returns why the gateway cannot deliver now, for GET /readyz. Its text is
	// shown to whoever asks the private listener. nil means that it always can.
	Ready func() error
	// Inbox is shown by the console; nil where messages are really sent.
	Inbox console.Inbox
	// ExampleToken stands in the call that the console shows for pasting; empty
	// shows a placeholder. It is for development, where the token is no secret.
	ExampleToken string
}

// Server is the gateway of one process. It is used once: New, Listen, Run.
type Server struct {
	config   Config
	deps     Deps
	tenants  tenants
	dedupe   *dedupe.Deduper
	log      *zap.Logger
	draining atomic.Bool
	// receipts has room for those that are in hand.
	receipts chan struct{}
	// ownNumberKey is the configured one, nil where there is none.
	ownNumberKey messaging.NumberKey

	listener, adminListener net.Listener
}

// New makes a gateway that does not listen yet. It validates the configuration and
// reads the files of the tokens and of the key; its errors are *configs.Complaint, joined.
func New(config Config, deps Deps) (*Server, error) {
	if deps.Sender == nil || deps.Logger == nil {
		return nil, errors.New("gateway: a sender and a logger are required")
	}
	if err := config.Validate(); err != nil {
		return nil, err
	}
	all, err := newTenants(config.Tenants)
	key, keyErr := config.Events.ReadNumberKey()
	if err := errors.Join(err, configs.Within("events", keyErr)); err != nil {
		return nil, err
	}
	log := deps.Logger.Named("gateway")
	return &Server{
		config: config, deps: deps, tenants: all, log: log, ownNumberKey: key, receipts: make(chan struct{}, receiptsAtOnce),
		dedupe: dedupe.New(dedupe.Options{Keys: deps.Keys, History: deps.History, Logger: log}),
	}, nil
}

// Listen binds both listeners. Connections wait in the kernel until Run serves them.
func (s *Server) Listen() error {
	var config net.ListenConfig
	public, err := config.Listen(context.Background(), "tcp", cmp.Or(s.config.Listen, DefaultListen))
	if err != nil {
		return fmt.Errorf("gateway: public listener: %w", err)
	}
	admin, err := config.Listen(context.Background(), "tcp", cmp.Or(s.config.Admin, DefaultAdmin))
	if err != nil {
		_ = public.Close()
		return fmt.Errorf("gateway: private listener: %w", err)
	}
	s.listener, s.adminListener = public, admin
	return nil
}

// Addr returns the address of the public listener, once Listen has bound it.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// AdminAddr returns the address of the private listener, once Listen has bound it.
func (s *Server) AdminAddr() string { return s.adminListener.Addr().String() }

// Run serves until ctx ends and then drains: /readyz says so at once, calls go on being
// taken for the configured delay, on connections that close after them, then the public
// listener closes, calls that are under way are answered, and last the private
// listener closes. It binds the listeners if Listen has not. It returns nil after a
// complete drain, and otherwise why serving or draining failed; the listeners are
// closed in any case.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		if err := s.Listen(); err != nil {
			return err
		}
	}
	public, admin := s.httpServer(s.publicRoutes()), s.httpServer(s.privateRoutes())
	failed := make(chan error, 2)
	serve := func(server *http.Server, listener net.Listener) {
		failed <- server.Serve(listener)
	}
	go serve(public, s.listener)
	go serve(admin, s.adminListener)

	var err error
	running := 2
	select {
	case <-ctx.Done():
		s.draining.Store(true)
		err = s.linger(failed)
	case err = <-failed:
		s.draining.Store(true)
	}
	if err != nil {
		running--
		err = fmt.Errorf("gateway: a listener failed: %w", err)
	}
	err = errors.Join(err, drain(ctx, public), drain(ctx, admin))
	for range running {
		if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, fmt.Errorf("gateway: a listener failed: %w", e))
		}
	}
	return err
}

// linger lets calls come for a while, until those that send them have seen that they
// should not: connections that are refused at once are calls that fail. It returns
// early with the error of a listener that failed.
func (s *Server) linger(failed <-chan error) error {
	if s.config.ShutdownDelay == nil {
		return nil
	}
	timer := time.NewTimer(s.config.ShutdownDelay.Std())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case err := <-failed:
		return err
	}
}

// closing has a connection closed after its next answer once the gateway drains, so
// that its caller makes the next one elsewhere.
func (s *Server) closing(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.draining.Load() {
			c.Response().Header().Set("Connection", "close")
		}
		return next(c)
	}
}

// drain lets a server's calls finish, and cuts those off that take longer than any may.
func drain(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("gateway: calls were cut off after %v of draining: %w", drainTimeout, err), server.Close())
	}
	return nil
}

func (s *Server) httpServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// net/http reports what concerns a listener or a connection, never a body.
		ErrorLog: zap.NewStdLog(s.log.Named("http")),
	}
}

// newEcho returns an Echo that says nothing by itself and answers in problem documents.
func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(io.Discard)
	e.HTTPErrorHandler = s.answerError
	e.Use(s.recoverPanics)
	return e
}
