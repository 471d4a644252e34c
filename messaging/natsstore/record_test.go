package natsstore_test

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// published is what a fake JetStream has got of one event: the ids under which it came, and
// where each answer is to go.
type published struct{ ids, replies []string }

// fakeStream answers events as JetStream would, or not, as answer says. It returns what it
// has got, by the id of the message.
func fakeStream(t *testing.T, url string, answer func(id string, p published, say func(reply, what string))) func() map[string]published {
	t.Helper()
	nc := dial(t, url)
	var mu sync.Mutex
	got := make(map[string]published)
	say := func(reply, what string) {
		if err := nc.Publish(reply, []byte(what)); err != nil {
			t.Error(err)
		}
	}
	_, err := nc.Subscribe("phonehook.v1.event.>", func(msg *nats.Msg) {
		event, err := messaging.DecodeEvent(msg.Data)
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		p := got[event.ID]
		p.ids, p.replies = append(p.ids, msg.Header.Get(nats.MsgIdHdr)), append(p.replies, msg.Reply)
		got[event.ID] = p
		answer(event.ID, p, say)
	})
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() map[string]published {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

const (
	storedOne = `{"stream":"PHONEHOOK_EVENTS","seq":1}`
	refused   = `{"error":{"code":503,"err_code":10077,"description":"no space left"},"stream":"PHONEHOOK_EVENTS","seq":0}`
)

// TestOneEventOfManyIsNotStored has events that are published together, of which JetStream refuses
// one and does not answer for another in time.
func TestOneEventOfManyIsNotStored(t *testing.T) {
	url := messagingtest.NATS(t)
	var all []messaging.Message
	for range 100 {
		all = append(all, message("demo", time.Minute))
	}
	refuse, lose := all[30].ID, all[60].ID
	got := fakeStream(t, url, func(id string, p published, say func(reply, what string)) {
		switch first := len(p.ids) == 1; {
		case first && id == refuse:
			say(p.replies[0], refused)
		case first && id == lose:
		case id == lose:
			for _, reply := range p.replies { // the first one is late
				say(reply, storedOne)
			}
		default:
			say(p.replies[0], storedOne)
			say(p.replies[len(p.replies)-1], storedOne) // for the first one, an answer too many
		}
	})
	events := open(t, dial(t, url), natsstore.Options{Source: "w1"}).Events()
	for _, m := range all {
		events.Record(eventOf(m, ""))
	}
	waitFor(t, "everything to be stored", func() bool { return events.Pending() == 0 })
	ids := make(map[string]bool)
	for i, m := range all {
		p, times := got()[m.ID], 1
		if m.ID == refuse || m.ID == lose {
			times = 2
		}
		if len(p.ids) != times {
			t.Errorf("event %d was published %d times, want %d", i, len(p.ids), times)
			continue
		}
		if ids[p.ids[0]] || p.ids[0] == "" || p.ids[0] != p.ids[times-1] {
			t.Errorf("event %d was published as %q", i, p.ids)
		}
		ids[p.ids[0]] = true
	}
	if n := events.Dropped(); n != 0 {
		t.Errorf("%d events were dropped", n)
	}
}

// TestAnEventThatIsAlwaysRefusedIsInNobodysWay has one tenant's events refused all the time.
func TestAnEventThatIsAlwaysRefusedIsInNobodysWay(t *testing.T) {
	url := messagingtest.NATS(t)
	bad := message("other", time.Minute)
	fakeStream(t, url, func(id string, p published, say func(reply, what string)) {
		what := storedOne
		if id == bad.ID {
			what = refused
		}
		say(p.replies[len(p.replies)-1], what)
	})
	s, err := natsstore.Open(dial(t, url), natsstore.Options{Source: "w1"})
	if err != nil {
		t.Fatal(err)
	}
	s.Events().Record(eventOf(bad, ""))
	for range 50 {
		for range 100 {
			s.Events().Record(eventOf(message("demo", time.Minute), ""))
		}
		waitFor(t, "the others to be stored", func() bool { return s.Events().Pending() == 1 })
	}
	if err := s.Close(shortly(t)); err == nil || s.Events().Dropped() != 1 {
		t.Errorf("Close says %v, and %d events were dropped, want one", err, s.Events().Dropped())
	}
}

// TestTheConnectionBreaks cuts it while events, or the answers to them, are on the way.
func TestTheConnectionBreaks(t *testing.T) {
	for name, cut := range map[string]func(*proxy){
		"events":  func(p *proxy) { p.up.Store(40_000) },
		"answers": func(p *proxy) { p.down.Store(4_000) },
	} {
		t.Run(name, func(t *testing.T) {
			url := messagingtest.NATS(t)
			g := gateway(t, url)
			p := startProxy(t, url)
			events := worker(t, p.url(), "w1").Events()
			cut(p)
			const n = 1000 // of some 600 bytes each
			for range n {
				events.Record(eventOf(message("demo", time.Minute), ""))
			}
			waitFor(t, "everything to be stored", func() bool { return events.Pending() == 0 })
			if p.cuts.value() != 1 {
				t.Errorf("the connection was cut %d times", p.cuts.value())
			}
			if got := eventsStored(t, url); got != n || events.Dropped() != 0 {
				t.Errorf("%d events are stored and %d were dropped, want %d stored", got, events.Dropped(), n)
			}
			ready(t, g)
		})
	}
}

// TestTheServerRestartsWhileEventsAreRecorded has each event stored once, whenever it came.
func TestTheServerRestartsWhileEventsAreRecorded(t *testing.T) {
	s := startServer(t)
	events := gateway(t, s.URL()).Events()
	const n = 2000
	half, all := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(all)
		for i := range n {
			events.Record(eventOf(message("demo", time.Minute), "w1"))
			if i%10 == 0 {
				time.Sleep(time.Millisecond)
			}
			if i == n/4 {
				close(half)
			}
		}
	}()
	<-half
	s.stop()
	s.start()
	<-all
	waitFor(t, "everything to be stored", func() bool { return events.Pending() == 0 })
	if got := eventsStored(t, s.URL()); got != n || events.Dropped() != 0 {
		t.Errorf("%d events are stored and %d were dropped, want %d stored", got, events.Dropped(), n)
	}
}

// eventsStored is how many events the stream has.
func eventsStored(t *testing.T, url string) uint64 {
	t.Helper()
	js, err := jetstream.New(dial(t, url))
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), natsstore.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.Msgs
}

// proxy stands between a client and a server. It cuts the connection once, when so many more
// bytes have gone up to the server, or down to the client, as is set.
type proxy struct {
	net.Listener
	server   string
	up, down atomic.Int64
	cuts     counter
	copying  sync.WaitGroup
}

func startProxy(t *testing.T, url string) *proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: listener, server: strings.TrimPrefix(url, "nats://")}
	p.copying.Go(p.serve)
	t.Cleanup(func() {
		_ = p.Close()
		p.copying.Wait()
	})
	return p
}

func (p *proxy) url() string { return "nats://" + p.Addr().String() }

func (p *proxy) serve() {
	for {
		client, err := p.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server) //nolint:noctx // on this machine, and the test has nothing to cancel it with
		if err != nil {
			_ = client.Close()
			continue
		}
		p.copying.Go(func() { p.copy(server, client, &p.up) })
		p.copying.Go(func() { p.copy(client, server, &p.down) })
	}
}

// copy ends both connections with either.
func (p *proxy) copy(to, from net.Conn, left *atomic.Int64) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if before := left.Load(); before > 0 && left.Add(int64(-n)) <= 0 {
			left.Store(0)
			p.cuts.add()
			_, _ = to.Write(buf[:min(int64(n), before)]) // a part, as it happens
			return
		}
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}
