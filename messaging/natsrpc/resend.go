package natsrpc

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// conclude publishes the answer that ends this worker's part in an offer's message. It
// is remembered first: what is done is either in hand or remembered, or both.
func (s *Server) conclude(o *offer, answer, reason string, body []byte) {
	s.recent.add(time.Now(), o.reply, answer, reason, body)
	if answer == answerBusy {
		s.settle(o)
	}
	s.answer(o, answer, reason, body)
}

// resendTo answers a gateway that lost its connection.
func (s *Server) resendTo(msg *nats.Msg) {
	s.resend(replyPrefix + strings.TrimPrefix(msg.Subject, resendPrefix) + ".")
}

// resend says again which messages the worker has in hand, and what became of those
// that it had lately, to the gateways whose reply subjects begin with prefix. A gateway
// that has heard it before ignores it.
func (s *Server) resend(prefix string) {
	s.mu.Lock()
	for o := range s.inHand {
		if strings.HasPrefix(o.reply, prefix) {
			// Under the lock, so that it can't come after the message was handed
			// back.
			s.answer(o, answerAccepted, reasonFull, nil)
		}
	}
	s.mu.Unlock()
	for reply, each := range s.recent.all() {
		if !strings.HasPrefix(reply, prefix) {
			continue
		}
		if s.nc.PublishMsg(newAnswer(reply, each.answer, s.opts.WorkerID, each.reason, each.body)) != nil {
			return // the connection is gone again
		}
	}
}
