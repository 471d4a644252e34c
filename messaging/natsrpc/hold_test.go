package natsrpc_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
	"github.com/phonehook/phonehook/messaging/natsrpc"
	"github.com/phonehook/phonehook/messaging/natsserver"
)

// twice is a backend whose first attempt fails when it is told to go on, and whose
// second succeeds if the hold lets it begin.
type twice struct {
	begun chan<- string // gets "first", "second", and the code of a hold that refused
	goOn  <-chan struct{}
}

func (b *twice) Send(ctx context.Context, _ messaging.Message) (messaging.Receipt, error) {
	if err := messaging.CheckHold(ctx); err != nil {
		return messaging.Receipt{}, err
	}
	b.begun <- "first"
	select {
	case <-b.goOn:
	case <-ctx.Done():
	}
	made := messaging.Receipt{Attempts: []messaging.Attempt{{Provider: "p", Code: messaging.CodeUnavailable}}}
	if err := messaging.CheckHold(ctx); err != nil {
		b.begun <- messaging.CodeOf(made, err).String()
		return made, err
	}
	b.begun <- "second"
	made.Code = messaging.CodeSent
	return made, nil
}

// want waits for what a backend tells.
func want(t *testing.T, told <-chan string, wanted string) {
	t.Helper()
	select {
	case got := <-told:
		if got != wanted {
			t.Fatalf("got %q, want %q", got, wanted)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("waited in vain for %q", wanted)
	}
}

// The subjects over which the test and the worker that it pauses talk.
const (
	subjectTold = "test.told"
	subjectGoOn = "test.go-on"
)

// TestHelperPausedWorker is the process that TestAPausedWorkerBeginsNothing pauses.
func TestHelperPausedWorker(t *testing.T) {
	url := os.Getenv("NATSRPC_TEST_URL")
	if url == "" {
		t.Skip("is run by TestAPausedWorkerBeginsNothing")
	}
	nc := connect(t, url, "paused worker")
	told, goOn := make(chan string, 10), make(chan struct{})
	if _, err := nc.Subscribe(subjectGoOn, func(*nats.Msg) { close(goOn) }); err != nil {
		t.Fatal(err)
	}
	newServer(t, url, &twice{told, goOn}, natsrpc.ServerOptions{WorkerID: "paused"})
	for {
		word := <-told
		if err := nc.Publish(subjectTold, []byte(word)); err != nil {
			t.Fatal(err)
		}
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
		if word != "first" {
			return
		}
	}
}

func TestAPausedWorkerBeginsNothing(t *testing.T) {
	t.Parallel()
	url := messagingtest.NATS(t)
	nc := connect(t, url, "test")
	told := make(chan string, 10)
	if _, err := nc.Subscribe(subjectTold, func(msg *nats.Msg) { told <- string(msg.Data) }); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	client := newClient(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestHelperPausedWorker$") //nolint:gosec // this test itself
	command.Env = append(os.Environ(), "NATSRPC_TEST_URL="+url)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the worker", func() bool { return client.Workers() == 1 })

	done := begin(t, client, 30*time.Second)
	want(t, told, "first")
	if err := command.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	other := &counter{}
	newServer(t, url, other, natsrpc.ServerOptions{})
	if got := <-done; got.err != nil || got.receipt.Worker == "paused" {
		t.Errorf("the call ended with %+v", got)
	}
	// What it waits for comes before it runs again, so that its work and whatever
	// notices the pause wake up together.
	if err := nc.Publish(subjectGoOn, nil); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := command.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	want(t, told, messaging.CodeConflict.String())
	if err := command.Wait(); err != nil {
		t.Errorf("the paused worker ended with %v", err)
	}
	if n := len(other.deliveries()); n != 1 {
		t.Errorf("the other worker sent %d messages", n)
	}
}

func TestAHoldPassesWhereThereIsNoDoubt(t *testing.T) {
	url := messagingtest.NATS(t)
	told, goOn := make(chan string, 10), make(chan struct{})
	newServer(t, url, &twice{told, goOn}, natsrpc.ServerOptions{})
	nc := connect(t, url, "listener")
	counted, err := nc.SubscribeSync("phonehook.v1.claim.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	done := begin(t, newClient(t, url), 15*time.Second)
	want(t, told, "first")
	close(goOn)
	want(t, told, "second")
	if got := <-done; got.err != nil {
		t.Errorf("the call ended with %v", got.err)
	}
	claims, _, err := counted.Pending()
	if err != nil {
		t.Fatal(err)
	}
	if claims > 2 { // a busy machine may give cause for one each
		t.Errorf("there were %d claims", claims)
	}
}

// TestAWorkerThatWasCutOffAsksAgain cuts the worker's connection alone, so that the
// gateway gives its message to another one.
func TestAWorkerThatWasCutOffAsksAgain(t *testing.T) {
	t.Parallel()
	url := messagingtest.NATS(t)
	wire := newWire(t, url)
	told, goOn := make(chan string, 10), make(chan struct{})
	newServer(t, wire.url, &twice{told, goOn}, natsrpc.ServerOptions{WorkerID: "cut-off"})
	client := newClient(t, url)
	waitFor(t, "the worker", func() bool { return client.Workers() == 1 })
	done := begin(t, client, 30*time.Second)
	want(t, told, "first")
	wire.cut()
	other := &counter{}
	newServer(t, url, other, natsrpc.ServerOptions{})
	if got := <-done; got.err != nil || got.receipt.Worker == "cut-off" {
		t.Errorf("the call ended with %+v", got)
	}
	close(goOn)
	want(t, told, messaging.CodeConflict.String()) // nobody answers its claim
	wire.mend()
}

// TestAWorkerThatIsCutOffHandsBack has the gateway cut off as well: it goes on
// believing that the worker has the message, until the worker tells it.
func TestAWorkerThatIsCutOffHandsBack(t *testing.T) {
	port := freePort(t)
	first := startNATS(t, port)
	url := first.URL()
	told, goOn := make(chan string, 10), make(chan struct{})
	newServer(t, url, &twice{told, goOn}, natsrpc.ServerOptions{})
	client := newClient(t, url)
	waitFor(t, "the worker", func() bool { return client.Workers() == 1 })
	done := begin(t, client, 30*time.Second)
	want(t, told, "first")
	if err := first.Shutdown(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond) // longer than what raises no doubt
	close(goOn)
	want(t, told, messaging.CodeConflict.String())
	startNATS(t, port)
	want(t, told, "first")
	want(t, told, "second")
	if got := <-done; got.err != nil {
		t.Errorf("the call ended with %v", got.err)
	}
}

func startNATS(t *testing.T, port int) *natsserver.Server {
	t.Helper()
	server, err := natsserver.Start(natsserver.Options{Port: port, StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Shutdown() }) // fails only where it has been shut down already
	return server
}

// TestARepeatedClaimOfOneWhoWasLost is granted as long as no other worker has the
// message, and then the loss is forgotten.
func TestARepeatedClaimOfOneWhoWasLost(t *testing.T) {
	t.Parallel()
	url := messagingtest.NATS(t)
	w := newRawWorker(t, url, "w1")
	done := begin(t, newClient(t, url), 15*time.Second)
	first := w.next()
	w.answer(first, "accepted", "")
	second := w.next() // the gateway took it for dead
	if got := w.claim(first); got != "true" {
		t.Errorf("the claim of the one who was lost was answered %q", got)
	}
	if got := w.claim(second); got != "false" {
		t.Errorf("the claim of another was answered %q", got)
	}
	w.answer(first, "outcome", `{"code":"unavailable"}`)
	if got := <-done; messaging.CodeOf(got.receipt, got.err) != messaging.CodeUnavailable {
		t.Errorf("the call ended with %v, want %v", got.err, messaging.CodeUnavailable)
	}
}

// TestTheDoubtOfOneWhoWasLostRemains: it says that it may have sent the message, and
// another one that it could not.
func TestTheDoubtOfOneWhoWasLostRemains(t *testing.T) {
	t.Parallel()
	url := messagingtest.NATS(t)
	w := newRawWorker(t, url, "w1")
	done := begin(t, newClient(t, url), 15*time.Second)
	first := w.next()
	w.answer(first, "accepted", "")
	second := w.next()
	if got := w.claim(second); got != "true" {
		t.Fatalf("the claim was answered %q", got)
	}
	w.answer(first, "outcome", `{"code":"unknown"}`)
	w.answer(second, "outcome", `{"code":"unavailable"}`)
	if got := <-done; !errors.Is(got.err, messaging.CodeUnknown) {
		t.Errorf("the call ended with %v, want %v", got.err, messaging.CodeUnknown)
	}
}
