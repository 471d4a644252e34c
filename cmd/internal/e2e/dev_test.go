package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// seed is the example of the extensibility point's documentation.
const seed = `{
  "recipient": "1-808-555-5555",
  "text": "Here is your one time password: 999111",
  "context": {
    "message_type": "sms",
    "action": "enrollment",
    "language": "en",
    "code": "123456",
    "ip": "127.0.0.1",
    "user_agent": "Mozilla/5.0",
    "client": {"client_id": "1235", "name": "Test Application", "client_metadata": {}},
    "user": {
      "user_id": "auth0|test12345", "name": "Billie Magnusson", "email": "billie@example.com",
      "app_metadata": {}, "user_metadata": {}
    }
  }
}`

func TestNewcomerSeesMessageArrive(t *testing.T) {
	tmp := t.TempDir()
	dev := start(t, "dev", filepath.Join(programs, "phonehook"), []string{"TMPDIR=" + tmp},
		"dev", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	found := dev.awaits(`(?s)hook +(http://\S+)\n.*messages +(http://\S+)/ .*Ctrl-C`)
	hook, admin := found[1], found[2]

	called := do(t, http.MethodPost, hook, "dev-token", seed)
	if called.status != http.StatusOK || called.body != `{"MessageID":"`+called.ID+`"}` && called.body != `{"MessageID":"`+called.ID+`"}`+"\n" {
		t.Fatalf("the hook answers %d %s", called.status, called.body)
	}
	sent := start(t, "send", filepath.Join(programs, "phonehook"), nil, "send", "--url", hook, "--voice", "--code", "482910")
	if status := sent.ended(); status != 0 {
		t.Errorf("send ends with %d", status)
	}
	refused := start(t, "send", filepath.Join(programs, "phonehook"), nil, "send", "--url", hook, "--to", "nobody")
	if status := refused.ended(); status != 1 || !strings.Contains(refused.text(), `"code":"invalid_number"`) {
		t.Errorf("send to nobody ends with %d:\n%s", status, refused.text())
	}

	var inbox []map[string]any
	shown := do(t, http.MethodGet, admin+"/inbox", "", "")
	if err := json.Unmarshal([]byte(shown.body), &inbox); err != nil || len(inbox) != 2 {
		t.Fatalf("the inbox is %s", shown.body)
	}
	want := []map[string]any{
		{
			"tenant": "dev", "channel": "voice", "to": "+18085555555", "from": "",
			"text": "Here is your one time password: 482910", "language": "en", "provider": "inbox",
		},
		{
			"id": called.ID, "tenant": "dev", "channel": "sms", "to": "+18085555555", "from": "",
			"text": "Here is your one time password: 999111", "language": "en", "provider": "inbox",
		},
	}
	delete(inbox[0], "id")
	if diff := cmp.Diff(want, inbox, cmpopts.IgnoreMapEntries(func(key string, _ any) bool { return key == "at" })); diff != "" {
		t.Errorf("inbox (-want +got):\n%s", diff)
	}

	dev.signal(syscall.SIGINT)
	if status := dev.ended(); status != 0 {
		t.Errorf("dev ends with %d", status)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
		t.Errorf("left %v behind (%v)", left, err)
	}
}
