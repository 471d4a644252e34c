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
//	phonehook.v1.resend.<gateway>                 a gateway asks to be told everything again
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
//	busy        not taken, or handed back unsent; the gateway offers it again
//	accepted    taken; said when the outcome is not there within 50 ms
//	outcome     the end; the body is an outcome as JSON
//	claim       may I begin, or go on? A request, answered with Phonehook-Granted: true
//	            or false and, if true, with the milliseconds left in Phonehook-Timeout
//
// A worker that is busy is full, unless Phonehook-Reason says leaving (it is about to
// end) or cut-off (it had the message, and could not reach the gateway).
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
// A worker's last beat has Phonehook-Reason: leaving.
// Without any worker NATS itself answers at once (no responders); the gateway tries
// again for a moment, since workers restart, and then says so.
//
// # Holds
//
// A worker that was paused or cut off does not know that it was taken for dead. Under
// the context of its Send there is a [messaging.Hold], which passes at once unless,
// since the message was certainly this worker's,
//
//   - the process did not run, or was not connected, for 150 ms: what is left of the 250
//     after which an unanswered message is offered again, when it is accepted
//     after 50 and a pause is seen to within 25; or
//   - the worker did not hear its own beat for 1.5 s, as when a server hangs or
//     vanished: half a second before the gateway would take it for dead.
//
// Then the message is claimed again. The claim of who has it is granted; that of who
// had lost it is granted as well while nobody else has it, and the loss is forgotten;
// otherwise it is refused. A hold that was refused, or got no answer within a second,
// returns an error with [messaging.CodeConflict], and every later one too. If that is
// what the Sender returns, the worker reports a refused message as expired, which the
// gateway ignores if another worker has it; and it hands back one for which it got no
// answer, since the gateway may believe that it still has it. The same signs make it
// claim an offer that it received within 250 ms of a pause.
//
// # After a reconnect
//
// Answers that were under way when a connection broke are gone. A worker remembers
// its outcomes for ten seconds, within 8 MiB. When its connection is back it says
// again which messages it has accepted and what became of the others. It says it to
// one gateway when that asks, on phonehook.v1.resend.<gateway>: a gateway does so
// when its own connection is back, and 100 ms later again, for in a cluster the first
// request may be ahead of the news of a worker's new subscription. A gateway that
// knows an answer already ignores it.
//
// For 250 ms after its reconnect a gateway does not offer again what it had offered
// before, unless it was told that nobody has it. So an outcome that was lost does not
// become a second delivery. A gateway that was itself paused waits likewise: the beats
// and answers of that time are still to be read.
//
// # More calls than slots
//
// A worker whose slots are taken keeps a few offers more, if they will get a slot in
// time, and is busy otherwise. A slot goes to the tenant that has the fewest; a full
// queue hands back the newest offer of the tenant that has most, if another comes
// that has less.
//
// Until a worker is full, a gateway offers every call at once. Then it has a window of
// calls in flight: first those that are really in hand, one more with every round of
// outcomes, twice as many with each round that nobody refuses, and an eighth less with
// every refusal, so that several gateways come to share alike. The other calls wait, each
// tenant's in the order in which they came, and the tenant that has the fewest in
// flight goes first. Every outcome lets the next one through; and a probe does every 10
// to 100 ms, since room may come about otherwise. Two seconds after the last
// refusal, when nobody waits, there is no window any more.
//
// A call that would have to wait too long is answered at once with
// [messaging.CodeUnavailable] and when to come again, and is not offered. How long it
// would wait follows from those ahead of it, of its own tenant and as many of each
// other one, and from the speed of the workers: the outcomes of the last two seconds,
// or the calls in flight over the time that one takes, whichever is more. Half as
// much again is added for what nobody knows, and the time that a message usually takes
// must be left. No more than 10,000 calls wait.
//
// # Clocks
//
// A message has the gateway's times in it. Where an offer needs no claim, its age shows
// that the clocks agree to within 200 ms. Where it does, the gateway's grant tells what
// its clock shows: sent-at, and the part of the timeout that is no longer left.
// The worker puts ReceivedAt and Expires on its own clock accordingly.
//
// # Beside the calls
//
// Workers also answer the discovery subjects of NATS micro services ($SRV.PING,
// INFO and STATS), so `nats micro ls`, `info` and `stats` show them. They do it
// without package micro, whose handlers run one message at a time and which
// cannot tell when its last answer is out.
//
// Workers listen to each other's beats, which tells them how many they are
// ([Server.Workers]), for limits that they share.
package natsrpc
