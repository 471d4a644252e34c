package providertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// patience is the deadline of the checks that wait for one to pass. It is long
// enough for a connection to be made on a busy machine.
const patience = 2 * time.Second

func transportChecks() []Check {
	return []Check{
		at("no connection is unavailable", unreachable),
		at("a failed TLS handshake is unavailable", untrusted),
		at("a context that is over sends nothing", overBefore),
		at("a deadline before a connection is unavailable", silentHandshake),
		at("a deadline after sending is unknown", deadlineWhileHanging),
		at("a cancellation after sending is unknown", cancelWhileHanging),
		at("a connection closed after sending is unknown", broken(simulator.Close)),
		at("a connection reset after sending is unknown", broken(simulator.Reset)),
		at("a redirect is not followed", redirected),
	}
}

func unreachable(ctx context.Context, s *site) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	if err := errors.Join(listener.Close(), s.use(s.New, base)); err != nil {
		return err
	}
	_, err = s.wantFailure(ctx, provider.Unavailable)
	return err
}

func untrusted(ctx context.Context, s *site) error {
	server := httptest.NewUnstartedServer(s.look)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	defer server.Close()
	if err := s.use(s.New, server.URL); err != nil {
		return err
	}
	_, err := s.wantFailure(ctx, provider.Unavailable)
	return errors.Join(err, s.wantNothingSent())
}

func overBefore(ctx context.Context, s *site) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	failure, err := s.wantFailure(ctx, provider.Unavailable)
	if err != nil {
		return err
	}
	if !errors.Is(failure, context.Canceled) {
		return errors.New("the error does not say that the context was cancelled")
	}
	return s.wantNothingSent()
}

// silentHandshake has a server that accepts connections and says nothing, so that
// the TLS handshake is still under way at the deadline.
func silentHandshake(ctx context.Context, s *site) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // the check closes it
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if err := s.use(s.New, "https://"+listener.Addr().String()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience/10)
	defer cancel()
	failure, err := s.wantFailure(ctx, provider.Unavailable)
	if err != nil {
		return err
	}
	return wantDeadline(failure)
}

// deadlineWhileHanging makes its connection beforehand, so that only a machine
// that stands still for patience could have the deadline pass before sending.
func deadlineWhileHanging(ctx context.Context, s *site) error {
	if err := s.wantSent(ctx); err != nil {
		return err
	}
	if err := s.look.SetFaults(simulator.Fault{Kind: simulator.Hang}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	failure, err := s.wantFailure(ctx, provider.Unknown)
	if err != nil {
		return err
	}
	return wantDeadline(failure)
}

func wantDeadline(failure *provider.Error) error {
	if !errors.Is(failure, context.DeadlineExceeded) {
		return errors.New("the error does not say that the deadline passed")
	}
	return nil
}

// cancelWhileHanging cancels when the request has reached the vendor.
func cancelWhileHanging(ctx context.Context, s *site) error {
	if err := s.look.SetFaults(simulator.Fault{Kind: simulator.Hang}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for s.look.Stats().Requests == 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	failure, err := s.wantFailure(ctx, provider.Unknown)
	if err != nil {
		return err
	}
	if !errors.Is(failure, context.Canceled) {
		return errors.New("the error does not say that the context was cancelled")
	}
	return nil
}

// broken has a vendor that takes the message and ends the connection, once on a
// new connection and once on one that was used before.
func broken(kind simulator.Kind) func(context.Context, *site) error {
	return func(ctx context.Context, s *site) error {
		fault := simulator.Fault{Kind: kind, Taken: true}
		if err := s.look.SetFaults(fault); err != nil {
			return err
		}
		if _, err := s.wantFailure(ctx, provider.Unknown); err != nil {
			return err
		}
		if err := errors.Join(s.look.SetFaults(), s.wantSent(ctx), s.look.SetFaults(fault)); err != nil {
			return err
		}
		if _, err := s.wantFailure(ctx, provider.Unknown); err != nil {
			return fmt.Errorf("on a connection used before: %w", err)
		}
		return s.wantTaken(3)
	}
}

// redirected has a vendor that sends the client elsewhere. A client that follows
// gives the credentials and the message away.
func redirected(ctx context.Context, s *site) error {
	var followed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		followed.Add(1)
		s.look.ServeHTTP(w, r)
	}))
	defer elsewhere.Close()
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, status) //nolint:gosec // the redirect is what is tested
		}))
		err := s.use(s.New, strings.TrimRight(server.URL, "/"))
		if err == nil {
			_, err = s.wantFailure(ctx, provider.Misconfigured)
		}
		server.Close()
		if err != nil {
			return fmt.Errorf("status %d: %w", status, err)
		}
	}
	if n := followed.Load(); n != 0 {
		return fmt.Errorf("%d redirects were followed; want none", n)
	}
	return nil
}
