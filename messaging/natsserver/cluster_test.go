package natsserver_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/phonehook/phonehook/messaging/natsserver"
)

func TestAClusterKeepsWhatOneServerLoses(t *testing.T) {
	servers, options, err := natsserver.StartCluster(t.TempDir(), t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range servers {
		defer func() { _ = servers[i].Shutdown() }()
	}
	nc, err := nats.Connect(servers[1].URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "KEPT", Subjects: []string{"kept"}, Replicas: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "kept", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := servers[0].Shutdown(); err != nil {
		t.Fatal(err)
	}
	// It can be started again at the same place.
	if servers[0], err = natsserver.Start(options[0]); err != nil {
		t.Fatal(err)
	}
	if servers[0].Port() != options[0].Port {
		t.Errorf("it listens on port %d, want %d", servers[0].Port(), options[0].Port)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		info, err := s.Info(t.Context())
		if err == nil && info.State.Msgs == 1 && len(info.Cluster.Replicas) == 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the stream is %+v, %v", info, err)
		}
	}
}

func TestAClusterThatCannotStartLeavesNothing(t *testing.T) {
	taken := t.TempDir() + "/none\x00"
	if _, _, err := natsserver.StartCluster(t.TempDir(), taken); err == nil {
		t.Error("a server started without a folder")
	}
}
