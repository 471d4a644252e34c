package awssim_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/aws/awssim"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var options = awssim.Options{
	AccessKeyID: "AKIAOFTHETESTS000001", SecretAccessKey: "secret", Region: "eu-west-1", TopicARN: "arn:aws:sns:eu-west-1:123456789012:phonehook",
}

// signing is how a request is signed.
type signing struct {
	id, secret, token, service, region string
	at                                 time.Time
}

func good(service string) signing {
	return signing{options.AccessKeyID, options.SecretAccessKey, "", service, options.Region, time.Now()}
}

func jsonRequest(operation, body string) *http.Request {
	request := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "http://sms-voice.eu-west-1.amazonaws.com/", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "PinpointSMSVoiceV2."+operation)
	return request
}

func formRequest(body string) *http.Request {
	request := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "http://sns.eu-west-1.amazonaws.com/", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return request
}

// send signs a request with the vendor's own signer and returns the answer.
func send(t *testing.T, look http.Handler, request *http.Request, s signing) *httptest.ResponseRecorder {
	t.Helper()
	body, err := io.ReadAll(request.Body)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	request.Body = io.NopCloser(bytes.NewReader(body))
	credentials := sdk.Credentials{AccessKeyID: s.id, SecretAccessKey: s.secret, SessionToken: s.token}
	if err := v4.NewSigner().SignHTTP(t.Context(), credentials, request, hex.EncodeToString(sum[:]), s.service, s.region, s.at); err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	look.ServeHTTP(recorder, request)
	return recorder
}

// codeOf returns the code of an answer in the form of the faults: with its reason and parameter.
func codeOf(t *testing.T, answer *httptest.ResponseRecorder) string {
	t.Helper()
	if answer.Header().Get("Content-Type") == "text/xml" {
		var got struct {
			Error struct{ Code, Message string }
		}
		if err := xml.Unmarshal(answer.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		parameter, _, _ := strings.Cut(strings.TrimPrefix(got.Error.Message, "Invalid parameter: "), " ")
		return strings.TrimSuffix(got.Error.Code+":"+parameter, ":")
	}
	var got struct {
		Type         string `json:"__type"`
		Reason       string
		ResourceType string
		Fields       []struct{ Name string }
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	code := strings.TrimSuffix(got.Type+" "+got.Reason+got.ResourceType, " ")
	if len(got.Fields) > 0 {
		code += ":" + got.Fields[0].Name
	}
	return code
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

var goodSMS = map[string]any{
	"DestinationPhoneNumber": "+447400123456", "OriginationIdentity": "+447700900000", "MessageBody": "Hi", "MessageType": "TRANSACTIONAL",
	"TimeToLive": 300, "Context": map[string]string{"reference": "r1"}, "ConfigurationSetName": "reports",
}

func TestSMSIsTaken(t *testing.T) {
	look := awssim.New(options)
	defer look.Close()
	for name, change := range map[string]map[string]any{
		"good":       nil,
		"no options": {"OriginationIdentity": nil, "Context": nil, "ConfigurationSetName": nil},
		"options": {
			"OriginationIdentity": "arn:aws:sms-voice:eu-west-1:123456789012:pool/pool-1", "MaxPrice": "0.25", "ProtectConfigurationId": "protect-1",
			"DestinationCountryParameters": map[string]string{"IN_ENTITY_ID": "1", "IN_TEMPLATE_ID": "2"},
		},
		"a name":           {"OriginationIdentity": "Acme-Inc"},
		"a pool to the US": {"OriginationIdentity": "pool-1", "DestinationPhoneNumber": "+12125550123"},
		"the longest text": {"MessageBody": strings.Repeat("ж", 1600)},
	} {
		answer := send(t, look, jsonRequest("SendTextMessage", encode(goodSMS, change)), good("sms-voice"))
		var got struct{ MessageId string } //nolint:revive // the vendor's name
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK || got.MessageId == "" {
			t.Errorf("%s: got %d %s (refused: %v)", name, answer.Code, answer.Body, look.Stats().Refused)
		}
	}
	if stats := look.Stats(); stats.Taken != 6 || len(stats.Refused) != 0 {
		t.Errorf("stats are %+v", stats)
	}
}

func TestSMSIsRefused(t *testing.T) {
	look := awssim.New(options)
	defer look.Close()
	invalid := func(parameter string) string { return "ValidationException INVALID_PARAMETER:" + parameter }
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"no recipient":                {map[string]any{"DestinationPhoneNumber": nil}, invalid("DestinationPhoneNumber")},
		"recipient that is no number": {map[string]any{"DestinationPhoneNumber": "+44x"}, invalid("DestinationPhoneNumber")},
		"sender with a blank":         {map[string]any{"OriginationIdentity": "Acme Inc"}, invalid("OriginationIdentity")},
		"long name":                   {map[string]any{"OriginationIdentity": "AcmeAcmeAcme"}, "ResourceNotFoundException sender-id"},
		"name to the US":              {map[string]any{"OriginationIdentity": "Acme", "DestinationPhoneNumber": "+12125550123"}, "ValidationException SENDER_ID_NOT_SUPPORTED:OriginationIdentity"},
		"no text":                     {map[string]any{"MessageBody": nil}, "ValidationException MISSING_PARAMETER:MessageBody"},
		"long text":                   {map[string]any{"MessageBody": strings.Repeat("x", 1601)}, "ValidationException MAXIMUM_SIZE_EXCEEDED:MessageBody"},
		"promotion":                   {map[string]any{"MessageType": "PROMOTIONAL"}, invalid("MessageType")},
		"no time to live":             {map[string]any{"TimeToLive": nil}, "ValidationException MISSING_PARAMETER:TimeToLive"},
		"short life":                  {map[string]any{"TimeToLive": 4}, invalid("TimeToLive")},
		"long life":                   {map[string]any{"TimeToLive": 259_201}, invalid("TimeToLive")},
		"price":                       {map[string]any{"MaxPrice": "1"}, invalid("MaxPrice")},
		"keyword":                     {map[string]any{"Keyword": "STOP"}, invalid("Keyword")},
		"dry run":                     {map[string]any{"DryRun": true}, invalid("DryRun")},
		"feedback":                    {map[string]any{"MessageFeedbackEnabled": true}, invalid("DryRun")},
		"configuration set":           {map[string]any{"ConfigurationSetName": "a b"}, invalid("ConfigurationSetName")},
		"protect configuration":       {map[string]any{"ProtectConfigurationId": ""}, invalid("ProtectConfigurationId")},
		"six values":                  {map[string]any{"Context": map[string]string{"1": "1", "2": "1", "3": "1", "4": "1", "5": "1", "6": "1"}}, invalid("Context")},
		"empty value":                 {map[string]any{"Context": map[string]string{"1": ""}}, invalid("Context")},
		"long key":                    {map[string]any{"Context": map[string]string{strings.Repeat("k", 101): "1"}}, invalid("Context")},
		"another country's":           {map[string]any{"DestinationCountryParameters": map[string]string{"US": "1"}}, invalid("DestinationCountryParameters")},
		"unknown field":               {map[string]any{"ValidityPeriod": 5}, "ValidationException CANNOT_PARSE"},
		"wrong type":                  {map[string]any{"TimeToLive": "300"}, "ValidationException CANNOT_PARSE"},
	} {
		if got := codeOf(t, send(t, look, jsonRequest("SendTextMessage", encode(goodSMS, c.change)), good("sms-voice"))); got != c.want {
			t.Errorf("%s: got %s; want %s", name, got, c.want)
		}
	}
	for name, body := range map[string]string{"no JSON": "x", "two values": encode(goodSMS, nil) + "{}", "no UTF-8": "\xff"} {
		if got := codeOf(t, send(t, look, jsonRequest("SendTextMessage", body), good("sms-voice"))); got != "ValidationException CANNOT_PARSE" {
			t.Errorf("%s: got %s", name, got)
		}
	}
	if look.Stats().Taken != 0 {
		t.Error("something was taken")
	}
}

var goodCall = map[string]any{
	"DestinationPhoneNumber": "+447400123456", "OriginationIdentity": "+447700900000", "MessageBody": `<speak>Hi <break time="1s"/>there</speak>`,
	"MessageBodyTextType": "SSML", "VoiceId": "AMY", "TimeToLive": 300,
}

func TestCalls(t *testing.T) {
	look := awssim.New(options)
	defer look.Close()
	const noMarkup = "ValidationException INVALID_PARAMETER:MessageBody"
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"good":                   {nil, ""},
		"text":                   {map[string]any{"MessageBody": "Hi", "MessageBodyTextType": nil, "VoiceId": nil}, ""},
		"options":                {map[string]any{"OriginationIdentity": "phone-1", "MaxPricePerMinute": "0.50"}, ""},
		"nobody to call from":    {map[string]any{"OriginationIdentity": nil}, "ValidationException MISSING_PARAMETER:OriginationIdentity"},
		"a name":                 {map[string]any{"OriginationIdentity": "Acme"}, "ConflictException NUMBER_CAPABILITIES_MISMATCH"},
		"no recipient":           {map[string]any{"DestinationPhoneNumber": nil}, "ValidationException INVALID_PARAMETER:DestinationPhoneNumber"},
		"no such voice":          {map[string]any{"VoiceId": "Amy"}, "ValidationException INVALID_PARAMETER:VoiceId"},
		"price":                  {map[string]any{"MaxPricePerMinute": "1"}, "ValidationException INVALID_PARAMETER:MaxPricePerMinute"},
		"type":                   {map[string]any{"MessageBodyTextType": "HTML"}, "ValidationException INVALID_PARAMETER:MessageBodyTextType"},
		"long text":              {map[string]any{"MessageBody": strings.Repeat("x", 3001), "MessageBodyTextType": "TEXT"}, "ValidationException MAXIMUM_SIZE_EXCEEDED:MessageBody"},
		"long markup":            {map[string]any{"MessageBody": "<speak>" + strings.Repeat("x", 6000) + "</speak>"}, "ValidationException MAXIMUM_SIZE_EXCEEDED:MessageBody"},
		"no markup":              {map[string]any{"MessageBody": "Hi"}, noMarkup},
		"another element":        {map[string]any{"MessageBody": "<speak><b>Hi</b></speak>"}, noMarkup},
		"text in a break":        {map[string]any{"MessageBody": "<speak><break>Hi</break></speak>"}, noMarkup},
		"an element that is not": {map[string]any{"MessageBody": "<speak>Hi"}, noMarkup},
		"two documents":          {map[string]any{"MessageBody": "<speak>Hi</speak><speak>Hi</speak>"}, noMarkup},
		"nothing to say":         {map[string]any{"MessageBody": "<speak> </speak>"}, noMarkup},
		"a message's field":      {map[string]any{"MessageType": "TRANSACTIONAL"}, "ValidationException CANNOT_PARSE"},
	} {
		if got := codeOf(t, send(t, look, jsonRequest("SendVoiceMessage", encode(goodCall, c.change)), good("sms-voice"))); got != c.want {
			t.Errorf("%s: got %s; want %s", name, got, c.want)
		}
	}
	if n := look.Stats().Taken; n != 3 {
		t.Errorf("%d calls were taken; want 3", n)
	}
}

// form makes a body of parameters, with the attributes behind them.
func form(change map[string]string, attributes ...string) string {
	values := url.Values{"Action": {"Publish"}, "Version": {"2010-03-31"}, "PhoneNumber": {"+447400123456"}, "Message": {"Hi"}}
	for i, a := range attributes {
		name, rest, _ := strings.Cut(a, " ")
		data, value, _ := strings.Cut(rest, " ")
		entry := "MessageAttributes.entry." + string(rune('1'+i)) + "."
		values.Set(entry+"Name", name)
		values.Set(entry+"Value.DataType", data)
		values.Set(entry+"Value.StringValue", value)
	}
	for name, value := range change {
		if values.Set(name, value); value == "" {
			values.Del(name)
		}
	}
	return values.Encode()
}

func TestPublish(t *testing.T) {
	look := awssim.New(options)
	defer look.Close()
	const transactional = "AWS.SNS.SMS.SMSType String Transactional"
	for name, c := range map[string]struct{ body, want string }{
		"good":    {form(nil, transactional), ""},
		"options": {form(nil, transactional, "AWS.SNS.SMS.SenderID String Acme", "AWS.SNS.SMS.MaxPrice Number 0.25", "AWS.MM.SMS.EntityId String 1", "AWS.MM.SMS.TemplateId String 2"), ""},
		"number":  {form(nil, "AWS.MM.SMS.OriginationNumber String +447700900000", transactional), ""},

		"no type":             {form(nil), "InvalidParameter:AWS.SNS.SMS.SMSType"},
		"promotion":           {form(nil, "AWS.SNS.SMS.SMSType String Promotional"), "InvalidParameter:AWS.SNS.SMS.SMSType"},
		"no recipient":        {form(map[string]string{"PhoneNumber": ""}, transactional), "InvalidParameter:PhoneNumber"},
		"no plus sign":        {form(map[string]string{"PhoneNumber": "447400123456"}, transactional), "InvalidParameter:PhoneNumber"},
		"no text":             {form(map[string]string{"Message": ""}, transactional), "InvalidParameter:Message"},
		"long text":           {form(map[string]string{"Message": strings.Repeat("x", 1601)}, transactional), "InvalidParameter:Message"},
		"no UTF-8":            {form(map[string]string{"Message": "\xff"}, transactional), "InvalidParameter:Message"},
		"long name":           {form(nil, transactional, "AWS.SNS.SMS.SenderID String AcmeAcmeAcmeAcmeAcmeAcme"), "InvalidParameter:AWS.SNS.SMS.SenderID"},
		"name of digits":      {form(nil, transactional, "AWS.SNS.SMS.SenderID String 12345"), "InvalidParameter:AWS.SNS.SMS.SenderID"},
		"price that is words": {form(nil, transactional, "AWS.SNS.SMS.MaxPrice String 0.25"), "InvalidParameter:AWS.SNS.SMS.MaxPrice"},
		"unknown attribute":   {form(nil, transactional, "AWS.SNS.SMS.TTL Number 5"), "InvalidParameter:AWS.SNS.SMS.TTL"},
		"a topic":             {form(map[string]string{"TopicArn": "a"}, transactional), "InvalidParameter"},
		"another action":      {form(map[string]string{"Action": "Subscribe"}, transactional), "InvalidAction"},
		"another version":     {form(map[string]string{"Version": "2011-01-01"}, transactional), "InvalidAction"},
		"no form":             {"%zz", "InvalidAction"},
	} {
		if got := codeOf(t, send(t, look, formRequest(c.body), good("sns"))); got != c.want {
			t.Errorf("%s: got %s; want %s", name, got, c.want)
		}
	}
	if n := look.Stats().Taken; n != 3 {
		t.Errorf("%d messages were taken; want 3", n)
	}
}

func TestSignatures(t *testing.T) {
	look := awssim.New(options)
	defer look.Close()
	for _, c := range []struct {
		name        string
		change      func(*signing)
		json, query string
	}{
		{"good", func(*signing) {}, "", ""},
		{"four minutes ago", func(s *signing) { s.at = s.at.Add(-4 * time.Minute) }, "", ""},
		{"another key", func(s *signing) { s.id = "AKIA2" }, "UnrecognizedClientException", "InvalidClientTokenId"},
		{"a token", func(s *signing) { s.token = "t" }, "UnrecognizedClientException", "InvalidClientTokenId"},
		{"another secret", func(s *signing) { s.secret = "s" }, "InvalidSignatureException", "SignatureDoesNotMatch"},
		{"another region", func(s *signing) { s.region = "us-east-1" }, "InvalidSignatureException", "SignatureDoesNotMatch"},
		{"another service", func(s *signing) { s.service = "sqs" }, "InvalidSignatureException", "SignatureDoesNotMatch"},
		{"an hour ago", func(s *signing) { s.at = s.at.Add(-time.Hour) }, "InvalidSignatureException", "SignatureDoesNotMatch"},
	} {
		s := good("sms-voice")
		c.change(&s)
		if got := codeOf(t, send(t, look, jsonRequest("SendTextMessage", encode(goodSMS, nil)), s)); got != c.json {
			t.Errorf("%s: got %s; want %s", c.name, got, c.json)
		}
		s = good("sns")
		c.change(&s)
		if got := codeOf(t, send(t, look, formRequest(form(nil, "AWS.SNS.SMS.SMSType String Transactional")), s)); got != c.query && got != c.query+":" {
			t.Errorf("SNS, %s: got %s; want %s", c.name, got, c.query)
		}
	}
}

func TestRequestsThatWereAlteredAfterSigning(t *testing.T) {
	look := awssim.New(options)
	defer look.Close()
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   string
	}{
		"another body": {func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(encode(goodSMS, map[string]any{"TimeToLive": 6})))
		}, "InvalidSignatureException"},
		"another host":     {func(r *http.Request) { r.Host = "example.com" }, "InvalidSignatureException"},
		"a further header": {func(r *http.Request) { r.Header.Set("X-Amz-More", "1") }, "InvalidSignatureException"},
		"no signature":     {func(r *http.Request) { r.Header.Del("Authorization") }, "MissingAuthenticationTokenException"},
		"another scheme":   {func(r *http.Request) { r.Header.Set("Authorization", "Basic YTpi") }, "IncompleteSignatureException"},
		"another target":   {func(r *http.Request) { r.Header.Set("X-Amz-Target", "PinpointSMSVoiceV2.SendVoiceMessage") }, "InvalidSignatureException"},
	} {
		request := jsonRequest("SendTextMessage", encode(goodSMS, nil))
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.change(r)
			look.ServeHTTP(w, r)
		})
		if got := codeOf(t, send(t, handler, request, good("sms-voice"))); got != c.want {
			t.Errorf("%s: got %s; want %s", name, got, c.want)
		}
	}
	if look.Stats().Taken != 0 {
		t.Error("something was taken")
	}
}

func TestOtherRequests(t *testing.T) {
	look := awssim.New(options)
	defer look.Close()
	for name, request := range map[string]*http.Request{
		"another path":         httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v2", http.NoBody),
		"another method":       httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", http.NoBody),
		"no media type":        httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody),
		"another operation":    jsonRequest("DescribePools", "{}"),
		"another certificate":  httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/SimpleNotificationService-1.pem", http.NoBody),
		"another subscription": httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?Action=ConfirmSubscription&Token=1&TopicArn=a", http.NoBody),
	} {
		got := codeOf(t, send(t, look, request, good("sms-voice")))
		if got != "UnknownOperationException" && got != "InvalidParameter:Token" {
			t.Errorf("%s: got %s", name, got)
		}
	}
	if n := look.Confirmed(); n != 0 {
		t.Errorf("%d subscriptions were confirmed", n)
	}
}

func TestAnybodyIsLetInWithoutOptions(t *testing.T) {
	look := awssim.New(awssim.Options{})
	defer look.Close()
	s := signing{"AKIAOFANYBODYATALL00", "any", "", "sms-voice", "us-east-1", time.Now()}
	if answer := send(t, look, jsonRequest("SendTextMessage", encode(goodSMS, nil)), s); answer.Code != http.StatusOK {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
}

func TestFaults(t *testing.T) {
	look := awssim.New(options)
	defer look.Close()
	for _, c := range []struct {
		fault       simulator.Fault
		status      int
		code, query string
	}{
		{simulator.Fault{Kind: awssim.Throttle}, 400, "ThrottlingException", "Throttling"},
		{simulator.Fault{Kind: awssim.Refuse, Code: "ConflictException RESOURCE_NOT_ACTIVE"}, 400, "ConflictException RESOURCE_NOT_ACTIVE", "ConflictException"},
		{simulator.Fault{Kind: awssim.Refuse, Code: "ServiceUnavailable"}, 503, "ServiceUnavailable", "ServiceUnavailable"},
		{simulator.Fault{Kind: awssim.Refuse, Code: "InvalidParameter:PhoneNumber"}, 400, "InvalidParameter:PhoneNumber", "InvalidParameter:PhoneNumber"},
	} {
		if err := look.SetFaults(c.fault); err != nil {
			t.Fatal(err)
		}
		for operation, body := range map[string]string{"SendTextMessage": encode(goodSMS, nil), "SendVoiceMessage": encode(goodCall, nil)} {
			answer := send(t, look, jsonRequest(operation, body), good("sms-voice"))
			if got := codeOf(t, answer); got != c.code || answer.Code != c.status {
				t.Errorf("%s: got %d %s; want %d %s", operation, answer.Code, got, c.status, c.code)
			}
		}
		answer := send(t, look, formRequest(form(nil, "AWS.SNS.SMS.SMSType String Transactional")), good("sns"))
		if got := codeOf(t, answer); got != c.query || answer.Code != c.status {
			t.Errorf("SNS: got %d %s; want %d %s", answer.Code, got, c.status, c.query)
		}
	}
	if look.Stats().Taken != 0 {
		t.Error("something was taken")
	}
}
