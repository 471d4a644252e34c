package messaging

import (
	"context"
	"errors"
)

// Recording returns a Sender that does what next does and has the event of each
// result recorded, unless the message was lost to another worker (CodeConflict, by a
// Hold), which tells its end.
func Recording(next Sender, recorder Recorder) Sender {
	return SenderFunc(func(ctx context.Context, m Message) (Receipt, error) {
		r, err := next.Send(ctx, m)
		if !errors.Is(err, CodeConflict) {
			recorder.Record(EventOf(m, r, err))
		}
		return r, err
	})
}
