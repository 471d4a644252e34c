package natsrpc

import (
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

// offer is an offer as a worker has it, with the message still encoded.
type offer struct {
	id      string
	tenant  string
	try     int
	sentAt  time.Time     // by the gateway's clock
	timeout time.Duration // from then
	reply   string
	body    []byte

	// received is when it arrived or was granted; durations are measured from
	// its monotonic reading. age is what had passed since sentAt by then, as far
	// as this worker's clock tells.
	received time.Time
	age      time.Duration
	// shift is what to add to the gateway's times to have them by this worker's
	// clock. It is known once the offer was claimed.
	shift time.Duration
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

// readOffer reads what newOffer wrote, received now, which is wall by the worker's
// clock. It returns false for anything else, such as a message that somebody
// published by hand without the headers.
func readOffer(msg *nats.Msg, now, wall time.Time) (offer, bool) {
	try, err1 := strconv.Atoi(msg.Header.Get(headerTry))
	millis, err2 := strconv.ParseInt(msg.Header.Get(headerSentAt), 10, 64)
	timeout, err3 := strconv.ParseInt(msg.Header.Get(headerTimeout), 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || try < 1 || timeout <= 0 || msg.Reply == "" {
		return offer{}, false
	}
	sentAt := time.UnixMilli(millis)
	return offer{
		id:       msg.Header.Get(headerID),
		tenant:   strings.TrimPrefix(msg.Subject, deliverPrefix),
		try:      try,
		sentAt:   sentAt,
		timeout:  time.Duration(timeout) * time.Millisecond,
		reply:    msg.Reply,
		body:     msg.Data,
		received: now,
		age:      wall.Sub(sentAt),
	}, true
}

// deadline is when the outcome must be on its way. It counts from received, which
// carries a monotonic reading, so a clock that is set meanwhile does not move it.
func (o *offer) deadline() time.Time {
	return o.received.Add(min(o.timeout, o.timeout-o.age) - keepBack)
}

// left is about the time that there will be for the message. An offer that must be
// claimed may owe its age to a clock that is off; its claim will tell.
func (o *offer) left(now time.Time) time.Duration {
	if o.needsClaim(now) {
		return o.timeout - keepBack - now.Sub(o.received)
	}
	return o.deadline().Sub(now)
}

// needsClaim says whether another worker may have been offered the message too.
func (o *offer) needsClaim(now time.Time) bool {
	waited := now.Sub(o.received)
	return o.try > 1 || o.age+waited > claimAfter || o.age < -claimAhead || waited > claimAfter
}

// granted restarts the offer's time from now, which is wall by the worker's clock, with
// what the gateway says is left. The gateway's clock is the one that counts, and the
// difference of what was left tells what that clock shows.
func (o *offer) granted(now, wall time.Time, left time.Duration) {
	o.sentAt = o.sentAt.Add(o.timeout - left)
	o.received, o.age, o.timeout = now, 0, left
	o.shift = wall.Sub(o.sentAt)
	if o.shift.Abs() <= claimAfter {
		o.shift = 0 // no more than an offer without a claim may be off
	}
}

// rebase puts the times of the offer's message on this worker's clock.
func (o *offer) rebase(m *messaging.Message) {
	if o.shift != 0 {
		m.ReceivedAt, m.Expires = m.ReceivedAt.Add(o.shift), m.Expires.Add(o.shift)
	}
}
