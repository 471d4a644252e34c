package natsstore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams and the subjects; configs/nats.conf has them too.
const (
	streamQueue    = "PHONEHOOK_QUEUE"
	streamEvents   = "PHONEHOOK_EVENTS"
	streamMarks    = "KV_phonehook_marks"
	streamKeys     = "KV_phonehook_keys"
	streamRecent   = "PHONEHOOK_RECENT"
	streamSettings = "KV_phonehook_settings"
	streamNotices  = "PHONEHOOK_NOTICES"
	streamDead     = "PHONEHOOK_DEAD"
	streamAliases  = "PHONEHOOK_ALIASES"

	queuePrefix    = "phonehook.v1.queue."
	eventPrefix    = "phonehook.v1.event."
	marksPrefix    = "$KV.phonehook_marks."
	keysPrefix     = "$KV.phonehook_keys."
	settingsPrefix = "$KV.phonehook_settings."
	noticePrefix   = "phonehook.v1.notice."
	deadPrefix     = "phonehook.v1.dead."
	aliasPrefix    = "phonehook.v1.alias."

	// hintSubject says that there is a new message of the tenant that is in the body.
	hintSubject = "phonehook.v1.queued"
	// subjectRecent is that of the log of claims of short-lived keys.
	subjectRecent = "phonehook.v1.recent"
)

// The sizes of the streams. A stream without one would take what the others need, and the
// server then refuses all alike. Together with the 512 MiB of events they are
// just under the 1 GB (and 64 MB of memory) that configs/nats.conf gives.
const (
	defaultEventBytes = 512 << 20 // a million events of some 500 bytes
	// queueBytes are a quarter of a million messages of some 1,000 bytes: four
	// minutes of 1,000 a second that nobody can deliver. When it is full, new messages
	// are refused, and none that was accepted is dropped.
	queueBytes = 256 << 20
	// marksBytes and keysBytes are some 250,000 and 500,000 of about 250 bytes. When one is
	// full its oldest go: a mark is most probably of a message that has ended, and an
	// old key is the one least likely to be used again.
	marksBytes = 64 << 20
	keysBytes  = 112 << 20
	// recentBytes are keepRecent of 5,000 claims a second that come one by one, at 100
	// bytes, or of 10,000 that come together, at 50. When it is full, new claims are refused
	// and time out: if old ones went, a gateway that starts would not know of them, and
	// would give keys to others than the rest do.
	recentBytes   = 60 << 20
	settingsBytes = 1 << 20
	// noticesBytes are some 100,000 notices of 450 bytes: what a tenant's server misses
	// in a minute and a half of 1,000 a second, or in a day of one a second. When it is full, new
	// ones are refused, and with them the reports, which their providers then repeat.
	noticesBytes = 48 << 20
	// deadBytes are some 35,000 dead letters; the oldest go first.
	deadBytes = 16 << 20
	// aliasesBytes are some 110,000 aliases of 130 bytes: two minutes of 1,000 a second, an
	// hour and a half of 20, and most reports come within a minute. The oldest go first. It is
	// less for the disk's sake than for the memory's: each has a subject of its own, for which
	// the server needs 200 bytes of memory, and 270 while many come. That is 30 MiB.
	aliasesBytes = 14 << 20
)

const (
	// keepNotices is longer than the last try of a notice comes after the first, which
	// is three days.
	keepNotices = 5 * 24 * time.Hour
	// keepAliases is for how long after a message was taken a report of it is matched, the
	// same as where an address tells the message: vendors try one for up to 72 hours, and repeat
	// a report that nobody took for as long.
	keepAliases = 4 * 24 * time.Hour
	// keepDead is for how long somebody can find out what a tenant was not told.
	keepDead = 30 * 24 * time.Hour
)

// keepRecent is how much of the claim log is there, and read by a gateway that starts: two of the
// longest lives. A claim that lost to one from before the beginning looks as if it had won. It
// is over after one life, and so is after two whatever that made look different.
const keepRecent = 2 * recentTTL

const (
	// defaultAckWait is how long a worker that has a message may be silent. Its connection
	// finds a lost server within 3 s, and a cluster elects a new leader within 10.
	defaultAckWait = 30 * time.Second
	// maxWaiting is how many messages of one tenant are in workers' hands or wait for their
	// next try. The server writes all of them down again and again, so it is bounded.
	maxWaiting = 10_000
	// storedOnce is how long the server knows that a message or an event was stored
	// already. Whoever stores again does it at once, an event for some seconds.
	storedOnce       = 2 * time.Minute
	eventsStoredOnce = 30 * time.Second // at 1,000 events a second each id is remembered, 30,000 in all
)

// stream is a stream by its name and what this package sets of it. What an operator has set
// besides stays.
type stream struct {
	name  string
	apply func(*jetstream.StreamConfig)
}

// kv is a stream in the layout of a key-value bucket, one value a key. Unlike a bucket of
// the library, a value can be deleted without a marker that takes its place.
func kv(name, prefix string, bytes int64) stream {
	return stream{name, func(c *jetstream.StreamConfig) {
		c.Subjects, c.Storage, c.MaxBytes = []string{prefix + ">"}, jetstream.FileStorage, bytes
		c.MaxMsgsPerSubject, c.Discard = 1, jetstream.DiscardOld
		c.AllowMsgTTL, c.AllowDirect = true, true
	}}
}

// streams returns what this process needs.
func (s *Store) streams() []stream {
	shared := []stream{
		{streamQueue, func(c *jetstream.StreamConfig) {
			c.Subjects, c.Storage, c.MaxBytes = []string{queuePrefix + "*.*"}, jetstream.FileStorage, queueBytes
			c.Retention = jetstream.WorkQueuePolicy
			c.Discard, c.DiscardNewPerSubject, c.MaxMsgsPerSubject = jetstream.DiscardNew, true, 1
			c.AllowMsgTTL, c.Duplicates = true, storedOnce
		}},
		{streamEvents, func(c *jetstream.StreamConfig) {
			c.Subjects, c.Storage, c.MaxBytes = []string{eventPrefix + "*.*.*"}, jetstream.FileStorage, s.opts.EventBytes
			c.Discard, c.MaxAge = jetstream.DiscardOld, s.opts.KeepEvents
			c.AllowDirect, c.Duplicates = true, eventsStoredOnce
		}},
		kv(streamMarks, marksPrefix, marksBytes),
		{streamNotices, func(c *jetstream.StreamConfig) {
			c.Subjects, c.Storage, c.MaxBytes = []string{noticePrefix + "*"}, jetstream.FileStorage, noticesBytes
			c.Retention, c.Discard, c.MaxAge = jetstream.WorkQueuePolicy, jetstream.DiscardNew, keepNotices
			c.Duplicates = storedOnce
		}},
		{streamDead, func(c *jetstream.StreamConfig) {
			c.Subjects, c.Storage, c.MaxBytes = []string{deadPrefix + "*"}, jetstream.FileStorage, deadBytes
			c.Discard, c.MaxAge, c.Duplicates = jetstream.DiscardOld, keepDead, storedOnce
		}},
		{streamAliases, func(c *jetstream.StreamConfig) {
			c.Subjects, c.Storage, c.MaxBytes = []string{aliasPrefix + "*"}, jetstream.FileStorage, aliasesBytes
			c.MaxMsgsPerSubject, c.Discard, c.MaxAge = 1, jetstream.DiscardOld, keepAliases
			c.AllowDirect = true
		}},
	}
	if !s.opts.Manage {
		return shared
	}
	return append(shared,
		kv(streamKeys, keysPrefix, keysBytes),
		kv(streamSettings, settingsPrefix, settingsBytes),
		stream{streamRecent, func(c *jetstream.StreamConfig) {
			c.Subjects, c.Storage, c.MaxBytes = []string{subjectRecent}, jetstream.MemoryStorage, recentBytes
			c.Discard, c.MaxAge = jetstream.DiscardNew, keepRecent
		}},
	)
}

// manageWithin bounds one request of the kind that makes or looks at streams. In a cluster it
// waits for a majority.
const manageWithin = 3 * time.Second

// ensure looks for everything that this process needs, and makes what is missing if it is
// its part. The error says what can't be used now.
func (s *Store) ensure(ctx context.Context) error {
	for _, want := range s.streams() {
		if err := s.ensureStream(ctx, want); err != nil {
			return fmt.Errorf("stream %s: %w", want.name, err)
		}
	}
	if s.opts.Manage {
		if err := s.ensureConsumers(ctx); err != nil {
			return err
		}
		if err := s.ensureNumberKey(ctx); err != nil {
			return err
		}
	}
	s.adjusted = true
	if s.opts.Manage {
		if err := s.keys.recent.await(ctx); err != nil {
			return fmt.Errorf("stream %s: %w", streamRecent, err)
		}
	}
	return nil
}

var errNotMadeYet = errors.New("does not exist yet; a gateway makes it as soon as one runs")

func (s *Store) ensureStream(ctx context.Context, want stream) error {
	ctx, cancel := context.WithTimeout(ctx, manageWithin)
	defer cancel()
	asked := s.clock.now()
	found, err := s.js.Stream(ctx, want.name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound) && s.opts.Manage:
		cfg := jetstream.StreamConfig{Name: want.name, Replicas: s.opts.Replicas}
		want.apply(&cfg)
		_, err = s.js.CreateStream(ctx, cfg)
		return err
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return errNotMadeYet
	case err != nil:
		return err
	}
	info := found.CachedInfo()
	s.clock.learn(asked, s.clock.now(), info.TimeStamp)
	if !s.opts.Manage || s.adjusted {
		return nil // two gateways of different versions don't change it to and fro
	}
	cfg := info.Config
	cfg.Replicas = s.opts.Replicas
	want.apply(&cfg)
	if reflect.DeepEqual(cfg, info.Config) {
		return nil
	}
	_, err = s.js.UpdateStream(ctx, cfg)
	return err
}

// consumerName is the name of a tenant's consumer of the queue, and noticesName that of the
// notices.
func consumerName(tenant string) string { return consumerPrefix + tenant }

func noticesName(tenant string) string { return noticesPrefix + tenant }

const (
	consumerPrefix = "q_"
	noticesPrefix  = "n_"
)

// ensureConsumers makes the tenants' consumers. It leaves those of other tenants
// alone: another gateway may serve them.
func (s *Store) ensureConsumers(ctx context.Context) error {
	for stream, consumer := range map[string]func(tenant string) (name, subject string){
		streamQueue:   func(tenant string) (name, subject string) { return consumerName(tenant), queuePrefix + tenant + ".*" },
		streamNotices: func(tenant string) (name, subject string) { return noticesName(tenant), noticePrefix + tenant },
	} {
		have, err := s.consumers(ctx, stream)
		if err != nil {
			return fmt.Errorf("consumers of %s: %w", stream, err)
		}
		for _, tenant := range s.opts.Tenants {
			name, subject := consumer(tenant)
			if s.adjusted && slices.Contains(have, name) {
				continue
			}
			if err := s.ensureConsumer(ctx, stream, name, subject); err != nil {
				return fmt.Errorf("consumer %s of %s: %w", name, stream, err)
			}
		}
	}
	return nil
}

func (s *Store) ensureConsumer(ctx context.Context, stream, name, subject string) error {
	ctx, cancel := context.WithTimeout(ctx, manageWithin)
	defer cancel()
	_, err := s.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable:       name,
		FilterSubject: subject,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       s.opts.ackWait,
		MaxDeliver:    -1, // a message's life ends it, and a notice's last try
		MaxAckPending: maxWaiting,
	})
	return err
}
