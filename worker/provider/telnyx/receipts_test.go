package telnyx_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/telnyx"
)

// callback is a request of the vendor, signed at the time where a key is given.
func callback(media, body string, private ed25519.PrivateKey, at time.Time) provider.Callback {
	c := provider.Callback{
		Method: http.MethodPost, URL: "https://phonehook.example.com/receipts/telnyx/telnyx/m", Header: http.Header{"Content-Type": {media}},
		Body: []byte(body), At: at, Trusted: true,
	}
	if private != nil {
		seconds := strconv.FormatInt(at.Unix(), 10)
		c.Header.Set("telnyx-timestamp", seconds)
		c.Header.Set("telnyx-signature-ed25519", base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(seconds+"|"+body))))
	}
	return c
}

// receive has a client with the public key read a callback.
func receive(t *testing.T, public string, c provider.Callback) (provider.Reception, error) {
	t.Helper()
	cfg := config("http://127.0.0.1:1")
	cfg.PublicKey = public
	client, err := telnyx.New(cfg, provider.Account{})
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

var at = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func webhook(event, status, errors string) string {
	return `{"data":{"event_type":"` + event + `","id":"e","occurred_at":"2026-11-25T11:59:58.148+00:00","payload":{"id":"m1",` +
		`"to":[{"phone_number":"+447400123456","status":"` + status + `","carrier":"Acme Mobile"}],"cost":{"amount":"0.0051","currency":"USD"},` +
		`"completed_at":"2026-11-25T11:59:59.000+00:00","encoding":7,"errors":` + errors + `},"record_type":"event"},"meta":{"attempt":1}}`
}

func TestStatusesOfMessages(t *testing.T) {
	for _, c := range []struct {
		status, errors string
		want           provider.Status
		code           string
	}{
		{"queued", "[]", provider.Accepted, ""},
		{"sending", "[]", provider.Accepted, ""},
		{"sent", "[]", provider.Sent, ""},
		{"delivered", "[]", provider.Delivered, ""},
		{"delivered", "null", provider.Delivered, ""},
		{"delivery_unconfirmed", "[]", provider.Unconfirmed, ""},
		{"delivery_failed", `[{"code":"40008","detail":"secret words"}]`, provider.Undelivered, "40008"},
		{"delivery_failed", `[{"code":"40005"}]`, provider.Expired, "40005"},
		{"sending_failed", `[{"code":"40014"}]`, provider.Expired, "40014"},
		{"sending_failed", `[{"code":"49999"}]`, provider.Failed, "49999"},
		{"sending_failed", "[]", provider.Failed, ""},
		{"expired", "[]", provider.Expired, ""},
		{"secret words", "[]", provider.Unconfirmed, ""},
	} {
		got, err := receive(t, publicOf(key), callback("application/json", webhook("message.finalized", c.status, c.errors), key, at))
		if err != nil {
			t.Errorf("%s: %v", c.status, err)
			continue
		}
		want := provider.Reception{Signed: true, Reports: []provider.Report{{
			ID: "m1", Status: c.want, Code: c.code, Reason: telnyx.Reason(c.code), At: at.Add(-time.Second), Price: "0.0051", Currency: "USD", Network: "Acme Mobile",
		}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.status, diff)
		}
	}
}

func TestStatusesOfCalls(t *testing.T) {
	form := func(status string) string {
		return "AccountSid=a&CallSid=v3%3A1&CallStatus=" + status + "&From=%2B1&To=%2B447400123456&Timestamp=2026-11-25+11%3A59%3A59.731479Z"
	}
	when := time.Date(2026, 11, 25, 11, 59, 59, 731_479_000, time.UTC)
	for status, want := range map[string]provider.Report{
		"queued":      {Status: provider.Accepted},
		"initiated":   {Status: provider.Accepted},
		"ringing":     {Status: provider.Sent},
		"answered":    {Status: provider.Delivered},
		"in-progress": {Status: provider.Delivered},
		"completed":   {Status: provider.Delivered},
		"busy":        {Status: provider.Undelivered, Code: "busy"},
		"no-answer":   {Status: provider.Undelivered, Code: "no-answer"},
		"failed":      {Status: provider.Failed, Code: "failed"},
		"canceled":    {Status: provider.Failed, Code: "canceled"},
		"words":       {Status: provider.Unconfirmed},
	} {
		want.ID, want.At = "v3:1", when
		for media, body := range map[string]string{
			"application/x-www-form-urlencoded": form(status),
			"application/json":                  `{"CallSid":"v3:1","CallStatus":"` + status + `","To":"+447400123456","Timestamp":"2026-11-25 11:59:59.731479Z"}`,
		} {
			got, err := receive(t, publicOf(key), callback(media, body, nil, at))
			if err != nil {
				t.Errorf("%s: %v", status, err)
				continue
			}
			if diff := cmp.Diff(provider.Reception{Reports: []provider.Report{want}}, got); diff != "" {
				t.Errorf("%s as %s: -want +got:\n%s", status, media, diff)
			}
		}
	}
}

func TestWhatIsBelieved(t *testing.T) {
	sms, call := webhook("message.finalized", "delivered", "[]"), "CallSid=1&CallStatus=completed&To=%2B1"
	untrusted := func(c provider.Callback) provider.Callback { c.Trusted = false; return c }
	late := func(c provider.Callback) provider.Callback { c.At = c.At.Add(6 * time.Minute); return c }
	twice := func(c provider.Callback) provider.Callback {
		c.Header.Add("telnyx-signature-ed25519", c.Header.Get("telnyx-signature-ed25519"))
		return c
	}
	for _, c := range []struct {
		name     string
		public   string
		callback provider.Callback
		want     provider.CallbackFault
	}{
		{"a signed message at any address", publicOf(key), untrusted(callback("", sms, key, at)), ""},
		{"a message that is not signed", publicOf(key), callback("", sms, nil, at), provider.Forged},
		{"a message signed by another", publicOf(key), callback("", sms, strangersKey, at), provider.Forged},
		{"a message signed long ago", publicOf(key), late(callback("", sms, key, at)), provider.Stale},
		{"a message signed twice", publicOf(key), twice(callback("", sms, key, at)), provider.Forged},
		{"a message where there is no key", "", callback("", sms, nil, at), ""},
		{"a message where there is no key, at any address", "", untrusted(callback("", sms, key, at)), provider.Forged},
		{"a call that is not signed", publicOf(key), callback("", call, nil, at), ""},
		{"a call that is not signed, at any address", publicOf(key), untrusted(callback("", call, nil, at)), provider.Forged},
		{"a signed call at any address", publicOf(key), untrusted(callback("", call, key, at)), ""},
		{"a call signed by another", publicOf(key), callback("", call, strangersKey, at), provider.Forged},
		{"a message that came in", publicOf(key), callback("", webhook("message.received", "", "[]"), key, at), ""},
		{"a message without a status", publicOf(key), callback("", webhook("message.finalized", "", "[]"), key, at), provider.Malformed},
		{"a call without its number", publicOf(key), callback("", "CallSid=1&CallStatus=completed", nil, at), provider.Malformed},
		{"no form", publicOf(key), callback("", "%zz", nil, at), provider.Malformed},
	} {
		got, err := receive(t, c.public, c.callback)
		if faultOf(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: got %v; want the fault %q", c.name, err, c.want)
		}
		if signed := c.callback.Header.Get("telnyx-timestamp") != "" && c.public != ""; err == nil && got.Signed != signed {
			t.Errorf("%s: the reception says %v of the signature", c.name, got.Signed)
		}
	}
}

// TestTheVectorOfASignature fixes what is signed. The key is of a fixed seed and the signature was
// made by another program (Python's cryptography), since the vendor's SDK makes a new key for each of
// its own tests.
func TestTheVectorOfASignature(t *testing.T) {
	const signature = "7cUVFKGKp4vJEWi/qomGOoxaF68salCje6wRyXjmm9Nhj4VwphWCwPTcfyN7zrakK2tZ+NToAmNuOaLLtRKbDA=="
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("\x01", ed25519.SeedSize)))
	c := callback("application/x-www-form-urlencoded", "CallSid=1&CallStatus=completed&To=%2B1", nil, time.Unix(1_732_536_000, 0))
	c.Header.Set("telnyx-timestamp", "1732536000")
	c.Header.Set("telnyx-signature-ed25519", signature)
	if got, err := receive(t, publicOf(private), c); err != nil || !got.Signed {
		t.Errorf("got %+v, %v; want it to be signed", got, err)
	}
}
