package natsrpc

import (
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// The subjects and the queue group of the protocol.
const (
	deliverPrefix = "phonehook.v1.deliver."
	replyPrefix   = "phonehook.v1.reply."
	claimPrefix   = "phonehook.v1.claim."
	beatPrefix    = "phonehook.v1.beat."
	resendPrefix  = "phonehook.v1.resend."
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
	headerReason  = "Phonehook-Reason"
)

// The values of headerAnswer.
const (
	answerBusy     = "busy"
	answerAccepted = "accepted"
	answerOutcome  = "outcome"
	answerClaim    = "claim"
)

// The values of headerReason: of an answer busy, and the first of a beat too.
const (
	reasonFull    = "" // the usual one is not written
	reasonLeaving = "leaving"
	reasonCutOff  = "cut-off"
)

// The times of the protocol; the package comment says what each is for.
const (
	acceptWithin = 250 * time.Millisecond
	// claimAfter is less than acceptWithin, so that clocks which differ by a
	// few milliseconds do not let two workers begin.
	claimAfter  = 200 * time.Millisecond
	claimAhead  = 5 * time.Millisecond
	claimWithin = time.Second
	// resendAgain is when a gateway asks the second time after its reconnect.
	// In a cluster the first may overtake the news of a worker's subscription.
	resendAgain  = 100 * time.Millisecond
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

// newAnswer returns the wire form of an answer to an offer.
func newAnswer(reply, answer, worker, reason string, body []byte) *nats.Msg {
	header := nats.Header{headerAnswer: {answer}, headerWorker: {worker}}
	if reason != reasonFull {
		header[headerReason] = []string{reason}
	}
	return &nats.Msg{Subject: reply, Header: header, Data: body}
}

// newResend returns the wire form of a gateway's request to be told everything again.
func newResend(gateway string) *nats.Msg { return &nats.Msg{Subject: resendPrefix + gateway} }

// newGoodbye returns the wire form of a worker's last beat.
func newGoodbye(worker string) *nats.Msg {
	return &nats.Msg{Subject: beatPrefix + worker, Header: nats.Header{headerReason: {reasonLeaving}}}
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
