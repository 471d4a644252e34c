package esendexsim_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/esendex/esendexsim"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sms and call are batches such as the vendor's own SDKs send.
const (
	sms = `<?xml version="1.0" encoding="utf-8"?><messages xmlns="http://api.esendex.com/ns/"><accountreference>EX0000000</accountreference>` +
		`<message><from>Acme</from><to>447400123456</to><body>Hi</body><type>SMS</type><validity>1</validity></message></messages>`
	call = `<messages><accountreference>EX0000000</accountreference><message><to>447400123456</to><type>Voice</type><lang>en-GB</lang>` +
		`<retries>2</retries><body>Hi &amp; bye</body></message></messages>`
)

func post(t *testing.T, look http.Handler, change func(*http.Request), body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1.0/messagedispatcher", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/xml; charset=utf-8")
	request.SetBasicAuth("development@example.com", "development-only")
	if change != nil {
		change(request)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, request)
	return recorder
}

func TestMessagesAreTaken(t *testing.T) {
	look := esendexsim.New(esendexsim.Development())
	defer look.Close()
	form := regexp.MustCompile(`(?s)^<\?xml .*<messageheaders batchid="[0-9A-F-]{36}" xmlns="http://api.esendex.com/ns/">.*` +
		`<messageheader uri="https://api.esendex.com/v1.0/messageheaders/([0-9A-F-]{36})" id="([0-9A-F-]{36})" />.*</messageheaders>$`)
	long := strings.Replace(sms, "<body>Hi", "<characterset>Unicode</characterset><body>"+strings.Repeat("ы", 71), 1)
	var ids []string
	for _, body := range []string{sms, call, long, strings.Replace(sms, "<body>Hi", "<characterset>Auto</characterset><body>код", 1), strings.Replace(sms, "Hi", strings.Repeat("€", 81), 1)} {
		answer := post(t, look, nil, body)
		found := form.FindStringSubmatch(answer.Body.String())
		if answer.Code != http.StatusOK || found == nil || found[1] != found[2] {
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
		{Reference: ids[0], Count: 1, ID: ids[0], Channel: "sms", To: "+447400123456", From: "Acme", Text: "Hi", Parts: 1},
		{Reference: ids[1], Count: 1, ID: ids[1], Channel: "voice", To: "+447400123456", Text: "Hi & bye", Language: "en-GB", Parts: 1},
		{Reference: ids[2], Count: 1, ID: ids[2], Channel: "sms", To: "+447400123456", From: "Acme", Text: strings.Repeat("ы", 71), Parts: 2},
		{Reference: ids[3], Count: 1, ID: ids[3], Channel: "sms", To: "+447400123456", From: "Acme", Text: "код", Parts: 1},
		{Reference: ids[4], Count: 1, ID: ids[4], Channel: "sms", To: "+447400123456", From: "Acme", Text: strings.Repeat("€", 81), Parts: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMessagesAreRefused(t *testing.T) {
	replace := func(body, old, with string) string {
		if !strings.Contains(body, old) {
			t.Fatalf("%q is not in the body", old)
		}
		return strings.Replace(body, old, with, 1)
	}
	for name, c := range map[string]struct {
		body   string
		status int
		reason string
	}{
		"unknown element":        {replace(sms, "<validity>", "<ttl>1</ttl><validity>"), 400, "an element or an attribute that the API does not have"},
		"unknown attribute":      {replace(sms, "<to>", `<to type="x">`), 400, "an element or an attribute that the API does not have"},
		"reference of ours":      {replace(sms, "<message>", "<reference>r</reference><message>"), 400, "an element or an attribute that the API does not have"},
		"element twice":          {replace(sms, "<to>", "<to>447400123457</to><to>"), 400, "an element is given twice"},
		"element within a text":  {replace(sms, "Hi", "H<b>i</b>"), 400, "an element within a text"},
		"text between elements":  {replace(sms, "<message>", "x<message>"), 400, "text between elements"},
		"document type":          {"<!DOCTYPE x>" + call, 400, "a document type"},
		"two messages":           {replace(call, "</messages>", "<message></message></messages>"), 400, "several messages"},
		"no message":             {"<messages><accountreference>EX0000000</accountreference></messages>", 400, "there is no message"},
		"another root":           {strings.ReplaceAll(call, "messages", "batch"), 400, "the root is not messages"},
		"no XML":                 {`{"messages":[]}`, 400, "text between elements"},
		"half of it":             {sms[:200], 400, "the body is not XML"},
		"more after it":          {sms + "<a/>", 400, "more after the root"},
		"not UTF-8":              {replace(sms, "Hi", "\xff"), 400, "not UTF-8"},
		"no account":             {replace(sms, "EX0000000", ""), 400, "accountreference is missing"},
		"another account":        {replace(sms, "EX0000000", "EX0000001"), 403, "no such account"},
		"plus sign":              {replace(sms, "<to>", "<to>+"), 400, "to is not"},
		"several recipients":     {replace(sms, "<to>", "<to>447400123457,"), 400, "to is not"},
		"no body":                {replace(sms, "Hi", ""), 400, "body is missing"},
		"long name":              {replace(sms, "Acme", "AcmeAcmeAcme"), 400, "from is neither"},
		"long number":            {replace(sms, "Acme", "123456789012345678901"), 400, "from is neither"},
		"odd name":               {replace(sms, "Acme", "Acme(1)"), 400, "from is neither"},
		"other type":             {replace(sms, ">SMS<", ">Fax<"), 400, "type is neither"},
		"validity in minutes":    {replace(sms, "<validity>1", "<validity>PT5M"), 400, "validity is not"},
		"long validity":          {replace(sms, "<validity>1", "<validity>73"), 400, "validity is not"},
		"other set":              {replace(sms, "<validity>", "<characterset>UTF8</characterset><validity>"), 400, "characterset is neither"},
		"Cyrillic as GSM":        {replace(sms, "Hi", "код"), 400, "needs the characterset Unicode"},
		"language of an SMS":     {replace(sms, "<validity>", "<lang>en-GB</lang><validity>"), 400, "an SMS has lang or retries"},
		"validity of a call":     {replace(call, "<lang>", "<validity>1</validity><lang>"), 400, "a call has validity"},
		"no language":            {replace(call, "<lang>en-GB</lang>", ""), 400, "lang is missing"},
		"another language":       {replace(call, "en-GB", "en-US"), 400, "lang is missing or none"},
		"retries that is a word": {replace(call, "<retries>2", "<retries>two"), 400, "retries is not a number"},
	} {
		t.Run(name, func(t *testing.T) {
			look := esendexsim.New(esendexsim.Development())
			defer look.Close()
			wantRefused(t, look, post(t, look, nil, c.body), c.status, c.reason)
		})
	}
}

func TestRequestsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
		reason string
	}{
		"path":           {func(r *http.Request) { r.URL.Path = "/v1.0/messages" }, 404, "no API at this path"},
		"method":         {func(r *http.Request) { r.Method = http.MethodGet }, 405, "the method is not POST"},
		"no user":        {func(r *http.Request) { r.Header.Del("Authorization") }, 401, "the user or the password is wrong"},
		"wrong user":     {func(r *http.Request) { r.SetBasicAuth("a@example.com", "development-only") }, 401, "the user or the password is wrong"},
		"wrong password": {func(r *http.Request) { r.SetBasicAuth("development@example.com", "x") }, 401, "the user or the password is wrong"},
		"content type":   {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 400, "the content type"},
		"query":          {func(r *http.Request) { r.URL.RawQuery = "a=b" }, 400, "the address has a query"},
	} {
		t.Run(name, func(t *testing.T) {
			look := esendexsim.New(esendexsim.Development())
			defer look.Close()
			wantRefused(t, look, post(t, look, c.change, sms), c.status, c.reason)
		})
	}
}

func wantRefused(t *testing.T, look *esendexsim.Server, answer *httptest.ResponseRecorder, status int, reason string) {
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

func TestAnybodyIsLetIn(t *testing.T) {
	look := esendexsim.New(esendexsim.Options{})
	defer look.Close()
	answer := post(t, look, func(r *http.Request) { r.SetBasicAuth("a", "b") }, strings.Replace(sms, "EX0000000", "EX1", 1))
	if answer.Code != http.StatusOK {
		t.Errorf("got %d (%v)", answer.Code, look.Stats().Refused)
	}
}

func TestNotifications(t *testing.T) {
	type content struct {
		XMLName    xml.Name
		ID         string `xml:"Id"`
		MessageID  string `xml:"MessageId"`
		AccountID  string `xml:"AccountId"`
		OccurredAt string `xml:"OccurredAt"`
		Code       string `xml:"FailureReason>Code"`
		Permanent  string `xml:"FailureReason>PermanentFailure"`
	}
	bodies := make(chan string, 8)
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- r.Header.Get("Content-Type") + " " + string(body)
	}))
	defer gateway.Close()
	look := esendexsim.New(esendexsim.Development())
	defer look.Close()
	look.ReportTo(gateway.URL)
	for _, c := range []struct {
		report                simulator.Report
		root, code, permanent string
	}{
		{simulator.Delivered, "MessageDelivered", "", ""},
		{simulator.Undelivered, "MessageFailed", "102", "true"},
		{simulator.Failed, "MessageFailed", "103", "true"},
		{simulator.Expired, "MessageFailed", "104", "false"},
	} {
		// Of a message that was sent there is no notification.
		if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{simulator.Sent, c.report}}); err != nil {
			t.Fatal(err)
		}
		if answer := post(t, look, nil, sms); answer.Code != http.StatusOK {
			t.Fatalf("got %d (%v)", answer.Code, look.Stats().Refused)
		}
		messages := look.Messages()
		media, body, _ := strings.Cut(<-bodies, " ")
		var got content
		if err := xml.Unmarshal([]byte(body), &got); err != nil || media != "application/xml" {
			t.Fatalf("got %s %s, %v", media, body, err)
		}
		if got.XMLName.Local != c.root || got.Code != c.code || got.Permanent != c.permanent ||
			!strings.EqualFold(got.MessageID, messages[len(messages)-1].ID) || got.ID == "" || got.AccountID == "" || len(got.OccurredAt) != len("2014-07-31T21:42:46") {
			t.Errorf("%s: got %s", c.report, body)
		}
	}
}
