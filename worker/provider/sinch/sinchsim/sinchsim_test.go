package sinchsim_test

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the vendor signs the body's MD5
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/sinch/sinchsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	smsPath  = "/xms/v1/plan/batches"
	callPath = "/calling/v1/callouts"
	secret   = "c2VjcmV0" //nolint:gosec // it is nobody's
)

var options = sinchsim.Options{ServicePlanID: "plan", APIToken: "token", WebhookSecret: "sign", ApplicationKey: "app", ApplicationSecret: secret}

// sign signs a request as the vendor's page has it.
func sign(body []byte, media, at, path string) string {
	key, _ := base64.StdEncoding.DecodeString(secret)
	sum := md5.Sum(body) //nolint:gosec // the vendor signs it
	hash := hmac.New(sha256.New, key)
	_, _ = hash.Write([]byte("POST\n" + base64.StdEncoding.EncodeToString(sum[:]) + "\n" + media + "\nx-timestamp:" + at + "\n" + path))
	return base64.StdEncoding.EncodeToString(hash.Sum(nil))
}

func post(t *testing.T, look http.Handler, path string, header map[string]string, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	at := time.Now().UTC().Format(time.RFC3339)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer token")
	if path == callPath {
		request.Header.Set("X-Timestamp", at)
		request.Header.Set("Authorization", "Application app:"+sign([]byte(body), "application/json", at, path))
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, request)
	return recorder
}

// encode makes a body of fields: those of the good one with some changed, and nil ones left out.
func encode(good, change map[string]any) string {
	fields := maps.Clone(good)
	for name, value := range change {
		if fields[name] = value; value == nil {
			delete(fields, name)
		}
	}
	body, _ := json.Marshal(fields)
	return string(body)
}

func goodSMS() map[string]any {
	return map[string]any{
		"from": "+447700900000", "to": []string{"+447400123456"}, "body": "Hi", "type": "mt_text", "delivery_report": "per_recipient",
		"expire_at": time.Now().Add(5 * time.Minute).UTC().Format(time.RFC3339), "callback_url": "https://example.com/", "client_reference": "r1",
	}
}

func call(change map[string]any) string {
	return encode(map[string]any{"method": "ttsCallout", "ttsCallout": json.RawMessage(encode(map[string]any{
		"destination": map[string]any{"type": "number", "endpoint": "+447400123456"}, "cli": "+447700900000", "domain": "pstn", "locale": "de-DE",
		"text": "Hi", "enableDice": true, "custom": "r1/acme",
	}, change))}, nil)
}

// codeOf returns the status and the code of an answer that refuses, or nothing.
func codeOf(t *testing.T, answer *httptest.ResponseRecorder) string {
	t.Helper()
	if answer.Code == http.StatusCreated || answer.Code == http.StatusOK {
		return ""
	}
	var got struct {
		Code      string
		ErrorCode json.Number
	}
	if answer.Body.Len() > 0 {
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
	}
	return strings.TrimSpace(strconv.Itoa(answer.Code) + " " + got.Code + got.ErrorCode.String())
}

func TestSMS(t *testing.T) {
	look := sinchsim.New(options)
	defer look.Close()
	if err := look.SetReceipts(simulator.Receipts{}); err != nil {
		t.Fatal(err)
	}
	const form, constraint = "400 syntax_invalid_parameter_format", "400 syntax_constraint_violation"
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("2006-01-02T15:04:05.000Z") }
	taken := 0
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"good":                    {nil, ""},
		"no report":               {map[string]any{"delivery_report": "none", "callback_url": nil}, ""},
		"default sender":          {map[string]any{"from": nil}, ""},
		"name":                    {map[string]any{"from": "Acme Inc"}, ""},
		"the longest":             {map[string]any{"body": strings.Repeat("я", 1600)}, ""},
		"as late as can be":       {map[string]any{"expire_at": in(72 * time.Hour)}, ""},
		"no recipient":            {map[string]any{"to": nil}, constraint},
		"two recipients":          {map[string]any{"to": []string{"+447400123456", "+447400123457"}}, constraint},
		"recipient without plus":  {map[string]any{"to": []string{"447400123456"}}, form},
		"long name":               {map[string]any{"from": "AcmeAcmeAcme"}, form},
		"no text":                 {map[string]any{"body": ""}, constraint},
		"too long":                {map[string]any{"body": strings.Repeat("x", 1601)}, constraint},
		"parameter":               {map[string]any{"body": "${code}"}, constraint},
		"binary":                  {map[string]any{"type": "mt_binary"}, constraint},
		"long reference":          {map[string]any{"client_reference": strings.Repeat("x", 2049)}, constraint},
		"no end":                  {map[string]any{"expire_at": nil}, form},
		"past":                    {map[string]any{"expire_at": in(-time.Minute)}, form},
		"far ahead":               {map[string]any{"expire_at": in(74 * time.Hour)}, form},
		"summary":                 {map[string]any{"delivery_report": "summary"}, constraint},
		"report without address":  {map[string]any{"callback_url": nil}, "400 missing_callback_url"},
		"address without report":  {map[string]any{"delivery_report": "none"}, constraint},
		"report to no address":    {map[string]any{"callback_url": "example"}, form},
		"unknown field":           {map[string]any{"ttl": 300}, "400 syntax_invalid_json"},
		"number where a text was": {map[string]any{"body": 1}, "400 syntax_invalid_json"},
	} {
		if c.want == "" {
			taken++
		}
		if got := codeOf(t, post(t, look, smsPath, nil, encode(goodSMS(), c.change))); got != c.want {
			t.Errorf("%s: got %q; want %q", name, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		path   string
		header map[string]string
		body   string
		want   string
	}{
		"another token":       {smsPath, map[string]string{"Authorization": "Bearer other"}, encode(goodSMS(), nil), "401"},
		"no token":            {smsPath, map[string]string{"Authorization": "Bearer "}, encode(goodSMS(), nil), "401"},
		"another scheme":      {smsPath, map[string]string{"Authorization": "Basic token"}, encode(goodSMS(), nil), "401"},
		"another plan":        {"/xms/v1/other/batches", nil, encode(goodSMS(), nil), "401"},
		"another path":        {"/xms/v1/plan/groups", nil, encode(goodSMS(), nil), "404"},
		"another form":        {smsPath, map[string]string{"Content-Type": "text/plain"}, encode(goodSMS(), nil), "400 syntax_invalid_json"},
		"more than an object": {smsPath, nil, encode(goodSMS(), nil) + "{}", "400 syntax_invalid_json"},
	} {
		if got := codeOf(t, post(t, look, c.path, c.header, c.body)); got != c.want {
			t.Errorf("%s: got %q; want %q", name, got, c.want)
		}
	}
	if stats := look.Stats(); stats.Taken != taken || len(stats.Refused) < 15 {
		t.Errorf("stats are %+v; want %d taken", stats, taken)
	}
}

func TestParts(t *testing.T) {
	look := sinchsim.New(sinchsim.Options{})
	defer look.Close()
	for body, want := range map[string]int{
		strings.Repeat("x", 160): 1, strings.Repeat("x", 161): 2, strings.Repeat("€", 80): 1, strings.Repeat("€", 81): 2,
		strings.Repeat("x", 152) + "€" + strings.Repeat("x", 152): 3, strings.Repeat("я", 70): 1, strings.Repeat("я", 71): 2, strings.Repeat("🔑", 36): 2,
	} {
		change := map[string]any{"body": body, "client_reference": "r-" + body[:1] + strconv.Itoa(len(body)), "delivery_report": "none", "callback_url": nil}
		if got := codeOf(t, post(t, look, smsPath, nil, encode(goodSMS(), change))); got != "" {
			t.Fatal(got)
		}
		messages := look.Messages()
		if got := messages[len(messages)-1].Parts; got != want {
			t.Errorf("%d bytes have %d parts; want %d", len(body), got, want)
		}
	}
}

func TestCalls(t *testing.T) {
	look := sinchsim.New(options)
	defer look.Close()
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"good":                  {nil, ""},
		"prompts":               {map[string]any{"text": nil, "prompts": "#ssml[<speak>Hi</speak>];#tts[Hi]"}, ""},
		"no number":             {map[string]any{"cli": nil}, "400 40001"},
		"number without plus":   {map[string]any{"cli": "447700900000"}, "400 40001"},
		"endpoint without plus": {map[string]any{"destination": map[string]any{"type": "number", "endpoint": "447400123456"}}, "400 40005"},
		"short endpoint":        {map[string]any{"destination": map[string]any{"type": "number", "endpoint": "+1"}}, "400 40001"},
		"user":                  {map[string]any{"destination": map[string]any{"type": "username", "endpoint": "a"}}, "400 40003"},
		"no text":               {map[string]any{"text": nil}, "400 40002"},
		"both":                  {map[string]any{"prompts": "#tts[Hi]"}, "400 40003"},
		"bad prompts":           {map[string]any{"text": nil, "prompts": "#ssml[<speak>[Hi]</speak>]"}, "400 40001"},
		"long":                  {map[string]any{"text": strings.Repeat("x", 601)}, "400 40001"},
		"unknown locale":        {map[string]any{"locale": "de-de"}, "400 40001"},
		"other domain":          {map[string]any{"domain": "mxp"}, "400 40001"},
		"events to answer":      {map[string]any{"enableAce": true}, "400 40001"},
		"unknown field":         {map[string]any{"loop": 2}, "400 40003"},
	} {
		if got := codeOf(t, post(t, look, callPath, nil, call(c.change))); got != c.want {
			t.Errorf("%s: got %q; want %q", name, got, c.want)
		}
	}
	long := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	for name, c := range map[string]struct {
		header map[string]string
		want   string
	}{
		"no credentials":  {map[string]string{"Authorization": "Bearer token"}, "401 40100"},
		"another key":     {map[string]string{"Authorization": "Application other:x"}, "400 40004"},
		"wrong signature": {map[string]string{"Authorization": "Application app:" + base64.StdEncoding.EncodeToString([]byte("x"))}, "401 40102"},
		"long ago":        {map[string]string{"X-Timestamp": long}, "401 40101"},
		"no time":         {map[string]string{"X-Timestamp": ""}, "401 40101"},
	} {
		if got := codeOf(t, post(t, look, callPath, c.header, call(nil))); got != c.want {
			t.Errorf("%s: got %q; want %q", name, got, c.want)
		}
	}
	if taken := look.Stats().Taken; taken != 2 {
		t.Errorf("%d calls were taken", taken)
	}
}

func TestRecipientsWithAMeaning(t *testing.T) {
	look := sinchsim.New(options)
	defer look.Close()
	for to, want := range map[string][2]string{
		"+15005550001": {"400 syntax_invalid_parameter_format", "400 40001"}, "+15005550009": {"403 illegal_number_type", ""},
		"+15005550030": {"403 blocked_account", "402 40200"}, "+15005550029": {"429", "429 42900"}, "+15005550002": {"", "422 42201"},
		"+15005550041": {"", ""},
	} {
		sms := encode(goodSMS(), map[string]any{"to": []string{to}, "delivery_report": "none", "callback_url": nil})
		if got := codeOf(t, post(t, look, smsPath, nil, sms)); got != want[0] {
			t.Errorf("%s: got %q; want %q", to, got, want[0])
		}
		spoken := call(map[string]any{"destination": map[string]any{"type": "number", "endpoint": to}})
		if got := codeOf(t, post(t, look, callPath, nil, spoken)); got != want[1] {
			t.Errorf("%s: a call: got %q; want %q", to, got, want[1])
		}
	}
}

// TestReceipts looks at the requests that report what became of a message.
func TestReceipts(t *testing.T) {
	for _, c := range []struct {
		name   string
		body   string
		report simulator.Report
		want   map[string]any
	}{
		{"SMS", "", simulator.Delivered, map[string]any{"type": "recipient_delivery_report_sms", "status": "Delivered", "code": 0.0, "client_reference": "r1"}},
		{"SMS that failed", "", simulator.Undelivered, map[string]any{"status": "Failed", "code": 404.0}},
		{"call", call(nil), simulator.Delivered, map[string]any{"event": "dice", "result": "ANSWERED", "custom": "r1/acme"}},
		{"call that nobody took", call(nil), simulator.Expired, map[string]any{"event": "dice", "result": "NOANSWER"}},
		{"call that rings", call(nil), simulator.Sent, map[string]any{"event": "ace", "result": nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			type came struct {
				header http.Header
				body   []byte
			}
			reports := make(chan came, 1)
			gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				reports <- came{r.Header, body}
			}))
			defer gateway.Close()
			look := sinchsim.New(options)
			defer look.Close()
			if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{c.report}}); err != nil {
				t.Fatal(err)
			}
			look.ReportTo(gateway.URL + "/r")
			path, body := callPath, c.body
			if body == "" {
				path, body = smsPath, encode(goodSMS(), map[string]any{"callback_url": gateway.URL + "/r"})
			}
			if got := codeOf(t, post(t, look, path, nil, body)); got != "" {
				t.Fatal(got)
			}
			got := <-reports
			var fields map[string]any
			if err := json.Unmarshal(got.body, &fields); err != nil {
				t.Fatal(err)
			}
			for name, value := range c.want {
				if fields[name] != value {
					t.Errorf("%s is %v; want %v", name, fields[name], value)
				}
			}
			if path == callPath {
				if want := "application app:" + sign(got.body, "application/json", got.header.Get("X-Timestamp"), "/r"); got.header.Get("Authorization") != want {
					t.Error("the signature is wrong")
				}
				return
			}
			hash := hmac.New(sha256.New, []byte("sign"))
			_, _ = hash.Write([]byte(string(got.body) + "." + got.header.Get("X-Sinch-Webhook-Signature-Nonce") + "." + got.header.Get("X-Sinch-Webhook-Signature-Timestamp")))
			if got.header.Get("X-Sinch-Webhook-Signature") != base64.StdEncoding.EncodeToString(hash.Sum(nil)) {
				t.Error("the signature is wrong")
			}
		})
	}
}

func TestFaults(t *testing.T) {
	look := sinchsim.New(options)
	defer look.Close()
	for _, c := range []struct {
		fault     simulator.Fault
		sms, call string
	}{
		{simulator.Fault{Kind: sinchsim.Refuse, Code: "unknown_campaign"}, "403 unknown_campaign", "400 40000"},
		{simulator.Fault{Kind: sinchsim.Refuse, Code: "50300"}, "400 50300", "503 50300"},
		{simulator.Fault{Kind: sinchsim.Throttle}, "429", "429 42900"},
	} {
		if err := look.SetFaults(c.fault); err != nil {
			t.Fatal(err)
		}
		if got := codeOf(t, post(t, look, smsPath, nil, encode(goodSMS(), nil))); got != c.sms {
			t.Errorf("%+v: got %q; want %q", c.fault, got, c.sms)
		}
		if got := codeOf(t, post(t, look, callPath, nil, call(nil))); got != c.call {
			t.Errorf("%+v: a call: got %q; want %q", c.fault, got, c.call)
		}
	}
	if taken := look.Stats().Taken; taken != 0 {
		t.Errorf("%d messages were taken", taken)
	}
}
