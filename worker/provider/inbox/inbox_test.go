package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/inbox"
)

func message(id string) provider.Message {
	return provider.Message{
		Reference: id, Tenant: "dev", Channel: provider.SMS, To: "+18085555555", From: "Acme",
		Text: "Here is your one time password: 999111", Code: "999111", Language: "en",
		Expires: time.Now().Add(time.Minute),
	}
}

func ids(kept []inbox.Message) string {
	names := make([]string, 0, len(kept))
	for _, m := range kept {
		names = append(names, m.ID)
	}
	return strings.Join(names, " ")
}

func TestMessageIsKeptWhole(t *testing.T) {
	box := inbox.New("desk", inbox.Config{})
	before := time.Now()
	receipt, err := box.Send(t.Context(), message("m-1"))
	if err != nil || receipt.ID == "" {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	got := box.Messages()
	if len(got) != 1 || got[0].At.Before(before) {
		t.Fatalf("got %d messages", len(got))
	}
	got[0].At = time.Time{}
	want := inbox.Message{
		ID: "m-1", Tenant: "dev", Channel: provider.SMS, To: "+18085555555", From: "Acme",
		Text: "Here is your one time password: 999111", Language: "en", Provider: "desk",
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNewestComesFirstAndOldestIsDropped(t *testing.T) {
	for name, tt := range map[string]struct {
		sent int
		want string
	}{
		"none":         {0, ""},
		"not yet full": {2, "2 1"},
		"just full":    {3, "3 2 1"},
		"one over":     {4, "4 3 2"},
		"twice around": {7, "7 6 5"},
	} {
		t.Run(name, func(t *testing.T) {
			box := inbox.New("desk", inbox.Config{Keep: 3})
			for i := range tt.sent {
				if _, err := box.Send(t.Context(), message(fmt.Sprint(i+1))); err != nil {
					t.Fatal(err)
				}
			}
			if got := ids(box.Messages()); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReceiptsDiffer(t *testing.T) {
	box := inbox.New("desk", inbox.Config{})
	first, _ := box.Send(t.Context(), message("m-1"))
	second, _ := box.Send(t.Context(), message("m-1"))
	if first.ID == second.ID {
		t.Errorf("both are %q", first.ID)
	}
}

func TestTooLateIsNotKept(t *testing.T) {
	expired := message("m-1")
	expired.Expires = time.Now().Add(-time.Second)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, send := range map[string]func(*inbox.Inbox) error{
		"expired":   func(b *inbox.Inbox) error { _, err := b.Send(t.Context(), expired); return err },
		"cancelled": func(b *inbox.Inbox) error { _, err := b.Send(over, message("m-1")); return err },
	} {
		t.Run(name, func(t *testing.T) {
			box := inbox.New("desk", inbox.Config{})
			failure, ok := errors.AsType[*provider.Error](send(box))
			if !ok || failure.Kind != provider.Unavailable {
				t.Errorf("got %v, want unavailable", failure)
			}
			if n := len(box.Messages()); n != 0 {
				t.Errorf("%d messages were kept", n)
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	box := inbox.New("desk", inbox.Config{Keep: 10})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				_, _ = box.Send(t.Context(), message("m"))
				_ = box.Messages()
			}
		})
	}
	wg.Wait()
	if n := len(box.Messages()); n != 10 {
		t.Errorf("%d messages are kept, want 10", n)
	}
}

func TestConfigBounds(t *testing.T) {
	for yaml, want := range map[string]string{
		"{}":             "",
		"{keep: 5}":      "",
		"{keep: -1}":     "f: keep: must be between 1 and 100000, or absent for 1000",
		"{keep: 100001}": "f: keep: must be between 1 and 100000, or absent for 1000",
	} {
		got := ""
		if err := configs.Parse("f", []byte(yaml), new(inbox.Config)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", yaml, got, want)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	box := inbox.New("desk", inbox.Config{})
	m := message("m-1")
	m.Expires = time.Now().Add(time.Hour)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := box.Send(b.Context(), m); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
