package telnyxsim_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/simulator"
	"github.com/phonehook/phonehook/worker/provider/telnyx/telnyxsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var options = telnyxsim.Options{APIKey: "KEY1", AccountSID: "account", ApplicationID: "app", Profile: "profile"}

const callsPath = "/v2/texml/Accounts/account/Calls"

func post(t *testing.T, look http.Handler, path string, header map[string]string, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("Authorization", "Bearer KEY1")
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

// codeOf returns the code and the parameter of an answer that refuses.
func codeOf(t *testing.T, answer *httptest.ResponseRecorder) string {
	t.Helper()
	var got struct {
		Errors []struct {
			Code   string
			Source struct{ Pointer string }
		}
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Errors) == 0 {
		return ""
	}
	return got.Errors[0].Code + got.Errors[0].Source.Pointer
}

var goodSMS = map[string]any{
	"from": "+447700900000", "to": "+447400123456", "text": "Hi", "type": "SMS", "encoding": "gsm7", "webhook_url": "https://example.com/",
}

func TestSMSIsTaken(t *testing.T) {
	look := telnyxsim.New(options)
	defer look.Close()
	for name, c := range map[string]struct {
		change map[string]any
		parts  int
	}{
		"good":           {nil, 1},
		"no options":     {map[string]any{"type": nil, "encoding": nil, "webhook_url": nil}, 1},
		"pool":           {map[string]any{"from": nil, "messaging_profile_id": "profile"}, 1},
		"name":           {map[string]any{"from": "Acme Inc", "messaging_profile_id": "profile"}, 1},
		"short code":     {map[string]any{"from": "12345"}, 1},
		"161 characters": {map[string]any{"text": strings.Repeat("x", 161)}, 2},
		"an extended one at the edge": {
			map[string]any{"text": strings.Repeat("x", 152) + "€" + strings.Repeat("x", 152)}, 3,
		},
		"71 of ucs2":      {map[string]any{"text": strings.Repeat("x", 71), "encoding": "ucs2"}, 2},
		"36 emoji":        {map[string]any{"text": strings.Repeat("🔑", 36), "encoding": "auto"}, 2},
		"the most of all": {map[string]any{"text": strings.Repeat("x", 1530)}, 10},
	} {
		answer := post(t, look, "/v2/messages", nil, encode(goodSMS, c.change))
		var got struct {
			Data struct {
				ID    string
				Parts int
				To    []struct{ Status string }
			}
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK || got.Data.ID == "" ||
			got.Data.Parts != c.parts || len(got.Data.To) != 1 || got.Data.To[0].Status != "queued" {
			t.Errorf("%s: got %d %s, %v; want %d parts", name, answer.Code, answer.Body, err, c.parts)
		}
	}
	if stats := look.Stats(); stats.Taken != 10 || len(stats.Refused) != 0 {
		t.Errorf("stats are %+v", stats)
	}
}

func TestSMSIsRefused(t *testing.T) {
	look := telnyxsim.New(options)
	defer look.Close()
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"no recipient":             {map[string]any{"to": nil}, "10004/to"},
		"no plus sign":             {map[string]any{"to": "447400123456"}, "40310/to"},
		"long number":              {map[string]any{"to": "+1234567890123456"}, "40310/to"},
		"two recipients":           {map[string]any{"to": []string{"+447400123456"}}, "10023"},
		"no text":                  {map[string]any{"text": ""}, "40316/text"},
		"MMS":                      {map[string]any{"type": "MMS"}, "40304/type"},
		"media":                    {map[string]any{"media_urls": []string{"https://example.com/"}}, "40304/type"},
		"another profile":          {map[string]any{"messaging_profile_id": "other"}, "10017/messaging_profile_id"},
		"later":                    {map[string]any{"send_at": "2026-01-01T00:00:00Z"}, "10032/send_at"},
		"webhook that is none":     {map[string]any{"webhook_url": "example"}, "10003/webhook_url"},
		"long webhook":             {map[string]any{"webhook_url": "https://example.com/" + strings.Repeat("x", 2000)}, "10003/webhook_url"},
		"failover that is none":    {map[string]any{"webhook_failover_url": ""}, "10003/webhook_failover_url"},
		"no sender and no profile": {map[string]any{"from": nil}, "10004/from"},
		"long name":                {map[string]any{"from": "AcmeAcmeAcme", "messaging_profile_id": "profile"}, "40305/from"},
		"name with a hyphen":       {map[string]any{"from": "Acme-1", "messaging_profile_id": "profile"}, "40305/from"},
		"name of digits":           {map[string]any{"from": "123 456", "messaging_profile_id": "profile"}, "40305/from"},
		"name without a profile":   {map[string]any{"from": "Acme"}, "40306/from"},
		"name for the US":          {map[string]any{"from": "Acme", "messaging_profile_id": "profile", "to": "+12125550123"}, "40319/to"},
		"other alphabet":           {map[string]any{"text": "код"}, "10015/text"},
		"GSM-7 that Telnyx lacks":  {map[string]any{"text": "Ç"}, "10015/text"},
		"unknown encoding":         {map[string]any{"encoding": "utf8"}, "10032/encoding"},
		"too long":                 {map[string]any{"text": strings.Repeat("x", 1531)}, "40302/text"},
		"unknown field":            {map[string]any{"ttl": 300}, "10023"},
	} {
		if got := codeOf(t, post(t, look, "/v2/messages", nil, encode(goodSMS, c.change))); got != c.want {
			t.Errorf("%s: got %s; want %s", name, got, c.want)
		}
	}
	for want, c := range map[string]struct {
		header map[string]string
		body   string
	}{
		"10009": {map[string]string{"Authorization": "Bearer KEY2"}, encode(goodSMS, nil)},
		"10029": {map[string]string{"Content-Type": "text/plain"}, encode(goodSMS, nil)},
		"10028": {nil, "{\"text\":\"\xff\"}"},
		"10023": {nil, encode(goodSMS, nil) + "{}"},
	} {
		if got := codeOf(t, post(t, look, "/v2/messages", c.header, c.body)); got != want {
			t.Errorf("got %s; want %s", got, want)
		}
	}
	if stats := look.Stats(); stats.Taken != 0 || len(stats.Refused) < 15 {
		t.Errorf("stats are %+v", stats)
	}
}

var goodCall = map[string]any{
	"ApplicationSid": "app", "From": "+447700900000", "To": "+447400123456", "Timeout": 60,
	"Texml":          `<Response><Say voice="alice" language="de-DE" loop="2">Ihr Code &amp; 1</Say></Response>`,
	"StatusCallback": "https://example.com/", "StatusCallbackMethod": "POST", "StatusCallbackEvent": "ringing completed",
}

func TestCalls(t *testing.T) {
	look := telnyxsim.New(options)
	defer look.Close()
	texml := func(say string) map[string]any { return map[string]any{"Texml": "<Response>" + say + "</Response>"} }
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"good":                   {nil, ""},
		"as little as can be":    {map[string]any{"Timeout": nil, "StatusCallback": nil, "StatusCallbackMethod": nil, "StatusCallbackEvent": nil}, ""},
		"basic voice":            {texml(`<Say>Hi</Say>`), ""},
		"other application":      {map[string]any{"ApplicationSid": "other"}, "10005/ApplicationSid"},
		"no plus sign":           {map[string]any{"To": "447400123456"}, "10016/To"},
		"name as sender":         {map[string]any{"From": "Acme"}, "10016/From"},
		"no instructions":        {map[string]any{"Texml": nil}, "10004/Texml"},
		"rings too shortly":      {map[string]any{"Timeout": 4}, "10033/Timeout"},
		"rings too long":         {map[string]any{"Timeout": 121}, "10033/Timeout"},
		"lasts too long":         {map[string]any{"TimeLimit": 14401}, "10033/TimeLimit"},
		"callback that is none":  {map[string]any{"StatusCallback": "example"}, "10003/StatusCallback"},
		"unknown method":         {map[string]any{"StatusCallbackMethod": "PUT"}, "10032/StatusCallbackMethod"},
		"events with commas":     {map[string]any{"StatusCallbackEvent": "ringing,completed"}, "10032/StatusCallbackEvent"},
		"no event":               {map[string]any{"StatusCallbackEvent": ""}, "10032/StatusCallbackEvent"},
		"long caller":            {map[string]any{"CallerId": strings.Repeat("x", 129)}, "10025/CallerId"},
		"unknown region":         {map[string]any{"SipRegion": "Asia"}, "10032/SipRegion"},
		"endless":                {texml(`<Say voice="alice" loop="0">Hi</Say>`), "10033/Texml"},
		"eleven times":           {texml(`<Say voice="alice" loop="11">Hi</Say>`), "10033/Texml"},
		"language without alice": {texml(`<Say language="de-DE">Hi</Say>`), "90013/Texml"},
		"unknown language":       {texml(`<Say voice="alice" language="cs-CZ">Hi</Say>`), "90013/Texml"},
		"unknown voice":          {texml(`<Say voice="bob">Hi</Say>`), "90012/Texml"},
		"unknown attribute":      {texml(`<Say speed="1">Hi</Say>`), "10015/Texml"},
		"other verb":             {texml(`<Play>https://example.com/</Play>`), "10015/Texml"},
		"two verbs":              {texml(`<Say>Hi</Say><Say>Hi</Say>`), "10015/Texml"},
		"markup inside":          {texml(`<Say>Hi <break/></Say>`), "10015/Texml"},
		"text outside":           {texml(`Hi`), "10015/Texml"},
		"nothing to say":         {texml(`<Say> </Say>`), "10015/Texml"},
		"raw ampersand":          {texml(`<Say>A & B</Say>`), "10015/Texml"},
		"long text":              {texml(`<Say>` + strings.Repeat("x", 3001) + `</Say>`), "10025/Texml"},
		"unknown field":          {map[string]any{"Twiml": "x"}, "10023"},
	} {
		answer := post(t, look, callsPath, nil, encode(goodCall, c.change))
		if got := codeOf(t, answer); got != c.want || (c.want == "") != (answer.Code == http.StatusOK) {
			t.Errorf("%s: got %d %s; want %q", name, answer.Code, answer.Body, c.want)
		}
	}
	if got := codeOf(t, post(t, look, "/v2/texml/Accounts/other/Calls", nil, encode(goodCall, nil))); got != "10005" {
		t.Errorf("another account: got %s", got)
	}
}

func TestOtherPathsAndMethods(t *testing.T) {
	look := telnyxsim.New(telnyxsim.Options{})
	defer look.Close()
	for path, want := range map[string]int{"/v1/messages": 404, "/v2/texml/Accounts/a/b/Calls": 404} {
		if answer := post(t, look, path, nil, "{}"); answer.Code != want {
			t.Errorf("%s: got %d; want %d", path, answer.Code, want)
		}
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v2/messages", nil))
	if recorder.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: got %d", recorder.Code)
	}
	if answer := post(t, look, "/v2/messages", map[string]string{"Authorization": "Basic YTpi"}, encode(goodSMS, nil)); answer.Code != http.StatusUnauthorized {
		t.Errorf("without a bearer: got %d", answer.Code)
	}
}

func TestRecipientsWithAMeaning(t *testing.T) {
	look := telnyxsim.New(options)
	defer look.Close()
	for to, want := range map[string][2]string{
		"+15005550001": {"40310", "10016/To"}, "+15005550002": {"40309", ""}, "+15005550003": {"40309", ""}, "+15005550004": {"40300", ""},
		"+15005550009": {"40301", ""}, "+15005550029": {"10011", "90041/To"}, "+15005550030": {"20100", "20100/To"}, "+15005550041": {"", ""},
	} {
		sms := codeOf(t, post(t, look, "/v2/messages", nil, encode(goodSMS, map[string]any{"to": to})))
		call := codeOf(t, post(t, look, callsPath, nil, encode(goodCall, map[string]any{"To": to})))
		if got := [2]string{sms, call}; got != want {
			t.Errorf("%s: got %v; want %v", to, got, want)
		}
	}
}

// TestReceipts looks at the requests that report what became of a message.
func TestReceipts(t *testing.T) {
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	for _, c := range []struct {
		name    string
		options telnyxsim.Options
		path    string
		body    map[string]any
		field   string
		signed  bool
		want    string
	}{
		{"message", telnyxsim.Options{PrivateKey: private}, "/v2/messages", goodSMS, "webhook_url", true, `"status":"delivered"`},
		{"message without a key", telnyxsim.Options{}, "/v2/messages", goodSMS, "webhook_url", false, `"event_type":"message.finalized"`},
		{"call", telnyxsim.Options{PrivateKey: private}, callsPath, goodCall, "StatusCallback", false, "CallStatus=completed"},
		{"signed call", telnyxsim.Options{PrivateKey: private, SignCalls: true}, callsPath, goodCall, "StatusCallback", true, "CallStatus=completed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			type came struct {
				header http.Header
				body   string
			}
			reports := make(chan came, 1)
			gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				reports <- came{r.Header, string(body)}
			}))
			defer gateway.Close()
			look := telnyxsim.New(c.options)
			defer look.Close()
			if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{simulator.Delivered}}); err != nil {
				t.Fatal(err)
			}
			if answer := post(t, look, c.path, nil, encode(c.body, map[string]any{c.field: gateway.URL})); answer.Code != http.StatusOK {
				t.Fatalf("got %d %s", answer.Code, answer.Body)
			}
			got := <-reports
			if !strings.Contains(got.body, c.want) {
				t.Errorf("got %s", got.body)
			}
			if id := look.Messages()[0].ID; !strings.Contains(got.body, id) && !strings.Contains(got.body, url.QueryEscape(id)) {
				t.Errorf("%s is not in %s", id, got.body)
			}
			signature, _ := base64.StdEncoding.DecodeString(got.header.Get("telnyx-signature-ed25519"))
			signed := got.header.Get("telnyx-timestamp") + "|" + got.body
			if ok := ed25519.Verify(private.Public().(ed25519.PublicKey), []byte(signed), signature); ok != c.signed {
				t.Errorf("signed: %v; want %v", ok, c.signed)
			}
		})
	}
}
