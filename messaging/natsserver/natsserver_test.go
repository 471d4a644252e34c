package natsserver_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/messaging/natsserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stream connects to the server and returns its one stream, made if need be.
func stream(t *testing.T, url string) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "KEPT", Subjects: []string{"kept"}})
	if err != nil {
		t.Fatal(err)
	}
	return js, s
}

func TestDataOutlivesTheServer(t *testing.T) {
	dir := t.TempDir()
	first, err := natsserver.Start(natsserver.Options{StoreDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	js, _ := stream(t, first.URL())
	if _, err := js.Publish(t.Context(), "kept", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := first.Shutdown(); err != nil {
		t.Fatal(err)
	}
	second, err := natsserver.Start(natsserver.Options{StoreDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	_, s := stream(t, second.URL())
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.State.Msgs != 1 {
		t.Errorf("the stream has %d messages after the restart, want 1", info.State.Msgs)
	}
	if err := second.Shutdown(); err != nil {
		t.Fatal(err)
	}
}

func TestTemporaryDataGo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	server, err := natsserver.Start(natsserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	stream(t, server.URL())
	if left := leftovers(t); len(left) != 1 {
		t.Fatalf("a running server's temporary folders: %v", left)
	}
	for range 2 { // the second time does no harm
		if err := server.Shutdown(); err != nil {
			t.Fatal(err)
		}
	}
	if left := leftovers(t); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAPortInUseIsAnError(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	first, err := natsserver.Start(natsserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Shutdown() }()
	nc, err := nats.Connect(first.URL(), nats.Timeout(5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := natsserver.Start(natsserver.Options{Port: first.Port()}); err == nil {
		t.Error("a second server started on the same port")
	}
	if left := leftovers(t); len(left) != 1 {
		t.Errorf("temporary folders after the failed start: %v", left)
	}
}

func leftovers(t *testing.T) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "phonehook-nats-*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}
