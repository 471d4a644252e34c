package natsstore

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/messaging"
)

// A message of the claim log has the records of one batch, numbers in big endian:
//
//	version 1, session 8, serial 8, and of each record: kind 1, length 1, as many bytes
//
//	kind 1, claim     key 16, message id 16, deadline 8, life in ms 4, fingerprint (the rest)
//	kind 2, replace   the same, with the revision 8 before the fingerprint
//	kind 3, release   key 16, message id 16, revision 8
//
// The session is that of one Store and the serial counts its batches, so that it knows its own
// again. A reader skips kinds that it doesn't know, and messages of another version.
const (
	logVersion = 1
	headerSize = 1 + 8 + 8

	kindClaim   = 1
	kindReplace = 2
	kindRelease = 3

	claimSize   = 16 + 16 + 8 + 4
	replaceSize = claimSize + 8
	releaseSize = 16 + 16 + 8
	// maxFingerprint is what the length of a record leaves; one has 64 characters.
	maxFingerprint = math.MaxUint8 - replaceSize
)

// batchLimit is how many records a message has at most: 12 KB. A revision has one byte for the
// place in the batch.
const batchLimit = 256

// session tells one Store's batches from another's.
type session [8]byte

// keyHash stands for a key: 128 bits of a hash, so that no two of any number of keys share one.
type keyHash [16]byte

// noDeadline is how the zero time is written.
const noDeadline = math.MinInt64

// held is a claim as the log has it.
type held struct {
	id          [16]byte
	deadline    int64 // in Unix nanoseconds
	until       int64 // the end of its life by the stream's time, in Unix nanoseconds
	revision    uint64
	fingerprint string
}

// claim returns it as callers have it.
func (h held) claim() messaging.Claim {
	c := messaging.Claim{MessageID: uuid.UUID(h.id).String(), Fingerprint: h.fingerprint, Revision: h.revision}
	if h.deadline != noDeadline {
		c.Deadline = time.Unix(0, h.deadline).UTC()
	}
	return c
}

// same says whether two are claims of the same message for the same call: one that was repeated.
func (h held) same(other held) bool { return h.id == other.id && h.deadline == other.deadline }

// heldOf returns a claim as the log has it, without its life and revision.
func heldOf(c messaging.Claim) (held, error) {
	id, err := idOf(c.MessageID)
	if err != nil {
		return held{}, err
	}
	if len(c.Fingerprint) > maxFingerprint {
		return held{}, errors.New("the fingerprint of a claim is too long")
	}
	h := held{id: id, deadline: noDeadline, fingerprint: c.Fingerprint}
	if !c.Deadline.IsZero() {
		h.deadline = c.Deadline.UnixNano()
	}
	return h, nil
}

// idOf returns the 16 bytes of a message's id, from which the same text can be made again.
func idOf(text string) ([16]byte, error) {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return id, errors.New("a message whose id is no UUID can't claim a key")
	}
	return id, nil
}

// claimRecord is what happens to one key.
type claimRecord struct {
	kind     byte
	key      keyHash
	claim    held          // of a release the id alone
	life     time.Duration // of a claim, in whole milliseconds
	revision uint64        // what is replaced or released
}

// appendHeader begins a message.
func appendHeader(b []byte, from session, serial uint64) []byte {
	b = append(b, logVersion)
	b = append(b, from[:]...)
	return binary.BigEndian.AppendUint64(b, serial)
}

// appendRecord adds a record to a message.
func appendRecord(b []byte, r claimRecord) []byte {
	size := claimSize + len(r.claim.fingerprint)
	switch r.kind {
	case kindReplace:
		size = replaceSize + len(r.claim.fingerprint)
	case kindRelease:
		size = releaseSize
	}
	b = append(b, r.kind, byte(size)) // heldOf bounds the fingerprint
	b = append(b, r.key[:]...)
	b = append(b, r.claim.id[:]...)
	if r.kind == kindRelease {
		return binary.BigEndian.AppendUint64(b, r.revision)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(r.claim.deadline))        //nolint:gosec // read back the same way
	b = binary.BigEndian.AppendUint32(b, uint32(r.life/time.Millisecond)) //nolint:gosec // a minute at most
	if r.kind == kindReplace {
		b = binary.BigEndian.AppendUint64(b, r.revision)
	}
	return append(b, r.claim.fingerprint...)
}

// readHeader reads the beginning of a message and returns its records. It returns false where
// the message is of another version.
func readHeader(b []byte) (from session, serial uint64, records []byte, ok bool) {
	if len(b) < headerSize || b[0] != logVersion {
		return from, 0, nil, false
	}
	copy(from[:], b[1:])
	return from, binary.BigEndian.Uint64(b[9:]), b[headerSize:], true
}

// readRecord reads the first of the records and returns the others. A record that can't be
// understood has the kind 0. It returns false after the last.
func readRecord(b []byte) (r claimRecord, others []byte, ok bool) {
	if len(b) < 2 || len(b) < 2+int(b[1]) {
		return r, nil, false
	}
	kind, body, others := b[0], b[2:2+int(b[1])], b[2+int(b[1]):]
	var least int
	switch kind {
	case kindClaim:
		least = claimSize
	case kindReplace:
		least = replaceSize
	case kindRelease:
		least = releaseSize
	default:
		return r, others, true
	}
	if len(body) < least {
		return r, others, true
	}
	r.kind = kind
	copy(r.key[:], body)
	copy(r.claim.id[:], body[16:])
	if kind == kindRelease {
		r.revision = binary.BigEndian.Uint64(body[32:])
		return r, others, true
	}
	r.claim.deadline = int64(binary.BigEndian.Uint64(body[32:])) //nolint:gosec // written the same way
	r.life = min(time.Duration(binary.BigEndian.Uint32(body[40:]))*time.Millisecond, recentTTL)
	if kind == kindReplace {
		r.revision = binary.BigEndian.Uint64(body[claimSize:])
	}
	r.claim.fingerprint = string(body[least:])
	return r, others, true
}
