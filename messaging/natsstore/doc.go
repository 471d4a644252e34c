// Package natsstore keeps in JetStream what outlives a call: messages that wait to be
// delivered, events of what became of messages, and idempotency keys. A [Store] is the
// messaging.Queue, Recorder, History, Reports, Aliases and Keys of a process; a [Consumer] is a
// worker's side of the queue. No call waits for JetStream longer than each method says.
//
// # Streams
//
//	PHONEHOOK_QUEUE        phonehook.v1.queue.<tenant>.<id>   messages to be delivered
//	PHONEHOOK_EVENTS       phonehook.v1.event.<tenant>.<id shard>.<number shard>
//	KV_phonehook_marks     how far the work on a queued message is
//	KV_phonehook_keys      idempotency keys, on disk
//	PHONEHOOK_RECENT       the log of claims of keys that live for at most a minute, in memory
//	PHONEHOOK_NOTICES      phonehook.v1.notice.<tenant>       what tenants' servers are to be told
//	PHONEHOOK_DEAD         phonehook.v1.dead.<tenant>         notices that were given up
//	PHONEHOOK_ALIASES      phonehook.v1.alias.<hash>          which messages providers' ids are of
//	KV_phonehook_settings  the key for the hashes of numbers, where none is configured
//
// A gateway makes them (Options.Manage) and changes them to its own settings when it starts;
// everyone else waits until they exist. What has an end of its own (a message's life, a key's
// time) is stored with Nats-TTL and goes by itself.
//
// # The queue
//
// A message is in the queue once, under its id, until a worker has acknowledged it, it was
// cancelled, or its life has ended. Each tenant has a durable consumer of its own, so that one
// tenant's backlog is never in the way of another's. A worker pulls as many messages as it has
// free slots and keeps them with signs of life; one that falls silent for 30 s loses them to
// the next.
//
// How far the work is stands in the message's mark, which is only ever changed from a known
// revision to the next:
//
//	(none) ──▶ begun ──▶ ended
//	  │        │  ▲
//	  │        ▼  │
//	  │       waiting      put back after attempts that failed
//	  ▼        │
//	cancelled ◀┘
//
// So it is decided at one place whether a worker has begun or the message was cancelled, and
// the attempts so far are in the mark: the stored message can't be altered, and storing a new
// version of it would be a second message until the first is acknowledged. A mark that says
// begun when its message is delivered again belongs to a worker that died or was cut off; the
// next one goes on with an attempt more, whose outcome is unknown.
//
// # Keys
//
// A key that lives for long is a value of KV_phonehook_keys, stored with the condition that there
// is none. A call pays a write for it, and in a cluster a quorum.
//
// Most keys live for seconds, and every call has one. Their claims are records of one log,
// which every gateway writes to and follows in its order. Each applies the same records by the
// same rule, so all agree who was first: the first claim in the log while no other lives, by the
// time that the stream gave to the messages. A claim is made when its gateway sees it come by.
// The records of a moment share a message, so with many calls a claim costs a fraction
// of one, and a key that is taken costs none. A gateway that missed a part of the log or does not
// hear of it answers CodeUnavailable, and reads it from the beginning.
//
// # Reports and notices
//
// What a provider reports of a message is an event like the others, but stored before the provider
// is answered, and under a subject of its message's own shard, so that it is found whenever it
// came. A notice to the tenant's server is stored with it. A [Courier] takes notices from their
// queue; one that is not taken is tried again for three days, with growing pauses, and
// then becomes a dead letter.
//
// Most reports tell the message. Some providers know it by an id of their own alone; for these a
// worker keeps an alias of the message as soon as the provider has taken it. Like an event, it is
// stored soon afterwards and nobody waits for that, so a report can be there first. Its subject is a
// hash of the provider's name and the id, so that finding it is one question of one message.
//
// # Time
//
// The clock of the NATS server is the common one, for whoever asks learns it with every answer. A worker
// reckons the remaining life of a message by it, and so neither drops a message nor sends it
// too late when its own clock is wrong.
package natsstore
