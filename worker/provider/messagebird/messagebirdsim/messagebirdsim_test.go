package messagebirdsim_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/messagebird/messagebirdsim"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var options = messagebirdsim.Options{AccessKey: "live_1", SigningKey: "sign"}

func post(t *testing.T, look http.Handler, path string, header map[string]string, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "AccessKey live_1")
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

// codeOf returns the status, the code and the parameter of an answer that refuses, or nothing.
func codeOf(t *testing.T, answer *httptest.ResponseRecorder) string {
	t.Helper()
	if answer.Code == http.StatusCreated {
		return ""
	}
	var got struct {
		Errors []struct {
			Code      int
			Parameter string
		}
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	code := strconv.Itoa(answer.Code)
	for _, e := range got.Errors {
		code += " " + strconv.Itoa(e.Code) + " " + e.Parameter
	}
	return strings.TrimRight(code, " ")
}

var (
	goodSMS = map[string]any{
		"originator": "447700900000", "recipients": []string{"447400123456"}, "body": "Hi", "type": "sms", "datacoding": "plain", "validity": 300,
		"reference": "r1", "reportUrl": "https://example.com/",
	}
	goodCall = map[string]any{
		"originator": "447700900000", "recipients": []string{"447400123456"}, "body": "Hi", "language": "de-de", "voice": "male", "repeat": 2,
		"ifMachine": "continue", "reference": "r1", "reportUrl": "https://example.com/",
	}
)

func TestSMSIsTaken(t *testing.T) {
	look := messagebirdsim.New(options)
	defer look.Close()
	if err := look.SetReceipts(simulator.Receipts{}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change map[string]any
		parts  int
	}{
		"good":       {nil, 1},
		"no options": {map[string]any{"type": nil, "datacoding": nil, "validity": nil, "reference": nil, "reportUrl": nil}, 1},
		"name":       {map[string]any{"originator": "Acme Inc"}, 1}, "short code": {map[string]any{"originator": "12345"}, 1},
		"161 characters":              {map[string]any{"body": strings.Repeat("x", 161)}, 2},
		"an extended one at the edge": {map[string]any{"body": strings.Repeat("x", 152) + "€" + strings.Repeat("x", 152)}, 3},
		"71 of unicode":               {map[string]any{"body": strings.Repeat("x", 71), "datacoding": "unicode"}, 2},
		"36 emoji":                    {map[string]any{"body": strings.Repeat("🔑", 36), "datacoding": "auto"}, 2},
		"the most of all":             {map[string]any{"body": strings.Repeat("x", 1377)}, 9},
	} {
		answer := post(t, look, "/messages", nil, encode(goodSMS, c.change))
		var got struct {
			ID         string
			Recipients struct {
				TotalSentCount int
				Items          []struct {
					Recipient        int64
					Status           string
					MessagePartCount int
				}
			}
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusCreated || len(got.ID) != 32 || got.Recipients.TotalSentCount != 1 ||
			len(got.Recipients.Items) != 1 || got.Recipients.Items[0].Recipient != 447400123456 || got.Recipients.Items[0].Status != "sent" ||
			got.Recipients.Items[0].MessagePartCount != c.parts {
			t.Errorf("%s: got %d %s, %v; want %d parts", name, answer.Code, answer.Body, err, c.parts)
		}
	}
	if stats := look.Stats(); stats.Taken != 9 || len(stats.Refused) != 0 {
		t.Errorf("stats are %+v", stats)
	}
}

// common are the refusals of both APIs.
func common() map[string]refusal {
	return map[string]refusal{
		"no recipient":             {map[string]any{"recipients": nil}, "422 9 recipients"},
		"recipient with plus sign": {map[string]any{"recipients": []string{"+447400123456"}}, "422 9 recipients"},
		"long number":              {map[string]any{"recipients": []string{"1234567890123456"}}, "422 9 recipients"},
		"two recipients":           {map[string]any{"recipients": []string{"447400123456", "447400123457"}}, "422 10 recipients"},
		"recipient that is a text": {map[string]any{"recipients": "447400123456"}, "400 21"},
		"no sender":                {map[string]any{"originator": nil}, "422 9 originator"},
		"sender with plus sign":    {map[string]any{"originator": "+447700900000"}, "422 10 originator"},
		"no text":                  {map[string]any{"body": " "}, "422 9 body"},
		"later":                    {map[string]any{"scheduledDatetime": "2026-01-01T00:00:00Z"}, "422 10 scheduledDatetime"},
		"empty reference":          {map[string]any{"reference": ""}, "422 10 reference"},
		"report without reference": {map[string]any{"reference": nil}, "422 10 reference"},
		"report to no address":     {map[string]any{"reportUrl": "example"}, "422 10 reportUrl"},
		"unknown field":            {map[string]any{"ttl": 300}, "400 21"},
	}
}

type refusal struct {
	change map[string]any
	want   string
}

func checkRefusals(t *testing.T, path string, good map[string]any, own map[string]refusal) {
	t.Helper()
	look := messagebirdsim.New(options)
	defer look.Close()
	refusals := common()
	maps.Copy(refusals, own)
	for name, c := range refusals {
		if got := codeOf(t, post(t, look, path, nil, encode(good, c.change))); got != c.want {
			t.Errorf("%s: got %q; want %q", name, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		header map[string]string
		body   string
		want   string
	}{
		"another key":         {map[string]string{"Authorization": "AccessKey live_2"}, encode(good, nil), "401 2 access_key"},
		"another scheme":      {map[string]string{"Authorization": "Bearer live_1"}, encode(good, nil), "401 2 access_key"},
		"another form":        {map[string]string{"Content-Type": "text/plain"}, encode(good, nil), "400 21"},
		"no form to accept":   {map[string]string{"Accept": "text/html"}, encode(good, nil), "400 21"},
		"not UTF-8":           {nil, "{\"body\":\"\xff\"}", "400 21"},
		"more than an object": {nil, encode(good, nil) + "{}", "400 21"},
	} {
		if got := codeOf(t, post(t, look, path, c.header, c.body)); got != c.want {
			t.Errorf("%s: got %q; want %q", name, got, c.want)
		}
	}
	if stats := look.Stats(); stats.Taken != 0 || len(stats.Refused) < 15 {
		t.Errorf("stats are %+v", stats)
	}
}

func TestSMSIsRefused(t *testing.T) {
	checkRefusals(t, "/messages", goodSMS, map[string]refusal{
		"long name":                {map[string]any{"originator": "AcmeAcmeAcme"}, "422 10 originator"},
		"name without a letter":    {map[string]any{"originator": "123 456"}, "422 10 originator"},
		"name of another alphabet": {map[string]any{"originator": "Фирма"}, "422 10 originator"},
		"binary":                   {map[string]any{"type": "binary"}, "422 10 type"},
		"group":                    {map[string]any{"groupIds": []string{"1"}}, "422 10 groupIds"},
		"no validity":              {map[string]any{"validity": 0}, "422 10 validity"},
		"long validity":            {map[string]any{"validity": 172_801}, "422 10 validity"},
		"flash":                    {map[string]any{"mclass": 0}, "422 10 mclass"},
		"other alphabet":           {map[string]any{"body": "код"}, "422 10 body"},
		"other alphabet by default": {
			map[string]any{"body": "код", "datacoding": nil}, "422 10 body",
		},
		"unknown coding":      {map[string]any{"datacoding": "ucs2"}, "422 10 datacoding"},
		"too long":            {map[string]any{"body": strings.Repeat("x", 1378)}, "422 10 body"},
		"too long in unicode": {map[string]any{"body": strings.Repeat("ы", 604), "datacoding": "unicode"}, "422 10 body"},
	})
}

func TestCallsAreRefused(t *testing.T) {
	checkRefusals(t, "/voicemessages", goodCall, map[string]refusal{
		"name":             {map[string]any{"originator": "Acme"}, "422 10 originator"},
		"long text":        {map[string]any{"body": strings.Repeat("é", 1001)}, "422 10 body"},
		"unknown language": {map[string]any{"language": "de-DE"}, "422 10 language"},
		"unknown voice":    {map[string]any{"voice": "alice"}, "422 10 voice"},
		"never":            {map[string]any{"repeat": 0}, "422 10 repeat"},
		"eleven times":     {map[string]any{"repeat": 11}, "422 10 repeat"},
		"silence at first": {map[string]any{"ifMachine": nil}, "422 10 ifMachine"},
		"idle time":        {map[string]any{"machineTimeout": 400}, "422 10 machineTimeout"},
		"validity":         {map[string]any{"validity": 300}, "400 21"},
	})
}

func TestCallsAreTaken(t *testing.T) {
	look := messagebirdsim.New(options)
	defer look.Close()
	if err := look.SetReceipts(simulator.Receipts{}); err != nil {
		t.Fatal(err)
	}
	if got := codeOf(t, post(t, look, "/voicemessages", nil, encode(goodCall, nil))); got != "" {
		t.Errorf("got %s", got)
	}
	least := map[string]any{"language": nil, "voice": nil, "repeat": nil, "reference": nil, "reportUrl": nil, "body": strings.Repeat("é", 1000)}
	if got := codeOf(t, post(t, look, "/voicemessages", nil, encode(goodCall, least))); got != "" {
		t.Errorf("as little as can be: got %s", got)
	}
	var languages []string
	for _, m := range look.Messages() {
		languages = append(languages, m.Language)
	}
	if diff := cmp.Diff([]string{"de-de", "en-gb"}, languages); diff != "" {
		t.Errorf("languages: -want +got:\n%s", diff)
	}
}

func TestOtherPathsAndMethods(t *testing.T) {
	look := messagebirdsim.New(messagebirdsim.Options{})
	defer look.Close()
	if got := codeOf(t, post(t, look, "/v1/messages", nil, "{}")); got != "404 98" {
		t.Errorf("another path: got %s", got)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/messages", nil))
	if recorder.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: got %d", recorder.Code)
	}
}

func TestRecipientsWithAMeaning(t *testing.T) {
	look := messagebirdsim.New(options)
	defer look.Close()
	for to, want := range map[string]string{
		"15005550001": "422 9 recipients", "15005550029": "429", "15005550030": "402 25",
		"15005550002": "", "15005550003": "", "15005550004": "", "15005550009": "", "15005550041": "",
	} {
		change := map[string]any{"recipients": []string{to}, "reportUrl": nil}
		if got := codeOf(t, post(t, look, "/messages", nil, encode(goodSMS, change))); got != want {
			t.Errorf("%s: got %s; want %s", to, got, want)
		}
		if got := codeOf(t, post(t, look, "/voicemessages", nil, encode(goodCall, change))); got != want {
			t.Errorf("%s: a call: got %s; want %s", to, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	look := messagebirdsim.New(options)
	defer look.Close()
	for _, c := range []struct {
		fault simulator.Fault
		want  string
	}{
		{simulator.Fault{Kind: messagebirdsim.Refuse, Code: "9:recipients"}, `"code":9,"description":"Refused for what the request has as recipients","parameter":"recipients"`},
		{simulator.Fault{Kind: messagebirdsim.Refuse, Code: "99"}, `"parameter":null`},
		{simulator.Fault{Kind: messagebirdsim.Throttle}, `{"errors":[]}`},
		{simulator.Fault{Kind: messagebirdsim.Inside}, `"status":"delivery_failed","statusDatetime"`},
		{simulator.Fault{Kind: messagebirdsim.Inside, Code: "1"}, `"statusErrorCode":1,`},
	} {
		if err := look.SetFaults(c.fault); err != nil {
			t.Fatal(err)
		}
		if got := post(t, look, "/messages", nil, encode(goodSMS, nil)).Body.String(); !strings.Contains(got, c.want) {
			t.Errorf("%+v: got %s", c.fault, got)
		}
	}
	if taken := look.Stats().Taken; taken != 0 {
		t.Errorf("%d messages were taken", taken)
	}
}

// TestReceipts looks at the requests that report what became of a message.
func TestReceipts(t *testing.T) {
	for _, c := range []struct {
		name   string
		path   string
		body   map[string]any
		key    string
		query  string
		report simulator.Report
		want   map[string]string
	}{
		{"message", "/messages", goodSMS, "sign", "", simulator.Delivered, map[string]string{"status": "delivered", "mccmnc": "23430", "messagePartCount": "1", "price[currency]": "EUR"}},
		{"message that failed", "/messages", goodSMS, "sign", "?x=1", simulator.Undelivered, map[string]string{"status": "delivery_failed", "statusErrorCode": "1", "x": "1"}},
		{"message without a key", "/messages", goodSMS, "", "", simulator.Expired, map[string]string{"status": "expired"}},
		{"call", "/voicemessages", goodCall, "sign", "", simulator.Delivered, map[string]string{"status": "answered", "statusReason": ""}},
		{"call that failed", "/voicemessages", goodCall, "sign", "", simulator.Failed, map[string]string{"status": "failed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			type came struct{ method, uri, token string }
			reports := make(chan came, 1)
			gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				reports <- came{r.Method, r.URL.RequestURI(), r.Header.Get("MessageBird-Signature-JWT")}
			}))
			defer gateway.Close()
			look := messagebirdsim.New(messagebirdsim.Options{SigningKey: c.key})
			defer look.Close()
			if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{c.report}}); err != nil {
				t.Fatal(err)
			}
			if answer := post(t, look, c.path, nil, encode(c.body, map[string]any{"reportUrl": gateway.URL + "/r" + c.query})); answer.Code != http.StatusCreated {
				t.Fatalf("got %d %s", answer.Code, answer.Body)
			}
			got := <-reports
			_, query, _ := strings.Cut(got.uri, "?")
			parameters, err := url.ParseQuery(query)
			if err != nil || got.method != http.MethodGet {
				t.Fatalf("got %s %s, %v", got.method, got.uri, err)
			}
			want := maps.Clone(c.want)
			want["id"], want["reference"], want["recipient"] = look.Messages()[0].ID, "r1", "447400123456"
			for name, value := range want {
				if parameters.Get(name) != value {
					t.Errorf("%s is %q; want %q", name, parameters.Get(name), value)
				}
			}
			checkToken(t, got.token, c.key, gateway.URL+got.uri)
		})
	}
}

func checkToken(t *testing.T, token, key, address string) {
	t.Helper()
	if key == "" {
		if token != "" {
			t.Error("the report is signed")
		}
		return
	}
	claims := jwt.MapClaims{}
	if _, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return []byte(key), nil }); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(address))
	if claims["iss"] != "MessageBird" || claims["url_hash"] != hex.EncodeToString(sum[:]) || claims["payload_hash"] != nil || claims["jti"] == "" {
		t.Errorf("the claims are %v", claims)
	}
}
