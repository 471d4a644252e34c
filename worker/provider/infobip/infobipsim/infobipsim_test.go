package infobipsim_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/infobip/infobipsim"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var options = infobipsim.Options{APIKey: "key"}

const (
	smsPath   = "/sms/3/messages"
	voicePath = "/tts/3/advanced"
)

func post(t *testing.T, look http.Handler, path string, header map[string]string, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("Authorization", "App key")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, request)
	return recorder
}

// encode makes a body of one message: the good one with some fields changed, and nil ones left out.
func encode(good, change map[string]any) string {
	fields := maps.Clone(good)
	for name, value := range change {
		if fields[name] = value; value == nil {
			delete(fields, name)
		}
	}
	body, _ := json.Marshal(map[string]any{"messages": []any{fields}, "options": map[string]any{"includeSmsCountInResponse": true}})
	return string(body)
}

// encodeCall does the same for a call, whose API has no options.
func encodeCall(change map[string]any) string {
	return strings.Replace(encode(goodCall, change), `,"options":{"includeSmsCountInResponse":true}`, "", 1)
}

// told is an answer in any of the vendor's forms.
type told struct {
	ErrorCode    string
	Violations   []struct{ Property string }
	RequestError struct {
		ServiceException struct {
			MessageID        string
			ValidationErrors map[string][]string
		}
	}
	Messages []struct {
		MessageID string
		Status    struct {
			GroupID   int
			GroupName string
			ID        int
		}
		Details struct{ MessageCount int }
	}
}

// outcome returns what an answer says: a code and the property at fault, or a group and a status.
func outcome(t *testing.T, answer *httptest.ResponseRecorder) (string, told) {
	t.Helper()
	var got told
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	exception := got.RequestError.ServiceException
	said := got.ErrorCode + exception.MessageID
	for _, violation := range got.Violations {
		said += " " + violation.Property
	}
	for property := range exception.ValidationErrors {
		said += " " + property
	}
	for _, message := range got.Messages {
		said += strconv.Itoa(message.Status.GroupID) + "/" + strconv.Itoa(message.Status.ID)
	}
	if (answer.Code == http.StatusOK) != (len(got.Messages) > 0) {
		t.Errorf("HTTP %d with %s", answer.Code, answer.Body)
	}
	return said, got
}

func to(number any) []any { return []any{map[string]any{"to": number, "messageId": "m1"}} }

var goodSMS = map[string]any{
	"sender": "Acme", "destinations": to("447400123456"), "content": map[string]any{"text": "Hi"},
	"options":  map[string]any{"validityPeriod": map[string]any{"amount": 300, "timeUnit": "SECONDS"}},
	"webhooks": map[string]any{"delivery": map[string]any{"url": "https://example.com/"}, "contentType": "application/json"},
}

func content(text string) map[string]any {
	return map[string]any{"content": map[string]any{"text": text}}
}

func TestSMSIsTaken(t *testing.T) {
	look := infobipsim.New(options)
	defer look.Close()
	for name, c := range map[string]struct {
		change map[string]any
		parts  int
	}{
		"good":                        {nil, 1},
		"no options":                  {map[string]any{"options": nil, "webhooks": nil}, 1},
		"number":                      {map[string]any{"sender": "447700900000"}, 1},
		"short code":                  {map[string]any{"sender": "123"}, 1},
		"no id":                       {map[string]any{"destinations": []any{map[string]any{"to": "447400123456"}}}, 1},
		"the longest life":            {map[string]any{"options": map[string]any{"validityPeriod": map[string]any{"amount": 48, "timeUnit": "HOURS"}}}, 1},
		"minutes":                     {map[string]any{"options": map[string]any{"validityPeriod": map[string]any{"amount": 2880}}}, 1},
		"161 characters":              {content(strings.Repeat("x", 161)), 2},
		"an extended one at the edge": {content(strings.Repeat("x", 152) + "€" + strings.Repeat("x", 152)), 3},
		"71 of another alphabet":      {content(strings.Repeat("я", 71)), 2},
		"36 emoji":                    {content(strings.Repeat("🔑", 36)), 2},
		"the most of all":             {content(strings.Repeat("x", 25*153)), 25},
	} {
		said, got := outcome(t, post(t, look, smsPath, nil, encode(goodSMS, c.change)))
		if said != "1/26" || got.Messages[0].MessageID == "" || got.Messages[0].Details.MessageCount != c.parts || got.Messages[0].Status.GroupName != "PENDING" {
			t.Errorf("%s: got %s %+v; want %d parts", name, said, got, c.parts)
		}
	}
	if stats := look.Stats(); stats.Taken != 12 || len(stats.Refused) != 0 {
		t.Errorf("stats are %+v", stats)
	}
}

func TestSMSIsRefused(t *testing.T) {
	look := infobipsim.New(options)
	defer look.Close()
	life := func(amount any, unit string) map[string]any {
		return map[string]any{"options": map[string]any{"validityPeriod": map[string]any{"amount": amount, "timeUnit": unit}}}
	}
	webhooks := func(value map[string]any) map[string]any { return map[string]any{"webhooks": value} }
	const amount, unit = "E400 messages[0].options.validityPeriod.amount", "E400 messages[0].options.validityPeriod.timeUnit"
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"no recipients":            {map[string]any{"destinations": nil}, "E400 messages[0].destinations"},
		"two recipients":           {map[string]any{"destinations": append(to("447400123456"), to("447400123457")...)}, "E400 messages[0].destinations"},
		"no recipient":             {map[string]any{"destinations": []any{map[string]any{}}}, "E400 messages[0].destinations[0].to"},
		"empty recipient":          {map[string]any{"destinations": to("")}, "5/51"},
		"plus sign":                {map[string]any{"destinations": to("+447400123456")}, "5/52"},
		"long number":              {map[string]any{"destinations": to("1234567890123456")}, "5/52"},
		"recipient that is none":   {map[string]any{"destinations": to(447400123456)}, "E400"},
		"long id":                  {map[string]any{"destinations": []any{map[string]any{"to": "447400123456", "messageId": strings.Repeat("x", 201)}}}, "E400 messages[0].destinations[0].messageId"},
		"no sender":                {map[string]any{"sender": nil}, "E400 messages[0].sender"},
		"short sender":             {map[string]any{"sender": "Ac"}, "E400 messages[0].sender"},
		"long sender":              {map[string]any{"sender": "AcmeAcmeAcme"}, "E400 messages[0].sender"},
		"sender in another script": {map[string]any{"sender": "Акме"}, "E400 messages[0].sender"},
		"no text":                  {content(""), "E400 messages[0].content.text"},
		"26 parts":                 {content(strings.Repeat("x", 25*153+1)), "5/25"},
		"4,001 bytes":              {content(strings.Repeat("語", 1334)), "5/25"},
		"no life":                  {life(0, "SECONDS"), amount},
		"three days":               {life(72, "HOURS"), amount},
		"life without amount":      {life(nil, "SECONDS"), amount},
		"life in days":             {life(1, "DAYS"), unit},
		"life in small letters":    {life(1, "seconds"), unit},
		"webhook that is none":     {webhooks(map[string]any{"delivery": map[string]any{"url": "example"}}), "E400 messages[0].webhooks.delivery.url"},
		"webhook that is not used": {webhooks(map[string]any{"delivery": map[string]any{"url": "https://example.com/", "notify": false}}), "E400 messages[0].webhooks.delivery.notify"},
		"reports in XML":           {webhooks(map[string]any{"contentType": "application/xml"}), "E400 messages[0].webhooks.contentType"},
		"long callback data":       {webhooks(map[string]any{"callbackData": strings.Repeat("x", 4001)}), "E400 messages[0].webhooks.callbackData"},
		"unknown field":            {map[string]any{"from": "Acme"}, "E400"},
	} {
		if said, _ := outcome(t, post(t, look, smsPath, nil, encode(goodSMS, c.change))); said != c.want {
			t.Errorf("%s: got %s; want %s", name, said, c.want)
		}
	}
	if stats := look.Stats(); stats.Taken != 0 || len(stats.Refused) != 16 {
		t.Errorf("stats are %+v", stats)
	}
}

func TestRequestsAreRefused(t *testing.T) {
	look := infobipsim.New(options)
	defer look.Close()
	for path, forms := range map[string]struct{ good, bad, unauthorised string }{
		smsPath:   {encode(goodSMS, nil), "E400", "E401"},
		voicePath: {encodeCall(nil), "BAD_REQUEST", "UNAUTHORIZED"},
	} {
		for name, c := range map[string]struct {
			header     map[string]string
			body, want string
		}{
			"another key":     {map[string]string{"Authorization": "App other"}, forms.good, forms.unauthorised},
			"another scheme":  {map[string]string{"Authorization": "Bearer key"}, forms.good, forms.unauthorised},
			"no key":          {map[string]string{"Authorization": "App "}, forms.good, forms.unauthorised},
			"another type":    {map[string]string{"Content-Type": "text/plain"}, forms.good, forms.bad},
			"no UTF-8":        {nil, "{\"messages\":\"\xff\"}", forms.bad},
			"more than JSON":  {nil, forms.good + "{}", forms.bad},
			"no messages":     {nil, `{"messages":[]}`, forms.bad + " messages"},
			"a field unknown": {nil, `{"message":[]}`, forms.bad},
		} {
			if said, _ := outcome(t, post(t, look, path, c.header, c.body)); said != c.want {
				t.Errorf("%s %s: got %s; want %s", path, name, said, c.want)
			}
		}
	}
	if answer := post(t, look, "/sms/2/text/advanced", nil, "{}"); answer.Code != http.StatusNotFound {
		t.Errorf("another path: got %d", answer.Code)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, smsPath, nil))
	if recorder.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: got %d", recorder.Code)
	}
}

var goodCall = map[string]any{
	"from": "447700900000", "destinations": to("447400123456"), "text": "Your code is 1, 2.", "language": "en", "validityPeriod": 5, "ringTimeout": 45,
	"notifyUrl": "https://example.com/", "notifyContentType": "application/json", "notifyContentVersion": 2,
}

func TestCalls(t *testing.T) {
	look := infobipsim.New(options)
	defer look.Close()
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"good": {nil, "1/26"},
		"as little as can be": {map[string]any{
			"language": nil, "validityPeriod": nil, "ringTimeout": nil, "notifyUrl": nil, "notifyContentType": nil, "notifyContentVersion": nil,
			"destinations": []any{map[string]any{"to": "447400123456"}},
		}, "1/26"},
		"as much as can be": {map[string]any{"speechRate": 2, "pause": 10, "callTimeout": 60, "voice": map[string]any{"gender": "female", "name": "Joanna"}}, "1/26"},
		"plus sign":         {map[string]any{"destinations": to("+447400123456")}, "5/52"},
		"name as sender":    {map[string]any{"from": "Acme"}, "BAD_REQUEST messages[0].from"},
		"no sender":         {map[string]any{"from": nil}, "BAD_REQUEST messages[0].from"},
		"nothing to say":    {map[string]any{"text": " "}, "5/55"},
		"punctuation alone": {map[string]any{"text": ",,,"}, "BAD_REQUEST messages[0].text"},
		"long text":         {map[string]any{"text": strings.Repeat("x", 1401)}, "BAD_REQUEST messages[0].text"},
		"SSML":              {map[string]any{"text": "<speak>Hi</speak>"}, "5/91"},
		"unknown language":  {map[string]any{"language": "en-GB"}, "5/54"},
		"fast speech":       {map[string]any{"speechRate": 2.1}, "BAD_REQUEST messages[0].speechRate"},
		"unknown gender":    {map[string]any{"voice": map[string]any{"gender": "FEMALE"}}, "BAD_REQUEST messages[0].voice.gender"},
		"no life":           {map[string]any{"validityPeriod": 0}, "BAD_REQUEST messages[0].validityPeriod"},
		"three days":        {map[string]any{"validityPeriod": 4320}, "BAD_REQUEST messages[0].validityPeriod"},
		"no ringing":        {map[string]any{"ringTimeout": 0}, "5/60"},
		"rings too long":    {map[string]any{"ringTimeout": 91}, "5/60"},
		"lasts too long":    {map[string]any{"callTimeout": 14_401}, "5/61"},
		"long pause":        {map[string]any{"pause": 11}, "BAD_REQUEST messages[0].pause"},
		"address of none":   {map[string]any{"notifyUrl": "example"}, "5/56"},
		"reports in XML":    {map[string]any{"notifyContentType": "application/xml"}, "5/57"},
		"older reports":     {map[string]any{"notifyContentVersion": 1}, "BAD_REQUEST messages[0].notifyContentVersion"},
		"long data":         {map[string]any{"callbackData": strings.Repeat("x", 701)}, "BAD_REQUEST messages[0].callbackData"},
		"unknown field":     {map[string]any{"sender": "447700900000"}, "BAD_REQUEST"},
	} {
		if said, _ := outcome(t, post(t, look, voicePath, nil, encodeCall(c.change))); said != c.want {
			t.Errorf("%s: got %s; want %s", name, said, c.want)
		}
	}
	if stats := look.Stats(); stats.Taken != 3 {
		t.Errorf("stats are %+v", stats)
	}
}

func TestRecipientsWithAMeaning(t *testing.T) {
	look := infobipsim.New(options)
	defer look.Close()
	for number, want := range map[string][2]string{
		"15005550001": {"5/52", "5/52"}, "15005550002": {"5/19", "5/19"}, "15005550003": {"5/6", "5/6"}, "15005550004": {"5/10", "5/10"},
		"15005550009": {"1/26", "1/26"}, "15005550029": {"E429", "TOO_MANY_REQUESTS"}, "15005550030": {"5/12", "5/12"}, "15005550041": {"1/26", "1/26"},
	} {
		sms, _ := outcome(t, post(t, look, smsPath, nil, encode(goodSMS, map[string]any{"destinations": to(number), "webhooks": nil})))
		call, _ := outcome(t, post(t, look, voicePath, nil, encodeCall(map[string]any{"destinations": to(number), "notifyUrl": nil})))
		if got := [2]string{sms, call}; got != want {
			t.Errorf("%s: got %v; want %v", number, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	look := infobipsim.New(options)
	defer look.Close()
	for _, c := range []struct {
		fault     simulator.Fault
		sms, call string
	}{
		{simulator.Fault{Kind: infobipsim.Refuse, Code: "E403"}, "E403", "E403"},
		{simulator.Fault{Kind: infobipsim.Refuse, Code: "BAD_REQUEST:x"}, "BAD_REQUEST x", "BAD_REQUEST x"},
		{simulator.Fault{Kind: infobipsim.Inside}, "5/6", "5/6"},
		{simulator.Fault{Kind: infobipsim.Inside, Code: "97"}, "2/97", "2/97"},
		{simulator.Fault{Kind: infobipsim.Inside, Code: "9/8"}, "9/8", "9/8"},
		{simulator.Fault{Kind: infobipsim.Inside, Code: "7"}, "1/7", "1/7"}, // taken
		{simulator.Fault{Kind: infobipsim.Throttle}, "E429", "TOO_MANY_REQUESTS"},
	} {
		if err := look.SetFaults(c.fault); err != nil {
			t.Fatal(err)
		}
		sms, _ := outcome(t, post(t, look, smsPath, nil, encode(goodSMS, map[string]any{"webhooks": nil})))
		call, _ := outcome(t, post(t, look, voicePath, nil, encodeCall(map[string]any{"notifyUrl": nil})))
		if sms != c.sms || call != c.call {
			t.Errorf("%+v: got %s and %s; want %s and %s", c.fault, sms, call, c.sms, c.call)
		}
	}
	if stats := look.Stats(); stats.Taken != 2 {
		t.Errorf("stats are %+v", stats)
	}
}

// TestReceipts looks at the requests that report what became of a message.
func TestReceipts(t *testing.T) {
	for _, c := range []struct {
		name    string
		reports []simulator.Report
		call    bool
		want    string
	}{
		{"SMS", []simulator.Report{simulator.Delivered}, false, `"pricePerMessage":0.01`},
		{"SMS on its way", []simulator.Report{simulator.Sent}, false, `"name":"PENDING_ENROUTE"`},
		{"call", []simulator.Report{simulator.Delivered}, true, `"chargedDuration":30`},
		{"a call on its way is not reported", []simulator.Report{simulator.Sent, simulator.Undelivered}, true, `"name":"BUSY"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			reports := make(chan string, 2)
			gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				reports <- r.Header.Get("Content-Type") + " " + string(body)
			}))
			defer gateway.Close()
			look := infobipsim.New(options)
			defer look.Close()
			if err := look.SetReceipts(simulator.Receipts{Reports: c.reports}); err != nil {
				t.Fatal(err)
			}
			path, body := smsPath, encode(goodSMS, map[string]any{"webhooks": map[string]any{"delivery": map[string]any{"url": gateway.URL}}})
			if c.call {
				path, body = voicePath, encodeCall(map[string]any{"notifyUrl": gateway.URL})
			}
			if said, _ := outcome(t, post(t, look, path, nil, body)); said != "1/26" {
				t.Fatalf("got %s", said)
			}
			if got := <-reports; !strings.HasPrefix(got, `application/json {"results":[`) || !strings.Contains(got, c.want) || !strings.Contains(got, `"messageId":"m1"`) {
				t.Errorf("got %s", got)
			}
		})
	}
}
