package messaging

import "context"

// Recording returns a Sender that does what next does and has the event of each
// result recorded.
func Recording(next Sender, recorder Recorder) Sender {
	return SenderFunc(func(ctx context.Context, m Message) (Receipt, error) {
		r, err := next.Send(ctx, m)
		recorder.Record(EventOf(m, r, err))
		return r, err
	})
}
