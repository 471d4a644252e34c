package twiliosim_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's choice
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/twilio/twiliosim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account = "AC00000000000000000000000000000001"
	key     = "SK00000000000000000000000000000001"
	pool    = "MG00000000000000000000000000000001"
	service = "VA00000000000000000000000000000001"

	messagesPath = "/2010-04-01/Accounts/" + account + "/Messages.json"
	callsPath    = "/2010-04-01/Accounts/" + account + "/Calls.json"
	verifyPath   = "/v2/Services/" + service + "/Verifications"
)

var options = twiliosim.Options{
	AccountSID: account, AuthToken: "token", APIKeySID: key, APIKeySecret: "secret", MessagingServiceSID: pool, VerifyServiceSID: service,
}

// post sends a form with the account's token.
func post(t *testing.T, look http.Handler, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	request.SetBasicAuth(account, "token")
	if change != nil {
		change(request)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, request)
	return recorder
}

// with makes a body of the good one with parameters changed, added ("+Name") or, where empty, left out.
func with(good url.Values, pairs ...string) string {
	form := maps.Clone(good)
	for pair := range slices.Chunk(pairs, 2) {
		name, more := strings.CutPrefix(pair[0], "+")
		switch value := pair[1]; {
		case more:
			form[name] = []string{form.Get(name), value}
		case value == "":
			form.Del(name)
		default:
			form.Set(name, value)
		}
	}
	return form.Encode()
}

// resource is what is looked at in an answer.
type resource struct {
	Code   int    `json:"code"`
	HTTP   any    `json:"status"`
	SID    string `json:"sid"`
	Parts  string `json:"num_segments"`
	Sender any    `json:"from"`
}

func read(t *testing.T, answer *httptest.ResponseRecorder) resource {
	t.Helper()
	var got resource
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if status, ok := got.HTTP.(float64); ok && int(status) != answer.Code {
		t.Errorf("the body says the status %v, and the answer %d", status, answer.Code)
	}
	return got
}

// refusals posts bodies and wants the codes, 0 where a body is taken, and each refusal counted.
func refusals(t *testing.T, path string, cases map[string]struct {
	body string
	code int
},
) {
	t.Helper()
	look := twiliosim.New(options)
	defer look.Close()
	taken, refused := 0, 0
	for name, c := range cases {
		answer := post(t, look, path, c.body, nil)
		if got := read(t, answer).Code; got != c.code || (c.code == 0) != (answer.Code == http.StatusCreated) {
			t.Errorf("%s: got %d %s; want %d", name, answer.Code, answer.Body, c.code)
		}
		if c.code == 0 {
			taken++
		} else {
			refused++
		}
	}
	stats := look.Stats()
	for _, count := range stats.Refused {
		refused -= count
	}
	if stats.Taken != taken || refused != 0 {
		t.Errorf("stats are %+v; want %d taken and every refusal counted", stats, taken)
	}
}

type cases = map[string]struct {
	body string
	code int
}

var goodSMS = url.Values{
	"To": {"+447400123456"}, "From": {"+447700900000"}, "Body": {"Hi"}, "ValidityPeriod": {"300"}, "StatusCallback": {"https://example.com/"},
}

func TestSMS(t *testing.T) {
	refusals(t, messagesPath, cases{
		"good":                 {with(goodSMS), 0},
		"as little as can be":  {with(goodSMS, "ValidityPeriod", "", "StatusCallback", ""), 0},
		"a pool":               {with(goodSMS, "From", "", "MessagingServiceSid", pool), 0},
		"a sender of a pool":   {with(goodSMS, "From", "Acme & Co", "MessagingServiceSid", pool), 0},
		"a short code":         {with(goodSMS, "From", "12345"), 0},
		"the longest text":     {with(goodSMS, "Body", strings.Repeat("é", 1600)), 0},
		"no recipient":         {with(goodSMS, "To", ""), 21604},
		"no plus sign":         {with(goodSMS, "To", "447400123456"), 21211},
		"a long number":        {with(goodSMS, "To", "+1234567890123456"), 21211},
		"no text":              {with(goodSMS, "Body", ""), 21602},
		"too long a text":      {with(goodSMS, "Body", strings.Repeat("é", 1601)), 21617},
		"no sender":            {with(goodSMS, "From", ""), 21603},
		"a long name":          {with(goodSMS, "From", "Acme Incorporated"), 21212},
		"a name with a stop":   {with(goodSMS, "From", "acme.com"), 21212},
		"a name without signs": {with(goodSMS, "From", "+-+"), 21212},
		"a name for the US":    {with(goodSMS, "From", "Acme", "To", "+12125550123"), 21612},
		"another pool":         {with(goodSMS, "MessagingServiceSid", pool[:33]+"2"), 21701},
		"no validity":          {with(goodSMS, "ValidityPeriod", "0"), 90007},
		"a long validity":      {with(goodSMS, "ValidityPeriod", "36001"), 90007},
		"validity in words":    {with(goodSMS, "ValidityPeriod", "5m"), 90007},
		"no callback":          {with(goodSMS, "StatusCallback", "example"), 21609},
		"an underscore":        {with(goodSMS, "StatusCallback", "https://a_b.example.com/"), 21609},
		"another encoding":     {with(goodSMS, "SmartEncoded", "true"), 20001},
		"two texts":            {with(goodSMS, "+Body", "Ho"), 20001},
		"an empty parameter":   {with(goodSMS) + "&MessagingServiceSid=", 20422},
		"no UTF-8":             {with(goodSMS, "Body", "\xff"), 20422},
		"no form":              {"%zz", 20422},
	})
}

func TestParts(t *testing.T) {
	look := twiliosim.New(options)
	defer look.Close()
	for name, c := range map[string]struct{ text, parts string }{
		"160 characters":              {strings.Repeat("x", 160), "1"},
		"161 characters":              {strings.Repeat("x", 161), "2"},
		"an extended one at the edge": {strings.Repeat("x", 152) + "€" + strings.Repeat("x", 152), "3"},
		"Greek capitals":              {strings.Repeat("Ω", 160), "1"},
		"71 of another alphabet":      {strings.Repeat("ж", 71), "2"},
		"36 emoji":                    {strings.Repeat("🔑", 36), "2"},
	} {
		if got := read(t, post(t, look, messagesPath, with(goodSMS, "Body", c.text), nil)); got.Parts != c.parts {
			t.Errorf("%s: got %s parts; want %s", name, got.Parts, c.parts)
		}
	}
	got := read(t, post(t, look, messagesPath, with(goodSMS, "From", "", "MessagingServiceSid", pool), nil))
	if got.Parts != "0" || got.Sender != nil || got.HTTP != "accepted" {
		t.Errorf("of a messaging service: got %+v", got)
	}
}

var goodCall = url.Values{
	"To": {"+447400123456"}, "From": {"+447700900000"}, "Timeout": {"60"}, "StatusCallback": {"https://example.com/"},
	"StatusCallbackEvent": {"ringing", "completed"}, "StatusCallbackMethod": {"POST"},
	"Twiml": {`<Response><Say language="de-DE" voice="Polly.Marlene" loop="2">Code &amp; 1<break time="400ms"/>2</Say></Response>`},
}

func TestCalls(t *testing.T) {
	say := func(attributes, text string) string {
		return with(goodCall, "Twiml", "<Response><Say "+attributes+">"+text+"</Say></Response>")
	}
	twiml := func(document string) string { return with(goodCall, "Twiml", document) }
	refusals(t, callsPath, cases{
		"good":                     {with(goodCall), 0},
		"as little as can be":      {with(goodCall, "Timeout", "", "StatusCallback", "", "StatusCallbackEvent", "", "StatusCallbackMethod", ""), 0},
		"a basic voice":            {say("", "Hi"), 0},
		"a voice of Google's":      {say(`language="cs-CZ" voice="Google.cs-CZ-Standard-A"`, "Hi"), 0},
		"no recipient":             {with(goodCall, "To", ""), 21201},
		"no plus sign":             {with(goodCall, "To", "447400123456"), 21211},
		"no sender":                {with(goodCall, "From", ""), 21213},
		"a name as the sender":     {with(goodCall, "From", "Acme"), 21212},
		"no instructions":          {with(goodCall, "Twiml", ""), 21205},
		"long instructions":        {say(`loop="1" voice="man"`, strings.Repeat(`<break time="1s"/>`, 230)+"x"), 20422},
		"no ringing":               {with(goodCall, "Timeout", "0"), 20422},
		"long ringing":             {with(goodCall, "Timeout", "601"), 20422},
		"a long call":              {with(goodCall, "TimeLimit", "86401"), 20422},
		"no callback":              {with(goodCall, "StatusCallback", "example"), 21609},
		"another method":           {with(goodCall, "StatusCallbackMethod", "PUT"), 20422},
		"events in one":            {with(goodCall, "StatusCallbackEvent", "ringing completed"), 20422},
		"an unknown parameter":     {with(goodCall, "Texml", "x"), 20001},
		"endless":                  {say(`loop="0"`, "Hi"), 20422},
		"another's language":       {say(`language="fr-FR" voice="Polly.Marlene"`, "Hi"), 20422},
		"Google's other language":  {say(`language="fr-FR" voice="Google.cs-CZ-Standard-A"`, "Hi"), 20422},
		"a language of nobody's":   {say(`language="xx-XX" voice="Google.xx-XX-Standard-A"`, "Hi"), 20422},
		"a basic voice in German":  {say(`language="de-DE"`, "Hi"), 20422},
		"an unknown voice":         {say(`voice="bob"`, "Hi"), 20422},
		"an unknown attribute":     {say(`speed="1"`, "Hi"), 20422},
		"an unknown mark":          {say("", "<b>Hi</b>"), 20422},
		"a pause of no length":     {say("", `Hi<break time="long"/>`), 20422},
		"another verb":             {twiml(`<Response><Play>https://example.com/</Play></Response>`), 20422},
		"two verbs":                {twiml(`<Response><Say>Hi</Say><Say>Hi</Say></Response>`), 20422},
		"text outside":             {twiml(`<Response>Hi</Response>`), 20422},
		"a raw ampersand":          {say("", "A & B"), 20422},
		"nothing to say":           {say("", " "), 20422},
		"too much to say":          {say("", strings.Repeat("x", 3001)), 20422},
		"an unfinished document":   {twiml(`<Response><Say>Hi`), 20422},
		"instructions for another": {twiml(`{}`), 20422},
	})
}

var goodVerification = url.Values{"To": {"+447400123456"}, "Channel": {"sms"}, "CustomCode": {"493817"}, "Locale": {"pt-BR"}}

func TestVerifications(t *testing.T) {
	refusals(t, verifyPath, cases{
		"good":                {with(goodVerification), 0},
		"a call":              {with(goodVerification, "Channel", "call"), 0},
		"no language":         {with(goodVerification, "Locale", ""), 0},
		"no recipient":        {with(goodVerification, "To", ""), 60200},
		"another channel":     {with(goodVerification, "Channel", "voice"), 60200},
		"no code":             {with(goodVerification, "CustomCode", ""), 60200},
		"a short code":        {with(goodVerification, "CustomCode", "123"), 60200},
		"a long code":         {with(goodVerification, "CustomCode", "12345678901"), 60200},
		"no such language":    {with(goodVerification, "Locale", "Welsh"), 60200},
		"an unknown addition": {with(goodVerification, "CustomMessage", "x"), 60200},
	})
}

func TestFeedback(t *testing.T) {
	look := twiliosim.New(options)
	defer look.Close()
	id := read(t, post(t, look, verifyPath, with(goodVerification), nil)).SID
	for _, c := range []struct {
		id, body string
		status   int
		code     int
	}{
		{id, "Status=expired", 400, 60200},
		{id, "Status=approved&Code=1", 400, 60200},
		{id[:33] + "z", "Status=approved", 404, 20404},
		{id, "Status=approved", 200, 0},
		{id, "Status=canceled", 404, 20404},
	} {
		answer := post(t, look, verifyPath+"/"+c.id, c.body, nil)
		if got := read(t, answer); answer.Code != c.status || got.Code != c.code {
			t.Errorf("%s %s: got %d %s; want %d and %d", c.id, c.body, answer.Code, answer.Body, c.status, c.code)
		}
	}
	if got := look.Outcomes(); len(got) != 1 || got[id] != "approved" {
		t.Errorf("the outcomes are %v", got)
	}
}

func TestWhoIsLetIn(t *testing.T) {
	look := twiliosim.New(options)
	defer look.Close()
	as := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		path   string
		change func(*http.Request)
		status int
		code   int
	}{
		"the token":               {messagesPath, nil, 201, 0},
		"the key":                 {messagesPath, as(key, "secret"), 201, 0},
		"another token":           {messagesPath, as(account, "secret"), 401, 20003},
		"another key":             {messagesPath, as(key[:33]+"2", "secret"), 401, 20003},
		"no password":             {messagesPath, as(account, ""), 401, 20003},
		"a bearer":                {messagesPath, header("Authorization", "Bearer token"), 401, 20003},
		"another account":         {strings.Replace(messagesPath, account, account[:33]+"2", 1), nil, 404, 20404},
		"another service":         {"/v2/Services/" + service[:33] + "2/Verifications", nil, 404, 20404},
		"another version":         {strings.Replace(messagesPath, "2010-04-01", "2008-08-01", 1), nil, 404, 20404},
		"no JSON":                 {strings.TrimSuffix(messagesPath, ".json"), nil, 404, 20404},
		"another method":          {messagesPath, func(r *http.Request) { r.Method = http.MethodGet }, 405, 20004},
		"another kind of content": {messagesPath, header("Content-Type", "application/json"), 400, 20422},
		"a query":                 {messagesPath + "?To=1", nil, 400, 20422},
	} {
		answer := post(t, look, c.path, with(goodSMS), c.change)
		if got := read(t, answer).Code; answer.Code != c.status || got != c.code {
			t.Errorf("%s: got %d %s; want %d and %d", name, answer.Code, answer.Body, c.status, c.code)
		}
	}
	open := twiliosim.New(twiliosim.Options{})
	defer open.Close()
	if answer := post(t, open, messagesPath, with(goodSMS), as(key, "anything")); answer.Code != http.StatusCreated {
		t.Errorf("a look-alike that knows nobody: got %d", answer.Code)
	}
}

func TestRecipientsWithAMeaning(t *testing.T) {
	look := twiliosim.New(options)
	defer look.Close()
	for to, want := range map[string][3]int{
		"+15005550001": {21211, 21217, 60200}, "+15005550002": {21612, 21214, 60410}, "+15005550003": {21408, 21215, 60605},
		"+15005550004": {21610, 21216, 0}, "+15005550009": {21614, 0, 60205}, "+15005550029": {20429, 10004, 60203},
		"+15005550030": {20005, 20005, 20005}, "+15005550041": {0, 0, 0},
	} {
		got := [3]int{
			read(t, post(t, look, messagesPath, with(goodSMS, "To", to, "StatusCallback", ""), nil)).Code,
			read(t, post(t, look, callsPath, with(goodCall, "To", to, "StatusCallback", ""), nil)).Code,
			read(t, post(t, look, verifyPath, with(goodVerification, "To", to), nil)).Code,
		}
		if got != want {
			t.Errorf("%s: got %v; want %v", to, got, want)
		}
	}
}

// TestReceipts looks at the requests that report what became of a message.
func TestReceipts(t *testing.T) {
	for _, c := range []struct {
		name, path string
		body       url.Values
		json       bool
		want       string
	}{
		{"message", messagesPath, goodSMS, false, "MessageStatus=delivered"},
		{"message in JSON", messagesPath, goodSMS, true, `"MessageStatus":"delivered"`},
		{"call", callsPath, goodCall, false, "CallStatus=completed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			type came struct {
				uri, signature, body string
			}
			reports := make(chan came, 1)
			gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				reports <- came{r.URL.RequestURI(), r.Header.Get("X-Twilio-Signature"), string(body)}
			}))
			defer gateway.Close()
			reporting := options
			reporting.JSONReports = c.json
			look := twiliosim.New(reporting)
			defer look.Close()
			if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{simulator.Delivered}}); err != nil {
				t.Fatal(err)
			}
			id := read(t, post(t, look, c.path, with(c.body, "StatusCallback", gateway.URL+"/r"), nil)).SID
			got := <-reports
			if !strings.Contains(got.body, c.want) || !strings.Contains(got.body, id) {
				t.Errorf("got %s; want %s and %s", got.body, id, c.want)
			}
			signed := gateway.URL + got.uri
			if sum := sha256.Sum256([]byte(got.body)); c.json != strings.HasSuffix(got.uri, "?bodySHA256="+hex.EncodeToString(sum[:])) {
				t.Errorf("the address is %s", got.uri)
			}
			if !c.json {
				// A form in its usual order is sorted, and no value of these has a sign of forms.
				pairs, _ := url.QueryUnescape(got.body)
				signed += strings.NewReplacer("=", "", "&", "").Replace(pairs)
			}
			mac := hmac.New(sha1.New, []byte("token"))
			mac.Write([]byte(signed))
			if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); got.signature != want {
				t.Errorf("the signature is %s; want %s", got.signature, want)
			}
		})
	}
}
