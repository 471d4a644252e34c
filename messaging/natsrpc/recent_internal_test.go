package natsrpc

import (
	"bytes"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhatWasSaidIsRemembered(t *testing.T) {
	var r recent
	now := time.Now()
	want := make(map[string]said)
	for i := range 3000 { // several pages
		reply := "phonehook.v1.reply.g." + strconv.Itoa(i) + ".1"
		s := said{answerOutcome, reasonFull, bytes.Repeat([]byte{byte(i)}, i%300)}
		if i%7 == 0 {
			s = said{answerBusy, reasonCutOff, []byte{}}
		}
		want[reply] = s
		r.add(now.Add(time.Duration(i)*time.Millisecond), reply, s.answer, s.reason, s.body)
	}
	if diff := cmp.Diff(want, maps.Collect(r.all()), cmp.AllowUnexported(said{})); diff != "" {
		t.Errorf("said (-), remembered (+):\n%s", diff)
	}
	for range r.all() {
		break // may stop early
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	var r recent
	start := time.Now()
	count := func() (n int, last string) {
		for reply := range r.all() {
			n, last = n+1, reply
		}
		return n, last
	}
	body := bytes.Repeat([]byte("x"), 1000)
	for i := range 20_000 {
		r.add(start, strconv.Itoa(i), answerOutcome, reasonFull, body)
	}
	if n, last := count(); r.bytes > recentBytes || n > recentBytes/1000 || n < (recentBytes-pageBytes)/1020-1 || last != "19999" {
		t.Errorf("%d outcomes of %d bytes are remembered, the last is %s", n, r.bytes, last)
	}
	r.add(start.Add(recentFor), "newer", answerOutcome, reasonFull, nil)
	r.expire(start.Add(recentFor + time.Millisecond))
	if n, last := count(); n != 1 || last != "newer" {
		t.Errorf("%d outcomes are remembered for too long", n-1)
	}
	r.expire(start.Add(3 * recentFor))
	if n, _ := count(); n != 0 || r.bytes != 0 {
		t.Errorf("%d outcomes of %d bytes are left", n, r.bytes)
	}
}
