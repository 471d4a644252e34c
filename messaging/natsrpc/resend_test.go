package natsrpc_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
)

// rawGateway plays a gateway by hand, one message at a time.
type rawGateway struct {
	t       *testing.T
	nc      *nats.Conn
	answers chan *nats.Msg
}

func newRawGateway(t *testing.T, url string) *rawGateway {
	t.Helper()
	g := &rawGateway{t, connect(t, url, "raw gateway"), make(chan *nats.Msg, 100)}
	if _, err := g.nc.ChanSubscribe("phonehook.v1.reply.raw.>", g.answers); err != nil {
		t.Fatal(err)
	}
	if err := g.nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return g
}

// offer makes the first offer of a call.
func (g *rawGateway) offer(call int, m messaging.Message) {
	g.t.Helper()
	body, err := messaging.EncodeMessage(m)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.nc.PublishMsg(&nats.Msg{
		Subject: "phonehook.v1.deliver." + m.Tenant, Reply: "phonehook.v1.reply.raw." + strconv.Itoa(call) + ".1", Data: body,
		Header: nats.Header{
			"Phonehook-Id": {m.ID}, "Phonehook-Try": {"1"}, "Phonehook-Sent-At": {nowMillis()}, "Phonehook-Timeout": {"15000"},
		},
	}); err != nil {
		g.t.Fatal(err)
	}
}

// next returns the call and the answer that comes next.
func (g *rawGateway) next() string {
	g.t.Helper()
	select {
	case msg := <-g.answers:
		var call, try int
		if _, err := fmt.Sscanf(msg.Subject, "phonehook.v1.reply.raw.%d.%d", &call, &try); err != nil {
			g.t.Fatal(err)
		}
		return strconv.Itoa(call) + " " + msg.Header.Get("Phonehook-Answer")
	case <-time.After(10 * time.Second):
		g.t.Fatal("no answer came")
		return ""
	}
}

func (g *rawGateway) askResend(id string) {
	g.t.Helper()
	if err := g.nc.Publish("phonehook.v1.resend."+id, nil); err != nil {
		g.t.Fatal(err)
	}
}

func TestAWorkerSaysAgainWhatItHasAndHad(t *testing.T) {
	url := messagingtest.NATS(t)
	gate := make(chan struct{})
	newServer(t, url, messaging.SenderFunc(func(_ context.Context, m messaging.Message) (messaging.Receipt, error) {
		if m.ID == "slow" {
			<-gate
		}
		return messaging.Receipt{Code: messaging.CodeSent}, nil
	}), natsrpc.ServerOptions{})
	g := newRawGateway(t, url)
	for call, id := range []string{"slow", "quick"} {
		m := messagingtest.Message()
		m.ID = id
		g.offer(call, m)
	}
	got := map[string]int{g.next(): 1, g.next(): 1}
	if diff := cmp.Diff(map[string]int{"0 accepted": 1, "1 outcome": 1}, got); diff != "" {
		t.Fatalf("said at first, wanted (-), got (+):\n%s", diff)
	}
	g.askResend("another") // must not be answered here
	g.askResend("raw")
	got = map[string]int{g.next(): 1, g.next(): 1}
	if diff := cmp.Diff(map[string]int{"0 accepted": 1, "1 outcome": 1}, got); diff != "" {
		t.Errorf("said again, wanted (-), got (+):\n%s", diff)
	}
	close(gate)
	if got := g.next(); got != "0 outcome" {
		t.Errorf("at the end came %q", got)
	}
	g.askResend("raw")
	got = map[string]int{g.next(): 1, g.next(): 1}
	if diff := cmp.Diff(map[string]int{"0 outcome": 1, "1 outcome": 1}, got); diff != "" {
		t.Errorf("said at last, wanted (-), got (+):\n%s", diff)
	}
}

func TestAnswersMayBeRepeated(t *testing.T) {
	url := messagingtest.NATS(t)
	w := newRawWorker(t, url, "w1")
	client := newClient(t, url)
	done := begin(t, client, 15*time.Second)
	first := w.next()
	for range 3 {
		w.answer(first, "accepted", "")
	}
	for range 3 {
		w.answer(first, "busy", "")
	}
	second := w.next()
	w.answer(first, "busy", "") // of old
	if got := w.claim(second); got != "true" {
		t.Fatalf("the claim was answered %q", got)
	}
	for range 3 {
		w.answer(second, "outcome", sentOutcome)
	}
	if got := <-done; got.err != nil {
		t.Errorf("the call ended with %v", got.err)
	}
	if n := len(w.offers); n != 0 {
		t.Errorf("%d offers too many were made", n)
	}
	if stats := client.Stats(); stats.InFlight != 0 || stats.Waiting != 0 {
		t.Errorf("after the call there is %+v", stats)
	}
}

// TestAnOutcomeLostWithTheGatewaysConnection: the worker stays connected and reports
// while the gateway is away.
func TestAnOutcomeLostWithTheGatewaysConnection(t *testing.T) {
	t.Parallel()
	url := messagingtest.NATS(t)
	for name, before := range map[string]string{"and its acceptance": "", "accepted before": "accepted"} {
		t.Run(name, func(t *testing.T) {
			wire := newWire(t, url)
			backend := &counter{gate: make(chan struct{})}
			newServer(t, url, backend, natsrpc.ServerOptions{Tenants: []string{"demo"}})
			client := newClient(t, wire.url)
			waitFor(t, "the worker", func() bool { return client.Workers() == 1 })
			g := newRawGateway(t, url) // hears what the gateway misses
			heard, err := g.nc.SubscribeSync("phonehook.v1.reply.>")
			if err != nil {
				t.Fatal(err)
			}
			if err := g.nc.Flush(); err != nil {
				t.Fatal(err)
			}
			if before == "" {
				close(backend.gate)
				backend.takes = 30 * time.Millisecond // the wire is cut before
			}
			done := begin(t, client, 30*time.Second)
			waitFor(t, "the message", func() bool { return busy(t, url) == 1 || len(backend.deliveries()) == 1 })
			if before != "" {
				if msg, err := heard.NextMsg(10 * time.Second); err != nil || msg.Header.Get("Phonehook-Answer") != before {
					t.Fatalf("at first was said %v, %v", msg, err)
				}
			}
			wire.cut()
			if before != "" {
				close(backend.gate)
			}
			waitFor(t, "the outcome", func() bool {
				msg, err := heard.NextMsg(10 * time.Second)
				return err == nil && msg.Header.Get("Phonehook-Answer") == "outcome"
			})
			wire.mend()
			if got := <-done; got.err != nil || got.deadline {
				t.Errorf("the call ended with %+v", got)
			}
			if diff := cmp.Diff(map[string]int{messagingtest.Message().ID: 1}, backend.deliveries()); diff != "" {
				t.Errorf("deliveries, wanted (-), got (+):\n%s", diff)
			}
		})
	}
}

// TestAReconnectedGatewayWaitsForWhatIsSaidAgain: the answer comes with its second
// request, and before that it offers nothing.
func TestAReconnectedGatewayWaitsForWhatIsSaidAgain(t *testing.T) {
	const calls = 20
	url := messagingtest.NATS(t)
	wire := newWire(t, url)
	w := newRawWorker(t, url, "w1")
	asked := make(chan *nats.Msg, 10)
	if _, err := w.nc.ChanSubscribe("phonehook.v1.resend.gw1", asked); err != nil {
		t.Fatal(err)
	}
	if err := w.nc.Flush(); err != nil {
		t.Fatal(err)
	}
	nc := connect(t, wire.url, "gateway")
	client, err := natsrpc.NewClient(nc, natsrpc.ClientOptions{ID: "gw1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	waitFor(t, "the connection", nc.IsConnected)
	var done []<-chan outcome
	var offers []*nats.Msg
	for range calls {
		done = append(done, begin(t, client, 15*time.Second))
		offers = append(offers, w.next())
	}
	for len(asked) > 0 { // those of the first connection
		<-asked
	}
	wire.cut()
	waitFor(t, "the loss", func() bool { return !nc.IsConnected() })
	time.Sleep(400 * time.Millisecond) // now each call would be offered again, if it could be
	wire.mend()
	for range 2 {
		select {
		case <-asked:
		case <-time.After(10 * time.Second):
			t.Fatal("the gateway does not ask")
		}
	}
	for _, offer := range offers {
		w.answer(offer, "outcome", sentOutcome)
	}
	for _, each := range done {
		if got := <-each; got.err != nil {
			t.Errorf("a call ended with %v", got.err)
		}
	}
	if n := len(w.offers); n > 0 {
		t.Errorf("%d more offers were made", n)
	}
}
