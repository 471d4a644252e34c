package natsstore

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

// Events are found by their message's id and by its number, so the subject of an event
// has a part of each. The server keeps some 200 bytes in memory for each subject of a
// stream, so there are at most 65,536 a tenant: 13 MiB for one that sends a lot. The server
// looks through everything of the time in question, a microsecond an event, and sends
// what is of the right shard: of the events of a minute at 1,000 a second a 64th, 940; of those of
// an hour a 1,024th, 3,500.
const (
	idShards     = 64
	numberShards = 1024
)

// A report comes hours or days after its message at worst, and reading an id looks for that long. So
// reports have subjects of their own in the place of the number's shard, as fine as a server's
// memory allows: 65,536 a tenant with those of the ids. A server finds the messages of one subject
// without looking through the others.
const reportShards = 1024

// noNumber is the number shard of an event without a number's hash.
const noNumber = "none"

// The shards' names, made once: every event needs two.
var idNames, numberNames = shardNames("%02x", idShards), shardNames("%03x", numberShards)

func shardNames(format string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(format, i)
	}
	return names
}

func idShard(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return idNames[h.Sum32()%idShards]
}

func numberShard(toHash string) string {
	var b [2]byte
	if len(toHash) < 4 {
		return noNumber
	}
	if _, err := hex.Decode(b[:], []byte(toHash[:4])); err != nil {
		return noNumber
	}
	return numberNames[(int(b[0])<<8|int(b[1]))%numberShards]
}

// reportsOf is the subject of the reports on a message.
func reportsOf(tenant, id string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	return eventPrefix + tenant + "." + idShard(id) + ".r" + numberNames[h.Sum64()>>32%reportShards]
}

func eventSubject(e messaging.Event) string {
	if e.Type == messaging.EventReport {
		return reportsOf(e.Tenant, e.ID)
	}
	return eventPrefix + e.Tenant + "." + idShard(e.ID) + "." + numberShard(e.ToHash)
}

// ofMessage and ofNumber are the subjects under which to look.
func ofMessage(tenant, id string) string { return eventPrefix + tenant + "." + idShard(id) + ".*" }

func ofNumber(tenant, toHash string) string {
	return eventPrefix + tenant + ".*." + numberShard(toHash)
}

// madeAt returns when an id was made by the clock of the gateway that made it, and false
// where it is no UUIDv7 in its canonical form.
func madeAt(id string) (time.Time, bool) {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[14] != '7' || id[18] != '-' || id[23] != '-' {
		return time.Time{}, false
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(raw) != 16 || strings.ToLower(id) != id {
		return time.Time{}, false
	}
	var ms int64
	for _, b := range raw[:6] { // the first 48 bits are Unix milliseconds
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms), true
}

// stampOf is when the server stored what it gives.
func stampOf(msg *nats.Msg) time.Time {
	at, err := time.Parse(time.RFC3339Nano, msg.Header.Get("Nats-Time-Stamp"))
	if err != nil {
		return time.Time{}
	}
	return at
}
