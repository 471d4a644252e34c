package twilio_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's choice
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/twilio"
)

const callbackURL = "https://phonehook.example.com/receipts/twilio/twilio/m.acme.1.x"

// callback is a request of the vendor with a form, signed with the token where one is given.
func callback(body, token string) provider.Callback {
	c := provider.Callback{
		Method: http.MethodPost, URL: callbackURL, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body: []byte(body), At: time.Now(), Trusted: true,
	}
	if token != "" {
		c.Header.Set("X-Twilio-Signature", sign(c.URL, body, token))
	}
	return c
}

// sign signs an address and the form behind it.
func sign(address, body, token string) string {
	form, _ := url.ParseQuery(body)
	var pairs []string
	for name := range form {
		pairs = append(pairs, name+"\x00"+form.Get(name))
	}
	slices.Sort(pairs)
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address + strings.ReplaceAll(strings.Join(pairs, ""), "\x00", "")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// receive has a client with the token, or without one, read a callback.
func receive(t *testing.T, token string, c provider.Callback) (provider.Reception, error) {
	t.Helper()
	client, err := newClient("http://127.0.0.1:1", provider.Account{}, both(withKey, func(cfg *twilio.Config) { cfg.AuthToken = configs.NewSecret(token) }))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	return client.Receive(t.Context(), c)
}

func faultOf(err error) provider.CallbackFault {
	if failure, ok := errors.AsType[*provider.CallbackError](err); ok {
		return failure.Fault
	}
	return ""
}

// checkReport has a signed form read, and compares what was read.
func checkReport(t *testing.T, body string, report provider.Report) {
	t.Helper()
	got, err := receive(t, authToken, callback(body, authToken))
	if err != nil {
		t.Errorf("%s: %v", body, err)
		return
	}
	if diff := cmp.Diff(provider.Reception{Signed: true, Reports: []provider.Report{report}}, got); diff != "" {
		t.Errorf("%s: -want +got:\n%s", body, diff)
	}
}

func TestStatusesOfMessages(t *testing.T) {
	for _, c := range []struct {
		status, code string
		want         provider.Status
	}{
		{"accepted", "", provider.Accepted},
		{"scheduled", "", provider.Accepted},
		{"queued", "", provider.Accepted},
		{"sending", "", provider.Accepted},
		{"sent", "", provider.Sent},
		{"delivered", "", provider.Delivered},
		{"read", "", provider.Delivered},
		{"undelivered", "30003", provider.Undelivered},
		{"undelivered", "30036", provider.Expired},
		{"failed", "30007", provider.Failed},
		{"failed", "30036", provider.Expired},
		{"failed", "39999", provider.Failed},
		{"failed", "", provider.Failed},
		{"canceled", "", provider.Failed},
		{"partially_delivered", "", provider.Unconfirmed},
		{"words", "", provider.Unconfirmed},
	} {
		body := "AccountSid=a&ApiVersion=2010-04-01&ErrorCode=" + c.code + "&From=Acme&MessageSid=SM1&MessageStatus=" + c.status +
			"&RawDlrDoneDate=2611251200&SmsSid=SM1&SmsStatus=" + c.status + "&To=%2B447400123456"
		checkReport(t, body, provider.Report{ID: "SM1", Status: c.want, Code: c.code, Reason: twilio.Reason(c.code)})
	}
	checkReport(t, "MessageSid=SM1&MessageStatus=failed&ErrorCode=secret+words&To=%2B1", provider.Report{ID: "SM1", Status: provider.Failed})
}

func TestStatusesOfCalls(t *testing.T) {
	for status, want := range map[string]provider.Report{
		"queued":      {Status: provider.Accepted},
		"initiated":   {Status: provider.Accepted},
		"ringing":     {Status: provider.Sent},
		"in-progress": {Status: provider.Delivered},
		"completed":   {Status: provider.Delivered},
		"busy":        {Status: provider.Undelivered, Code: "busy"},
		"no-answer":   {Status: provider.Undelivered, Code: "no-answer"},
		"failed":      {Status: provider.Failed, Code: "failed"},
		"canceled":    {Status: provider.Failed, Code: "canceled"},
		"words":       {Status: provider.Unconfirmed},
	} {
		want.ID = "CA1"
		checkReport(t, "CallSid=CA1&CallStatus="+status+"&Timestamp=yesterday&To=%2B447400123456", want)
		want.At = time.Date(2026, 11, 25, 11, 59, 59, 0, time.FixedZone("", 0))
		checkReport(t, "CallSid=CA1&CallStatus="+status+"&Timestamp=Wed%2C+25+Nov+2026+11%3A59%3A59+%2B0000&To=%2B447400123456", want)
	}
}

func TestWhatIsBelieved(t *testing.T) {
	const sms, call = "MessageSid=SM1&MessageStatus=sent&To=%2B1", "CallSid=CA1&CallStatus=completed&To=%2B1"
	untrusted := func(c provider.Callback) provider.Callback { c.Trusted = false; return c }
	at := func(address string, c provider.Callback) provider.Callback { c.URL = address; return c }
	twice := func(c provider.Callback) provider.Callback {
		c.Header.Add("X-Twilio-Signature", c.Header.Get("X-Twilio-Signature"))
		return c
	}
	late := func(c provider.Callback) provider.Callback { c.At = c.At.Add(24 * time.Hour); return c }
	for _, c := range []struct {
		name     string
		token    string
		callback provider.Callback
		want     provider.CallbackFault
	}{
		{"signed", authToken, callback(sms, authToken), ""},
		{"signed, at any address", authToken, untrusted(callback(call, authToken)), ""},
		{"signed, a day ago", authToken, late(callback(sms, authToken)), ""},
		{"signed with the port", authToken, at(strings.Replace(callbackURL, ".com", ".com:443", 1), callback(sms, authToken)), ""},
		{"signed without the port", authToken, func() provider.Callback {
			c := callback(sms, authToken)
			c.Header.Set("X-Twilio-Signature", sign(strings.Replace(callbackURL, ".com", ".com:443", 1), sms, authToken))
			return c
		}(), ""},
		{"signed for another address", authToken, at(callbackURL+"y", callback(sms, authToken)), provider.Forged},
		{"signed by another", authToken, callback(sms, "another-token"), provider.Forged},
		{"not signed", authToken, callback(sms, ""), provider.Forged},
		{"signed twice", authToken, twice(callback(sms, authToken)), provider.Forged},
		{"a parameter more", authToken, func() provider.Callback {
			c := callback(sms, authToken)
			c.Body = []byte(sms + "&ErrorCode=30007")
			return c
		}(), provider.Forged},
		{"a parameter twice", authToken, func() provider.Callback {
			c := callback(sms, authToken)
			c.Body = []byte("MessageStatus=delivered&" + sms)
			return c
		}(), provider.Forged},
		{"no token", "", callback(sms, ""), ""},
		{"no token, and signed", "", callback(call, authToken), ""},
		{"no token, at any address", "", untrusted(callback(sms, authToken)), provider.Forged},
		{"a message that came in", authToken, callback("MessageSid=SM2&SmsStatus=received&Body=hello", authToken), ""},
		{"a message without a status", authToken, callback("MessageSid=SM1&To=%2B1", authToken), provider.Malformed},
		{"a call without its id", authToken, callback("CallStatus=completed&To=%2B1", authToken), provider.Malformed},
		{"a call without its number", authToken, callback("CallSid=CA1&CallStatus=completed", authToken), provider.Malformed},
		{"no form", "", callback("%zz", ""), provider.Malformed},
		{"no form, signed", authToken, callback("%zz", authToken), provider.Malformed},
		{"an address that is none", authToken, at("https://[", callback(sms, authToken)), provider.Malformed},
		{"a hash of another body", authToken, at(callbackURL+"?bodySHA256=00", callback("{}", authToken)), provider.Forged},
	} {
		got, err := receive(t, c.token, c.callback)
		if faultOf(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: got %v; want the fault %q", c.name, err, c.want)
		}
		if err == nil && got.Signed != (c.token != "") {
			t.Errorf("%s: the reception says %v of the signature", c.name, got.Signed)
		}
	}
}

// TestTheVendorsOwnVectors checks the signatures in the tests of the vendor's SDK for Go, whose token
// is 12345 (client/request_validator_test.go). They are of no report of ours, so that what is genuine
// is malformed and not forged.
func TestTheVendorsOwnVectors(t *testing.T) {
	const (
		address = "https://mycompany.com/myapp.php?foo=1&bar=2"
		hash    = "bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
		form    = "Digits=1234&CallSid=CA1234567890ABCDE&To=%2B18005551212&Caller=%2B14158675309&From=%2B14158675309&ReasonConferenceEnded=test&Reason=Participant"
		object  = `{"property": "value", "boolean": true}`
	)
	port := func(address string) string { return strings.Replace(address, ".com", ".com:1234", 1) }
	for _, c := range []struct {
		name, address, body, signature string
		want                           provider.CallbackFault
	}{
		{"a form", address, form, "vOEb5UThFn24KEfnOFLQY2AE5FY=", provider.Malformed},
		{"a form, at a port that is not signed", port(address), form, "vOEb5UThFn24KEfnOFLQY2AE5FY=", provider.Malformed},
		{"a form, over HTTP", strings.Replace(address, "https", "http", 1), form, "n2xBNyzSW7rfYStDtOFiFMv7qNo=", provider.Malformed},
		{"a form in the wrong order", address, form, "95+Bu0JVPi0r/SsESZCVf0dWAjw=", provider.Forged},
		{"another form", address, "property=value&boolean=true", "NBdBDr/T/lgjI+tlgpXjKZQZs/k=", provider.Malformed},
		{"JSON", address + "&" + hash, object, "a9nBmqA0ju/hNViExpshrM61xv4=", provider.Malformed},
		{"JSON and no other parameter", "https://mycompany.com/myapp.php?" + hash, object, "y77kIzt2vzLz71DgmJGsen2scGs=", provider.Malformed},
		{"other JSON", address + "&" + hash, object + " ", "a9nBmqA0ju/hNViExpshrM61xv4=", provider.Forged},
		{"JSON without its hash", address, object, "vOEb5UThFn24KEfnOFLQY2AE5FY=", provider.Forged},
		{"no base64", address, form, "WRONG SIGNATURE", provider.Forged},
	} {
		_, err := receive(t, "12345", provider.Callback{
			Method: http.MethodPost, URL: c.address, Header: http.Header{"X-Twilio-Signature": {c.signature}}, Body: []byte(c.body),
		})
		if faultOf(err) != c.want {
			t.Errorf("%s: got %v; want the fault %q", c.name, err, c.want)
		}
	}
}
