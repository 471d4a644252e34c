package plivo_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/plivo"
)

const reportURL = "https://phonehook.example.com/receipts/plivo/plivo/m"

// callback is a request of the vendor, not signed.
func callback(body string) provider.Callback {
	return provider.Callback{
		Method: http.MethodPost, URL: reportURL, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body: []byte(body), At: time.Now(), Trusted: true,
	}
}

func sign(token, text string) string {
	mac := hmac.New(sha256.New, []byte(token))
	_, _ = mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// whole signs a callback with V3, by a header of the name and a token.
func whole(c provider.Callback, name, token string) provider.Callback {
	fields, _ := url.ParseQuery(string(c.Body))
	text := c.URL + "?"
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		text += key + fields.Get(key)
	}
	c.Header.Set("X-Plivo-Signature-V3-Nonce", "05429567804466091622")
	c.Header.Set(name, sign(token, text+".05429567804466091622"))
	return c
}

// addressed signs the address of a callback, with V2.
func addressed(c provider.Callback, name, token string) provider.Callback {
	c.Header.Set("X-Plivo-Signature-V2-Nonce", "05429567804466091622")
	c.Header.Set(name, sign(token, c.URL+"05429567804466091622"))
	return c
}

const (
	v3, mainV3 = "X-Plivo-Signature-V3", "X-Plivo-Signature-Ma-V3"
	v2, mainV2 = "X-Plivo-Signature-V2", "X-Plivo-Signature-Ma-V2"
)

// receive has a client with the token read a callback.
func receive(t *testing.T, token string, c provider.Callback) (provider.Reception, error) {
	t.Helper()
	cfg := config("http://127.0.0.1:1")
	cfg.AuthToken = configs.NewSecret(token)
	client, err := plivo.New(cfg, account)
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

// read has a report read that is signed.
func read(t *testing.T, body string) provider.Report {
	t.Helper()
	got, err := receive(t, authToken, whole(callback(body), v3, authToken))
	if err != nil || !got.Signed || len(got.Reports) != 1 {
		t.Fatalf("%s: got %+v, %v", body, got, err)
	}
	return got.Reports[0]
}

func TestStatusesOfMessages(t *testing.T) {
	for _, c := range []struct {
		status, code string
		want         provider.Report
	}{
		{"queued", "", provider.Report{Status: provider.Accepted}},
		{"sent", "", provider.Report{Status: provider.Sent}},
		{"delivered", "", provider.Report{Status: provider.Delivered}},
		{"delivered", "000", provider.Report{Status: provider.Delivered}},
		{"undelivered", "80", provider.Report{Status: provider.Undelivered, Code: "80", Reason: "the recipient can't be reached now"}},
		{"undelivered", "", provider.Report{Status: provider.Undelivered}},
		{"failed", "420", provider.Report{Status: provider.Expired, Code: "420", Reason: "it expired in the vendor's queue"}},
		{"undelivered", "420", provider.Report{Status: provider.Expired, Code: "420", Reason: "it expired in the vendor's queue"}},
		{"sent", "420", provider.Report{Status: provider.Sent, Code: "420", Reason: "it expired in the vendor's queue"}},
		{"failed", "960", provider.Report{Status: provider.Failed, Code: "960"}},
		{"failed", "secret words", provider.Report{Status: provider.Failed}},
		{"failed", "x1", provider.Report{Status: provider.Failed}},
		{"rejected", "", provider.Report{Status: provider.Failed}},
		{"secret words", "", provider.Report{Status: provider.Unconfirmed}},
	} {
		c.want.ID, c.want.Price, c.want.Network = "m1", "0.00350", "23410"
		form := url.Values{
			"MessageUUID": {"m1"}, "Status": {c.status}, "ErrorCode": {c.code}, "To": {"447400123456"}, "From": {"Acme"}, "Units": {"1"},
			"TotalRate": {"0.00350"}, "TotalAmount": {"0.00350"}, "MCC": {"234"}, "MNC": {"10"}, "MessageTime": {"2026-11-25 12:00:00.000000"},
		}
		if diff := cmp.Diff(c.want, read(t, form.Encode())); diff != "" {
			t.Errorf("%s %s: -want +got:\n%s", c.status, c.code, diff)
		}
	}
	if got := read(t, "MessageUUID=m1&Status=sent&TotalAmount=free&MCC=x&MNC="); got.Price != "" || got.Network != "" {
		t.Errorf("got %+v; want neither a price nor a network", got)
	}
}

func TestEveryCodeHasWords(t *testing.T) {
	for code, reason := range plivo.MessageCodes() {
		if got := read(t, "MessageUUID=m1&Status=failed&ErrorCode="+code); got.Code != code || got.Reason != reason || reason == "" {
			t.Errorf("%s: got %+v", code, got)
		}
	}
	for code, want := range plivo.Causes() {
		got := read(t, "RequestUUID=c1&CallStatus=completed&HangupCauseCode="+code)
		if want.Status == "" {
			want.Status = provider.Delivered
		}
		if got.Code != code || got.Status != want.Status || got.Reason != want.Reason || want.Reason == "" {
			t.Errorf("%s: got %+v; want %+v", code, got, want)
		}
	}
}

func TestStatusesOfCalls(t *testing.T) {
	for _, c := range []struct {
		status, cause string
		want          provider.Report
	}{
		{"ringing", "", provider.Report{Status: provider.Sent}},
		{"in-progress", "", provider.Report{Status: provider.Delivered}},
		{"completed", "", provider.Report{Status: provider.Delivered}},
		{"completed", "4000", provider.Report{Status: provider.Delivered, Code: "4000", Reason: "the call ended normally"}},
		{"completed", "3000", provider.Report{Status: provider.Undelivered, Code: "3000", Reason: "nobody answered"}},
		{"completed", "8011", provider.Report{Status: provider.Failed, Code: "8011", Reason: "somebody answered and the vendor did not understand what to say"}},
		{"busy", "3010", provider.Report{Status: provider.Undelivered, Code: "3010", Reason: "the line was busy"}},
		{"busy", "", provider.Report{Status: provider.Undelivered, Code: "busy"}},
		{"no-answer", "", provider.Report{Status: provider.Undelivered, Code: "no-answer"}},
		{"timeout", "", provider.Report{Status: provider.Undelivered, Code: "timeout"}},
		{"failed", "2030", provider.Report{Status: provider.Failed, Code: "2030", Reason: "the account's geo permissions do not allow the recipient's country"}},
		{"failed", "9999", provider.Report{Status: provider.Failed, Code: "9999"}},
		{"failed", "", provider.Report{Status: provider.Failed, Code: "failed"}},
		{"cancel", "", provider.Report{Status: provider.Failed, Code: "cancel"}},
		{"secret words", "", provider.Report{Status: provider.Unconfirmed}},
	} {
		c.want.ID, c.want.Price = "r1", "0.01"
		form := url.Values{
			"RequestUUID": {"r1"}, "CallUUID": {"c1"}, "CallStatus": {c.status}, "HangupCauseCode": {c.cause}, "To": {"447400123456"}, "TotalCost": {"0.01"},
		}
		if diff := cmp.Diff(c.want, read(t, form.Encode())); diff != "" {
			t.Errorf("%s %s: -want +got:\n%s", c.status, c.cause, diff)
		}
	}
	for body, want := range map[string]string{"ALegRequestUUID=a1&CallUUID=c1&CallStatus=ringing": "a1", "CallUUID=c1&CallStatus=ringing": "c1"} {
		if got := read(t, body); got.ID != want {
			t.Errorf("%s: got the id %q; want %q", body, got.ID, want)
		}
	}
}

func TestWhatIsBelieved(t *testing.T) {
	const sms, call = "MessageUUID=m1&Status=delivered", "RequestUUID=r1&CallStatus=completed"
	speech := []byte(`{"l":"en-US","t":"Hi"}`)
	change := func(c provider.Callback, changes ...func(*provider.Callback)) provider.Callback {
		for _, change := range changes {
			change(&c)
		}
		return c
	}
	untrusted := func(c *provider.Callback) { c.Trusted = false }
	asks := func(c *provider.Callback) { c.Speech = speech }
	list := func(c *provider.Callback) { c.Header.Set(v3, "AAAA, "+c.Header.Get(v3)+",BBBB") }
	for _, c := range []struct {
		name     string
		callback provider.Callback
		want     provider.CallbackFault
		signed   bool
	}{
		{"a message that is signed, at any address", change(whole(callback(sms), v3, authToken), untrusted), "", true},
		{"a message that the main account signed", whole(callback(sms), mainV3, authToken), "", true},
		{"a message with several signatures", change(whole(callback(sms), v3, authToken), list), "", true},
		{"a message that two accounts signed", whole(whole(callback(sms), v3, "other"), mainV3, authToken), "", true},
		{"a message whose address is signed", addressed(callback(sms), v2, authToken), "", false},
		{"a message whose address the main account signed", addressed(callback(sms), mainV2, authToken), "", false},
		{"a message whose address is signed, at any address", change(addressed(callback(sms), v2, authToken), untrusted), provider.Forged, false},
		{"a message whose address another signed", addressed(callback(sms), v2, "other"), provider.Forged, false},
		{"a message that another signed", whole(callback(sms), v3, "other"), provider.Forged, false},
		{"a message that another signed, but not its address", addressed(whole(callback(sms), v3, "other"), v2, authToken), provider.Forged, false},
		{"a message with V3's nonce alone", change(addressed(callback(sms), v2, authToken), func(c *provider.Callback) { c.Header.Set("X-Plivo-Signature-V3-Nonce", "1") }), provider.Forged, false},
		{"a message that is not signed", callback(sms), provider.Forged, false},
		{"a message that was changed", change(whole(callback(sms), v3, authToken), func(c *provider.Callback) { c.Body = []byte(sms + "1") }), provider.Forged, false},
		{"a message for another address", change(whole(callback(sms), v3, authToken), func(c *provider.Callback) { c.URL += "x" }), provider.Forged, false},
		{"a call that is signed, at any address", change(whole(callback(call), v3, authToken), untrusted), "", true},
		{"a call whose address is signed", addressed(callback(call), v2, authToken), provider.Forged, false},
		{"a call that is not signed", callback(call), provider.Forged, false},
		{"a call that asks what to say", change(whole(callback(call), v3, authToken), asks), "", true},
		{"a call that asks, with a message's signature", change(addressed(callback(sms), v2, authToken), asks), provider.Forged, false},
		{"a stranger who asks what a call says", change(callback(call), asks), provider.Forged, false},
		{"a call that asks at an address of something else", change(whole(callback(call), v3, authToken), func(c *provider.Callback) { c.Speech = []byte("x") }), provider.Malformed, false},
		{"a call that asks in no language", change(whole(callback(call), v3, authToken), func(c *provider.Callback) { c.Speech = []byte(`{"l":"xx","t":"Hi"}`) }), provider.Malformed, false},
		{"a message that came in", whole(callback("MessageUUID=m1&Text=hi"), v3, authToken), provider.Malformed, false},
		{"a call without a status", whole(callback("RequestUUID=r1"), v3, authToken), provider.Malformed, false},
		{"no form", callback("%zz"), provider.Malformed, false},
		{"another method", change(whole(callback(sms), v3, authToken), func(c *provider.Callback) { c.Method = http.MethodGet }), provider.Malformed, false},
		{"no address", change(whole(callback(sms), v3, authToken), func(c *provider.Callback) { c.URL += "?%zz" }), provider.Malformed, false},
	} {
		got, err := receive(t, authToken, c.callback)
		if faultOf(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: got %v; want the fault %q", c.name, err, c.want)
		}
		if got.Signed != c.signed {
			t.Errorf("%s: the reception says %v of the signature", c.name, got.Signed)
		}
		if asked := c.callback.Speech != nil && err == nil; asked != (got.Type == "application/xml") || asked && len(got.Reports) != 0 {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
}

// TestTheVectorsOfSignatures has the signatures of the vendor's own tests: utils_test.go of its SDK
// for Go, of a request with a query and of one without.
func TestTheVectorsOfSignatures(t *testing.T) {
	const (
		key     = "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4"
		address = "https://plivobin.non-prod.plivops.com/api/v1/validate_signature03.xml"
		id      = "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"
	)
	form := url.Values{
		"Direction": {"outbound"}, "From": {"19792014278"}, "ALegUUID": {id}, "CallStatus": {"in-progress"}, "BillRate": {"0.002"},
		"ParentAuthID": {"MANWVLYTK4ZWU1YTY4QA"}, "To": {"sip:PlivoSignature382029104058171078704104@phone-qa.voice.plivodev.com"},
		"ALegRequestUUID": {id}, "CallUUID": {id}, "RequestUUID": {id},
		"SIP-H-To":     {"<sip:PlivoSignature382029104058171078704104@52.9.11.55;transport=udp>;tag=1"},
		"SessionStart": {"2020-04-08 11:34:33.238707"}, "Event": {"StartApp"},
	}
	for address, signature := range map[string]string{
		address + "/?a=b&c=d": "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c=",
		address + "/?c=d&a=b": "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c=",
		address:               "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0=",
	} {
		c := callback(form.Encode())
		c.URL = address
		c.Header.Set("X-Plivo-Signature-V3", signature)
		c.Header.Set("X-Plivo-Signature-V3-Nonce", "31627761595286130198")
		got, err := receive(t, key, c)
		if err != nil || !got.Signed || got.Reports[0].ID != id {
			t.Errorf("%s: got %+v, %v; want it to be signed", address, got, err)
		}
	}
	c := callback("MessageUUID=m1&Status=sent")
	c.URL = "https://answer.url"
	c.Header.Set("X-Plivo-Signature-V2", "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=")
	c.Header.Set("X-Plivo-Signature-V2-Nonce", "12345")
	if got, err := receive(t, "my_auth_token", c); err != nil || got.Signed || len(got.Reports) != 1 {
		t.Errorf("got %+v, %v; want a report whose address is signed", got, err)
	}
}
