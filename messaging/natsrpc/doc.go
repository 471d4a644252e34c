// Package natsrpc carries calls of [messaging.Sender] from a gateway to a queue
// group of workers over core NATS. [Client] is the gateway's side and is a Sender;
// [Server] is the worker's side and calls one. JetStream has no part in it: a call
// that somebody waits for never waits for a quorum, and the gateway, which holds
// the caller's connection and deadline anyway, is the one that keeps it alive.
//
// # The protocol
//
// All subjects begin with phonehook.v1. A change that an older peer cannot
// ignore would begin with phonehook.v2.
//
//	phonehook.v1.deliver.<tenant>                 an offer, to the queue group "workers"
//	phonehook.v1.reply.<gateway>.<call>.<try>     answers to that offer
//	phonehook.v1.claim.<worker>.<n>               the answer to a claim
//	phonehook.v1.beat.<worker>                    a worker lives
//
// An offer's body is the message as JSON. Its headers say how long it is good for:
//
//	Phonehook-Id         the message's id
//	Phonehook-Try        1 for the first offer of this message, then 2, 3 …
//	Phonehook-Sent-At    Unix time in milliseconds, by the gateway's clock
//	Phonehook-Timeout    milliseconds from then in which an outcome is of use
//
// A worker takes the earlier of sent-at + timeout and its own receipt + timeout
// as its deadline: the one alone trusts clocks, the other ignores time in queues.
//
// It answers on the reply subject with the header Phonehook-Answer and its own id
// in Phonehook-Worker:
//
//	busy        not taken, or handed back; the gateway offers it again
//	accepted    taken; said when the outcome is not there within 50 ms
//	outcome     the end; the body is an outcome as JSON
//	claim       may I begin? A request, answered with Phonehook-Granted: true or false
//	            and, if true, with the milliseconds left in Phonehook-Timeout
//
// # What may go wrong
//
// An offer that nobody answers within 250 ms was lost with a worker, a server or a
// connection, and is offered again. So that a slow worker and its replacement do
// not both send the message, a worker must claim an offer before it begins if
// there may be another: if its try is not the first, or if it comes later than
// 200 ms after sent-at, or from the future. The gateway grants one claim a
// message and says how much time is left, so a worker whose clock is off still
// works, a round trip later. A fresh first offer needs no claim: the common path is
// two messages.
//
// Workers beat every 500 ms. When the worker that accepted has been silent for two
// seconds, the gateway offers again; what the silent worker did counts as unknown.
// Without any worker NATS itself answers at once (no responders); the gateway tries
// again for a moment, since workers restart, and then says so.
//
// Workers also answer the discovery subjects of NATS micro services ($SRV.PING,
// INFO and STATS), so `nats micro ls`, `info` and `stats` show them. They do it
// without package micro, whose handlers run one message at a time and which
// cannot tell when its last answer is out.
package natsrpc
