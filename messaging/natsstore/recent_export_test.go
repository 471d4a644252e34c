package natsstore

import (
	"encoding/binary"
	"time"

	"github.com/nats-io/nats.go"
)

// The stream of the claim log and its subject, and how many records a message has at most.
const (
	StreamRecent  = streamRecent
	SubjectRecent = subjectRecent
	BatchLimit    = batchLimit
)

// FullBatch returns a message of the claim log with as many claims as one can have, of keys
// that belong to the number.
func FullBatch(number uint32, life time.Duration) []byte {
	b := appendHeader(nil, session{}, uint64(number))
	for i := range uint32(batchLimit) {
		r := claimRecord{kind: kindClaim, life: life}
		binary.BigEndian.PutUint32(r.key[:], number)
		binary.BigEndian.PutUint32(r.key[4:], i)
		b = appendRecord(b, r)
	}
	return b
}

// RecordsOf returns how many records of claims a message of the claim log has.
func RecordsOf(msg *nats.Msg) (n int) {
	_, _, rest, _ := readHeader(msg.Data)
	for {
		_, others, more := readRecord(rest)
		if !more {
			return n
		}
		rest = others
		n++
	}
}

// LivingClaims returns how many claims a store knows of, and -1 while it knows nothing.
func LivingClaims(s *Store) int {
	r := s.keys.recent
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.current == nil {
		return -1
	}
	return len(r.current.table.claims)
}
