package telesignsim_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
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
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/telesign/telesignsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	smsPath  = "/v1/messaging"
	callPath = "/v1/voice"
)

// The requests of the vendor's pages, with what a code needs.
var (
	goodSMS = url.Values{
		"phone_number": {"15558675309"}, "message": {"Hi"}, "message_type": {"OTP"}, "external_id": {"r1"}, "sender_id": {"15550100123"},
		"callback_url": {"https://example.com/r"},
	}
	goodCall = url.Values{"phone_number": {"15558675309"}, "message": {"Hi"}, "message_type": {"OTP"}, "external_id": {"r2"}, "voice": {"f-en-US"}}
)

// with returns a form with changes; an absent value takes a parameter away.
func with(form url.Values, change url.Values) string {
	form = maps.Clone(form)
	maps.Copy(form, change)
	maps.DeleteFunc(form, func(_ string, values []string) bool { return values == nil })
	return form.Encode()
}

func sign(t *testing.T, signed string) string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(telesignsim.Development().APIKey)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post sends a body as the vendor's SDKs do. Changes come after the signature.
func post(t *testing.T, look http.Handler, path string, change func(*http.Request), body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	date, nonce := time.Now().UTC().Format(http.TimeFormat), uuid.NewString()
	signed := "POST\napplication/x-www-form-urlencoded\n" + date + "\nx-ts-auth-method:HMAC-SHA256\nx-ts-nonce:" + nonce + "\n" + body + "\n" + path
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Date", date)
	request.Header.Set("x-ts-auth-method", "HMAC-SHA256")
	request.Header.Set("x-ts-nonce", nonce)
	request.Header.Set("Authorization", "TSA "+telesignsim.Development().CustomerID+":"+sign(t, signed))
	if change != nil {
		change(request)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, request)
	return recorder
}

// code returns the code of an answer: its error where it has one, and else its status.
func code(t *testing.T, answer *httptest.ResponseRecorder) int {
	t.Helper()
	var body struct {
		Status struct {
			Code int `json:"code"`
		} `json:"status"`
		Errors []struct {
			Code int `json:"code"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v: %s", err, answer.Body)
	}
	if len(body.Errors) > 0 {
		if body.Status.Code != 500 {
			t.Errorf("the status of an error is %d", body.Status.Code)
		}
		return body.Errors[0].Code
	}
	return body.Status.Code
}

func TestMessagesAreTaken(t *testing.T) {
	look := telesignsim.New(telesignsim.Development())
	defer look.Close()
	form := regexp.MustCompile(`"reference_id":"([0-9A-F]{32})","status":\{"code":(290|103),"description":"[^"]+","updated_on":"[0-9T:.-]+Z"\}`)
	var ids []string
	for _, c := range []struct{ path, body string }{
		{smsPath, with(goodSMS, url.Values{"callback_url": nil})},
		{smsPath, with(goodSMS, url.Values{"callback_url": nil, "external_id": nil, "sender_id": nil, "message": {strings.Repeat("ы", 71)}})},
		{smsPath, with(goodSMS, url.Values{"callback_url": nil, "external_id": {"r3"}, "sender_id": {"Acme Inc"}, "message": {strings.Repeat("€", 81)}})},
		{callPath, with(goodCall, nil)},
	} {
		answer := post(t, look, c.path, nil, c.body)
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
		{Reference: "r1", Count: 1, ID: ids[0], Channel: "sms", To: "+15558675309", From: "15550100123", Text: "Hi", Parts: 1},
		{Reference: ids[1], Count: 1, ID: ids[1], Channel: "sms", To: "+15558675309", Text: strings.Repeat("ы", 71), Parts: 2},
		{Reference: "r3", Count: 1, ID: ids[2], Channel: "sms", To: "+15558675309", From: "Acme Inc", Text: strings.Repeat("€", 81), Parts: 2},
		{Reference: "r2", Count: 1, ID: ids[3], Channel: "voice", To: "+15558675309", Text: "Hi", Language: "en-US", Parts: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMessagesAreRefused(t *testing.T) {
	one := func(name string, values ...string) url.Values { return url.Values{name: values} }
	for name, c := range map[string]struct {
		path, body string
		code       int
		reason     string
	}{
		"no number":             {smsPath, with(goodSMS, one("phone_number")), 12000, "phone_number is missing"},
		"plus sign":             {smsPath, with(goodSMS, one("phone_number", "+15558675309")), 11000, "phone_number is not"},
		"national number":       {smsPath, with(goodSMS, one("phone_number", "05558675309")), 11000, "phone_number is not"},
		"no message":            {smsPath, with(goodSMS, one("message")), 12009, "message is missing"},
		"long message":          {smsPath, with(goodSMS, one("message", strings.Repeat("é", 1601))), 11009, "message is longer"},
		"no type":               {smsPath, with(goodSMS, one("message_type")), 12017, "message_type is missing"},
		"marketing":             {smsPath, with(goodSMS, one("message_type", "MKT")), 11017, "message_type is not"},
		"long reference":        {smsPath, with(goodSMS, one("external_id", strings.Repeat("r", 101))), 11016, "external_id"},
		"Cyrillic reference":    {smsPath, with(goodSMS, one("external_id", "ы")), 11016, "external_id"},
		"sender with plus sign": {smsPath, with(goodSMS, one("sender_id", "+155501001234")), 11013, "sender_id"},
		"long sender":           {smsPath, with(goodSMS, one("sender_id", "AcmeAcmeAcme")), 11013, "sender_id"},
		"callback":              {smsPath, with(goodSMS, one("callback_url", "example.com")), 11004, "callback_url"},
		"unknown parameter":     {smsPath, with(goodSMS, one("validity", "5")), -10001, "a parameter that the API does not have"},
		"voice of an SMS":       {smsPath, with(goodSMS, one("voice", "f-en-US")), -10001, "a parameter that the API does not have"},
		"empty parameter":       {smsPath, with(goodSMS, one("external_id", "")), -10001, "empty, or given twice"},
		"parameter twice":       {smsPath, with(goodSMS, one("phone_number", "15558675309", "15558675310")), -10001, "empty, or given twice"},
		"not UTF-8":             {smsPath, with(goodSMS, one("message", "\xff")), -10001, "not UTF-8"},
		"no form":               {smsPath, "%zz", 12000, "no form"},
		"no voice":              {callPath, with(goodCall, one("voice")), -10001, "voice is missing"},
		"another voice":         {callPath, with(goodCall, one("voice", "en-US")), -10001, "voice is missing"},
		"sender of a call":      {callPath, with(goodCall, one("sender_id", "15550100123")), -10001, "a parameter that the API does not have"},
	} {
		t.Run(name, func(t *testing.T) {
			look := telesignsim.New(telesignsim.Development())
			defer look.Close()
			wantRefused(t, look, post(t, look, c.path, nil, c.body), http.StatusBadRequest, c.code, c.reason)
		})
	}
}

func TestRequestsAreRefused(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	drop := func(name string) func(*http.Request) { return func(r *http.Request) { r.Header.Del(name) } }
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
		code   int
		reason string
	}{
		"path":             {func(r *http.Request) { r.URL.Path = "/v1/verify/sms" }, 404, -40004, "no API at this path"},
		"method":           {func(r *http.Request) { r.Method = http.MethodGet }, 405, -40005, "the method is not POST"},
		"no authorization": {drop("Authorization"), 401, 10009, "there is no Authorization"},
		"password":         {func(r *http.Request) { r.SetBasicAuth("a", "b") }, 401, 10028, "Authorization is not TSA"},
		"no signature":     {header("Authorization", "TSA x:"), 401, 10028, "Authorization is not TSA"},
		"other customer":   {header("Authorization", "TSA x:AAAA"), 401, 10015, "the customer is another"},
		"wrong signature":  {header("Authorization", "TSA "+telesignsim.Development().CustomerID+":AAAA"), 401, 10008, "the signature is wrong"},
		"another path":     {func(r *http.Request) { r.URL.Path = callPath }, 401, 10008, "the signature is wrong"},
		"another body":     {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("a=b")) }, 401, 10008, "the signature is wrong"},
		"auth method":      {header("x-ts-auth-method", "HMAC-SHA1"), 401, 10006, "x-ts-auth-method"},
		"no date":          {drop("Date"), 401, 10007, "there is no Date"},
		"no time":          {header("Date", "yesterday"), 401, 10005, "Date is no time"},
		"an old date":      {header("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)), 401, 10004, "Date is off"},
		"a short nonce":    {header("x-ts-nonce", "1"), 401, 10003, "x-ts-nonce is too short"},
		"another nonce":    {header("x-ts-nonce", uuid.NewString()), 401, 10008, "the signature is wrong"},
		"query":            {func(r *http.Request) { r.URL.RawQuery = "message=b" }, 400, 12000, "the address has a query"},
	} {
		t.Run(name, func(t *testing.T) {
			look := telesignsim.New(telesignsim.Development())
			defer look.Close()
			wantRefused(t, look, post(t, look, smsPath, c.change, with(goodSMS, nil)), c.status, c.code, c.reason)
		})
	}
}

func wantRefused(t *testing.T, look *telesignsim.Server, answer *httptest.ResponseRecorder, status, wantCode int, reason string) {
	t.Helper()
	stats := look.Stats()
	found := false
	for given := range stats.Refused {
		found = found || strings.Contains(given, reason)
	}
	if got := code(t, answer); answer.Code != status || got != wantCode || stats.Taken != 0 || !found {
		t.Errorf("got %d and %d, taken %d, refused %v; want %d and %d: %s", answer.Code, got, stats.Taken, stats.Refused, status, wantCode, reason)
	}
}

func TestTheContentTypeIsLookedAt(t *testing.T) {
	look := telesignsim.New(telesignsim.Options{})
	defer look.Close()
	answer := post(t, look, smsPath, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, with(goodSMS, nil))
	wantRefused(t, look, answer, http.StatusBadRequest, 12000, "the content type")
}

func TestACopyOfARequestIsRefused(t *testing.T) {
	look := telesignsim.New(telesignsim.Development())
	defer look.Close()
	var first http.Header
	body := with(goodSMS, url.Values{"callback_url": nil})
	post(t, look, smsPath, func(r *http.Request) { first = r.Header.Clone() }, body)
	if got := code(t, post(t, look, smsPath, func(r *http.Request) { r.Header = first }, body)); got != 10002 || look.Stats().Taken != 1 {
		t.Errorf("got %d and took %d", got, look.Stats().Taken)
	}
}

func TestAnybodyIsLetIn(t *testing.T) {
	look := telesignsim.New(telesignsim.Options{})
	defer look.Close()
	change := func(r *http.Request) { r.Header.Set("Authorization", "TSA somebody:AAAA") }
	if answer := post(t, look, callPath, change, with(goodCall, nil)); answer.Code != http.StatusOK {
		t.Errorf("got %d %s (%v)", answer.Code, answer.Body, look.Stats().Refused)
	}
}

func TestRecipientsWithAMeaning(t *testing.T) {
	look := telesignsim.New(telesignsim.Development())
	defer look.Close()
	for to, want := range map[string][2]int{
		"15005550001": {400, 11000}, "15005550029": {429, 10019}, "15005550030": {402, 10030}, "15005550002": {200, 290}, "15005550041": {200, 290},
	} {
		answer := post(t, look, smsPath, nil, with(goodSMS, url.Values{"phone_number": {to}, "callback_url": nil}))
		if got := [2]int{answer.Code, code(t, answer)}; got != want {
			t.Errorf("%s: got %v; want %v", to, got, want)
		}
	}
}

func TestNotifications(t *testing.T) {
	type came struct {
		header http.Header
		body   string
	}
	notifications := make(chan came, 1)
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		notifications <- came{r.Header, string(body)}
	}))
	defer gateway.Close()
	look := telesignsim.New(telesignsim.Development())
	defer look.Close()
	look.ReportTo(gateway.URL + "/account")
	for report, codes := range map[simulator.Report][2]int{
		simulator.Sent: {203, 103}, simulator.Delivered: {200, 100}, simulator.Undelivered: {210, 107}, simulator.Failed: {505, 106}, simulator.Expired: {221, 101},
	} {
		if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{report}}); err != nil {
			t.Fatal(err)
		}
		for i, c := range []struct{ path, body, product string }{
			{smsPath, with(goodSMS, url.Values{"callback_url": {gateway.URL}, "external_id": {string(report)}}), "sms"},
			{callPath, with(goodCall, url.Values{"external_id": {string(report)}}), "call"},
		} {
			if answer := post(t, look, c.path, nil, c.body); answer.Code != http.StatusOK {
				t.Fatalf("got %d (%v)", answer.Code, look.Stats().Refused)
			}
			got := <-notifications
			var content struct {
				ID        string `json:"reference_id"`
				Reference string `json:"external_id"`
				Product   string `json:"sub_resource"`
				Status    struct {
					Code int `json:"code"`
				} `json:"status"`
			}
			if err := json.Unmarshal([]byte(got.body), &content); err != nil {
				t.Fatal(err)
			}
			if content.ID == "" || content.Reference != string(report) || content.Product != c.product || content.Status.Code != codes[i] {
				t.Errorf("%s: got %s", report, got.body)
			}
			signature := sign(t, got.body)
			wantHeaders := []string{"TSA " + telesignsim.Development().CustomerID + ":" + signature, signature, "application/json"}
			headers := []string{got.header.Get("Authorization"), got.header.Get("X-TS-Authorization"), got.header.Get("Content-Type")}
			if diff := cmp.Diff(wantHeaders, headers); diff != "" {
				t.Errorf("%s: -want +got:\n%s", report, diff)
			}
		}
	}
}

func TestAKeyThatIsNoneIsAMistakeOfTheProgram(t *testing.T) {
	defer func() {
		if recovered := fmt.Sprint(recover()); !strings.Contains(recovered, "base64") {
			t.Errorf("got %s", recovered)
		}
	}()
	telesignsim.New(telesignsim.Options{APIKey: "!"})
}
