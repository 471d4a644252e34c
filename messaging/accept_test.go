package messaging_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
)

// parked is a queue that remembers, or fails.
type parked struct {
	messages []messaging.Message
	err      error
}

func (p *parked) Enqueue(_ context.Context, m messaging.Message) error {
	if p.err == nil {
		p.messages = append(p.messages, m)
	}
	return p.err
}

func (p *parked) Cancel(context.Context, string, string) error { return messaging.CodeNotFound }

func accepted() messaging.Message {
	m := messagingtest.Message()
	m.Accept, m.Expires = true, time.Now().Add(5*time.Minute)
	return m
}

func TestAcceptingQueuesWhatALaterTryMayMend(t *testing.T) {
	attempt := messaging.Attempt{Provider: "a", Code: messaging.CodeUnavailable}
	for name, tt := range map[string]struct {
		change  func(*messaging.Message)
		receipt messaging.Receipt
		err     error
		queued  bool
		earlier []messaging.Attempt
	}{
		"sent":            {receipt: messaging.Receipt{Code: messaging.CodeSent}},
		"refused":         {err: messaging.CodeRejected},
		"blocked":         {err: messaging.CodeBlocked},
		"misconfigured":   {err: messaging.CodeMisconfigured},
		"unavailable":     {err: messaging.CodeUnavailable, queued: true},
		"with attempts":   {receipt: messaging.Receipt{Attempts: []messaging.Attempt{attempt}, Worker: "w"}, err: messaging.CodeUnavailable, queued: true, earlier: []messaging.Attempt{attempt}},
		"expired":         {err: messaging.CodeExpired, queued: true},
		"silent worker":   {err: messaging.CodeUnknown, queued: true, earlier: []messaging.Attempt{{Code: messaging.CodeUnknown}}},
		"not asked for":   {change: func(m *messaging.Message) { m.Accept = false }, err: messaging.CodeUnavailable},
		"end of life":     {change: func(m *messaging.Message) { m.Expires = time.Now() }, err: messaging.CodeUnavailable},
		"tried once":      {change: func(m *messaging.Message) { m.Earlier = []messaging.Attempt{attempt} }, err: messaging.CodeExpired, queued: true, earlier: []messaging.Attempt{attempt}},
		"lost to another": {err: &messaging.Error{Code: messaging.CodeUnknown, Cause: messaging.CodeConflict}},
		"wrapped errors":  {err: &messaging.Error{Code: messaging.CodeUnavailable, Cause: errors.New("why")}, queued: true},
	} {
		t.Run(name, func(t *testing.T) {
			queue := &parked{}
			sender := messaging.Accepting(messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
				return tt.receipt, tt.err
			}), queue)
			m := accepted()
			if tt.change != nil {
				tt.change(&m)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			r, err := sender.Send(ctx, m)
			if !tt.queued {
				if !errors.Is(err, tt.err) || r.Code != tt.receipt.Code || len(queue.messages) != 0 {
					t.Fatalf("got %v, %v and %d in the queue, want what the sender returned and none", r, err, len(queue.messages))
				}
				return
			}
			if err != nil || r.Code != messaging.CodePending || r.Worker != "" || len(queue.messages) != 1 {
				t.Fatalf("got %+v, %v and %d in the queue, want pending and one", r, err, len(queue.messages))
			}
			if diff := cmp.Diff(tt.earlier, queue.messages[0].Earlier); diff != "" {
				t.Errorf("earlier attempts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAcceptingTellsWhatTheQueueDidNotTake(t *testing.T) {
	for name, tt := range map[string]struct{ queue, want messaging.Code }{
		"refused":  {messaging.CodeExpired, messaging.CodeUnavailable},
		"not said": {messaging.CodeUnavailable, messaging.CodeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			sender := messaging.Accepting(messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
				return messaging.Receipt{}, messaging.CodeUnavailable
			}), &parked{err: tt.queue})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := sender.Send(ctx, accepted()); messaging.CodeOf(messaging.Receipt{}, err) != tt.want {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAcceptingHandsOverBeforeTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := &parked{}
		sender := messaging.Accepting(messaging.SenderFunc(func(ctx context.Context, _ messaging.Message) (messaging.Receipt, error) {
			<-ctx.Done() // a provider that hangs
			return messaging.Receipt{Attempts: []messaging.Attempt{{Provider: "a", Code: messaging.CodeUnknown}}}, messaging.CodeUnknown
		}), queue)
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		r, err := sender.Send(ctx, accepted())
		if err != nil || r.Code != messaging.CodePending || ctx.Err() != nil {
			t.Errorf("got %v, %v, with the deadline %v; want pending before it", r, err, ctx.Err())
		}
		if len(queue.messages) != 1 || queue.messages[0].Earlier[0].Code != messaging.CodeUnknown {
			t.Errorf("the queue has %d messages, want one that tells of the unknown attempt", len(queue.messages))
		}
	})
}

func TestHold(t *testing.T) {
	if err := messaging.CheckHold(t.Context()); err != nil {
		t.Errorf("without a hold: %v", err)
	}
	ctx := messaging.WithHold(t.Context(), func(context.Context) error { return messaging.CodeUnavailable })
	if err := messaging.CheckHold(ctx); !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v, want the hold's own error", err)
	}
}

// events is a Recorder that remembers.
type events []messaging.Event

func (e *events) Record(event messaging.Event) { *e = append(*e, event) }

func TestRecordingLeavesALostMessageToItsHolder(t *testing.T) {
	var recorded events
	sender := messaging.Recording(messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		return messaging.Receipt{}, &messaging.Error{Code: messaging.CodeUnknown, Cause: messaging.CodeConflict}
	}), &recorded)
	if _, err := sender.Send(t.Context(), accepted()); !errors.Is(err, messaging.CodeUnknown) || len(recorded) != 0 {
		t.Errorf("got %v and %d events, want the error and none", err, len(recorded))
	}
}

func TestRecordingPassesTheResultOn(t *testing.T) {
	var recorded events
	sender := messaging.Recording(messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		return messaging.Receipt{Attempts: []messaging.Attempt{{Provider: "a"}}}, messaging.CodeRejected
	}), &recorded)
	r, err := sender.Send(t.Context(), accepted())
	if len(r.Attempts) != 1 || !errors.Is(err, messaging.CodeRejected) {
		t.Errorf("got %v, %v", r, err)
	}
	if len(recorded) != 1 || recorded[0].Code != messaging.CodeRejected || recorded[0].Type != messaging.EventOutcome {
		t.Errorf("recorded %v", recorded)
	}
}
