package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
)

// notices is a tenant's own server. It keeps what it was told, and checks who told it.
type notices struct {
	key []byte

	mu     sync.Mutex
	status map[string]int // how often each message's status was told
	forged int
}

func (n *notices) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	mac := hmac.New(sha256.New, n.key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
	var told struct {
		Data struct {
			ID     string `json:"message_id"`
			Status string `json:"status"`
		} `json:"data"`
	}
	err := json.Unmarshal(body, &told)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil || r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		n.forged++
		w.WriteHeader(http.StatusForbidden)
		return
	}
	n.status[told.Data.ID+" "+told.Data.Status]++
}

func (n *notices) told(id, status string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.status[id+" "+status] > 0
}

// receiptSystem is a system whose provider reports, signed, and whose tenant's server is told.
type receiptSystem struct {
	*system

	vendor look
	server *notices
	admin  string // of the worker
	worker *process
}

func startReceiptSystem(t *testing.T) *receiptSystem {
	t.Helper()
	r := &receiptSystem{system: newSystem(t), server: &notices{key: []byte("the key of the tenant's server"), status: make(map[string]int)}}
	told := httptest.NewServer(r.server)
	t.Cleanup(told.Close)
	p := program(t, "phonehook", "simulate", "vonage", "--listen", "127.0.0.1:0")
	r.all = append(r.all, p)
	r.vendor = look{t: t, url: p.awaits(`listens at (http://[0-9.:]+)\n`)[1]}
	r.startNATS()
	r.startGateway()
	r.write("worker.yaml", fmt.Sprintf(`
kind: worker
log: {format: json, level: debug}
nats: {url: %q}
admin: 127.0.0.1:0
receipts: {url: %q, key: the-key-of-the-addresses-of-the-test, allow_insecure: true}
providers:
  - name: main
    vonage:
      %s
tenants:
  - name: "*"
    routes: [{providers: [main]}]
    receipts: {url: %q, secret: "whsec_%s", allow_insecure: true}
`, r.natsURL(), strings.TrimSuffix(r.hook, "/hooks/send-phone-message"), strings.ReplaceAll(strings.TrimSpace(vonagesim.Section(r.vendor.url)), "\n", "\n      "),
		told.URL, base64.StdEncoding.EncodeToString(r.server.key)))
	r.start()
	r.awaitCall()
	return r
}

func (r *receiptSystem) start() {
	r.t.Helper()
	r.worker = r.startWorker()
	r.admin = "http://" + r.worker.awaits(`"worker runs".*"admin":"([^"]+)"`)[1]
}

// reports says what the vendor reports from now on.
func (r *receiptSystem) reports(plan string) {
	r.t.Helper()
	if a := do(r.t, http.MethodPost, r.vendor.url+"/_control", "", `{"receipts":`+plan+`}`); a.status != http.StatusOK {
		r.t.Fatalf("the look-alike answers %d %s", a.status, a.body)
	}
}

// delivery is what the gateway knows of a message's delivery.
func (r *receiptSystem) delivery(id string) string {
	r.t.Helper()
	var m struct {
		Delivery struct {
			Status string `json:"status"`
		} `json:"delivery"`
	}
	a := do(r.t, http.MethodGet, r.api(id), "token-of-solo", "")
	_ = json.Unmarshal([]byte(a.body), &m) // what is not there yet has no status
	return m.Delivery.Status
}

func (r *receiptSystem) awaitDelivery(id, status string) {
	r.t.Helper()
	eventually(r.t, id+" is "+status, func() bool { return r.delivery(id) == status })
}

// send has a message sent and returns its id.
func (r *receiptSystem) send() string {
	r.t.Helper()
	a := r.call("solo", example("+18085555555"))
	if a.status != http.StatusOK {
		r.t.Fatalf("got %d %s", a.status, a.body)
	}
	return a.ID
}

func TestReportsReachTheirMessageAndTheTenantsServer(t *testing.T) {
	r := startReceiptSystem(t)
	for plan, want := range map[string]string{
		`{"delay":"10ms","reports":["sent","delivered"]}`:            "delivered",
		`{"delay":"10ms","reports":["undelivered"],"copies":3}`:      "undelivered",
		`{"delay":"10ms","reports":["delivered","sent"],"copies":2}`: "delivered", // out of order
	} {
		r.reports(plan)
		id := r.send()
		r.awaitDelivery(id, want)
		eventually(t, "the tenant's server is told", func() bool { return r.server.told(id, want) })
	}
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	if r.server.forged != 0 {
		t.Errorf("%d notices had no right signature", r.server.forged)
	}
	for fact, times := range r.server.status {
		if times != 1 {
			t.Errorf("%s was told %d times", fact, times)
		}
	}
}

// callback is the address that the vendor was given for a message.
func (r *receiptSystem) callback(id string) string {
	r.t.Helper()
	var list struct {
		Messages []struct{ Reference, Callback string }
	}
	a := do(r.t, http.MethodGet, r.vendor.url+"/_control/messages", "", "")
	if err := json.Unmarshal([]byte(a.body), &list); err != nil {
		r.t.Fatal(err)
	}
	for _, m := range list.Messages {
		if m.Reference == id {
			return m.Callback
		}
	}
	r.t.Fatalf("the vendor knows nothing of %s", id)
	return ""
}

func TestForgedReportsAreRefused(t *testing.T) {
	r := startReceiptSystem(t)
	r.reports(`{"reports":[]}`)
	id := r.send()
	address := r.callback(id)
	for name, c := range map[string]struct {
		url, body string
		status    int
	}{
		"not signed":            {address, "messageId=1&status=delivered&client-ref=" + id, http.StatusUnauthorized},
		"signed by another":     {address, "messageId=1&status=delivered&client-ref=" + id + "&timestamp=1&sig=00", http.StatusUnauthorized},
		"of another account":    {strings.Replace(address, "/main/", "/other/", 1), "messageId=1&status=delivered", http.StatusServiceUnavailable},
		"of another vendor":     {strings.Replace(address, "/vonage/", "/twilio/", 1), "messageId=1&status=delivered", http.StatusNotFound},
		"at an address made up": {address + "x", "messageId=1&status=delivered&client-ref=" + id, http.StatusUnauthorized},
		"garbage":               {address, "\x00\xff{{", http.StatusBadRequest},
		"too long":              {address, strings.Repeat("x", 65<<10), http.StatusRequestEntityTooLarge},
	} {
		a := do(t, http.MethodPost, c.url, "", c.body, "Content-Type", "application/x-www-form-urlencoded")
		if a.status != c.status && (c.status != http.StatusBadRequest || a.status != http.StatusUnauthorized) {
			t.Errorf("%s: got %d %s; want %d", name, a.status, a.body, c.status)
		}
		if strings.Contains(a.body, id) {
			t.Errorf("%s: the answer repeats what was sent: %s", name, a.body)
		}
	}
	if got := r.delivery(id); got != "" {
		t.Errorf("the message is %s now", got)
	}
	counted := do(t, http.MethodGet, r.admin+"/receipts", "", "")
	if !strings.Contains(counted.body, `"forged"`) {
		t.Errorf("the worker counts %s", counted.body)
	}
}

// TestAReportWhileNoWorkerRunsIsNotLost relies on what vendors do: they report again.
func TestAReportWhileNoWorkerRunsIsNotLost(t *testing.T) {
	r := startReceiptSystem(t)
	r.reports(`{"delay":"300ms","reports":["delivered"]}`)
	id := r.send()
	r.worker.kill()
	eventually(t, "a report was refused", func() bool {
		a := do(t, http.MethodGet, r.vendor.url+"/_control/stats", "", "")
		return strings.Contains(a.body, `"503"`)
	})
	r.start()
	r.awaitDelivery(id, "delivered")
	if got := r.vendor.messages()[id].Count; got != 1 {
		t.Errorf("it arrived %d times", got)
	}
}
