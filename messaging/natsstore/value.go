package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// The headers of JetStream that this package uses, and its own.
const (
	headerMsgID    = nats.MsgIdHdr
	headerExpected = nats.ExpectedLastSubjSeqHdr
	headerTTL      = "Nats-TTL"
	headerStatus   = "Status"
	// headerExpires is the end of a queued message's life in Unix milliseconds by the
	// server's clock.
	headerExpires = "Phonehook-Expires"
)

// The error codes of JetStream that are no failures.
const (
	errCodeNoMessage  = 10037
	errCodeNoSequence = 10043
	errCodeStore      = 10077 // with the reason in the text
	errCodeWrongLast  = 10071
	errCodeWrongLastC = 10164 // the same, while the earlier one is on its way through the cluster
	tooManyPerSubject = "maximum messages per subject exceeded"
)

// statusNoMessage is JetStream's answer to a direct question that there is none.
const statusNoMessage = "404"

// refusal is JetStream's answer that it did not do what was asked.
type refusal struct {
	Code        int    `json:"code"`
	ErrCode     int    `json:"err_code"`
	Description string `json:"description"`
}

func (r *refusal) Error() string { return fmt.Sprintf("JetStream: %s (%d)", r.Description, r.ErrCode) }

// changed says that a value is not at the expected revision.
type changed struct{}

func (changed) Error() string { return "the value has changed" }

// stored is JetStream's answer to a message that was published to it.
type stored struct {
	Error     *refusal `json:"error"`
	Sequence  uint64   `json:"seq"`
	Duplicate bool     `json:"duplicate"`
}

// store publishes msg to the stream that has its subject and returns its sequence.
func (a *api) store(ctx context.Context, msg *nats.Msg, within time.Duration) (uint64, error) {
	answer, err := a.ask(ctx, msg, within)
	if err != nil {
		return 0, err
	}
	var ack stored
	if err := json.Unmarshal(answer.Data, &ack); err != nil {
		return 0, fmt.Errorf("JetStream's answer: %w", err)
	}
	if ack.Error != nil {
		return 0, ack.Error.meaning()
	}
	return ack.Sequence, nil
}

// meaning returns the refusal, or changed where it is that.
func (r *refusal) meaning() error {
	if r.ErrCode == errCodeWrongLast || r.ErrCode == errCodeWrongLastC {
		return changed{}
	}
	return r
}

// put stores a value of a key-value stream for ttl, in the place of the one with the given
// revision; 0 means that there is none. The error is changed where that isn't so.
func (a *api) put(ctx context.Context, subject string, value []byte, revision uint64, ttl, within time.Duration) (uint64, error) {
	msg := &nats.Msg{Subject: subject, Data: value, Header: nats.Header{
		headerExpected: {strconv.FormatUint(revision, 10)},
	}}
	if ttl > 0 {
		msg.Header[headerTTL] = []string{seconds(ttl)}
	}
	return a.store(ctx, msg, within)
}

// seconds writes a duration as the server reads it, rounded up to whole seconds.
func seconds(d time.Duration) string {
	return strconv.FormatInt(max(1, int64((d+time.Second-1)/time.Second)), 10)
}

// value is what is stored under a subject.
type value struct {
	Subject  string    `json:"subject"`
	Sequence uint64    `json:"seq"`
	Data     []byte    `json:"data"`
	Time     time.Time `json:"time"`
}

var errNothing = errors.New("there is nothing under the subject")

// last returns the newest message under a subject of a stream, from the stream's
// leader, which knows of everything that was acknowledged. The error is errNothing where
// there is none.
func (a *api) last(ctx context.Context, stream, subject string, within time.Duration) (value, error) {
	var answer struct {
		Error   *refusal `json:"error"`
		Message *value   `json:"message"`
	}
	request, err := json.Marshal(map[string]string{"last_by_subj": subject})
	if err != nil {
		return value{}, err
	}
	if err := a.call(ctx, "$JS.API.STREAM.MSG.GET."+stream, request, &answer, within); err != nil {
		return value{}, err
	}
	switch {
	case answer.Error != nil && answer.Error.ErrCode == errCodeNoMessage:
		return value{}, errNothing
	case answer.Error != nil:
		return value{}, answer.Error
	case answer.Message == nil:
		return value{}, errors.New("JetStream's answer has no message")
	}
	return *answer.Message, nil
}

// remove deletes one message of a stream, leaving no marker. It is no error that the
// message is gone already.
func (a *api) remove(ctx context.Context, stream string, sequence uint64, within time.Duration) error {
	var answer struct {
		Error *refusal `json:"error"`
	}
	request, err := json.Marshal(map[string]any{"seq": sequence, "no_erase": true})
	if err != nil {
		return err
	}
	if err := a.call(ctx, "$JS.API.STREAM.MSG.DELETE."+stream, request, &answer, within); err != nil {
		return err
	}
	if e := answer.Error; e != nil && e.ErrCode != errCodeNoMessage && e.ErrCode != errCodeNoSequence {
		return e
	}
	return nil
}

// call puts a question to JetStream's API, and reads the answer into answer.
func (a *api) call(ctx context.Context, subject string, request []byte, answer any, within time.Duration) error {
	msg, err := a.ask(ctx, &nats.Msg{Subject: subject, Data: request}, within)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(msg.Data, answer); err != nil {
		return fmt.Errorf("JetStream's answer: %w", err)
	}
	return nil
}

// token returns id as one token of a subject: itself where it can be one.
func token(id string) string {
	for _, r := range id {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_') {
			return "x" + digest(id)
		}
	}
	return id
}
