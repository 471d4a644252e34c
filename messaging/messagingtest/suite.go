package messagingtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
)

// Connect returns a Sender whose messages end up at backend. It is called once a
// subtest and cleans up after itself with t.Cleanup.
type Connect func(t *testing.T, backend messaging.Sender) messaging.Sender

// patient is a deadline that only a broken Sender reaches.
const patient = 15 * time.Second

// Run checks that a Sender keeps every promise of messaging.Sender at a distance.
func Run(t *testing.T, connect Connect) {
	for _, check := range checks {
		t.Run(check.name, func(t *testing.T) {
			if err := check.run(func(backend messaging.Sender) messaging.Sender { return connect(t, backend) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// checks are functions that return what is wrong, so that the tests of this
// package can show that each of them is able to fail.
var checks = []struct {
	name string
	run  func(connect func(messaging.Sender) messaging.Sender) error
}{
	{"a message arrives as it was sent", messageArrives},
	{"a receipt comes back as it was given", receiptComesBack},
	{"an error keeps its code, detail, field and wait", errorSurvives},
	{"a cause stays behind", causeStays},
	{"every code survives", codesSurvive},
	{"an error still tells the attempts", attemptsSurvive},
	{"a call without a deadline is refused", deadlineRequired},
	{"the backend has less time than the caller", deadlineTravels},
	{"a call ends at its deadline whatever the backend does", deadlineEnds},
	{"an invalid message is not handed over", invalidStays},
	{"a panic of the backend is an unknown outcome", panicIsUnknown},
	{"a thousand calls at once keep apart", callsKeepApart},
}

// wrong returns what a check found. It wraps nothing: the errors it speaks of are
// what was looked at.
func wrong(format string, args ...any) error { return fmt.Errorf(format, args...) }

func send(s messaging.Sender, m messaging.Message) (messaging.Receipt, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	return s.Send(ctx, m)
}

// answer is a backend that always returns the same.
func answer(r messaging.Receipt, err error) messaging.Sender {
	return messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) { return r, err })
}

func receipt() messaging.Receipt {
	return messaging.Receipt{
		Code: messaging.CodeSent, Provider: "second", ProviderMessageID: "0A0000001234",
		Attempts: []messaging.Attempt{
			{Provider: "first", Code: messaging.CodeUnavailable, ProviderCode: "HTTP 503", Duration: 12 * time.Millisecond},
			{Provider: "second", Code: messaging.CodeSent, Duration: 34 * time.Millisecond},
		},
	}
}

func messageArrives(connect func(messaging.Sender) messaging.Sender) error {
	var got messaging.Message
	s := connect(messaging.SenderFunc(func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		got = m
		return receipt(), nil
	}))
	if _, err := send(s, Message()); err != nil {
		return err
	}
	if diff := cmp.Diff(Message(), got); diff != "" {
		return wrong("sent (-), arrived (+):\n%s", diff)
	}
	return nil
}

func receiptComesBack(connect func(messaging.Sender) messaging.Sender) error {
	got, err := send(connect(answer(receipt(), nil)), Message())
	if err != nil {
		return err
	}
	got.Worker = "" // is the transport's to say
	if diff := cmp.Diff(receipt(), got); diff != "" {
		return wrong("given (-), came back (+):\n%s", diff)
	}
	return nil
}

func errorSurvives(connect func(messaging.Sender) messaging.Sender) error {
	want := &messaging.Error{Code: messaging.CodeRateLimited, Detail: "too many", Field: "recipient", RetryAfter: 1500 * time.Millisecond}
	_, err := send(connect(answer(messaging.Receipt{}, fmt.Errorf("wrapped: %w", want))), Message())
	got, ok := errors.AsType[*messaging.Error](err)
	if !ok {
		return wrong("got %v, want a *messaging.Error", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return wrong("given (-), came back (+):\n%s", diff)
	}
	return nil
}

func causeStays(connect func(messaging.Sender) messaging.Sender) error {
	const inner = "inner-workings"
	for _, given := range []error{
		&messaging.Error{Code: messaging.CodeUnavailable, Cause: errors.New(inner)},
		errors.New(inner),
	} {
		if _, err := send(connect(answer(messaging.Receipt{}, given)), Message()); err == nil || strings.Contains(err.Error(), inner) {
			return wrong("%T came back as %v", given, err)
		}
	}
	return nil
}

func codesSurvive(connect func(messaging.Sender) messaging.Sender) error {
	var code atomic.Value // of messaging.Code
	s := connect(messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		switch c := code.Load().(messaging.Code); c {
		case messaging.CodeSent, messaging.CodePending:
			return messaging.Receipt{Code: c}, nil
		default:
			return messaging.Receipt{}, c
		}
	}))
	for _, want := range messaging.Codes() {
		code.Store(want)
		if got := messaging.CodeOf(send(s, Message())); got != want {
			return wrong("%s came back as %s", want, got)
		}
	}
	return nil
}

func attemptsSurvive(connect func(messaging.Sender) messaging.Sender) error {
	given := messaging.Receipt{Attempts: receipt().Attempts[:1]}
	got, err := send(connect(answer(given, messaging.CodeUnavailable)), Message())
	if !errors.Is(err, messaging.CodeUnavailable) {
		return wrong("got the error %v", err)
	}
	if diff := cmp.Diff(given.Attempts, got.Attempts); diff != "" {
		return wrong("made (-), told (+):\n%s", diff)
	}
	return nil
}

func deadlineRequired(connect func(messaging.Sender) messaging.Sender) error {
	_, err := connect(answer(receipt(), nil)).Send(context.Background(), Message())
	if !errors.Is(err, messaging.CodeInternal) {
		return wrong("got %v, want %v", err, messaging.CodeInternal)
	}
	return nil
}

func deadlineTravels(connect func(messaging.Sender) messaging.Sender) error {
	var left time.Time
	s := connect(messaging.SenderFunc(func(ctx context.Context, _ messaging.Message) (messaging.Receipt, error) {
		left, _ = ctx.Deadline()
		return receipt(), nil
	}))
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	if _, err := s.Send(ctx, Message()); err != nil {
		return err
	}
	if deadline, _ := ctx.Deadline(); left.IsZero() || left.After(deadline) {
		return wrong("the backend's deadline is %s, the caller's %s", left, deadline)
	}
	return nil
}

func deadlineEnds(connect func(messaging.Sender) messaging.Sender) error {
	release := make(chan struct{})
	defer close(release)
	s := connect(messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		<-release
		return receipt(), nil
	}))
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	returned := make(chan error, 1)
	go func() {
		_, err := s.Send(ctx, Message())
		returned <- err
	}()
	select {
	case err := <-returned:
		if !errors.Is(err, messaging.CodeUnknown) {
			return wrong("got %v, want %v", err, messaging.CodeUnknown)
		}
		return nil
	case <-time.After(patient):
		return wrong("Send goes on after its deadline")
	}
}

func invalidStays(connect func(messaging.Sender) messaging.Sender) error {
	var calls atomic.Int32
	s := connect(messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		calls.Add(1)
		return receipt(), nil
	}))
	m := Message()
	m.To = "1-808-555-5555"
	_, err := send(s, m)
	if e := messaging.AsError(err); e == nil || e.Code != messaging.CodeInvalidNumber || e.Field != "to" {
		return wrong("got %v, want %v of the field to", err, messaging.CodeInvalidNumber)
	}
	if calls.Load() != 0 {
		return wrong("the backend was called")
	}
	return nil
}

func panicIsUnknown(connect func(messaging.Sender) messaging.Sender) error {
	s := connect(messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		panic("of the backend")
	}))
	if _, err := send(s, Message()); !errors.Is(err, messaging.CodeUnknown) {
		return wrong("got %v, want %v", err, messaging.CodeUnknown)
	}
	return nil
}

func callsKeepApart(connect func(messaging.Sender) messaging.Sender) error {
	s := connect(messaging.SenderFunc(func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		return messaging.Receipt{Code: messaging.CodeSent, ProviderMessageID: m.ID}, nil
	}))
	var failed atomic.Int32
	var last atomic.Value
	var wait sync.WaitGroup
	for i := range 1000 {
		wait.Go(func() {
			m := Message()
			m.ID = fmt.Sprintf("call-%d", i)
			if r, err := send(s, m); err != nil || r.ProviderMessageID != m.ID {
				failed.Add(1)
				last.Store(fmt.Sprintf("%s got %q and %v", m.ID, r.ProviderMessageID, err))
			}
		})
	}
	wait.Wait()
	if n := failed.Load(); n > 0 {
		return wrong("%d of 1000 calls went wrong, for example: %s", n, last.Load())
	}
	return nil
}
