package webhooksim_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/webhook/webhooksim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func good() map[string]any {
	return map[string]any{
		"type": "sms", "to": "+447400123456", "from": "Acme", "text": "Hi", "encoding": "gsm", "validity": 300, "reference": "ref-1",
	}
}

func post(t *testing.T, look http.Handler, change func(*http.Request), body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/messages", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("Authorization", "Bearer development-only")
	if change != nil {
		change(request)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, request)
	return recorder
}

func encode(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMessagesAreTaken(t *testing.T) {
	look := webhooksim.New(webhooksim.Development())
	defer look.Close()
	call := map[string]any{"type": "voice", "to": "+447400123456", "from": "+447700900000", "text": "Hi", "language": "en-GB", "reference": "ref-2"}
	long := good()
	long["text"], long["encoding"] = strings.Repeat("é", 160), "unicode"
	for _, m := range []map[string]any{call, long} {
		if answer := post(t, look, nil, encode(t, m)); answer.Code != http.StatusAccepted || !strings.Contains(answer.Body.String(), `"state":"queued"`) {
			t.Errorf("got %d %s (%v)", answer.Code, answer.Body, look.Stats().Refused)
		}
	}
	var got []simulator.Message
	for _, m := range look.Messages() {
		m.ID, m.At = "", time.Time{}
		got = append(got, m)
	}
	want := []simulator.Message{
		{Reference: "ref-2", Count: 1, Channel: "voice", To: "+447400123456", From: "+447700900000", Text: "Hi", Language: "en-GB", Parts: 1},
		{Reference: "ref-1", Count: 1, Channel: "sms", To: "+447400123456", From: "Acme", Text: strings.Repeat("é", 160), Parts: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMessagesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(map[string]any)
		reason string
	}{
		"unknown field":       {func(m map[string]any) { m["ttl"] = 5 }, "a field or a type that the API does not have"},
		"validity as string":  {func(m map[string]any) { m["validity"] = "300" }, "a field or a type"},
		"type":                {func(m map[string]any) { m["type"] = "fax" }, "type is neither sms nor voice"},
		"no plus sign":        {func(m map[string]any) { m["to"] = "447400123456" }, "to is not a number"},
		"no sender":           {func(m map[string]any) { delete(m, "from") }, "from is neither"},
		"long sender":         {func(m map[string]any) { m["from"] = "AcmeAcmeAcme" }, "from is neither"},
		"call from a name":    {func(m map[string]any) { m["type"] = "voice" }, "from is neither"},
		"no text":             {func(m map[string]any) { m["text"] = "" }, "text is not"},
		"long text":           {func(m map[string]any) { m["text"] = strings.Repeat("x", 1601) }, "text is not"},
		"no reference":        {func(m map[string]any) { delete(m, "reference") }, "reference is not"},
		"odd reference":       {func(m map[string]any) { m["reference"] = "a b" }, "reference is not"},
		"short validity":      {func(m map[string]any) { m["validity"] = 29 }, "validity is not"},
		"long validity":       {func(m map[string]any) { m["validity"] = 86_401 }, "validity is not"},
		"empty report_url":    {func(m map[string]any) { m["report_url"] = "" }, "report_url is not"},
		"language of an SMS":  {func(m map[string]any) { m["language"] = "en-GB" }, "for the other type"},
		"no encoding":         {func(m map[string]any) { delete(m, "encoding") }, "encoding is neither"},
		"Cyrillic as gsm":     {func(m map[string]any) { m["text"] = "код" }, "need encoding unicode"},
		"encoding of a call":  {func(m map[string]any) { m["type"], m["from"] = "voice", "+447700900000" }, "for the other type"},
		"language of no call": {func(m map[string]any) { m["type"], m["from"] = "voice", "+447700900000"; delete(m, "encoding") }, "language is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			look := webhooksim.New(webhooksim.Development())
			defer look.Close()
			m := maps.Clone(good())
			c.change(m)
			answer := post(t, look, nil, encode(t, m))
			wantRefused(t, look, answer, c.reason)
		})
	}
}

func wantRefused(t *testing.T, look *webhooksim.Server, answer *httptest.ResponseRecorder, reason string) {
	t.Helper()
	stats := look.Stats()
	reasons := encode(t, stats.Refused)
	if answer.Code < 400 || stats.Taken != 0 || len(stats.Refused) != 1 || !strings.Contains(reasons, reason) {
		t.Errorf("got %d, taken %d, refused %s; want a refusal: %s", answer.Code, stats.Taken, reasons, reason)
	}
}

func TestRequestsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*http.Request)
		body   string
		reason string
	}{
		"path":         {func(r *http.Request) { r.URL.Path = "/v2/messages" }, "", "no API at this path"},
		"method":       {func(r *http.Request) { r.Method = http.MethodPut }, "", "the method is not POST"},
		"no token":     {func(r *http.Request) { r.Header.Del("Authorization") }, "", "the token is missing or wrong"},
		"wrong token":  {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, "", "the token is missing or wrong"},
		"query":        {func(r *http.Request) { r.URL.RawQuery = "to=1" }, "", "the address has a query"},
		"content type": {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, "", "the content type"},
		"no UTF-8":     {nil, "{\"text\":\"\xff\"}", "not UTF-8"},
		"no JSON":      {nil, "{", "the body is not JSON"},
		"two values":   {nil, "{}{}", "more after the first"},
	} {
		t.Run(name, func(t *testing.T) {
			look := webhooksim.New(webhooksim.Development())
			defer look.Close()
			body := c.body
			if body == "" {
				body = encode(t, good())
			}
			wantRefused(t, look, post(t, look, c.change, body), c.reason)
		})
	}
}

func TestReportsAreSigned(t *testing.T) {
	for _, report := range []simulator.Report{simulator.Sent, simulator.Delivered, simulator.Undelivered, simulator.Failed, simulator.Expired} {
		t.Run(string(report), func(t *testing.T) {
			came := make(chan *http.Request, 1)
			bodies := make(chan string, 1)
			gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				came <- r
				bodies <- string(body)
			}))
			defer gateway.Close()
			look := webhooksim.New(webhooksim.Development())
			defer look.Close()
			if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{report}}); err != nil {
				t.Fatal(err)
			}
			m := good()
			m["report_url"] = gateway.URL
			if answer := post(t, look, nil, encode(t, m)); answer.Code != http.StatusAccepted {
				t.Fatalf("got %d (%v)", answer.Code, look.Stats().Refused)
			}
			request, body := <-came, <-bodies
			mac := hmac.New(sha256.New, []byte("development-only-key"))
			_, _ = mac.Write([]byte(body))
			if got := request.Header.Get("X-Acme-Signature"); got != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
				t.Errorf("the signature is %q", got)
			}
			var content map[string]any
			if err := json.Unmarshal([]byte(body), &content); err != nil || content["reference"] != "ref-1" || content["id"] != look.Messages()[0].ID {
				t.Errorf("got %s, %v", body, err)
			}
		})
	}
}
