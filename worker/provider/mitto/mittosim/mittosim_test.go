package mittosim_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/mitto/mittosim"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// good is the request of the vendor's page, with all that a code needs.
var good = map[string]any{
	"from": "MITTO SMS", "to": "491725551234", "text": "Hello, World!", "type": "GSM", "reference": "r1", "validity": 5,
	"callback": "https://example.com/r",
}

// encode returns good with changes as JSON; nil takes a field away.
func encode(change map[string]any) string {
	fields := maps.Clone(good)
	maps.Copy(fields, change)
	maps.DeleteFunc(fields, func(_ string, value any) bool { return value == nil })
	data, _ := json.Marshal(fields)
	return string(data)
}

func post(t *testing.T, look http.Handler, change func(*http.Request), body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sms", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Mitto-API-Key", mittosim.Development().APIKey)
	if change != nil {
		change(request)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, request)
	return recorder
}

// code returns an answer's responseCode, or -1 where it has none.
func code(t *testing.T, answer *httptest.ResponseRecorder) int {
	t.Helper()
	body := struct {
		ResponseCode int `json:"responseCode"`
	}{-1}
	if answer.Body.Len() > 0 {
		if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
	}
	return body.ResponseCode
}

func TestMessagesAreTaken(t *testing.T) {
	look := mittosim.New(mittosim.Development())
	defer look.Close()
	form := regexp.MustCompile(`^\{"id":"([0-9a-f]{32})","responseCode":0,"responseText":"SMS sent","textLength":[0-9]+,"timestamp":"[0-9T:.-]+Z","to":"491725551234"\}$`)
	var ids []string
	for _, change := range []map[string]any{
		{"callback": nil},
		{"type": nil, "reference": nil, "validity": nil, "callback": nil, "from": "+49172555"},
		{"type": "Unicode", "text": strings.Repeat("ы", 71), "reference": "r3", "callback": nil},
		{"text": strings.Repeat("€", 81), "reference": "r4", "from": "12345", "callback": nil},
	} {
		answer := post(t, look, nil, encode(change))
		found := form.FindStringSubmatch(answer.Body.String())
		if answer.Code != http.StatusOK || found == nil {
			t.Fatalf("got %d %s (%v)", answer.Code, answer.Body, look.Stats().Refused)
		}
		ids = append(ids, found[1])
	}
	var got []simulator.Message
	for _, m := range look.Messages() {
		m.At = time.Time{}
		got = append(got, m)
	}
	want := []simulator.Message{
		{Reference: "r1", Count: 1, ID: ids[0], Channel: "sms", To: "+491725551234", From: "MITTO SMS", Text: "Hello, World!", Parts: 1},
		{Reference: ids[1], Count: 1, ID: ids[1], Channel: "sms", To: "+491725551234", From: "+49172555", Text: "Hello, World!", Parts: 1},
		{Reference: "r3", Count: 1, ID: ids[2], Channel: "sms", To: "+491725551234", From: "MITTO SMS", Text: strings.Repeat("ы", 71), Parts: 2},
		{Reference: "r4", Count: 1, ID: ids[3], Channel: "sms", To: "+491725551234", From: "12345", Text: strings.Repeat("€", 81), Parts: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestATestIsNotTaken(t *testing.T) {
	look := mittosim.New(mittosim.Options{})
	defer look.Close()
	answer := post(t, look, nil, encode(map[string]any{"test": true}))
	if code(t, answer) != 0 || strings.Contains(answer.Body.String(), `"id"`) || look.Stats().Taken != 0 {
		t.Errorf("got %d %s, taken %d", answer.Code, answer.Body, look.Stats().Taken)
	}
}

func TestMessagesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		code   int
		reason string
	}{
		"no sender":           {encode(map[string]any{"from": nil}), 5, "from is missing"},
		"short name":          {encode(map[string]any{"from": "Ac"}), 6, "from is neither"},
		"long name":           {encode(map[string]any{"from": "AcmeAcmeAcme"}), 6, "from is neither"},
		"long number":         {encode(map[string]any{"from": "123456789012345"}), 6, "from is neither"},
		"short number":        {encode(map[string]any{"from": "12"}), 6, "from is neither"},
		"Cyrillic name":       {encode(map[string]any{"from": "Акме"}), 6, "from is neither"},
		"no recipient":        {encode(map[string]any{"to": ""}), 7, "to is missing"},
		"plus sign":           {encode(map[string]any{"to": "+491725551234"}), 8, "to is not"},
		"national number":     {encode(map[string]any{"to": "01725551234"}), 8, "to is not"},
		"several recipients":  {encode(map[string]any{"to": "491725551234,491725551235"}), 8, "to is not"},
		"no text":             {encode(map[string]any{"text": ""}), 3, "text is missing"},
		"other type":          {encode(map[string]any{"type": "auto"}), 2, "type is neither"},
		"Cyrillic as GSM":     {encode(map[string]any{"text": "код"}), 4, "text needs the type Unicode"},
		"Cyrillic by default": {encode(map[string]any{"text": "код", "type": nil}), 4, "text needs the type Unicode"},
		"no validity":         {encode(map[string]any{"validity": 0}), 1, "validity is not"},
		"long validity":       {encode(map[string]any{"validity": 2881}), 1, "validity is not"},
		"validity as text":    {encode(map[string]any{"validity": "5"}), 1, "a field or a type"},
		"callback":            {encode(map[string]any{"callback": "example.com"}), 1, "callback is no address"},
		"flash":               {encode(map[string]any{"flash": true}), 1, "udh, pid or flash"},
		"unknown field":       {encode(map[string]any{"callbackUrl": "https://example.com"}), 1, "a field or a type"},
		"no JSON":             {"from=a", 1, "a field or a type"},
		"more after it":       {encode(nil) + "{}", 1, "more after"},
		"not UTF-8":           {strings.Replace(encode(nil), "Hello", "\xff", 1), 1, "not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			look := mittosim.New(mittosim.Development())
			defer look.Close()
			answer := post(t, look, nil, c.body)
			if got := code(t, answer); got != c.code {
				t.Errorf("got the code %d; want %d", got, c.code)
			}
			wantRefused(t, look, answer, http.StatusBadRequest, c.reason)
		})
	}
}

func TestRequestsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
		reason string
	}{
		"path":         {func(r *http.Request) { r.URL.Path = "/smsbulk" }, 404, "no API at this path"},
		"method":       {func(r *http.Request) { r.Method = http.MethodGet }, 405, "the method is not POST"},
		"no key":       {func(r *http.Request) { r.Header.Del("X-Mitto-API-Key") }, 401, "the API key is wrong"},
		"wrong key":    {func(r *http.Request) { r.Header.Set("X-Mitto-API-Key", "x") }, 401, "the API key is wrong"},
		"content type": {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 400, "the content type"},
		"query":        {func(r *http.Request) { r.URL.RawQuery = "text=b" }, 400, "the address has a query"},
	} {
		t.Run(name, func(t *testing.T) {
			look := mittosim.New(mittosim.Development())
			defer look.Close()
			wantRefused(t, look, post(t, look, c.change, encode(nil)), c.status, c.reason)
		})
	}
}

func wantRefused(t *testing.T, look *mittosim.Server, answer *httptest.ResponseRecorder, status int, reason string) {
	t.Helper()
	stats := look.Stats()
	found := false
	for given := range stats.Refused {
		found = found || strings.Contains(given, reason)
	}
	if answer.Code != status || stats.Taken != 0 || !found {
		t.Errorf("got %d, taken %d, refused %v; want %d: %s", answer.Code, stats.Taken, stats.Refused, status, reason)
	}
}

func TestRecipientsWithAMeaning(t *testing.T) {
	look := mittosim.New(mittosim.Options{})
	defer look.Close()
	for to, want := range map[string][2]int{"15005550001": {400, 8}, "15005550029": {429, -1}, "15005550002": {200, 0}, "15005550041": {200, 0}} {
		answer := post(t, look, nil, encode(map[string]any{"to": to, "callback": nil}))
		if got := [2]int{answer.Code, code(t, answer)}; got != want {
			t.Errorf("%s: got %v; want %v", to, got, want)
		}
	}
}

func TestReports(t *testing.T) {
	type came struct {
		method, media string
		fields        url.Values
	}
	for _, byPost := range []bool{false, true} {
		reports := make(chan came, 1)
		gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			fields := r.URL.Query()
			if len(body) > 0 {
				fields, _ = url.ParseQuery(string(body))
			}
			reports <- came{r.Method, r.Header.Get("Content-Type"), fields}
		}))
		defer gateway.Close()
		look := mittosim.New(mittosim.Options{Post: byPost})
		defer look.Close()
		want := came{method: http.MethodGet}
		if byPost {
			want = came{method: http.MethodPost, media: "application/x-www-form-urlencoded"}
		}
		for report, status := range map[simulator.Report][2]string{
			simulator.Sent: {"SENT", "0"}, simulator.Delivered: {"DELIVERED", "0"}, simulator.Undelivered: {"UNDELIVERED", "438"},
			simulator.Failed: {"FAILED", "439"}, simulator.Expired: {"EXPIRED", "440"},
		} {
			if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{report}}); err != nil {
				t.Fatal(err)
			}
			if answer := post(t, look, nil, encode(map[string]any{"callback": gateway.URL, "reference": string(report)})); answer.Code != http.StatusOK {
				t.Fatalf("got %d (%v)", answer.Code, look.Stats().Refused)
			}
			messages := look.Messages()
			got := <-reports
			if got.fields.Get("timestamp") == "" {
				t.Errorf("%s: there is no time", report)
			}
			got.fields.Del("timestamp")
			want.fields = url.Values{
				"msgid": {messages[len(messages)-1].ID}, "status": {status[0]}, "errorcode": {status[1]}, "reference": {string(report)},
				"from": {"MITTO SMS"}, "to": {"491725551234"},
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(came{})); diff != "" {
				t.Errorf("%s: -want +got:\n%s", report, diff)
			}
		}
	}
}
