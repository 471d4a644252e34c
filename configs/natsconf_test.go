package configs_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// natsPatience bounds what a test waits for. Everything here takes milliseconds,
// and only a failure reaches the bound.
const natsPatience = 20 * time.Second

// natsPasswords are the variables that nats.conf reads, and what the tests give.
var natsPasswords = map[string]string{
	"NATS_GATEWAY_PASSWORD":  "test-gateway",
	"NATS_WORKER_PASSWORD":   "test-worker",
	"NATS_OBSERVER_PASSWORD": "test-observer",
}

// startNATS runs a server with nats.conf, on free ports and with a store of its
// own, and returns its URL.
func startNATS(t *testing.T) string {
	t.Helper()
	for name, value := range natsPasswords {
		t.Setenv(name, value)
	}
	options, err := server.ProcessConfigFile("nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	options.Host, options.Port = "127.0.0.1", server.RANDOM_PORT
	options.HTTPPort = server.RANDOM_PORT
	options.StoreDir = t.TempDir()
	options.NoLog, options.NoSigs = true, true
	running, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { running.Shutdown(); running.WaitForShutdown() })
	running.Start()
	if !running.ReadyForConnections(natsPatience) {
		t.Fatal("the server did not get ready")
	}
	if !running.JetStreamEnabled() {
		t.Error("JetStream is off")
	}
	return running.ClientURL()
}

// login connects as user with the password that startNATS gave to it.
func login(t *testing.T, url, user string) *nats.Conn {
	t.Helper()
	password := natsPasswords["NATS_"+strings.ToUpper(user)+"_PASSWORD"]
	connection, err := nats.Connect(url, nats.UserInfo(user, password), nats.NoReconnect(),
		nats.CustomInboxPrefix("_INBOX."+user), // as natsrpc.Connect does it
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	t.Cleanup(connection.Close)
	return connection
}

// permitted makes a round trip and says whether the server had complained of a
// permission by then: it answers everything in its order.
func permitted(t *testing.T, connection *nats.Conn) bool {
	t.Helper()
	if err := connection.FlushTimeout(natsPatience); err != nil {
		t.Fatal(err)
	}
	err := connection.LastError()
	if err != nil && !errors.Is(err, nats.ErrPermissionViolation) {
		t.Fatal(err)
	}
	return err == nil
}

func TestNATSPermitsEachUserItsOwnSubjectsAlone(t *testing.T) {
	url := startNATS(t)
	const plain = ""
	tests := []struct {
		user      string
		publish   string
		subscribe string
		queue     string
		want      bool
	}{
		{user: "gateway", publish: "phonehook.v1.deliver.demo", want: true},
		{user: "gateway", publish: "phonehook.v1.claim.worker1.token", want: true},
		{user: "gateway", publish: "phonehook.v1.resend.gateway1", want: true},
		{user: "gateway", publish: "phonehook.v1.queued", want: true},
		{user: "gateway", publish: "phonehook.v1.queue.demo.id", want: true},
		{user: "gateway", publish: "phonehook.v1.event.demo.0a.3ff", want: true},
		{user: "gateway", publish: "$KV.phonehook_keys.hash", want: true},
		{user: "gateway", publish: "phonehook.v1.recent", want: true},
		{user: "gateway", publish: "$JS.API.CONSUMER.CREATE.PHONEHOOK_RECENT.g_1", want: true},
		{user: "gateway", publish: "$JS.FC.PHONEHOOK_RECENT.g_1.x", want: true},
		{user: "gateway", publish: "$JS.FC.PHONEHOOK_QUEUE.g_1.x", want: false},
		{user: "gateway", publish: "$JS.API.STREAM.MSG.DELETE.PHONEHOOK_RECENT", want: false},
		{user: "gateway", publish: "$JS.API.STREAM.PURGE.PHONEHOOK_RECENT", want: false},
		{user: "gateway", publish: "$KV.phonehook_marks.demo.id", want: true},
		{user: "gateway", publish: "$KV.phonehook_settings.number_key", want: true},
		{user: "gateway", publish: "$KV.others.key", want: false},
		{user: "gateway", publish: "$JS.API.STREAM.CREATE.PHONEHOOK_QUEUE", want: true},
		{user: "gateway", publish: "$JS.API.STREAM.CREATE.OTHERS", want: false},
		{user: "gateway", publish: "$JS.API.STREAM.DELETE.PHONEHOOK_QUEUE", want: false},
		{user: "gateway", publish: "$JS.API.STREAM.PURGE.PHONEHOOK_QUEUE", want: false},
		{user: "gateway", publish: "$JS.API.STREAM.MSG.DELETE.PHONEHOOK_EVENTS", want: false},
		{user: "gateway", publish: "$JS.API.CONSUMER.CREATE.PHONEHOOK_QUEUE.q_demo.phonehook.v1.queue.demo.*", want: true},
		{user: "gateway", publish: "$JS.API.CONSUMER.CREATE.PHONEHOOK_QUEUE.q_demo", want: false},
		{user: "gateway", publish: "$JS.API.CONSUMER.CREATE.PHONEHOOK_EVENTS.all.phonehook.v1.event.>", want: false},
		{user: "gateway", publish: "$JS.API.CONSUMER.DELETE.PHONEHOOK_QUEUE.q_demo", want: false},
		{user: "gateway", publish: "$JS.API.CONSUMER.MSG.NEXT.PHONEHOOK_QUEUE.q_demo", want: false},
		{user: "gateway", publish: "$JS.ACK.PHONEHOOK_QUEUE.q_demo.1.1.1.1.0", want: false},
		{user: "gateway", publish: "$JS.API.STREAM.CREATE.PHONEHOOK_ALIASES", want: true},
		{user: "gateway", publish: "phonehook.v1.alias.hash", want: false},
		{user: "gateway", publish: "$JS.API.DIRECT.GET.PHONEHOOK_ALIASES", want: false},
		{user: "gateway", publish: "phonehook.v1.deliver", want: false},
		{user: "gateway", publish: "phonehook.v1.deliver.demo.more", want: false},
		{user: "gateway", publish: "phonehook.v1.reply.gateway1.token", want: false},
		{user: "gateway", publish: "phonehook.v1.beat.worker1", want: false},
		{user: "gateway", publish: "phonehook.v2.deliver.demo", want: false},
		{user: "gateway", publish: "$SRV.PING", want: false},
		{user: "gateway", publish: "$JS.API.INFO", want: false},
		{user: "gateway", publish: "$SYS.REQ.SERVER.PING", want: false},
		{user: "gateway", publish: "_INBOX.someone", want: false},
		{user: "gateway", subscribe: "phonehook.v1.reply.gateway1.>", want: true},
		{user: "gateway", subscribe: "phonehook.v1.beat.>", want: true},
		{user: "gateway", subscribe: "phonehook.v1.deliver.demo", queue: plain, want: false},
		{user: "gateway", subscribe: "phonehook.v1.deliver.demo", queue: "workers", want: false},
		{user: "gateway", subscribe: "phonehook.v1.claim.>", want: false},
		{user: "gateway", subscribe: "$SRV.>", want: false},
		{user: "gateway", subscribe: "phonehook.v1.event.demo.0a.*", want: true},
		{user: "gateway", subscribe: "_INBOX.gateway.token.*", want: true},
		{user: "gateway", subscribe: "_INBOX.worker.token.*", want: false},
		{user: "gateway", subscribe: "phonehook.v1.queue.>", want: false},
		{user: "gateway", subscribe: "phonehook.v1.recent", want: false},
		{user: "gateway", subscribe: "phonehook.v1.resend.gateway1", want: false},
		{user: "gateway", subscribe: "$KV.>", want: false},
		{user: "gateway", subscribe: "$JS.>", want: false},
		{user: "gateway", subscribe: "_INBOX.>", want: false},
		{user: "gateway", subscribe: ">", want: false},

		{user: "worker", publish: "phonehook.v1.reply.gateway1.token", want: true},
		{user: "worker", publish: "phonehook.v1.beat.worker1", want: true},
		{user: "worker", publish: "phonehook.v1.queued", want: true},
		{user: "worker", publish: "phonehook.v1.queue.demo.id", want: true},
		{user: "worker", publish: "phonehook.v1.event.demo.0a.none", want: true},
		{user: "worker", publish: "$KV.phonehook_marks.demo.id", want: true},
		{user: "worker", publish: "$JS.API.STREAM.INFO.PHONEHOOK_QUEUE", want: true},
		{user: "worker", publish: "$JS.API.STREAM.MSG.GET.KV_phonehook_marks", want: true},
		{user: "worker", publish: "$JS.API.CONSUMER.MSG.NEXT.PHONEHOOK_QUEUE.q_demo", want: true},
		{user: "worker", publish: "$JS.ACK.PHONEHOOK_QUEUE.q_demo.1.1.1.1.0", want: true},
		{user: "worker", publish: "phonehook.v1.alias.hash", want: true},
		{user: "worker", publish: "$JS.API.STREAM.INFO.PHONEHOOK_ALIASES", want: true},
		{user: "worker", publish: "$JS.API.DIRECT.GET.PHONEHOOK_ALIASES", want: true},
		{user: "worker", publish: "$JS.API.STREAM.CREATE.PHONEHOOK_ALIASES", want: false},
		{user: "worker", publish: "$JS.API.STREAM.PURGE.PHONEHOOK_ALIASES", want: false},
		{user: "worker", publish: "$KV.phonehook_keys.hash", want: false},
		{user: "worker", publish: "phonehook.v1.recent", want: false},
		{user: "worker", publish: "$JS.API.CONSUMER.CREATE.PHONEHOOK_RECENT.g_1", want: false},
		{user: "worker", publish: "$KV.phonehook_settings.number_key", want: false},
		{user: "worker", publish: "$JS.API.STREAM.CREATE.PHONEHOOK_QUEUE", want: false},
		{user: "worker", publish: "$JS.API.STREAM.UPDATE.PHONEHOOK_QUEUE", want: false},
		{user: "worker", publish: "$JS.API.STREAM.MSG.GET.PHONEHOOK_QUEUE", want: false},
		{user: "worker", publish: "$JS.API.STREAM.MSG.DELETE.PHONEHOOK_QUEUE", want: false},
		{user: "worker", publish: "$JS.API.STREAM.MSG.GET.KV_phonehook_settings", want: false},
		{user: "worker", publish: "$JS.API.DIRECT.GET.KV_phonehook_settings", want: false},
		{user: "worker", publish: "$JS.API.DIRECT.GET.PHONEHOOK_EVENTS", want: false},
		{user: "worker", publish: "$JS.API.CONSUMER.CREATE.PHONEHOOK_QUEUE.mine", want: false},
		{user: "worker", publish: "$JS.API.CONSUMER.CREATE.PHONEHOOK_QUEUE.mine.phonehook.v1.queue.*.*", want: false},
		{user: "worker", publish: "phonehook.v1.resend.gateway1", want: false},
		{user: "worker", publish: "phonehook.v1.deliver.demo", want: false},
		{user: "worker", publish: "phonehook.v1.claim.worker1.token", want: false},
		{user: "worker", publish: "$SRV.PING", want: false},
		{user: "worker", publish: "$JS.API.INFO", want: false},
		{user: "worker", publish: "_INBOX.someone", want: false},
		{user: "worker", subscribe: "phonehook.v1.deliver.*", queue: "workers", want: true},
		{user: "worker", subscribe: "phonehook.v1.deliver.demo", queue: "workers", want: true},
		{user: "worker", subscribe: "phonehook.v1.deliver.*", queue: plain, want: false},
		{user: "worker", subscribe: "phonehook.v1.deliver.*", queue: "others", want: false},
		{user: "worker", subscribe: "phonehook.v1.claim.worker1.*", want: true},
		{user: "worker", subscribe: "$SRV.PING.phonehook-worker.worker1", want: true},
		{user: "worker", subscribe: "phonehook.v1.reply.>", want: false},
		{user: "worker", subscribe: "phonehook.v1.beat.*", want: true},
		{user: "worker", subscribe: "phonehook.v1.resend.*", want: true},
		{user: "worker", subscribe: "phonehook.v1.queued", want: true},
		{user: "worker", subscribe: "_INBOX.worker.token.*", want: true},
		{user: "worker", subscribe: "_INBOX.gateway.token.*", want: false},
		{user: "worker", subscribe: "phonehook.v1.event.>", want: false},
		{user: "worker", subscribe: "phonehook.v1.queue.>", want: false},
		{user: "worker", subscribe: "_INBOX.>", want: false},
		{user: "worker", subscribe: ">", want: false},

		{user: "observer", publish: "$SRV.STATS.phonehook-worker", want: true},
		{user: "observer", publish: "phonehook.v1.deliver.demo", want: false},
		{user: "observer", publish: "phonehook.v1.reply.gateway1.token", want: false},
		{user: "observer", publish: "$JS.API.INFO", want: true},
		{user: "observer", publish: "$JS.API.STREAM.LIST", want: true},
		{user: "observer", publish: "$JS.API.STREAM.INFO.PHONEHOOK_QUEUE", want: true},
		{user: "observer", publish: "$JS.API.CONSUMER.INFO.PHONEHOOK_QUEUE.q_demo", want: true},
		{user: "observer", publish: "$JS.API.STREAM.MSG.GET.PHONEHOOK_QUEUE", want: false},
		{user: "observer", publish: "$JS.API.DIRECT.GET.PHONEHOOK_EVENTS", want: false},
		{user: "observer", publish: "$JS.API.DIRECT.GET.PHONEHOOK_ALIASES", want: false},
		{user: "observer", publish: "$JS.API.DIRECT.GET.KV_phonehook_settings.$KV.phonehook_settings.number_key", want: false},
		{user: "observer", publish: "$JS.API.CONSUMER.CREATE.PHONEHOOK_QUEUE.mine", want: false},
		{user: "observer", publish: "$JS.API.CONSUMER.CREATE.PHONEHOOK_RECENT.mine", want: false},
		{user: "observer", publish: "phonehook.v1.recent", want: false},
		{user: "observer", publish: "$JS.API.CONSUMER.MSG.NEXT.PHONEHOOK_QUEUE.q_demo", want: false},
		{user: "observer", publish: "$JS.API.STREAM.DELETE.PHONEHOOK_QUEUE", want: false},
		{user: "observer", publish: "$JS.API.STREAM.PURGE.PHONEHOOK_QUEUE", want: false},
		{user: "observer", publish: "phonehook.v1.queued", want: false},
		{user: "observer", publish: "phonehook.v1.event.demo.0a.none", want: false},
		{user: "observer", subscribe: "_INBOX.one.*", want: true},
		{user: "observer", subscribe: "_INBOX.gateway.*", want: false},
		{user: "observer", subscribe: "_INBOX.worker.>", want: false},
		{user: "observer", subscribe: "phonehook.v1.event.>", want: false},
		{user: "observer", subscribe: "phonehook.v1.queue.>", want: false},
		{user: "observer", subscribe: "phonehook.v1.deliver.demo", queue: "workers", want: false},
		{user: "observer", subscribe: "phonehook.v1.reply.>", want: false},
		{user: "observer", subscribe: "phonehook.v1.beat.>", want: false},
		{user: "observer", subscribe: "$SRV.>", want: false},
	}
	for _, test := range tests {
		t.Run(strings.Join([]string{test.user, test.publish, test.subscribe, test.queue}, " "), func(t *testing.T) {
			connection := login(t, url, test.user)
			if test.publish != "" {
				if err := connection.Publish(test.publish, nil); err != nil {
					t.Fatal(err)
				}
			} else if _, err := connection.QueueSubscribe(test.subscribe, test.queue, func(*nats.Msg) {}); err != nil {
				t.Fatal(err)
			}
			if got := permitted(t, connection); got != test.want {
				t.Errorf("permitted: %t, want %t", got, test.want)
			}
		})
	}
}

func TestNATSCarriesAnOfferAndItsOutcome(t *testing.T) {
	url := startNATS(t)
	gateway, worker := login(t, url, "gateway"), login(t, url, "worker")
	_, err := worker.QueueSubscribe("phonehook.v1.deliver.*", "workers", func(offer *nats.Msg) {
		// An acceptance and the outcome: no limit on answers stands between.
		_ = worker.Publish(offer.Reply, []byte("accepted"))
		_ = worker.Publish(offer.Reply, []byte("outcome"))
	})
	if err != nil {
		t.Fatal(err)
	}
	answers, err := gateway.SubscribeSync("phonehook.v1.reply.gateway1.*")
	if err != nil {
		t.Fatal(err)
	}
	if !permitted(t, worker) || !permitted(t, gateway) {
		t.Fatal("a subscription was refused")
	}
	if err := gateway.PublishRequest("phonehook.v1.deliver.demo", "phonehook.v1.reply.gateway1.token", []byte("offer")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"accepted", "outcome"} {
		answer, err := answers.NextMsg(natsPatience)
		if err != nil {
			t.Fatal(err)
		}
		if string(answer.Data) != want {
			t.Errorf("got %q, want %q", answer.Data, want)
		}
	}
}

func TestNATSTellsAGatewayThatThereIsNoWorker(t *testing.T) {
	gateway := login(t, startNATS(t), "gateway")
	answers, err := gateway.SubscribeSync("phonehook.v1.reply.gateway1.*")
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.PublishRequest("phonehook.v1.deliver.demo", "phonehook.v1.reply.gateway1.token", nil); err != nil {
		t.Fatal(err)
	}
	answer, err := answers.NextMsg(natsPatience)
	if !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("got %v and %v, want no responders", answer, err)
	}
}

func TestNATSLetsTheObserverAskWorkersAndNobodyElseAnswer(t *testing.T) {
	url := startNATS(t)
	worker, observer := login(t, url, "worker"), login(t, url, "observer")
	_, err := worker.Subscribe("$SRV.PING", func(ping *nats.Msg) { _ = ping.Respond([]byte("here")) })
	if err != nil {
		t.Fatal(err)
	}
	if !permitted(t, worker) {
		t.Fatal("the subscription was refused")
	}
	answer, err := observer.Request("$SRV.PING", nil, natsPatience)
	if err != nil {
		t.Fatal(err)
	}
	if string(answer.Data) != "here" {
		t.Errorf("got %q, want here", answer.Data)
	}
	if err := worker.Publish(answer.Subject, []byte("again")); err != nil {
		t.Fatal(err)
	}
	if permitted(t, worker) {
		t.Error("a second answer to one request was permitted")
	}
}

// TestNATSKeepsOthersAnswersFromTheObserver has it listen to every inbox at once.
func TestNATSKeepsOthersAnswersFromTheObserver(t *testing.T) {
	url := startNATS(t)
	observer, gateway := login(t, url, "observer"), login(t, url, "gateway")
	overheard, err := observer.SubscribeSync("_INBOX.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := observer.FlushTimeout(natsPatience); err != nil {
		t.Fatal(err)
	}
	// The server answers this one into the gateway's inbox, and the next into the observer's.
	if _, err := gateway.Request("$JS.API.STREAM.INFO.PHONEHOOK_QUEUE", nil, natsPatience); err != nil {
		t.Fatal(err)
	}
	if err := observer.PublishRequest("$JS.API.INFO", "_INBOX.mine", nil); err != nil {
		t.Fatal(err)
	}
	first, err := overheard.NextMsg(natsPatience)
	if err != nil {
		t.Fatal(err)
	}
	if first.Subject != "_INBOX.mine" {
		t.Errorf("the observer overheard an answer on %s", first.Subject)
	}
}

func TestNATSTakesTheLargestOffer(t *testing.T) {
	gateway := login(t, startNATS(t), "gateway")
	// The gateway's limit on a body, each byte of it written as six.
	const largest = 6 * 256 << 10
	if limit := gateway.MaxPayload(); limit < largest {
		t.Errorf("max_payload is %d, want at least %d", limit, largest)
	}
	if err := gateway.Publish("phonehook.v1.deliver.demo", make([]byte, largest)); err != nil {
		t.Error(err)
	}
	if !permitted(t, gateway) {
		t.Error("it was refused")
	}
}

func TestNATSRefusesStrangers(t *testing.T) {
	url := startNATS(t)
	tests := map[string]nats.Option{
		"nobody":            nats.Name("nobody"),
		"a wrong password":  nats.UserInfo("gateway", "wrong"),
		"another's":         nats.UserInfo("gateway", natsPasswords["NATS_WORKER_PASSWORD"]),
		"an empty password": nats.UserInfo("worker", ""),
		"an unknown user":   nats.UserInfo("admin", "test-gateway"),
		"the variable name": nats.UserInfo("gateway", "$NATS_GATEWAY_PASSWORD"),
	}
	for name, credentials := range tests {
		t.Run(name, func(t *testing.T) {
			connection, err := nats.Connect(url, credentials, nats.NoReconnect())
			if err == nil {
				connection.Close()
			}
			if !errors.Is(err, nats.ErrAuthorization) {
				t.Errorf("got %v, want %v", err, nats.ErrAuthorization)
			}
		})
	}
}

func TestNATSDoesNotStartWithoutAPassword(t *testing.T) {
	for missing := range natsPasswords {
		t.Run(missing, func(t *testing.T) {
			for name, value := range natsPasswords {
				t.Setenv(name, value)
			}
			if err := os.Unsetenv(missing); err != nil { // t.Setenv puts it back
				t.Fatal(err)
			}
			_, err := server.ProcessConfigFile("nats.conf")
			if err == nil || !strings.Contains(err.Error(), missing) {
				t.Errorf("got %v, want an error that names %s", err, missing)
			}
		})
	}
}
