package natsstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// reading returns a following that has come up to the log's end, and what gives it a message.
func reading() (f *following, give func(sequence, delivered, pending int)) {
	s := &Store{wake: make(chan struct{}, 1), opts: Options{}.withDefaults()}
	r := newRecent(s)
	f = &following{r: r, table: newTable(), began: time.Now(), amiss: make(chan error, 1)}
	f.caughtUp()
	return f, func(sequence, delivered, pending int) {
		f.receive(&nats.Msg{
			Sub: &nats.Subscription{}, Reply: fmt.Sprintf("$JS.ACK.%s.g.1.%d.%d.1700000000000000000.%d", streamRecent, sequence, delivered, pending),
			Data: appendHeader(nil, session{}, 1),
		})
	}
}

func TestAGapIsNoticed(t *testing.T) {
	heartbeat := func(f *following, last string) {
		f.receive(&nats.Msg{Header: nats.Header{headerStatus: {statusControl}, headerLastSent: {last}}})
	}
	tests := map[string]func(*following, func(sequence, delivered, pending int)){
		"a message did not come":   func(_ *following, give func(int, int, int)) { give(12, 3, 0) },
		"a message came twice":     func(_ *following, give func(int, int, int)) { give(11, 1, 0) },
		"a message is gone":        func(_ *following, give func(int, int, int)) { give(13, 2, 0) },
		"the stream was made anew": func(_ *following, give func(int, int, int)) { give(1, 2, 0) },
		"the last did not come":    func(f *following, _ func(int, int, int)) { heartbeat(f, "2") },
		"something else":           func(f *following, _ func(int, int, int)) { f.receive(&nats.Msg{Data: []byte("x")}) },
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, give := reading()
			give(11, 1, 0)
			heartbeat(f, "1")
			if len(f.amiss) != 0 {
				t.Fatal(<-f.amiss)
			}
			test(f, give)
			if len(f.amiss) != 1 {
				t.Error("it went unnoticed")
			}
		})
	}
}

func TestWhoIsFarBehindDecidesNothing(t *testing.T) {
	f, give := reading()
	give(11, 1, farBehind+1)
	if f.r.current != nil {
		t.Error("far behind, it passes for the truth")
	}
	give(12, 2, 1)
	if f.r.current != nil {
		t.Error("not yet up to the end, it passes for the truth")
	}
	give(13, 3, 0)
	if f.r.current != f {
		t.Error("having caught up, it isn't used")
	}
	f.r.leave(f)
	give(14, 4, 0)
	if f.r.current != nil {
		t.Error("after the end it is used")
	}
}
