package providertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// defaultGrace is Harness.Grace's default.
const defaultGrace = 10 * time.Second

// site is a look-alike that listens, and a provider that sends to it.
type site struct {
	Harness

	look     LookAlike
	server   *httptest.Server
	provider provider.Provider
	// conns counts the connections that the server accepted.
	conns atomic.Int32
	// sent numbers the messages.
	sent atomic.Int32
}

func open(h Harness) (*site, error) {
	look := h.LookAlike()
	s := &site{Harness: h, look: look, server: httptest.NewUnstartedServer(look)}
	s.server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	s.server.Start()
	if err := s.use(h.New, s.server.URL); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// use replaces the provider by one that sends to base.
func (s *site) use(make func(string) (provider.Provider, error), base string) error {
	closeProvider(s.provider)
	made, err := make(base)
	if err != nil {
		return fmt.Errorf("the harness made no provider: %w", err)
	}
	s.provider = made
	return nil
}

func (s *site) close() {
	closeProvider(s.provider)
	s.look.Close()
	s.server.Close()
}

func closeProvider(p provider.Provider) {
	if closer, ok := p.(interface{ Close() }); ok {
		closer.Close()
	}
}

func (s *site) message() provider.Message {
	m := s.Message
	m.Reference = fmt.Sprintf("01234567-89ab-7def-8123-%012d", s.sent.Add(1))
	m.Expires = time.Now().Add(5 * time.Minute)
	return m
}

// send sends m and reports a panic and a Send that does not return as errors. The
// second result is Send's own error.
func (s *site) send(ctx context.Context, m provider.Message) (provider.Receipt, error, error) {
	type result struct {
		receipt provider.Receipt
		err     error
		panic   any
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			r.panic = recover()
			done <- r
		}()
		r.receipt, r.err = s.provider.Send(ctx, m)
	}()
	grace := s.Grace
	if grace == 0 {
		grace = defaultGrace
	}
	patience := grace
	if deadline, ok := ctx.Deadline(); ok {
		patience += time.Until(deadline)
	}
	ended := ctx.Done()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case r := <-done:
			if r.panic != nil {
				return r.receipt, nil, errors.New("the provider panicked")
			}
			return r.receipt, r.err, nil
		case <-ended:
			ended = nil
			timer.Reset(grace)
		case <-timer.C:
			return provider.Receipt{}, nil, fmt.Errorf("the provider did not return within %v", grace)
		}
	}
}

// wantSent sends a message that must be taken.
func (s *site) wantSent(ctx context.Context) error {
	receipt, err, broken := s.send(ctx, s.message())
	switch {
	case broken != nil:
		return broken
	case err != nil:
		return fmt.Errorf("the provider failed: %w", err)
	case receipt.ID == "":
		return errors.New("the receipt has no ID")
	case receipt.Parts < 0:
		return errors.New("the receipt has a negative number of parts")
	}
	return nil
}

// wantFailure sends a message that must fail with an error of the kind, and returns
// the error.
func (s *site) wantFailure(ctx context.Context, kind provider.Kind) (*provider.Error, error) {
	return s.wantFailureOf(ctx, s.message(), kind)
}

func (s *site) wantFailureOf(ctx context.Context, m provider.Message, kind provider.Kind) (*provider.Error, error) {
	receipt, err, broken := s.send(ctx, m)
	if broken != nil {
		return nil, broken
	}
	if err == nil {
		return nil, fmt.Errorf("the provider succeeded with %+v; want an error of kind %v", receipt, kind)
	}
	failure, ok := err.(*provider.Error) //nolint:errorlint // the contract is the type itself
	switch {
	case !ok || failure == nil:
		return nil, fmt.Errorf("the error is a %T and not a *provider.Error", err)
	case failure.Kind != kind:
		return nil, fmt.Errorf("the error is of kind %v (%s); want %v", failure.Kind, failure.Detail, kind)
	case failure.RetryAfter < 0:
		return nil, errors.New("the error asks to wait for a negative time")
	}
	return failure, s.leak(err, m)
}

// leak says which secret an error tells, by its place and not by its value.
func (s *site) leak(err error, m provider.Message) error {
	forbidden := map[string]string{
		"the recipient": strings.TrimPrefix(m.To, "+"), "the text": m.Text, "the code": m.Code,
		"the vendor's address": strings.TrimPrefix(s.server.URL, "http://"),
	}
	for i, secret := range s.Secrets {
		forbidden["secret "+strconv.Itoa(i)] = secret
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		text := fmt.Sprintf("%v\n%+v\n%#v", e, e, e)
		for name, value := range forbidden {
			if value != "" && strings.Contains(text, value) {
				return fmt.Errorf("the error (%T) tells %s", e, name)
			}
		}
	}
	return nil
}

// wantTaken checks how many messages the vendor took.
func (s *site) wantTaken(want int) error {
	if stats := s.look.Stats(); stats.Taken != want {
		return fmt.Errorf("the vendor took %d messages; want %d (refused: %v)", stats.Taken, want, stats.Refused)
	}
	return nil
}
