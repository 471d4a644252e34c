package natsstore

import "time"

// table is the claims that a part of the claim log leaves alive. Everyone who applies the same
// records gets the same table, because it asks no clock: its time is that of the newest
// message, and the time of a message is the stream's.
//
// A claim takes 120 to 150 bytes, as measured, and stays for its life and up to a
// second more: 15 MB at 5,000 calls a second with lives of 20 s. The size of the stream bounds them
// at 1.3 million, 190 MB.
type table struct {
	claims map[keyHash]held
	now    int64 // in Unix nanoseconds
	// ends have the keys of the claims that end in a second, at its number modulo
	// endsAhead; those before swept are done.
	ends  [endsAhead][]keyHash
	swept int64
}

// endsAhead is more than the seconds that the longest life can touch.
const endsAhead = int64(recentTTL/time.Second) + 2

func newTable() *table { return &table{claims: make(map[keyHash]held)} }

// verdict is what became of a record: the claim that is there now, and whether it is that of
// the record.
type verdict struct {
	there held
	mine  bool
}

// advance moves the time on to that of a message. It doesn't go back when the stream's new
// leader has another clock, so what has ended stays so. Where the clock was set back by more than
// the longest life, everything begins anew, or keys would be taken until it gets there again.
func (t *table) advance(now int64) {
	if now < t.now-int64(recentTTL) {
		*t = *newTable()
	}
	if now <= t.now {
		return
	}
	t.now = now
	second := now / int64(time.Second)
	for t.swept = max(t.swept, second-endsAhead); t.swept < second; t.swept++ {
		for _, key := range t.ends[t.swept%endsAhead] {
			if there, ok := t.claims[key]; ok && there.until <= now {
				delete(t.claims, key)
			}
		}
		t.ends[t.swept%endsAhead] = nil
	}
}

// alive returns the claim of a key, if its life has not ended by then.
func (t *table) alive(key keyHash, now int64) (held, bool) {
	there, ok := t.claims[key]
	return there, ok && there.until > now
}

// apply does what a record says, at the time to which the table was advanced.
func (t *table) apply(r claimRecord, revision uint64) verdict {
	there, taken := t.alive(r.key, t.now)
	switch r.kind {
	case kindRelease:
		if taken && there.revision == r.revision && there.id == r.claim.id {
			delete(t.claims, r.key)
		}
		return verdict{}
	case kindClaim, kindReplace:
		if taken && (r.kind == kindClaim || there.revision != r.revision) {
			return verdict{there, there.same(r.claim)}
		}
		mine := r.claim
		mine.revision, mine.until = revision, t.now+int64(r.life)
		t.claims[r.key] = mine
		second := mine.until / int64(time.Second)
		t.ends[second%endsAhead] = append(t.ends[second%endsAhead], r.key)
		return verdict{mine, true}
	default: // of a later version
		return verdict{}
	}
}
