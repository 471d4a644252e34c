package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/phonehook/phonehook/cmd/internal/devd"
)

// patience bounds what should take a moment; only a failure reaches it.
const patience = 20 * time.Second

// background is a command that runs until stop is called.
type background struct {
	t      *testing.T
	cancel context.CancelFunc
	done   chan struct{}
	err    error

	mu  sync.Mutex
	out strings.Builder
	log strings.Builder
}

// Write takes what the command prints.
func (b *background) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

// logWriter takes what the command logs.
type logWriter struct{ *background }

func (w logWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// start runs a command and waits until it has printed something that matches ready,
// whose groups it returns.
func start(t *testing.T, ready string, args ...string) (*background, []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	b := &background{t: t, cancel: cancel, done: make(chan struct{})}
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(b)
	root.SetErr(logWriter{b})
	go func() {
		defer close(b.done)
		b.err = root.ExecuteContext(ctx)
	}()
	t.Cleanup(func() { _ = b.stop() })
	pattern := regexp.MustCompile(ready)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		b.mu.Lock()
		found := pattern.FindStringSubmatch(b.out.String())
		b.mu.Unlock()
		if found != nil {
			return b, found
		}
		select {
		case <-b.done:
			t.Fatalf("ended with %v\n%s", b.err, b.log.String())
		default:
		}
	}
	t.Fatalf("never printed %s", ready)
	return nil, nil
}

// stop ends the command and returns what it returned.
func (b *background) stop() error {
	b.t.Helper()
	b.cancel()
	select {
	case <-b.done:
	case <-time.After(patience):
		b.t.Fatal("the command does not end")
	}
	return b.err
}

// temporaryFiles gives the test a folder of its own for them.
func temporaryFiles(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("TMPDIR", dir)
	return dir
}

// entries are the names in a folder.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(found))
	for _, each := range found {
		names = append(names, each.Name())
	}
	return names
}

const devReady = `(?s)hook +http://(127[0-9.:]+)/hooks.*messages +http://(127[0-9.:]+)/ .*Ctrl-C`

func startDev(t *testing.T, flags ...string) (b *background, hookURL, admin string) {
	t.Helper()
	temporaryFiles(t)
	args := append([]string{"dev", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, flags...)
	b, found := start(t, devReady, args...)
	return b, "http://" + found[1] + hookPath, found[2]
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", url, answer.StatusCode, err)
	}
	return string(body)
}

func TestDevDeliversSentMessageToInbox(t *testing.T) {
	_, hookURL, admin := startDev(t)
	stdout, stderr, err := execute(t, t.Context(), "send", "--url", hookURL, "--token", devd.Token)
	if err != nil {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	var answer map[string]string
	if err := json.Unmarshal([]byte(stdout), &answer); err != nil || len(answer) != 1 || answer["MessageID"] == "" {
		t.Fatalf("answered %s", stdout)
	}
	var inbox []map[string]any
	if err := json.Unmarshal([]byte(get(t, "http://"+admin+"/inbox")), &inbox); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{
		"id": answer["MessageID"], "tenant": "dev", "channel": "sms", "to": "+18085555555", "from": "",
		"text": "Here is your one time password: 999111", "language": "en", "provider": "inbox",
	}}
	ignoreTime := cmpopts.IgnoreMapEntries(func(key string, _ any) bool { return key == "at" })
	if diff := cmp.Diff(want, inbox, ignoreTime); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if page := get(t, "http://"+admin+"/"); !strings.Contains(page, "dev-token") {
		t.Error("the page shows no call to paste")
	}
}

func TestDevPrintsWhatCanBePasted(t *testing.T) {
	b, hookURL, _ := startDev(t)
	printed := b.out.String()
	for _, part := range []string{
		"token     dev-token\n",
		"phonehook send --url " + hookURL + "\n",
		"curl -i " + hookURL + " \\\n",
		"-H 'Authorization: Bearer dev-token'",
		"-d '" + exampleJSON() + "'\n",
	} {
		if !strings.Contains(printed, part) {
			t.Errorf("%q is missing in:\n%s", part, printed)
		}
	}
}

func TestDevLeavesNothingBehind(t *testing.T) {
	b, hookURL, admin := startDev(t)
	if _, _, err := execute(t, t.Context(), "send", "--url", hookURL); err != nil {
		t.Fatal(err)
	}
	dir := os.Getenv("TMPDIR")
	if len(entries(t, dir)) == 0 {
		t.Error("no temporary data was made, so nothing is checked")
	}
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	if left := entries(t, dir); len(left) != 0 {
		t.Errorf("left %q behind", left)
	}
	host := strings.TrimSuffix(strings.TrimPrefix(hookURL, "http://"), hookPath)
	for _, address := range []string{host, admin} {
		listener, err := net.Listen("tcp", address) //nolint:noctx // a test's own listener
		if err != nil {
			t.Errorf("%s is still in use: %v", address, err)
			continue
		}
		_ = listener.Close()
	}
}

func TestDevKeepsDataWhereTold(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	b, hookURL, _ := startDev(t, "--data", data)
	if _, _, err := execute(t, t.Context(), "send", "--url", hookURL); err != nil {
		t.Fatal(err)
	}
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(data); err != nil {
		t.Error(err)
	}
}

func TestDevRunsTwiceAtOnce(t *testing.T) {
	for range 2 {
		_, hookURL, _ := startDev(t)
		if _, _, err := execute(t, t.Context(), "send", "--url", hookURL); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDevOnPortInUseSaysWhatToDo(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	taken := listener.Addr().String()
	dir := temporaryFiles(t)
	for _, flags := range [][]string{
		{"--listen", taken, "--admin", "127.0.0.1:0"},
		{"--listen", "127.0.0.1:0", "--admin", taken},
	} {
		_, _, err := execute(t, t.Context(), append([]string{"dev"}, flags...)...)
		if err == nil || !strings.Contains(err.Error(), taken) || !strings.HasSuffix(err.Error(), "; choose other addresses with --listen and --admin") {
			t.Errorf("got %v", err)
		}
	}
	if left := entries(t, dir); len(left) != 0 {
		t.Errorf("left %q behind", left)
	}
}

func TestDevTakesConfigurationOfOnesOwn(t *testing.T) {
	printed, _, err := execute(t, t.Context(), "dev", "--print-config")
	if err != nil {
		t.Fatal(err)
	}
	own := strings.ReplaceAll(strings.ReplaceAll(printed, "name: inbox", "name: desk"), "[inbox]", "[desk]")
	path := write(t, "dev.yaml", own)
	_, hookURL, admin := startDev(t, "--config", path)
	if _, _, err := execute(t, t.Context(), "send", "--url", hookURL); err != nil {
		t.Fatal(err)
	}
	if inbox := get(t, "http://"+admin+"/inbox"); !strings.Contains(inbox, `"provider":"desk"`) {
		t.Errorf("the inbox is %s", inbox)
	}
}

func TestDevWithoutInboxSaysSo(t *testing.T) {
	temporaryFiles(t)
	own := `
kind: dev
gateway: {tenants: [{name: own, tokens: [{sha256: "` + strings.Repeat("ab", 32) + `"}]}]}
worker:
  providers: [{name: v, vonage: {api_key: abcd1234, api_secret: s3cret, from: Acme}}]
  tenants: [{name: "*", routes: [{providers: [v]}]}]
`
	_, found := start(t, `(?s)token +(\S+)\n +messages +([^\n]+)\n.*phonehook send ([^\n]*)\n.*Ctrl-C`,
		"dev", "--config", write(t, "dev.yaml", own), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	if found[1] != "YOUR-TOKEN" || found[2] != "none of the providers is an inbox: messages are really sent" || !strings.Contains(found[3], "--token YOUR-TOKEN") {
		t.Errorf("printed %q", found[1:])
	}
}
