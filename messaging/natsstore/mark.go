package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// state is how far the work on a queued message is.
type state string

// The states; the package comment has the ways from one to the next.
const (
	begun     state = "begun"
	waiting   state = "waiting"
	ended     state = "ended"
	cancelled state = "cancelled"
)

// mark is what is written down about the work on a queued message.
type mark struct {
	State state `json:"state"`
	// Worker has begun, and Run is its name for this one go at the message.
	Worker string `json:"worker,omitempty"`
	Run    string `json:"run,omitempty"`
	// Tries is how often the message was put back, and Attempts are those made since it
	// came to the queue.
	Tries    int                 `json:"tries,omitempty"`
	Attempts []messaging.Attempt `json:"attempts,omitempty"`

	revision uint64 // 0 where there is no mark
	written  time.Time
}

const (
	// markWithin bounds the reading or writing of a mark.
	markWithin = 2 * time.Second
	// markLonger is how much longer than its message a mark lives, so that it is there
	// whenever the message can be.
	markLonger = time.Minute
)

func markSubject(tenant, id string) string { return marksPrefix + tenant + "." + token(id) }

// readMark returns the mark of a message; one without a state where there is none.
func (s *Store) readMark(ctx context.Context, tenant, id string) (mark, error) {
	found, err := s.api.last(ctx, streamMarks, markSubject(tenant, id), markWithin)
	if errors.Is(err, errNothing) {
		return mark{}, nil
	}
	if err != nil {
		return mark{}, err
	}
	m := mark{revision: found.Sequence, written: found.Time}
	if err := json.Unmarshal(found.Data, &m); err != nil {
		return mark{}, errors.New("the mark of a message can't be read")
	}
	return m, nil
}

// writeMark puts next in the place of the mark with its revision, and sets the new one. The
// error is changed where the mark was changed by somebody else, or by an earlier call without
// an answer.
func (s *Store) writeMark(ctx context.Context, tenant, id string, next *mark, life time.Duration) error {
	body, err := json.Marshal(next)
	if err != nil {
		return err
	}
	revision, err := s.api.put(ctx, markSubject(tenant, id), body, next.revision, max(0, life)+markLonger, markWithin)
	if err == nil {
		next.revision = revision
	}
	return err
}
