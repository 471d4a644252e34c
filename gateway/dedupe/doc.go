// Package dedupe has one request carried out once, however often it comes and
// whichever gateway it comes to.
//
// A request is known by its [Key]. The first with a key is carried out; one that comes
// while that is going on waits for it; one that comes later is told the first one's
// outcome. That holds for as long as the request's window, and across gateways as far as
// messaging.Keys and messaging.History can be reached.
//
// The process's own memory is asked first, so duplicates that meet in one gateway
// never leave it. Then messaging.Keys is asked once, and tells whose key it is:
//
//	Keys say                          what happens
//	it is mine                        the request is carried out
//	it can't be asked                 the request is carried out: a sign-in doesn't wait for a
//	                                  memory of duplicates, and this process still sees its own
//	another gateway's, another body   CodeKeyReused; nothing is sent
//	another gateway's, same body      what History tells of that message decides:
//
//	History tells                     what happens
//	sent, pending, unknown, refused…  that is the outcome; nothing is sent
//	a failure that a retry mends      the key is taken over and the request carried out under
//	                                  an id of its own: the first message was certainly not sent,
//	                                  and its gateway died before it released the key
//	an outcome older than the window  the same: the window is over, the key was kept longer only
//	                                  because the first call could have lasted longer
//	nothing yet                       wait, until the first call's deadline or this one's own
//	nothing, and the first call's     the key is taken over and the request carried out under
//	deadline is more than a second    the FIRST message's id. The gateway that had it died before
//	ago                               it handed it over: nothing is sent for a message after its
//	                                  call's deadline, and what was sent before is recorded
//	                                  within a second. The same id keeps log lines, receipts and
//	                                  the durable queue, which stores an id once, at one message
//	nothing, and this call's deadline CodeUnknown with a Retry-After: the first may still be
//	comes first                       delivered, and the same key can be asked for again
//	that it can't be read, or it is   CodeUnknown with a Retry-After: sending on doubt is how a
//	not there at all                  person gets two codes
//
// A take-over happens in messaging.Keys, which lets one gateway win. Where that fails,
// nobody knows who won, and the answer is CodeUnknown. Where too little time is left to
// deliver, nothing is taken over, and the answer is the first failure or CodeExpired.
//
// What the gateways share rests on their clocks: one that is a second or more ahead can
// take a key over too early.
package dedupe
