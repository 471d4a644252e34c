package natsrpc

import (
	"testing"
	"time"
)

func TestAGapIsNoticed(t *testing.T) {
	start := time.Now()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	g := newGap(150*time.Millisecond, start)
	for ms := 25; ms <= 500; ms += 25 {
		g.mark(at(ms))
	}
	if g.since(start, at(520)) {
		t.Error("a gap was seen where there was none")
	}
	if !g.since(at(510), at(700)) {
		t.Error("a gap was not seen before the next mark")
	}
	g.mark(at(701))
	g.mark(at(725))
	if !g.since(at(500), at(730)) {
		t.Error("a gap was not seen after the next mark")
	}
	if g.since(at(710), at(730)) {
		t.Error("what began after the gap is in doubt")
	}
	for ms := 750; ms <= 2000; ms += 25 {
		g.mark(at(ms))
	}
	if !g.since(at(690), at(2000)) || g.since(at(710), at(2000)) {
		t.Error("the latest gap was forgotten")
	}
}
