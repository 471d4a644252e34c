package aws_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/aws"
)

// seen is a request as it was on the wire.
type seen struct {
	method, path, body string
	header             http.Header
	count              int
}

// capture sends m to a server that answers with the status and the body.
func capture(t *testing.T, m provider.Message, config func(base string) aws.Config, status int, answer string) (seen, provider.Receipt, error) {
	t.Helper()
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{method: r.Method, path: r.URL.RequestURI(), body: string(body), header: r.Header.Clone(), count: got.count + 1}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	client, err := aws.New(config(server.URL), provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	receipt, err := client.Send(t.Context(), m)
	return got, receipt, err
}

const (
	taken     = `{"MessageId":"862a8790-60c0-4430-9b2b-658bd0000000"}`
	published = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0` +
		`</MessageId></PublishResult><ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>`
)

// changed returns a config with a change.
func changed(config func(string) aws.Config, change func(*aws.Config)) func(string) aws.Config {
	return func(base string) aws.Config {
		cfg := config(base)
		if change != nil {
			change(&cfg)
		}
		return cfg
	}
}

// fieldsOf reads a body of JSON, and takes the time to live out of it.
func fieldsOf(t *testing.T, body string) (fields map[string]any, timeToLive float64) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		t.Fatal(err)
	}
	timeToLive, _ = fields["TimeToLive"].(float64)
	delete(fields, "TimeToLive")
	return fields, timeToLive
}

func TestSMSOnTheWire(t *testing.T) {
	m := message(provider.SMS)
	m.Text = `<493817> & "É"`
	got, receipt, err := capture(t, m, config, http.StatusOK, taken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provider.Receipt{ID: "862a8790-60c0-4430-9b2b-658bd0000000"}, receipt); diff != "" {
		t.Errorf("receipt: -want +got:\n%s", diff)
	}
	fields, _ := fieldsOf(t, got.body)
	if diff := cmp.Diff(map[string]any{
		"DestinationPhoneNumber": "+447400123456", "OriginationIdentity": "Acme-Inc", "MessageBody": `<493817> & "É"`,
		"MessageType": "TRANSACTIONAL", "ConfigurationSetName": "reports",
		"Context": map[string]any{"reference": "01890a5d-ac96-774b-bcce-b302099a8057", "tenant": "acme"},
	}, fields); diff != "" {
		t.Errorf("body: -want +got:\n%s", diff)
	}
	checkHeaders(t, got, "sms-voice", map[string]string{
		"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "PinpointSMSVoiceV2.SendTextMessage", "X-Amz-Security-Token": token,
	})
}

func checkHeaders(t *testing.T, got seen, service string, want map[string]string) {
	t.Helper()
	if got.method != http.MethodPost || got.path != "/" || got.count != 1 {
		t.Errorf("got %d requests, the last %s %s; want one POST to /", got.count, got.method, got.path)
	}
	for name, value := range want {
		if got.header.Get(name) != value {
			t.Errorf("%s is not as it should be", name)
		}
	}
	signed := regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=` + keyID + `/[0-9]{8}/eu-west-1/` + service + `/aws4_request, SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}$`)
	if !signed.MatchString(got.header.Get("Authorization")) {
		t.Error("the request is not signed as it should be")
	}
	if !strings.Contains(got.header.Get("User-Agent"), "app/phonehook") {
		t.Errorf("the user agent is %q", got.header.Get("User-Agent"))
	}
}

func TestSMSOptions(t *testing.T) {
	const pool, arn = "pool-78ec067f62f94d57bd3bab991example", "arn:aws:sms-voice:eu-west-1:123456789012:pool/pool-1"
	from := func(from string) func(*aws.Config) { return func(c *aws.Config) { c.From = from } }
	dlt := func(c *aws.Config) { c.DLT = aws.DLT{EntityID: "11", TemplateID: "22"} }
	toTheUS := func(m *provider.Message) { m.To, m.Country, m.From = "+12125550123", "US", "Beta" }
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*aws.Config)
		want   map[string]any
	}{
		{"invalid UTF-8", func(m *provider.Message) { m.Text = "493817 \xff" }, nil, map[string]any{"MessageBody": "493817 \uFFFD"}},
		{"sender of the message", func(m *provider.Message) { m.From = "447700900001" }, nil, map[string]any{"OriginationIdentity": "+447700900001"}},
		{"short code", func(m *provider.Message) { m.From = "12345" }, nil, map[string]any{"OriginationIdentity": "12345"}},
		{"no sender", nil, from(""), map[string]any{"OriginationIdentity": nil}},
		{"a pool of the account", nil, from(pool), map[string]any{"OriginationIdentity": pool}},
		{"a service", func(m *provider.Message) { m.Service = "pool-2" }, nil, map[string]any{"OriginationIdentity": "pool-2"}},
		{"a service in place of the account's pool", func(m *provider.Message) { m.Service = "pool-2" }, from(arn), map[string]any{"OriginationIdentity": "pool-2"}},
		{"a service and a sender", func(m *provider.Message) { m.Service, m.From = "pool-2", "Beta" }, nil, map[string]any{"OriginationIdentity": "Beta"}},
		{"a sender and the account's pool", func(m *provider.Message) { m.From = "Beta" }, from(pool), map[string]any{"OriginationIdentity": "Beta"}},
		{"a name for the US and a number", toTheUS, from("+12125550100"), map[string]any{"OriginationIdentity": "+12125550100"}},
		{"a name for the US and a pool", toTheUS, from(arn), map[string]any{"OriginationIdentity": arn}},
		{"a price", nil, func(c *aws.Config) { c.MaxPrice = "0.25" }, map[string]any{"MaxPrice": "0.25"}},
		{"countries", nil, func(c *aws.Config) { c.ProtectConfiguration = "protect-1" }, map[string]any{"ProtectConfigurationId": "protect-1"}},
		{"no reports", nil, func(c *aws.Config) { c.ConfigurationSet = "" }, map[string]any{"ConfigurationSetName": nil}},
		{"India", func(m *provider.Message) { m.To, m.Country = "+919876543210", "IN" }, dlt, map[string]any{
			"DestinationCountryParameters": map[string]any{"IN_ENTITY_ID": "11", "IN_TEMPLATE_ID": "22"},
		}},
		{"elsewhere than India", nil, dlt, map[string]any{"DestinationCountryParameters": nil}},
		{"no reference", func(m *provider.Message) { m.Reference, m.Tenant = "", "" }, nil, map[string]any{"Context": map[string]any{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.SMS)
			if c.change != nil {
				c.change(&m)
			}
			got, _, err := capture(t, m, changed(config, c.config), http.StatusOK, taken)
			if err != nil {
				t.Fatal(err)
			}
			fields, _ := fieldsOf(t, got.body)
			for name, value := range c.want {
				if diff := cmp.Diff(value, fields[name]); diff != "" {
					t.Errorf("%s: -want +got:\n%s", name, diff)
				}
			}
		})
	}
}

func TestTimeToLive(t *testing.T) {
	for _, c := range []struct {
		name      string
		left      time.Duration
		low, high float64
	}{
		{"five minutes", 5 * time.Minute, 290, 299},
		{"a second", time.Second, 5, 5},
		{"a week", 7 * 24 * time.Hour, 259_200, 259_200},
		{"no end", 0, 259_200, 259_200},
	} {
		for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
			m := message(channel)
			if m.Expires = time.Now().Add(c.left); c.left == 0 {
				m.Expires = time.Time{}
			}
			got, _, err := capture(t, m, config, http.StatusOK, taken)
			if err != nil {
				t.Fatal(err)
			}
			if _, seconds := fieldsOf(t, got.body); seconds < c.low || seconds > c.high {
				t.Errorf("%s of %s: got %v s; want %v to %v", c.name, channel, seconds, c.low, c.high)
			}
		}
	}
}

func TestVoiceOnTheWire(t *testing.T) {
	m := message(provider.Voice)
	m.Language, m.Text, m.Code = "pt", `Seu "código" & é 49`, "49"
	got, receipt, err := capture(t, m, changed(config, func(c *aws.Config) { c.Voice.MaxPricePerMinute = ".5" }), http.StatusOK, taken)
	if err != nil {
		t.Fatal(err)
	}
	if receipt.ID != "862a8790-60c0-4430-9b2b-658bd0000000" {
		t.Errorf("got the id %q", receipt.ID)
	}
	const once = `Seu &#34;código&#34; &amp; é 4<break time="400ms"/>9<break time="400ms"/>`
	fields, _ := fieldsOf(t, got.body)
	if diff := cmp.Diff(map[string]any{
		"DestinationPhoneNumber": "+447400123456", "OriginationIdentity": "+447700900000", "MessageBodyTextType": "SSML", "VoiceId": "CAMILA",
		"MessageBody": `<speak>` + once + `<break time="1s"/>` + once + `</speak>`, "ConfigurationSetName": "reports", "MaxPricePerMinute": ".5",
		"Context": map[string]any{"reference": "01890a5d-ac96-774b-bcce-b302099a8057", "tenant": "acme"},
	}, fields); diff != "" {
		t.Errorf("body: -want +got:\n%s", diff)
	}
	checkHeaders(t, got, "sms-voice", map[string]string{
		"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "PinpointSMSVoiceV2.SendVoiceMessage", "X-Amz-Security-Token": token,
	})
}

func TestVoiceOptions(t *testing.T) {
	const phone = "phone-b1c2d3"
	for _, c := range []struct {
		name        string
		change      func(*provider.Message)
		config      func(*aws.Config)
		from, voice string
	}{
		{"another number", func(m *provider.Message) { m.From = "+447700900007" }, nil, "+447700900007", "JOANNA"},
		{"a name", func(m *provider.Message) { m.From = "Acme" }, nil, "+447700900000", "JOANNA"},
		{"a pool is for SMS", func(m *provider.Message) { m.Service = "pool-2" }, nil, "+447700900000", "JOANNA"},
		{"the id of a number", nil, func(c *aws.Config) { c.Voice.From = phone }, phone, "JOANNA"},
		{"a number in place of an id", func(m *provider.Message) { m.From = "447700900007" }, func(c *aws.Config) { c.Voice.From = phone }, "+447700900007", "JOANNA"},
		{"the account's number", nil, func(c *aws.Config) { c.From, c.Voice = "447700900008", aws.Voice{} }, "+447700900008", "JOANNA"},
		{"no language", func(m *provider.Message) { m.Language = "" }, func(c *aws.Config) { c.Voice.VoiceID = "BRIAN" }, "+447700900000", "BRIAN"},
		{"a language that is spoken", func(m *provider.Message) { m.Language = "fr" }, func(c *aws.Config) { c.Voice.VoiceID = "BRIAN" }, "+447700900000", "LEA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.Voice)
			if c.change != nil {
				c.change(&m)
			}
			got, _, err := capture(t, m, changed(config, c.config), http.StatusOK, taken)
			if err != nil {
				t.Fatal(err)
			}
			fields, _ := fieldsOf(t, got.body)
			if fields["OriginationIdentity"] != c.from || fields["VoiceId"] != c.voice {
				t.Errorf("got a call from %v by %v; want %s by %s", fields["OriginationIdentity"], fields["VoiceId"], c.from, c.voice)
			}
		})
	}
}

func TestEveryVoiceIsOneOfTheAPI(t *testing.T) {
	for _, voice := range aws.VoiceIDs() {
		if !slices.Contains(types.VoiceId("").Values(), types.VoiceId(voice)) {
			t.Errorf("there is no voice %s", voice)
		}
	}
}

func TestSNSOnTheWire(t *testing.T) {
	dlt := func(c *aws.Config) { c.DLT = aws.DLT{EntityID: "11", TemplateID: "22"} }
	for _, c := range []struct {
		name   string
		change func(*provider.Message)
		config func(*aws.Config)
		want   map[string]string
	}{
		{"a name", nil, nil, map[string]string{"AWS.SNS.SMS.SenderID": "String Acme-Inc"}},
		{"a number", func(m *provider.Message) { m.From = "447700900001" }, nil, map[string]string{"AWS.MM.SMS.OriginationNumber": "String +447700900001"}},
		{"no sender", nil, func(c *aws.Config) { c.From = "" }, map[string]string{}},
		{"a price", nil, func(c *aws.Config) { c.From, c.MaxPrice = "12345", "0.25" }, map[string]string{
			"AWS.MM.SMS.OriginationNumber": "String 12345", "AWS.SNS.SMS.MaxPrice": "Number 0.25",
		}},
		{"India", func(m *provider.Message) { m.To, m.Country = "+919876543210", "IN" }, dlt, map[string]string{
			"AWS.SNS.SMS.SenderID": "String Acme-Inc", "AWS.MM.SMS.EntityId": "String 11", "AWS.MM.SMS.TemplateId": "String 22",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(provider.SMS)
			m.Text = "Ваш код & 493817"
			if c.change != nil {
				c.change(&m)
			}
			got, receipt, err := capture(t, m, changed(snsConfig, c.config), http.StatusOK, published)
			if err != nil {
				t.Fatal(err)
			}
			if receipt != (provider.Receipt{ID: "567910cd-659e-55d4-8ccb-5aaf14679dc0"}) {
				t.Errorf("got the receipt %+v", receipt)
			}
			form, err := url.ParseQuery(got.body)
			if err != nil {
				t.Fatal(err)
			}
			c.want["AWS.SNS.SMS.SMSType"] = "String Transactional"
			if diff := cmp.Diff(c.want, attributesOf(form)); diff != "" {
				t.Errorf("attributes: -want +got:\n%s", diff)
			}
			if form.Get("Action") != "Publish" || form.Get("PhoneNumber") != m.To || form.Get("Message") != m.Text || len(form) != 4+3*len(c.want) {
				t.Errorf("the form is %v", form)
			}
			checkHeaders(t, got, "sns", map[string]string{"Content-Type": "application/x-www-form-urlencoded", "X-Amz-Security-Token": token})
		})
	}
}

// attributesOf returns the attributes of a form with their types.
func attributesOf(form url.Values) map[string]string {
	found := make(map[string]string)
	for i := range 10 {
		entry := "MessageAttributes.entry." + string(rune('0'+i)) + "."
		if name := form.Get(entry + "Name"); name != "" {
			found[name] = form.Get(entry+"Value.DataType") + " " + form.Get(entry+"Value.StringValue")
		}
	}
	return found
}

func TestAddressesOfTheVendor(t *testing.T) {
	for _, cfg := range []aws.Config{config(""), snsConfig("")} {
		cfg.SNSURL, cfg.AllowInsecure, cfg.SessionToken = "", false, configs.Secret{}
		client, err := aws.New(cfg, provider.Account{})
		if err != nil {
			t.Fatal(err)
		}
		client.Close()
		if got := client.SendsFromService(); got != (cfg.Mode == "") {
			t.Errorf("in the mode %q the account has pools: %v", cfg.Mode, got)
		}
	}
}
