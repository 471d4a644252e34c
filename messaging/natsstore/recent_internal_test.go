package natsstore

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/phonehook/phonehook/messaging"
)

const second = int64(time.Second)

// goldenBatch is one message of the log, as every version reads and writes it.
const goldenBatch = "01" + "0102030405060708" + "0000000000000009" +
	"01" + "2e" + "11111111111111111111111111111111" + "019389b87c00700080000123456789ab" + "18a9e5b0c2d4e600" + "00002710" + "6670" +
	"02" + "34" + "22222222222222222222222222222222" + "019389b87c00700080000123456789ab" + "8000000000000000" + "0000ea60" + "0000000000000407" +
	"03" + "28" + "11111111111111111111111111111111" + "019389b87c00700080000123456789ab" + "0000000000000409"

func goldenRecords(t *testing.T) []claimRecord {
	t.Helper()
	const id = "019389b8-7c00-7000-8000-0123456789ab"
	claim, err := heldOf(messaging.Claim{MessageID: id, Fingerprint: "fp", Deadline: time.Unix(0, 0x18a9e5b0c2d4e600)})
	if err != nil {
		t.Fatal(err)
	}
	bare, err := heldOf(messaging.Claim{MessageID: id})
	if err != nil {
		t.Fatal(err)
	}
	one, two := keyHash([]byte(strings.Repeat("\x11", 16))), keyHash([]byte(strings.Repeat("\x22", 16)))
	return []claimRecord{
		{kind: kindClaim, key: one, claim: claim, life: 10 * time.Second},
		{kind: kindReplace, key: two, claim: bare, life: time.Minute, revision: 0x407},
		{kind: kindRelease, key: one, claim: held{id: bare.id}, revision: 0x409},
	}
}

var comparable = cmp.AllowUnexported(claimRecord{}, held{}, verdict{})

func TestTheFormatOfTheClaimLog(t *testing.T) {
	records := goldenRecords(t)
	from := session{1, 2, 3, 4, 5, 6, 7, 8}
	written := appendHeader(nil, from, 9)
	for _, r := range records {
		written = appendRecord(written, r)
	}
	if diff := cmp.Diff(goldenBatch, hex.EncodeToString(written)); diff != "" {
		t.Error(diff)
	}
	golden, err := hex.DecodeString(goldenBatch)
	if err != nil {
		t.Fatal(err)
	}
	gotFrom, serial, rest, ok := readHeader(golden)
	if gotFrom != from || serial != 9 || !ok {
		t.Errorf("the header is %v, %d, %t", gotFrom, serial, ok)
	}
	// A later version's record stands among them.
	if diff := cmp.Diff(append([]claimRecord{{}}, records...), readAll(append([]byte{99, 3, 1, 2, 3}, rest...)), comparable); diff != "" {
		t.Error(diff)
	}
	golden[0] = 2
	if _, _, _, ok := readHeader(golden); ok {
		t.Error("a message of another version was read")
	}
}

func readAll(b []byte) []claimRecord {
	var all []claimRecord
	for {
		r, others, more := readRecord(b)
		if !more {
			return all
		}
		all, b = append(all, r), others
	}
}

// FuzzReadRecord has bytes that nobody wrote.
func FuzzReadRecord(f *testing.F) {
	golden, err := hex.DecodeString(goldenBatch)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(golden[:len(golden)-3])
	f.Add([]byte{1, 200, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, rest, ok := readHeader(b)
		if !ok {
			return
		}
		table := newTable()
		for i, r := range readAll(rest) {
			table.advance(int64(i) * second)
			table.apply(r, uint64(i))
			if r.life > recentTTL {
				t.Errorf("a life of %s", r.life)
			}
		}
	})
}

func TestWhatCantBeInTheLogIsRefused(t *testing.T) {
	id := uuid.NewString()
	for name, c := range map[string]messaging.Claim{
		"no UUID":              {MessageID: "message-1"},
		"another form of UUID": {MessageID: strings.ToUpper(id)},
		"no id":                {},
		"a long fingerprint":   {MessageID: id, Fingerprint: strings.Repeat("f", maxFingerprint+1)},
	} {
		if _, err := heldOf(c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	longest := messaging.Claim{MessageID: id, Fingerprint: strings.Repeat("f", maxFingerprint)}
	h, err := heldOf(longest)
	if err != nil {
		t.Fatal(err)
	}
	b := appendRecord(nil, claimRecord{kind: kindReplace, claim: h, life: time.Second})
	if got := readAll(b); len(got) != 1 || cmp.Diff(longest, got[0].claim.claim()) != "" {
		t.Errorf("the longest record was read as %+v", got)
	}
}

func claimOf(key, id byte, life time.Duration) claimRecord {
	return claimRecord{kind: kindClaim, key: keyHash{key}, claim: held{id: [16]byte{id}}, life: life}
}

func TestAClaimEndsByTheStreamsTime(t *testing.T) {
	table := newTable()
	table.advance(100 * second)
	table.apply(claimOf(1, 1, 10*time.Second), 1)
	table.advance(110*second - 1)
	if got := table.apply(claimOf(1, 2, 10*time.Second), 2); got.mine || got.there.revision != 1 {
		t.Errorf("before the end of a claim: %+v", got)
	}
	table.advance(110 * second)
	table.advance(60 * second) // another leader, with another clock
	if got := table.apply(claimOf(1, 3, 10*time.Second), 3); !got.mine || got.there.until != 120*second {
		t.Errorf("at the end of a claim: %+v", got)
	}
	table.advance(49 * second) // the server's clock was wrong
	if got := table.apply(claimOf(1, 4, 10*time.Second), 4); !got.mine || got.there.until != 59*second {
		t.Errorf("after the clock was set back: %+v", got)
	}
}

func TestATableForgetsWhatHasEnded(t *testing.T) {
	table := newTable()
	count := func() (keys int) {
		for _, each := range table.ends {
			keys += len(each)
		}
		return keys
	}
	var key uint64
	for now := 1000 * second; now < 1300*second; now += second / 4 {
		table.advance(now)
		for range 8 {
			key++
			r := claimOf(0, 1, time.Duration(1+key%60_000)*time.Millisecond)
			copy(r.key[:], fmt.Sprint(key))
			table.apply(r, key)
		}
		for k, each := range table.claims {
			if each.until+second <= table.now {
				t.Fatalf("%v is there after its end", k)
			}
		}
	}
	if len(table.claims) == 0 || count() != len(table.claims) {
		t.Errorf("%d claims and %d ends", len(table.claims), count())
	}
	table.advance(10_000 * second) // nobody called for hours
	if len(table.claims) != 0 || count() != 0 {
		t.Errorf("%d claims and %d ends are left", len(table.claims), count())
	}
}

// dated is a record of the log with its message's time.
type dated struct {
	at     int64
	record claimRecord
}

// contested returns the log of gateways that fight for a few keys all the time, each of which
// hears of the log up to 100 ms late, and has an idea of the time that is up to 100 ms off.
func contested(random *rand.Rand, life, length time.Duration) (log []dated) {
	const ms = int64(time.Millisecond)
	var gateways [4]struct {
		table *table
		read  int
		clock int64
	}
	for i := range gateways {
		gateways[i].table = newTable()
		gateways[i].clock = random.Int64N(200)*ms - 100*ms
	}
	begin := 1000 * second
	for now := begin; now < begin+int64(length); now += random.Int64N(40) * ms {
		g := &gateways[random.IntN(len(gateways))]
		for late := now - random.Int64N(100)*ms; g.read < len(log) && log[g.read].at <= late; g.read++ {
			g.table.advance(log[g.read].at)
			g.table.apply(log[g.read].record, revisionOf(uint64(g.read), 0)) //nolint:gosec // an index
		}
		r := claimOf(byte(random.UintN(3)), byte(random.UintN(250)), life) //nolint:gosec // small
		seems := max(g.table.now, now+g.clock-int64(clockError))
		if _, taken := g.table.alive(r.key, seems); !taken {
			log = append(log, dated{now, r})
		}
	}
	return log
}

// TestWhoReadsTheLogLaterAgrees has many that begin to read it at different places.
func TestWhoReadsTheLogLaterAgrees(t *testing.T) {
	read := func(log []dated, from int) (verdicts []verdict) {
		table := newTable()
		for i := from; i < len(log); i++ {
			table.advance(log[i].at)
			verdicts = append(verdicts, table.apply(log[i].record, revisionOf(uint64(i), 0))) //nolint:gosec // an index
		}
		return verdicts
	}
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // to be the same in every run
		log := contested(random, time.Duration(5+random.IntN(56))*time.Second, 4*recentTTL)
		whole := read(log, 0)
		for from := range log {
			for i, got := range read(log, from) {
				if log[from+i].at >= log[from].at+int64(keepRecent) && got != whole[from+i] {
					t.Fatalf("seed %d: %+v for who began with %d, and %+v is right", seed, got, from, whole[from+i])
				}
			}
		}
	}
}
