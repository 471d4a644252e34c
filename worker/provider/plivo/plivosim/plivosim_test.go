package plivosim_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/plivo/plivosim"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var options = plivosim.Options{AuthID: "MA1", AuthToken: "token", Powerpack: "pool"}

const (
	messages = "/v1/Account/MA1/Message/"
	calls    = "/v1/Account/MA1/Call/"
)

func post(t *testing.T, look http.Handler, path string, change func(*http.Request), body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.SetBasicAuth("MA1", "token")
	if change != nil {
		change(request)
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

// errorOf returns the text of an answer that refuses.
func errorOf(t *testing.T, answer *httptest.ResponseRecorder) string {
	t.Helper()
	var got struct {
		ID    string `json:"api_id"`
		Error string
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || got.ID == "" {
		t.Fatalf("got %s, %v", answer.Body, err)
	}
	return got.Error
}

var goodSMS = map[string]any{
	"src": "447700900000", "dst": "447400123456", "text": "Hi", "type": "sms", "log": "number_only", "message_expiry": 300,
	"url": "https://example.com/", "method": "POST",
}

func TestSMSIsTaken(t *testing.T) {
	look := plivosim.New(options)
	defer look.Close()
	for name, c := range map[string]struct {
		change map[string]any
		parts  int
	}{
		"good":           {nil, 1},
		"no options":     {map[string]any{"type": nil, "log": nil, "message_expiry": nil, "url": nil, "method": nil}, 1},
		"powerpack":      {map[string]any{"src": nil, "powerpack_uuid": "pool"}, 1},
		"name":           {map[string]any{"src": "AcmeInc1"}, 1},
		"short code":     {map[string]any{"src": "12345"}, 1},
		"signs":          {map[string]any{"src": "+447700900000", "dst": "+44 (7400) 123-456"}, 1},
		"shortest life":  {map[string]any{"message_expiry": 5}, 1},
		"longest life":   {map[string]any{"message_expiry": 10799}, 1},
		"161 characters": {map[string]any{"text": strings.Repeat("x", 161)}, 2},
		"an extended one at the edge": {
			map[string]any{"text": strings.Repeat("x", 152) + "€" + strings.Repeat("x", 152)}, 3,
		},
		"71 Cyrillic letters": {map[string]any{"text": strings.Repeat("я", 71)}, 2},
		"36 emoji":            {map[string]any{"text": strings.Repeat("🔑", 36)}, 2},
		"the most of GSM-7":   {map[string]any{"text": strings.Repeat("x", 1600)}, 11},
		"the most of others":  {map[string]any{"text": strings.Repeat("я", 737)}, 11},
	} {
		answer := post(t, look, messages, nil, encode(goodSMS, c.change))
		var got struct {
			IDs []string `json:"message_uuid"`
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusAccepted || len(got.IDs) != 1 {
			t.Errorf("%s: got %d %s, %v", name, answer.Code, answer.Body, err)
			continue
		}
		for _, m := range look.Messages() {
			if m.ID == got.IDs[0] && (m.Parts != c.parts || m.To != "447400123456") {
				t.Errorf("%s: took %+v; want %d parts", name, m, c.parts)
			}
		}
	}
	if stats := look.Stats(); stats.Taken != 14 || len(stats.Refused) != 0 {
		t.Errorf("stats are %+v", stats)
	}
}

func TestSMSIsRefused(t *testing.T) {
	look := plivosim.New(options)
	defer look.Close()
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"no recipient":              {map[string]any{"dst": nil}, "dst is not a number"},
		"long number":               {map[string]any{"dst": "123456789012345"}, "dst is not a number"},
		"two recipients":            {map[string]any{"dst": "447400123456<447400123457"}, "several recipients"},
		"recipients in a list":      {map[string]any{"dst": []string{"447400123456"}}, "not JSON"},
		"no text":                   {map[string]any{"text": ""}, "text is missing"},
		"1,601 characters":          {map[string]any{"text": strings.Repeat("x", 1601)}, "text is longer"},
		"738 Cyrillic letters":      {map[string]any{"text": strings.Repeat("я", 738)}, "text is longer"},
		"MMS":                       {map[string]any{"type": "mms"}, "type is not sms"},
		"report address of nothing": {map[string]any{"url": "example"}, "url is no address"},
		"unknown method":            {map[string]any{"method": "PUT"}, "method is neither"},
		"unknown log":               {map[string]any{"log": "none"}, "log is none of"},
		"short life":                {map[string]any{"message_expiry": 4}, "message_expiry"},
		"long life":                 {map[string]any{"message_expiry": 10800}, "message_expiry"},
		"life in words":             {map[string]any{"message_expiry": "300"}, "not JSON"},
		"no sender":                 {map[string]any{"src": nil}, "not one of src and powerpack_uuid"},
		"two senders":               {map[string]any{"powerpack_uuid": "pool"}, "not one of src and powerpack_uuid"},
		"another powerpack":         {map[string]any{"src": nil, "powerpack_uuid": "other"}, "powerpack is another"},
		"long name":                 {map[string]any{"src": "AcmeAcmeAcme"}, "src is neither"},
		"name that would change":    {map[string]any{"src": "Acme Inc"}, "src is neither"},
		"two digits":                {map[string]any{"src": "12"}, "src is neither"},
		"name for the US":           {map[string]any{"src": "Acme", "dst": "12125550123"}, "North America"},
		"unknown field":             {map[string]any{"from": "1"}, "not JSON"},
	} {
		answer := post(t, look, messages, nil, encode(goodSMS, c.change))
		if got := errorOf(t, answer); answer.Code != http.StatusBadRequest || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %d %s; want %s", name, answer.Code, got, c.want)
		}
	}
	for want, c := range map[string]struct {
		media, body string
	}{
		"the content type":     {"text/plain", encode(goodSMS, nil)},
		"not UTF-8":            {"application/json", "{\"text\":\"\xff\"}"},
		"more after the first": {"application/json", encode(goodSMS, nil) + "{}"},
	} {
		answer := post(t, look, messages, func(r *http.Request) { r.Header.Set("Content-Type", c.media) }, c.body)
		if got := errorOf(t, answer); !strings.Contains(got, want) {
			t.Errorf("got %s; want %s", got, want)
		}
	}
	if stats := look.Stats(); stats.Taken != 0 || len(stats.Refused) < 15 {
		t.Errorf("stats are %+v", stats)
	}
}

var goodCall = map[string]any{
	"from": "447700900000", "to": "447400123456", "answer_url": "http://127.0.0.1:1/", "answer_method": "POST", "ring_timeout": 60,
	"hangup_url": "http://127.0.0.1:1/h", "hangup_method": "POST", "ring_url": "http://127.0.0.1:1/h",
}

func TestCalls(t *testing.T) {
	look := plivosim.New(plivosim.Options{Unasked: true})
	defer look.Close()
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"good":                  {nil, ""},
		"as little as can be":   {map[string]any{"answer_method": nil, "ring_timeout": nil, "hangup_url": nil, "hangup_method": nil, "ring_url": nil}, ""},
		"plus signs":            {map[string]any{"from": "+447700900000", "to": "+447400123456"}, ""},
		"two numbers":           {map[string]any{"to": "447400123456<447400123457"}, "to is not one number"},
		"name as sender":        {map[string]any{"from": "Acme"}, "from is not a number"},
		"nothing to say":        {map[string]any{"answer_url": nil}, "answer_url is missing"},
		"answer of nothing":     {map[string]any{"answer_url": "example"}, "answer_url is missing"},
		"hangup of nothing":     {map[string]any{"hangup_url": "example", "ring_url": nil}, "hangup_url or fallback_url"},
		"fallback of nothing":   {map[string]any{"fallback_url": "example"}, "hangup_url or fallback_url"},
		"ringing elsewhere":     {map[string]any{"ring_url": "http://127.0.0.1:1/r"}, "ring_url is not hangup_url"},
		"GET":                   {map[string]any{"answer_method": "GET"}, "a method is not POST"},
		"rings not":             {map[string]any{"ring_timeout": 0}, "not above 0"},
		"lasts not":             {map[string]any{"time_limit": -1}, "not above 0"},
		"unknown detection":     {map[string]any{"machine_detection": "yes"}, "machine_detection"},
		"long caller":           {map[string]any{"caller_name": strings.Repeat("x", 51)}, "caller_name"},
		"the text in it":        {map[string]any{"text": "Hi"}, "not JSON"},
		"a number for a string": {map[string]any{"to": 447400123456}, "not JSON"},
	} {
		answer := post(t, look, calls, nil, encode(goodCall, c.change))
		if c.want == "" {
			if answer.Code != http.StatusCreated || !strings.Contains(answer.Body.String(), "request_uuid") {
				t.Errorf("%s: got %d %s", name, answer.Code, answer.Body)
			}
		} else if got := errorOf(t, answer); answer.Code != http.StatusBadRequest || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %d %s; want %s", name, answer.Code, got, c.want)
		}
	}
	if m := look.Messages()[0]; m.Text != "(the answer URL was not asked)" || m.Channel != "voice" {
		t.Errorf("took %+v", m)
	}
}

// request is what came to the sender's server.
type request struct {
	header http.Header
	uri    string
	fields url.Values
}

// listen starts a server that answers with a status and a body.
func listen(t *testing.T, status int, body string) (string, <-chan request) {
	t.Helper()
	came := make(chan request, 8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		fields, _ := url.ParseQuery(string(raw))
		came <- request{r.Header.Clone(), r.URL.RequestURI(), fields}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL, came
}

func TestWhatCallsSay(t *testing.T) {
	const (
		nothing = "(nothing: the answer URL gave no document)"
		invalid = "(nothing: the document of the answer URL is not valid)"
	)
	speak := func(attributes, text string) string {
		return "<Response><Speak " + attributes + ">" + text + "</Speak></Response>"
	}
	for name, c := range map[string]struct {
		status         int
		document       string
		text, language string
		refused        string
	}{
		"plain":                    {200, `<Response><Speak>A &amp; B</Speak></Response>`, "A & B", "en-US", ""},
		"own voice":                {200, speak(`voice="MAN" language="pt-PT" loop="2"`, "Olá"), "Olá", "pt-PT", ""},
		"markup":                   {200, `<?xml version="1.0"?>` + speak(`voice="Polly.Vicki" language="de-DE"`, `1<break time="400ms"/>2<break time="1s"/>`), "12", "de-DE", ""},
		"not found":                {404, speak("", "Hi"), nothing, "", "gave no document"},
		"nothing":                  {200, "", nothing, "", "gave no document"},
		"no XML":                   {200, "Hi", invalid, "", "not well-formed"},
		"raw ampersand":            {200, speak("", "A & B"), invalid, "", "not well-formed"},
		"half of it":               {200, "<Response><Speak>Hi", invalid, "", "not well-formed"},
		"other verb":               {200, "<Response><Say>Hi</Say></Response>", invalid, "", "not well-formed"},
		"two verbs":                {200, "<Response><Speak>Hi</Speak><Speak>Hi</Speak></Response>", invalid, "", "not well-formed"},
		"text outside":             {200, "<Response>Hi</Response>", invalid, "", "not well-formed"},
		"markup of another kind":   {200, speak(`voice="Polly.Amy" language="en-GB"`, "<s>Hi</s>"), invalid, "", "not well-formed"},
		"markup for an own voice":  {200, speak("", `Hi<break time="1s"/>`), invalid, "", "not well-formed"},
		"long pause":               {200, speak(`voice="Polly.Amy" language="en-GB"`, `Hi<break time="11s"/>`), invalid, "", "a pause has"},
		"pause of another kind":    {200, speak(`voice="Polly.Amy" language="en-GB"`, `Hi<break strength="x"/>`), invalid, "", "a pause has"},
		"endless":                  {200, speak(`loop="0"`, "Hi"), invalid, "", "loop never ends"},
		"unknown attribute":        {200, speak(`speed="1"`, "Hi"), invalid, "", "an attribute"},
		"unknown language":         {200, speak(`language="cs-CZ"`, "Hi"), invalid, "", "does not speak"},
		"voice of other languages": {200, speak(`voice="Polly.Amy" language="de-DE"`, "Hi"), invalid, "", "does not speak"},
		"no woman":                 {200, speak(`language="pt-PT"`, "Hi"), invalid, "", "does not speak"},
		"nothing to speak":         {200, speak("", " "), invalid, "", "nothing to speak"},
		"long document":            {200, speak("", strings.Repeat("x", 64<<10)), invalid, "", "not well-formed"},
	} {
		t.Run(name, func(t *testing.T) {
			look := plivosim.New(options)
			defer look.Close()
			address, came := listen(t, c.status, c.document)
			answer := post(t, look, calls, nil, encode(goodCall, map[string]any{"answer_url": address + "/a?b=c"}))
			if answer.Code != http.StatusCreated {
				t.Fatalf("got %d %s", answer.Code, answer.Body)
			}
			m := look.Messages()[0]
			if diff := cmp.Diff([2]string{c.text, c.language}, [2]string{m.Text, m.Language}); c.language != "" && diff != "" || m.Text != c.text {
				t.Errorf("the call says %q in %s", m.Text, m.Language)
			}
			refused := ""
			for reason := range look.Stats().Refused {
				refused += reason
			}
			if !strings.Contains(refused, c.refused) || (c.refused == "") != (refused == "") {
				t.Errorf("refused for %q; want %q", refused, c.refused)
			}
			asked := <-came
			if asked.uri != "/a?b=c" || asked.fields.Get("RequestUUID") != m.ID || asked.fields.Get("Event") != "StartApp" || asked.header.Get("X-Plivo-Signature-V3") == "" {
				t.Errorf("asked %+v", asked)
			}
		})
	}
}

func TestTheFallbackIsAsked(t *testing.T) {
	look := plivosim.New(plivosim.Options{})
	defer look.Close()
	address, came := listen(t, http.StatusOK, "<Response><Speak>Hi</Speak></Response>")
	post(t, look, calls, nil, encode(goodCall, map[string]any{"fallback_url": address}))
	if asked, m := <-came, look.Messages()[0]; m.Text != "Hi" || asked.header.Get("X-Plivo-Signature-V3") != "" {
		t.Errorf("asked %+v, and the call says %q; want no signature and Hi", asked, m.Text)
	}
}

func TestOtherPathsAndMethods(t *testing.T) {
	look := plivosim.New(options)
	defer look.Close()
	for path, want := range map[string]int{
		"/v1/Account/MA1/Message": 404, "/v2/Account/MA1/Message/": 404, "/v1/Account/MA1/Message/x/": 404, "/v1/Account/MA2/Message/": 404,
		"/v1/Account/MA1/": 404,
	} {
		if answer := post(t, look, path, nil, encode(goodSMS, nil)); answer.Code != want {
			t.Errorf("%s: got %d; want %d", path, answer.Code, want)
		}
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"another token":  {func(r *http.Request) { r.SetBasicAuth("MA1", "other") }, 401},
		"another id":     {func(r *http.Request) { r.SetBasicAuth("MA2", "token") }, 401},
		"no credentials": {func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		"a bearer":       {func(r *http.Request) { r.Header.Set("Authorization", "Bearer token") }, 401},
		"GET":            {func(r *http.Request) { r.Method = http.MethodGet }, 405},
	} {
		if answer := post(t, look, messages, c.change, encode(goodSMS, nil)); answer.Code != c.want {
			t.Errorf("%s: got %d; want %d", name, answer.Code, c.want)
		}
	}
}

// TestRecipientsWithAMeaning looks at how the recipients are answered, and at what is reported of
// those that are taken.
func TestRecipientsWithAMeaning(t *testing.T) {
	for to, want := range map[string]struct {
		status    int
		sms, call string
	}{
		"15005550001": {400, "", ""}, "15005550029": {429, "", ""}, "15005550030": {400, "", ""},
		"15005550002": {202, "undelivered 90", "failed 5020"}, "15005550003": {202, "failed 450", "failed 2030"},
		"15005550004": {202, "failed 200", "completed 7011"}, "15005550009": {202, "undelivered 70", "completed 7011"},
		"15005550041": {202, "undelivered 80", "busy 3010"}, "15005550042": {202, "failed 300", "failed 5020"},
		"15005550043": {202, "failed 420", "no-answer 6010"},
	} {
		address, came := listen(t, http.StatusOK, "")
		look := plivosim.New(options)
		if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{simulator.Delivered}}); err != nil {
			t.Fatal(err)
		}
		sms := post(t, look, messages, nil, encode(goodSMS, map[string]any{"dst": to, "url": address}))
		if sms.Code != want.status {
			t.Errorf("%s: got %d; want %d", to, sms.Code, want.status)
		}
		if want.sms != "" {
			if got := (<-came).fields; got.Get("Status")+" "+got.Get("ErrorCode") != want.sms {
				t.Errorf("%s: reported %v; want %s", to, got, want.sms)
			}
		}
		call := post(t, look, calls, nil, encode(goodCall, map[string]any{"to": to, "hangup_url": address, "ring_url": address}))
		if taken := call.Code == http.StatusCreated; taken != (want.status == 202) {
			t.Errorf("%s: got %d for a call", to, call.Code)
		}
		if want.call != "" {
			if got := (<-came).fields; got.Get("CallStatus")+" "+got.Get("HangupCauseCode") != want.call {
				t.Errorf("%s: reported %v; want %s", to, got, want.call)
			}
		}
		look.Close()
	}
}

func TestFaults(t *testing.T) {
	look := plivosim.New(options)
	defer look.Close()
	for code, want := range map[string]struct {
		status int
		text   string
	}{"400": {400, ""}, "400:Insufficient Credit": {400, "Insufficient Credit"}, "500:x": {500, "x"}, "nonsense": {400, ""}, "200": {400, ""}} {
		if err := look.SetFaults(simulator.Fault{Kind: plivosim.Refuse, Code: code}); err != nil {
			t.Fatal(err)
		}
		answer := post(t, look, messages, nil, encode(goodSMS, nil))
		if got := errorOf(t, answer); answer.Code != want.status || got != want.text {
			t.Errorf("%s: got %d %q", code, answer.Code, got)
		}
	}
	if err := look.SetFaults(simulator.Fault{Kind: plivosim.Throttle}); err != nil {
		t.Fatal(err)
	}
	if answer := post(t, look, calls, nil, encode(goodCall, nil)); answer.Code != http.StatusTooManyRequests {
		t.Errorf("got %d", answer.Code)
	}
}

// TestSignatures looks at which headers of a signature a report has.
func TestSignatures(t *testing.T) {
	for name, c := range map[string]struct {
		options plivosim.Options
		path    string
		good    map[string]any
		field   string
		v2, v3  bool
		same    bool
	}{
		"message":            {plivosim.Options{AuthToken: "token"}, messages, goodSMS, "url", true, true, true},
		"message, V2 alone":  {plivosim.Options{AuthToken: "token", OnlyV2: true}, messages, goodSMS, "url", true, false, true},
		"message, unsigned":  {plivosim.Options{}, messages, goodSMS, "url", false, false, true},
		"call":               {plivosim.Options{AuthToken: "token", OnlyV2: true, Unasked: true}, calls, goodCall, "hangup_url", true, true, true},
		"call of subaccount": {plivosim.Options{AuthToken: "token", MainToken: "main", Unasked: true}, calls, goodCall, "hangup_url", true, true, false},
	} {
		address, came := listen(t, http.StatusOK, "")
		look := plivosim.New(c.options)
		if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{simulator.Delivered}}); err != nil {
			t.Fatal(err)
		}
		post(t, look, c.path, nil, encode(c.good, map[string]any{c.field: address, "ring_url": nil}))
		header := (<-came).header
		if (header.Get("X-Plivo-Signature-V2") != "") != c.v2 || (header.Get("X-Plivo-Signature-V3") != "") != c.v3 {
			t.Errorf("%s: got %v", name, header)
		}
		if same := header.Get("X-Plivo-Signature-V2") == header.Get("X-Plivo-Signature-Ma-V2"); same != c.same {
			t.Errorf("%s: the two accounts' signatures are the same: %v", name, same)
		}
		look.Close()
	}
}
