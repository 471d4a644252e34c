package natsrpc

import (
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

// The subjects and the queue group of the protocol.
const (
	deliverPrefix = "phonehook.v1.deliver."
	replyPrefix   = "phonehook.v1.reply."
	claimPrefix   = "phonehook.v1.claim."
	beatPrefix    = "phonehook.v1.beat."
	queueGroup    = "workers"
)

// The headers of the protocol.
const (
	headerID      = "Phonehook-Id"
	headerTry     = "Phonehook-Try"
	headerSentAt  = "Phonehook-Sent-At"
	headerTimeout = "Phonehook-Timeout"
	headerAnswer  = "Phonehook-Answer"
	headerWorker  = "Phonehook-Worker"
	headerGranted = "Phonehook-Granted"
)

// The values of headerAnswer.
const (
	answerBusy     = "busy"
	answerAccepted = "accepted"
	answerOutcome  = "outcome"
	answerClaim    = "claim"
)

// The times of the protocol; the package comment says what each is for.
const (
	acceptWithin = 250 * time.Millisecond
	// claimAfter is less than acceptWithin, so that clocks which differ by a
	// few milliseconds do not let two workers begin.
	claimAfter   = 200 * time.Millisecond
	claimAhead   = 5 * time.Millisecond
	claimWithin  = time.Second
	acceptAfter  = 50 * time.Millisecond
	beatInterval = 500 * time.Millisecond
	silentAfter  = 4 * beatInterval
	// keepBack is what each side takes off the time left, so that it can still
	// report its own failure: a hop takes less than a millisecond, and 50 allow
	// for a machine that has other things to do.
	keepBack = 50 * time.Millisecond
)

// deliverSubject is where offers of a tenant's messages go; "*" is every tenant.
func deliverSubject(tenant string) string { return deliverPrefix + tenant }

// offer is the head of an offer, without the message.
type offer struct {
	id       string
	try      int
	sentAt   time.Time
	timeout  time.Duration
	received time.Time
	reply    string
	body     []byte
}

// newOffer returns the wire form of an offer of the encoded message body.
func newOffer(m messaging.Message, body []byte, reply string, try int, sentAt time.Time, timeout time.Duration) *nats.Msg {
	return &nats.Msg{
		Subject: deliverSubject(m.Tenant),
		Reply:   reply,
		Header: nats.Header{
			headerID:      {m.ID},
			headerTry:     {strconv.Itoa(try)},
			headerSentAt:  {strconv.FormatInt(sentAt.UnixMilli(), 10)},
			headerTimeout: {strconv.FormatInt(timeout.Milliseconds(), 10)},
		},
		Data: body,
	}
}

// readOffer reads what newOffer wrote. It returns false for anything else, such
// as a message that somebody published by hand without the headers.
func readOffer(msg *nats.Msg, received time.Time) (offer, bool) {
	try, err1 := strconv.Atoi(msg.Header.Get(headerTry))
	sentAt, err2 := strconv.ParseInt(msg.Header.Get(headerSentAt), 10, 64)
	timeout, err3 := strconv.ParseInt(msg.Header.Get(headerTimeout), 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || try < 1 || timeout <= 0 || msg.Reply == "" {
		return offer{}, false
	}
	return offer{
		id:       msg.Header.Get(headerID),
		try:      try,
		sentAt:   time.UnixMilli(sentAt),
		timeout:  time.Duration(timeout) * time.Millisecond,
		received: received,
		reply:    msg.Reply,
		body:     msg.Data,
	}, true
}

// deadline is when the outcome must be on its way. It counts from received, which
// carries a monotonic reading, so a clock that is set meanwhile does not move it.
func (o *offer) deadline() time.Time {
	left := o.timeout
	if byClock := o.sentAt.Add(o.timeout).Sub(o.received); byClock < left {
		left = byClock
	}
	return o.received.Add(left - keepBack)
}

// needsClaim says whether another worker may have been offered the message too.
func (o *offer) needsClaim(now time.Time) bool {
	age := now.Sub(o.sentAt)
	return o.try > 1 || age > claimAfter || age < -claimAhead || now.Sub(o.received) > claimAfter
}

// granted restarts the offer's time from now with what the gateway, whose clock
// is the one that counts, says is left.
func (o *offer) granted(now time.Time, left time.Duration) {
	o.sentAt, o.received, o.timeout = now, now, left
}

// newAnswer returns the wire form of an answer to an offer.
func newAnswer(reply, answer, worker string, body []byte) *nats.Msg {
	return &nats.Msg{
		Subject: reply,
		Header:  nats.Header{headerAnswer: {answer}, headerWorker: {worker}},
		Data:    body,
	}
}

// newGrant returns the wire form of the answer to a claim: yes for as long as left,
// or no when that is nothing.
func newGrant(reply string, left time.Duration) *nats.Msg {
	header := nats.Header{headerGranted: {strconv.FormatBool(left > 0)}}
	if left > 0 {
		header[headerTimeout] = []string{strconv.FormatInt(left.Milliseconds(), 10)}
	}
	return &nats.Msg{Subject: reply, Header: header}
}

// replySubject is where the answers to one offer go.
func replySubject(inbox string, call uint64, try int) string {
	return inbox + strconv.FormatUint(call, 36) + "." + strconv.Itoa(try)
}

// readReplySubject takes the call and the try from an answer's subject.
func readReplySubject(inbox, subject string) (call uint64, try int, ok bool) {
	token, tryToken, found := strings.Cut(strings.TrimPrefix(subject, inbox), ".")
	if !found {
		return 0, 0, false
	}
	call, err1 := strconv.ParseUint(token, 36, 64)
	try, err2 := strconv.Atoi(tryToken)
	return call, try, err1 == nil && err2 == nil
}

// isNoResponders recognises the answer that NATS itself gives when nobody
// subscribes to a request's subject.
func isNoResponders(msg *nats.Msg) bool {
	return len(msg.Data) == 0 && msg.Header.Get("Status") == "503"
}
