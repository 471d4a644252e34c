package natsrpc

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what is put on the wire with a file. A change of these files
// is a change of the protocol: an older peer must be able to ignore it.
func golden(t *testing.T, name string, msg *nats.Msg) {
	t.Helper()
	got := []byte("subject: " + msg.Subject + "\nreply: " + msg.Reply + "\n")
	for _, header := range []string{headerID, headerTry, headerSentAt, headerTimeout, headerAnswer, headerWorker, headerGranted, headerReason} {
		for _, value := range msg.Header[header] {
			got = append(got, header+": "+value+"\n"...)
		}
	}
	got = append(append(append(got, '\n'), msg.Data...), '\n')
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-), on the wire (+):\n%s", path, diff)
	}
}

func TestTheWire(t *testing.T) {
	m := messagingtest.Message()
	body, err := messaging.EncodeMessage(m)
	if err != nil {
		t.Fatal(err)
	}
	reply := replySubject(replyPrefix+"gw1.", 35, 1)
	golden(t, "offer", newOffer(m, body, reply, 1, m.ReceivedAt, 8950*time.Millisecond))
	golden(t, "busy", newAnswer(reply, answerBusy, "w1", reasonFull, nil))
	golden(t, "accepted", newAnswer(reply, answerAccepted, "w1", reasonFull, nil))

	sent, err := messaging.EncodeOutcome(messaging.Receipt{
		Code: messaging.CodeSent, Provider: "vonage", ProviderMessageID: "0A0000001234", Worker: "w1",
		Attempts: []messaging.Attempt{{Provider: "vonage", Code: messaging.CodeSent, Duration: 120 * time.Millisecond}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "outcome-sent", newAnswer(reply, answerOutcome, "w1", reasonFull, sent))
	failed, err := messaging.EncodeOutcome(messaging.Receipt{
		Worker:   "w1",
		Attempts: []messaging.Attempt{{Provider: "vonage", Code: messaging.CodeRateLimited, ProviderCode: "status 1", Duration: 80 * time.Millisecond}},
	}, &messaging.Error{Code: messaging.CodeUnavailable, Detail: "no provider could take the message", RetryAfter: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "outcome-unavailable", newAnswer(reply, answerOutcome, "w1", reasonFull, failed))

	claim := newAnswer(reply, answerClaim, "w1", reasonFull, nil)
	claim.Reply = claimPrefix + "w1.1"
	golden(t, "claim", claim)
	golden(t, "claim-granted", newGrant(claim.Reply, 5*time.Second))
	golden(t, "claim-refused", newGrant(claim.Reply, 0))

	golden(t, "busy-leaving", newAnswer(reply, answerBusy, "w1", reasonLeaving, nil))
	golden(t, "busy-cut-off", newAnswer(reply, answerBusy, "w1", reasonCutOff, nil))
	golden(t, "beat-leaving", newGoodbye("w1"))
	golden(t, "resend", newResend("gw1"))
}

func TestAnOfferIsReadAsItWasWritten(t *testing.T) {
	m, now := messagingtest.Message(), time.Now()
	sentAt := time.UnixMilli(now.UnixMilli())
	want := offer{
		id: m.ID, tenant: "demo", try: 3, sentAt: sentAt, timeout: 7 * time.Second, reply: "phonehook.v1.reply.g.1.3", body: []byte("{}"),
		received: now, age: now.Add(time.Minute).Sub(sentAt),
	}
	got, ok := readOffer(newOffer(m, []byte("{}"), want.reply, 3, now, 7*time.Second), now, now.Add(time.Minute))
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(offer{})); !ok || diff != "" {
		t.Errorf("written (-), read (+):\n%s", diff)
	}
}

func TestWhatIsNoOffer(t *testing.T) {
	good := func() *nats.Msg {
		return newOffer(messagingtest.Message(), nil, "phonehook.v1.reply.g.1.1", 1, time.Now(), time.Second)
	}
	for name, spoil := range map[string]func(*nats.Msg){
		"no headers":       func(msg *nats.Msg) { msg.Header = nil },
		"no reply subject": func(msg *nats.Msg) { msg.Reply = "" },
		"try 0":            func(msg *nats.Msg) { msg.Header.Set(headerTry, "0") },
		"no timeout":       func(msg *nats.Msg) { msg.Header.Del(headerTimeout) },
		"negative timeout": func(msg *nats.Msg) { msg.Header.Set(headerTimeout, "-1") },
		"no sent-at":       func(msg *nats.Msg) { msg.Header.Set(headerSentAt, "yesterday") },
	} {
		t.Run(name, func(t *testing.T) {
			msg := good()
			spoil(msg)
			if _, ok := readOffer(msg, time.Now(), time.Now()); ok {
				t.Error("was read as an offer")
			}
		})
	}
	if _, ok := readOffer(good(), time.Now(), time.Now()); !ok {
		t.Error("a good offer was not read")
	}
}

func TestTheDeadlineOfAnOffer(t *testing.T) {
	received := time.Now()
	for name, test := range map[string]struct {
		age  time.Duration
		want time.Duration
	}{
		"just sent":                  {0, time.Second},
		"a while under way":          {300 * time.Millisecond, 700 * time.Millisecond},
		"from a clock that is ahead": {-time.Hour, time.Second},
		"long over":                  {time.Minute, -59 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			o := offer{age: test.age, timeout: time.Second, received: received}
			if got := o.deadline().Sub(received); got != test.want-keepBack {
				t.Errorf("the worker has %s, want %s", got, test.want-keepBack)
			}
		})
	}
}

func TestWhichOffersNeedAClaim(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		offer offer
		want  bool
	}{
		"fresh first offer":             {offer{try: 1, age: time.Millisecond, received: now}, false},
		"second offer":                  {offer{try: 2, received: now}, true},
		"late first offer":              {offer{try: 1, age: claimAfter + time.Millisecond, received: now}, true},
		"first offer from the future":   {offer{try: 1, age: -time.Second, received: now}, true},
		"first offer that lay around":   {offer{try: 1, received: now.Add(-time.Second)}, true},
		"both, a little":                {offer{try: 1, age: 150 * time.Millisecond, received: now.Add(-60 * time.Millisecond)}, true},
		"first offer, clock 3 ms back":  {offer{try: 1, age: -3 * time.Millisecond, received: now}, false},
		"of a clock behind, lay around": {offer{try: 1, age: -4 * time.Millisecond, received: now.Add(-claimAfter - time.Millisecond)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.offer.needsClaim(now); got != test.want {
				t.Errorf("needs a claim: %t, want %t", got, test.want)
			}
		})
	}
}

func TestAGrantRestartsTheTime(t *testing.T) {
	now := time.Now()
	o := offer{try: 1, sentAt: now.Add(-time.Hour), received: now, age: time.Hour, timeout: time.Second}
	o.granted(now, now, 5*time.Second)
	if got := o.deadline().Sub(now); got != 5*time.Second-keepBack {
		t.Errorf("the worker has %s", got)
	}
}

func TestAGrantTellsTheGatewaysClock(t *testing.T) {
	now := time.Now()
	for _, off := range []time.Duration{30 * time.Second, -30 * time.Second, 0, 50 * time.Millisecond} {
		wall := now.Add(off) // the gateway's clock shows now
		o := offer{try: 1, sentAt: now.Add(-2 * time.Second), received: now, timeout: 9 * time.Second}
		o.age = wall.Sub(o.sentAt)
		o.granted(now, wall, 7*time.Second)
		m := messaging.Message{ReceivedAt: now.Add(-3 * time.Second), Expires: now.Add(time.Minute)}
		o.rebase(&m)
		shift := off
		if off.Abs() < claimAfter {
			shift = 0
		}
		if got := m.Expires.Sub(now); got != time.Minute+shift {
			t.Errorf("%s off: the message expires after %s by the worker's clock", off, got-shift)
		}
		if got := now.Sub(m.ReceivedAt); got != 3*time.Second-shift {
			t.Errorf("%s off: the message was received %s ago by the worker's clock", off, got+shift)
		}
		o.granted(now.Add(time.Second), wall.Add(time.Second), 6*time.Second)
		if o.shift != shift {
			t.Errorf("%s off: a second grant tells a shift of %s", off, o.shift)
		}
	}
}

func TestReplySubjects(t *testing.T) {
	const inbox = replyPrefix + "gw1."
	if call, try, ok := readReplySubject(inbox, replySubject(inbox, 1<<40, 12)); call != 1<<40 || try != 12 || !ok {
		t.Errorf("read call %d, try %d, %t", call, try, ok)
	}
	for _, subject := range []string{inbox, inbox + "1", inbox + "1.x", inbox + "!.1"} {
		if _, _, ok := readReplySubject(inbox, subject); ok {
			t.Errorf("%q was read as a reply subject", subject)
		}
	}
}

func TestTheVersionOfAService(t *testing.T) {
	for version, want := range map[string]string{
		"1.2.3": "1.2.3", "v1.2.3": "1.2.3", "v0.0.0-20261123150412-0123456789ab+dirty 0123 with changes": "0.0.0-20261123150412-0123456789ab+dirty",
		"": "0.0.0", "(devel)": "0.0.0", "(devel) 0123456": "0.0.0", "1.2": "0.0.0", "unknown": "0.0.0",
	} {
		if got := serviceVersion(version); got != want {
			t.Errorf("%q is reported as %q, want %q", version, got, want)
		}
	}
}
