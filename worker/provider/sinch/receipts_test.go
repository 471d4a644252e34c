package sinch_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/sinch"
)

const address = "https://phonehook.example.com/receipts/sinch/sinch/m.acme.1.sig"

var at = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// callback is a request of the vendor at a trusted address, without a signature.
func callback(body string) provider.Callback {
	header := http.Header{"Content-Type": {"application/json"}}
	return provider.Callback{Method: http.MethodPost, URL: address, Header: header, Body: []byte(body), At: at, Trusted: true}
}

// signSMS signs a report of an SMS that was made at a time.
func signSMS(c provider.Callback, secret string, made time.Time) provider.Callback {
	seconds := strconv.FormatInt(made.Unix(), 10)
	hash := hmac.New(sha256.New, []byte(secret))
	_, _ = hash.Write([]byte(string(c.Body) + ".nonce-1." + seconds))
	c.Header.Set("x-sinch-webhook-signature", base64.StdEncoding.EncodeToString(hash.Sum(nil)))
	c.Header.Set("x-sinch-webhook-signature-nonce", "nonce-1")
	c.Header.Set("x-sinch-webhook-signature-timestamp", seconds)
	c.Header.Set("x-sinch-webhook-signature-algorithm", "HmacSHA256")
	return c
}

// signCall signs an event of a call that was made at a time.
func signCall(c provider.Callback, key, secret string, made time.Time) provider.Callback {
	bytes, _ := base64.StdEncoding.DecodeString(secret)
	text := made.Format("2006-01-02T15:04:05.9999999Z")
	signature := sinch.Sign(bytes, c.Method, c.Body, "application/json", text, "/receipts/sinch/sinch/m.acme.1.sig")
	c.Header.Set("X-Timestamp", text)
	c.Header.Set("Authorization", "application "+key+":"+base64.StdEncoding.EncodeToString(signature))
	return c
}

// receiver returns a client with the webhook secret.
func receiver(t *testing.T, secret string) *sinch.Client {
	t.Helper()
	cfg := config("http://127.0.0.1:1")
	cfg.WebhookSecret = configs.NewSecret(secret)
	client, err := sinch.New(cfg, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func faultOf(err error) provider.CallbackFault {
	if failure, ok := errors.AsType[*provider.CallbackError](err); ok {
		return failure.Fault
	}
	return ""
}

const smsReport = `{"type":"recipient_delivery_report_sms","batch_id":"b1","client_reference":"r1","recipient":"447400123456","status":"Delivered","code":0}`

func TestStatusesOfSMS(t *testing.T) {
	client := receiver(t, "")
	for _, c := range []struct {
		status, code string
		want         provider.Status
		wantCode     string
		reasoned     bool
	}{
		{"Queued", "400", provider.Accepted, "", false},
		{"Dispatched", "401", provider.Sent, "", false},
		{"Delivered", "0", provider.Delivered, "", false},
		{"Aborted", "403", provider.Failed, "403", true},
		{"Aborted", "413", provider.Failed, "413", true},
		{"Cancelled", "407", provider.Failed, "407", true},
		{"Rejected", "402", provider.Undelivered, "402", true},
		{"Deleted", "42", provider.Undelivered, "42", false},
		{"Failed", "404", provider.Undelivered, "404", true},
		{"Expired", "406", provider.Expired, "406", true},
		{"Unknown", "0", provider.Unconfirmed, "", false},
		{"secret words", "0", provider.Unconfirmed, "", false},
	} {
		got, err := client.Receive(t.Context(), callback(`{"type":"recipient_delivery_report_sms","batch_id":"b1","client_reference":"r1","status":"`+c.status+`","code":`+c.code+`}`))
		if err != nil || len(got.Reports) != 1 {
			t.Errorf("%s: got %+v, %v", c.status, got, err)
			continue
		}
		reason := got.Reports[0].Reason
		got.Reports[0].Reason = ""
		want := provider.Reception{Reports: []provider.Report{{Reference: "r1", ID: "b1", Status: c.want, Code: c.wantCode}}}
		if diff := cmp.Diff(want, got); diff != "" || (reason != "") != c.reasoned {
			t.Errorf("%s: the reason is %q; -want +got:\n%s", c.status, reason, diff)
		}
	}
}

func TestStatusesOfCalls(t *testing.T) {
	client := receiver(t, webhookSecret)
	for _, c := range []struct {
		result, reason string
		want           provider.Status
		code           string
		reasoned       bool
	}{
		{"ANSWERED", "MANAGERHANGUP", provider.Delivered, "", false},
		{"BUSY", "CALLEEHANGUP", provider.Undelivered, "BUSY", true},
		{"NOANSWER", "TIMEOUT", provider.Undelivered, "NOANSWER", true},
		{"FAILED", "NOCREDITPARTNER", provider.Failed, "FAILED", true},
		{"FAILED", "secret words", provider.Failed, "FAILED", false},
		{"N/A", "N/A", provider.Unconfirmed, "", false},
		{"secret words", "N/A", provider.Unconfirmed, "", false},
	} {
		body := `{"event":"dice","callid":"c1","timestamp":"2026-11-25T11:59:58","custom":"r1/acme","result":"` + c.result + `","reason":"` + c.reason +
			`","debit":{"currencyId":"EUR","amount":0.1758},"to":{"type":"number","endpoint":"+447400123456"}}`
		got, err := client.Receive(t.Context(), signCall(callback(body), applicationKey, applicationSecret, at))
		if err != nil || len(got.Reports) != 1 {
			t.Errorf("%s: got %+v, %v", c.result, got, err)
			continue
		}
		reason := got.Reports[0].Reason
		got.Reports[0].Reason = ""
		want := provider.Reception{Signed: true, Reports: []provider.Report{{
			Reference: "r1", Tenant: "acme", ID: "c1", Status: c.want, Code: c.code, At: at.Add(-2 * time.Second), Price: "0.1758", Currency: "EUR",
		}}}
		if diff := cmp.Diff(want, got); diff != "" || (reason != "") != c.reasoned {
			t.Errorf("%s: the reason is %q; -want +got:\n%s", c.result, reason, diff)
		}
	}
}

func TestWhatElseAReportHas(t *testing.T) {
	for times, want := range map[string]time.Time{
		`"at":"2026-11-25T11:59:50.123Z","operator_status_at":"2026-11-25T11:59:00Z"`: at.Add(-time.Minute),
		`"at":"2026-11-25T12:59:00+01:00"`:                                            at.Add(-time.Minute),
		`"at":"yesterday"`:                                                            {},
		`"at":null`:                                                                   {},
		`"at":7`:                                                                      {},
	} {
		got, err := receiver(t, "").Receive(t.Context(), callback(`{"type":"recipient_delivery_report_sms","batch_id":"b1","status":"Delivered","operator":"23430",`+times+`}`))
		want := provider.Reception{Reports: []provider.Report{{ID: "b1", Status: provider.Delivered, At: want, Network: "23430"}}}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v; -want +got:\n%s", times, err, diff)
		}
	}
}

func TestWhatIsNobodysReport(t *testing.T) {
	client := receiver(t, "")
	for name, c := range map[string]provider.Callback{
		"a message that came in":   callback(`{"type":"mo_text","id":"1","body":"STOP"}`),
		"a summary":                callback(`{"type":"delivery_report_sms","batch_id":"b1","statuses":[]}`),
		"an answered call":         signCall(callback(`{"event":"ace","callid":"c1"}`), applicationKey, applicationSecret, at),
		"a notice":                 signCall(callback(`{"event":"notify","callid":"c1"}`), applicationKey, applicationSecret, at),
		"a call that came in, too": signCall(callback(`{"event":"ice","callid":"c1"}`), applicationKey, applicationSecret, at),
	} {
		if got, err := client.Receive(t.Context(), c); err != nil || len(got.Reports) != 0 {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestWhatIsBelieved(t *testing.T) {
	const dice = `{"event":"dice","callid":"c1","result":"ANSWERED"}`
	changed := func(c provider.Callback, change func(*provider.Callback)) provider.Callback { change(&c); return c }
	untrusted := func(c *provider.Callback) { c.Trusted = false }
	other := func(c *provider.Callback) { c.Body = append(c.Body, ' ') }
	for _, c := range []struct {
		name     string
		secret   string
		callback provider.Callback
		signed   bool
		want     provider.CallbackFault
	}{
		{"a signed report", webhookSecret, signSMS(callback(smsReport), webhookSecret, at), true, ""},
		{"a signed report at any address", webhookSecret, changed(signSMS(callback(smsReport), webhookSecret, at), untrusted), true, ""},
		{"a report without a signature", webhookSecret, callback(smsReport), false, provider.Forged},
		{"a report signed by another", webhookSecret, signSMS(callback(smsReport), "a-strangers-secret", at), false, provider.Forged},
		{"another body", webhookSecret, changed(signSMS(callback(smsReport), webhookSecret, at), other), false, provider.Forged},
		{"another nonce", webhookSecret, changed(signSMS(callback(smsReport), webhookSecret, at), func(c *provider.Callback) {
			c.Header.Set("x-sinch-webhook-signature-nonce", "nonce-2")
		}), false, provider.Forged},
		{"a report of long ago", webhookSecret, signSMS(callback(smsReport), webhookSecret, at.Add(-6*time.Minute)), false, provider.Stale},
		{"a report of the future", webhookSecret, signSMS(callback(smsReport), webhookSecret, at.Add(6*time.Minute)), false, provider.Stale},

		{"a report where there is no secret", "", callback(smsReport), false, ""},
		{"a report where there is no secret, at any address", "", changed(callback(smsReport), untrusted), false, provider.Forged},
		{"no JSON", "", callback(`status=Delivered`), false, provider.Malformed},
		{"no type", "", callback(`{"batch_id":"b1","status":"Delivered"}`), false, provider.Malformed},
		{"no batch", "", callback(`{"type":"recipient_delivery_report_sms","status":"Delivered"}`), false, provider.Malformed},
		{"no status", "", callback(`{"type":"recipient_delivery_report_sms","batch_id":"b1"}`), false, provider.Malformed},
		{"nothing", "", callback(``), false, provider.Malformed},

		{"an event", "", signCall(callback(dice), applicationKey, applicationSecret, at), true, ""},
		{"an event at any address", webhookSecret, changed(signCall(callback(dice), applicationKey, applicationSecret, at), untrusted), true, ""},
		{"an event without a signature", "", callback(dice), false, provider.Malformed},
		{"an event of another application", "", signCall(callback(dice), "another-key", applicationSecret, at), false, provider.Forged},
		{"an event signed by another", "", signCall(callback(dice), applicationKey, strangersSecret, at), false, provider.Forged},
		{"an event with another body", "", changed(signCall(callback(dice), applicationKey, applicationSecret, at), other), false, provider.Forged},
		{"an event at another path", "", changed(signCall(callback(dice), applicationKey, applicationSecret, at), func(c *provider.Callback) { c.URL += "2" }), false, provider.Forged},
		{"an event of long ago", "", signCall(callback(dice), applicationKey, applicationSecret, at.Add(-6*time.Minute)), false, provider.Stale},
		{"an event without a time", "", changed(signCall(callback(dice), applicationKey, applicationSecret, at), func(c *provider.Callback) { c.Header.Del("X-Timestamp") }), false, provider.Forged},
		{"credentials that are none", "", changed(callback(dice), func(c *provider.Callback) { c.Header.Set("Authorization", "application "+applicationKey) }), false, provider.Forged},
		{"an event that is not JSON", "", signCall(callback("dice"), applicationKey, applicationSecret, at), true, provider.Malformed},
		{"an event without a call", "", signCall(callback(`{"event":"dice","result":"BUSY"}`), applicationKey, applicationSecret, at), true, provider.Malformed},
	} {
		got, err := receiver(t, c.secret).Receive(t.Context(), c.callback)
		if faultOf(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: got %v; want the fault %q", c.name, err, c.want)
		}
		if err == nil && got.Signed != c.signed {
			t.Errorf("%s: the reception says %v of the signature", c.name, got.Signed)
		}
	}
}

func TestAnAccountWithoutAnApplicationBelievesNoEvent(t *testing.T) {
	cfg := config("http://127.0.0.1:1")
	cfg.Voice = sinch.Voice{}
	client, err := sinch.New(cfg, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Receive(t.Context(), signCall(callback(`{"event":"dice","callid":"c1","result":"ANSWERED"}`), "", "", at)); faultOf(err) != provider.Forged {
		t.Errorf("got %v", err)
	}
}

// TestTheVendorsOwnVectors has the signatures of the tests of the vendor's SDK for Node
// (sinch/sinch-sdk-node, packages/sdk-client/tests/utils/authorization.helper.test.ts).
func TestTheVendorsOwnVectors(t *testing.T) {
	const body = `{"id":"018d2104-aaa-bbbb-1234","price":{"amount":0.0308},"rate":{"amount":0.0}}`
	secret, err := base64.RawURLEncoding.DecodeString("app-secret") // as Node reads it
	if err != nil {
		t.Fatal(err)
	}
	signature := sinch.Sign(secret, http.MethodPost, []byte(body), "application/json; charset=utf-8", "2024-01-19T09:19:28.9372196Z", "/webhook")
	if got := base64.StdEncoding.EncodeToString(signature); got != "p7hUz20oz16Fhfogs4Z0X+VA/Nhuu505I1alXYqwlKw=" {
		t.Errorf("the application's signature is %s", got)
	}

	const webhook = `{"app_id":"","accepted_time":"2021-10-18T17:49:13.813615Z","project_id":"e2df3a34-a71b-4448-9db5-a8d2baad28e4",` +
		`"contact_create_notification":{"contact":{"id":"01FJA8B466Y0R2GNXD78MD9SM1","channel_identities":[{"channel":"SMS","identity":"48123456789","app_id":""}],` +
		`"display_name":"New Test Contact","email":"new.contact@email.com","external_id":"","metadata":"","language":"EN_US"}},"message_metadata":""}`
	c := callback(webhook)
	c.At = time.Unix(1_634_579_353, 0)
	c.Header.Set("x-sinch-webhook-signature", "6bpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE=")
	c.Header.Set("x-sinch-webhook-signature-nonce", "01FJA8B4A7BM43YGWSG9GBV067")
	c.Header.Set("x-sinch-webhook-signature-timestamp", "1634579353")
	if _, err := receiver(t, "foo_secret1234").Receive(t.Context(), c); faultOf(err) != provider.Malformed {
		t.Errorf("got %v; want it to be genuine, and no report of an SMS", err)
	}
}
