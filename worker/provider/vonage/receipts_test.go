package vonage_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/vonage"
)

var at = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func posted(body string) provider.Callback {
	return provider.Callback{
		Method: http.MethodPost, URL: "https://a.example/receipts/vonage/v/t", Header: http.Header{}, Body: []byte(body), At: at, Trusted: true,
	}
}

// tokened is a request with a token for it, as change makes its claims.
func tokened(t *testing.T, body, secret string, change func(jwt.MapClaims)) provider.Callback {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	claims := jwt.MapClaims{
		"iat": at.Unix(), "jti": "1", "iss": "Vonage", "payload_hash": hex.EncodeToString(sum[:]), "api_key": apiKey, "application_id": applicationID,
	}
	if change != nil {
		change(claims)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	c := posted(body)
	c.Header.Set("Authorization", "Bearer "+token)
	return c
}

func receive(t *testing.T, secret, method string, c provider.Callback) (provider.Reception, error) {
	t.Helper()
	cfg := config("http://127.0.0.1:1")
	cfg.SignatureSecret, cfg.SignatureMethod = configs.NewSecret(secret), method
	client, err := vonage.New(cfg, provider.Account{})
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

func TestReceiptsOfSMS(t *testing.T) {
	for _, c := range []struct {
		status, code string
		want         provider.Report
	}{
		{"accepted", "0", provider.Report{Status: provider.Sent}},
		{"buffered", "0", provider.Report{Status: provider.Sent}},
		{"delivered", "0", provider.Report{Status: provider.Delivered}},
		{"failed", "3", provider.Report{Status: provider.Undelivered, Code: "3", Reason: "the number is no longer in use"}},
		{"rejected", "6", provider.Report{Status: provider.Failed, Code: "6", Reason: "the network took it for spam"}},
		{"expired", "77", provider.Report{Status: provider.Expired, Code: "77"}},
		{"unknown", "secret words", provider.Report{Status: provider.Unconfirmed}},
		{"secret words", "", provider.Report{Status: provider.Unconfirmed}},
	} {
		form := url.Values{
			"msisdn": {"447400123456"}, "to": {"Acme"}, "network-code": {"23410"}, "messageId": {"0C000000217B7F02"}, "price": {"0.03330000"},
			"status": {c.status}, "err-code": {c.code}, "scts": {"2611251159"}, "message-timestamp": {"2026-11-25 11:59:59"}, "client-ref": {"r-1"},
		}
		c.want.Reference, c.want.ID, c.want.Price, c.want.Network, c.want.At = "r-1", "0C000000217B7F02", "0.03330000", "23410", at.Add(-time.Second)
		inAddress := posted("")
		inAddress.Method, inAddress.URL = http.MethodGet, inAddress.URL+"?"+form.Encode()
		for name, callback := range map[string]provider.Callback{"form": posted(form.Encode()), "address": inAddress} {
			got, err := receive(t, "", "", callback)
			if err != nil {
				t.Errorf("%s: %v", c.status, err)
				continue
			}
			if diff := cmp.Diff(provider.Reception{Reports: []provider.Report{c.want}}, got); diff != "" {
				t.Errorf("%s in the %s: -want +got:\n%s", c.status, name, diff)
			}
		}
	}
}

func TestStatusesOfMessages(t *testing.T) {
	for _, c := range []struct {
		status, failure string
		want            provider.Report
	}{
		{"submitted", "", provider.Report{Status: provider.Accepted}},
		{"delivered", "", provider.Report{Status: provider.Delivered}},
		{"read", "", provider.Report{Status: provider.Delivered}},
		{"rejected", "https://developer.vonage.com/api-errors/messages#1120", provider.Report{Status: provider.Failed, Code: "1120", Reason: "the sender may not be used for this country"}},
		{"undeliverable", "https://developer.vonage.com/api-errors/messages#1190", provider.Report{Status: provider.Undelivered, Code: "1190"}},
		{"undeliverable", "secret words", provider.Report{Status: provider.Undelivered}},
		{"secret words", "", provider.Report{Status: provider.Unconfirmed}},
	} {
		body := `{"message_uuid":"m","client_ref":"r-1","to":"447400123456","from":"Acme","timestamp":"2026-11-25T11:59:59.000Z","status":"` + c.status +
			`","error":{"type":"` + c.failure + `","detail":"secret words"},"usage":{"currency":"EUR","price":"0.0333"},"destination":{"network_code":"23410"},"channel":"sms"}`
		c.want.Reference, c.want.ID, c.want.Price, c.want.Currency, c.want.Network, c.want.At = "r-1", "m", "0.0333", "EUR", "23410", at.Add(-time.Second)
		got, err := receive(t, signingSecret, "", tokened(t, body, signingSecret, nil))
		if err != nil {
			t.Errorf("%s: %v", c.status, err)
			continue
		}
		if diff := cmp.Diff(provider.Reception{Reports: []provider.Report{c.want}, Signed: true}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.status, diff)
		}
	}
}

func TestStatusesOfCalls(t *testing.T) {
	for status, want := range map[string]provider.Report{
		"started":      {Status: provider.Accepted},
		"ringing":      {Status: provider.Sent},
		"answered":     {Status: provider.Delivered},
		"human":        {Status: provider.Delivered},
		"machine":      {Status: provider.Delivered},
		"completed":    {Status: provider.Delivered},
		"busy":         {Status: provider.Undelivered, Code: "busy"},
		"timeout":      {Status: provider.Undelivered, Code: "timeout"},
		"unanswered":   {Status: provider.Undelivered, Code: "unanswered"},
		"rejected":     {Status: provider.Undelivered, Code: "rejected"},
		"cancelled":    {Status: provider.Failed, Code: "cancelled"},
		"failed":       {Status: provider.Failed, Code: "failed"},
		"secret words": {Status: provider.Unconfirmed},
	} {
		want.ID, want.At, want.Price, want.Network = "c", at.Add(-time.Second), "0.0045", "GB-FIXED"
		body := `{"uuid":"c","conversation_uuid":"CON-c","status":"` + status + `","to":"447400123456","timestamp":"2026-11-25T11:59:59.000Z","price":"0.0045","network":"GB-FIXED"}`
		got, err := receive(t, "", "", posted(body))
		if err != nil {
			t.Errorf("%s: %v", status, err)
			continue
		}
		if diff := cmp.Diff(provider.Reception{Reports: []provider.Report{want}}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", status, diff)
		}
	}
}

func TestWhatIsBelieved(t *testing.T) {
	const call, sms = `{"uuid":"c","conversation_uuid":"CON-c","status":"answered"}`, "messageId=1&status=delivered"
	signed := func(change func(jwt.MapClaims)) provider.Callback { return tokened(t, call, signingSecret, change) }
	untrusted := func(c provider.Callback) provider.Callback { c.Trusted = false; return c }
	for _, c := range []struct {
		name           string
		secret, method string
		callback       provider.Callback
		want           provider.CallbackFault
	}{
		{"a signed call at any address", signingSecret, "", untrusted(signed(nil)), ""},
		{"a call that is not signed", signingSecret, "", posted(call), provider.Forged},
		{"a call signed by another", signingSecret, "", tokened(t, call, "another", nil), provider.Forged},
		{"a call where there is no secret", "", "", posted(call), ""},
		{"a call where there is no secret, at any address", "", "", untrusted(signed(nil)), provider.Forged},
		{"another body", signingSecret, "", signed(func(c jwt.MapClaims) { c["payload_hash"] = strings.Repeat("0", 64) }), provider.Forged},
		{"no hash of the body", signingSecret, "", signed(func(c jwt.MapClaims) { delete(c, "payload_hash") }), provider.Forged},
		{"no time", signingSecret, "", signed(func(c jwt.MapClaims) { delete(c, "iat") }), provider.Forged},
		{"made long ago", signingSecret, "", signed(func(c jwt.MapClaims) { c["iat"] = at.Add(-6 * time.Minute).Unix() }), provider.Stale},
		{"expired", signingSecret, "", signed(func(c jwt.MapClaims) { c["exp"] = at.Add(-2 * time.Minute).Unix() }), provider.Stale},
		{"another account's", signingSecret, "", signed(func(c jwt.MapClaims) { c["api_key"] = "zzzz1234" }), provider.Forged},
		{"another application's", signingSecret, "", signed(func(c jwt.MapClaims) { c["application_id"] = "z" }), provider.Forged},
		{"a transfer", signingSecret, "", tokened(t, `{"conversation_uuid":"CON-c","type":"transfer"}`, signingSecret, nil), ""},
		{"nothing of ours", signingSecret, "", tokened(t, `{"status":"answered"}`, signingSecret, nil), provider.Malformed},
		{"an SMS at an address that was given out", signingSecret, "", posted(sms), ""},
		{"an SMS at any address", signingSecret, "", untrusted(posted(sms)), provider.Forged},
		{"an SMS that is not signed", signingSecret, "sha256", posted(sms), provider.Forged},
		{"an SMS with a parameter twice", signingSecret, "sha256", posted(sms + "&sig=00&to=1&to=2"), provider.Forged},
	} {
		_, err := receive(t, c.secret, c.method, c.callback)
		if faultOf(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: got %v; want the fault %q", c.name, err, c.want)
		}
	}
}

// TestTheVectorsOfSignatures fixes what the parameter sig is made of. The sums were made with openssl
// over "&client-ref=a_b_c&messageId=1&status=delivered&timestamp=1795608000".
func TestTheVectorsOfSignatures(t *testing.T) {
	for method, sig := range map[string]string{
		"md5hash": "ede475a939ab6218ebd6ecc94a5c55a5", "md5": "8d7d47323c757122bac04e33d8f0412f", "sha1": "645a35744da30436443fff1bd759b7c50e846171", "sha256": "5452b6207ccaa4d8cd709dab214d1f87078d5a99d81bc64af68674a9cf3d4825", "sha512": "08a8b61dd8f1452547e1c3f257cf57ef4b974bd5dbb925d11ea894ace6959bc0601b93223e3bc2c99fa529746019a56e87306574a2cfedd149a8c803f90aa600",
	} {
		form := url.Values{"messageId": {"1"}, "status": {"delivered"}, "client-ref": {"a&b=c"}, "timestamp": {"1795608000"}, "sig": {sig}}
		got, err := receive(t, "abcdefg", method, posted(form.Encode()))
		if err != nil || !got.Signed {
			t.Errorf("%s: got %+v, %v; want it to be signed", method, got, err)
		}
	}
}
