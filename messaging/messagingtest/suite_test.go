package messagingtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

func TestInMemory(t *testing.T) {
	Run(t, func(_ *testing.T, backend messaging.Sender) messaging.Sender { return InMemory(backend) })
}

// TestEveryCheckCanFail holds each check against Senders that are wrong in one way
// and expects it to notice at least one of them.
func TestEveryCheckCanFail(t *testing.T) {
	wrong := map[string]func(messaging.Sender) messaging.Sender{
		"passes everything through": func(backend messaging.Sender) messaging.Sender {
			return messaging.SenderFunc(backend.Send)
		},
		"loses everything": func(messaging.Sender) messaging.Sender {
			return messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
				return messaging.Receipt{}, nil
			})
		},
		"gives the backend more time": func(backend messaging.Sender) messaging.Sender {
			return messaging.SenderFunc(func(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
				longer, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Hour)
				defer cancel()
				return backend.Send(longer, m)
			})
		},
		"flattens errors": func(backend messaging.Sender) messaging.Sender {
			return messaging.SenderFunc(func(ctx context.Context, m messaging.Message) (messaging.Receipt, error) {
				if _, err := backend.Send(ctx, m); err != nil {
					return messaging.Receipt{}, errors.New("failed")
				}
				return messaging.Receipt{}, nil
			})
		},
		"gives up at once": func(messaging.Sender) messaging.Sender {
			return messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
				return messaging.Receipt{}, messaging.CodeUnavailable
			})
		},
	}
	for _, check := range checks {
		t.Run(check.name, func(t *testing.T) {
			t.Parallel()
			for _, connect := range wrong {
				failed := make(chan bool, 1)
				go func() {
					defer func() {
						if recover() != nil {
							failed <- true
						}
					}()
					failed <- check.run(connect) != nil
				}()
				select {
				case f := <-failed:
					if f {
						return
					}
				case <-time.After(time.Second): // it hangs with this one, as it should
				}
			}
			t.Error("no wrong Sender fails this check")
		})
	}
}
