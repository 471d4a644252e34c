package messagebird_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/messagebird"
)

const address = "https://phonehook.example.com/receipts/messagebird/messagebird/m.acme.1.sig"

var at = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// callback is a request of the vendor at a trusted address, without a signature.
func callback(query string) provider.Callback {
	return provider.Callback{Method: http.MethodGet, URL: address + "?" + query, Header: http.Header{}, At: at, Trusted: true}
}

// sign signs a callback after its claims were changed.
func sign(t *testing.T, c provider.Callback, key string, change func(jwt.MapClaims)) provider.Callback {
	t.Helper()
	claims := jwt.MapClaims{"iss": "MessageBird", "nbf": at.Unix(), "exp": at.Unix() + 60, "jti": "59a244dc", "url_hash": hashOf(c.URL)}
	if len(c.Body) > 0 {
		claims["payload_hash"] = hashOf(string(c.Body))
	}
	if change != nil {
		change(claims)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	c.Header = c.Header.Clone()
	c.Header.Set("MessageBird-Signature-JWT", token)
	return c
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// receiver returns a client with the signing key.
func receiver(t *testing.T, key string) *messagebird.Client {
	t.Helper()
	cfg := config("http://127.0.0.1:1")
	cfg.SigningKey = configs.NewSecret(key)
	client, err := messagebird.New(cfg, provider.Account{})
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

func TestStatuses(t *testing.T) {
	client := receiver(t, signingKey)
	for _, c := range []struct {
		query        string
		want         provider.Status
		code, reason string
	}{
		{"status=scheduled", provider.Accepted, "", ""},
		{"status=buffered", provider.Accepted, "", ""},
		{"status=sent&statusReason=pending+DLR", provider.Sent, "", ""},
		{"status=delivered&statusReason=successfully+delivered&statusErrorCode=0", provider.Delivered, "", ""},
		{"status=secret+words&statusReason=secret+words&statusErrorCode=1", provider.Unconfirmed, "", ""},

		{"status=delivery_failed", provider.Undelivered, "", ""},
		{"status=delivery_failed&statusReason=secret+words&statusErrorCode=secret", provider.Undelivered, "", ""},
		{"status=delivery_failed&statusReason=secret+words&statusErrorCode=123456", provider.Undelivered, "", ""},
		{"status=delivery_failed&statusReason=unknown+subscriber", provider.Undelivered, "", "the network does not know the number, or it can't receive this"},
		{"status=delivery_failed&statusReason=unknown+subscriber&statusErrorCode=7777", provider.Undelivered, "7777", "the network does not know the number, or it can't receive this"},
		{"status=delivery_failed&statusErrorCode=34", provider.Undelivered, "34", "the network's own system failed"},
		{"status=delivery_failed&statusReason=carrier+rejected&statusErrorCode=0", provider.Undelivered, "0", "the network refused it"},
		{"status=delivery_failed&statusReason=received_network_error", provider.Undelivered, "", "the network refused it"},
		{"status=delivery_failed&statusReason=generic+delivery+failure", provider.Undelivered, "", "the network said no reason"},
		{"status=delivery_failed&statusReason=incorrect+number", provider.Failed, "", "the recipient's number is not valid"},
		{"status=delivery_failed&statusReason=opted+out+recipient&statusErrorCode=103", provider.Failed, "103", "the recipient wants no messages from this sender"},
		{"status=delivery_failed&statusReason=insufficient+balance", provider.Failed, "", "the account has no credit"},
		{"status=delivery_failed&statusReason=capacity+limit+reached", provider.Failed, "", "the account's own limit is reached"},
		{"status=delivery_failed&statusReason=Expired", provider.Expired, "", "its validity ended before it could be sent"},
		{"status=delivery_failed&statusReason=DLR+not+received", provider.Unconfirmed, "", "the network did not say what became of it"},
		{"status=expired", provider.Expired, "", ""},
		{"status=expired&statusReason=unavailable+subscriber&statusErrorCode=27", provider.Expired, "27", "the phone can't be reached now"},
		{"status=expired&statusReason=DLR+not+received", provider.Unconfirmed, "", "the network did not say what became of it"},

		{"status=calling", provider.Sent, "", ""},
		{"status=answered", provider.Delivered, "", ""},
		{"status=failed", provider.Undelivered, "", ""},
		{"status=busy", provider.Undelivered, "", ""},
		{"status=machine", provider.Undelivered, "", ""},
	} {
		got, err := client.Receive(t.Context(), sign(t, callback("id=a1&reference=r1&recipient=447400123456&"+c.query), signingKey, nil))
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		want := provider.Reception{Signed: true, Reports: []provider.Report{{Reference: "r1", ID: "a1", Status: c.want, Code: c.code, Reason: c.reason}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.query, diff)
		}
	}
}

func TestWhatElseAReportHas(t *testing.T) {
	client := receiver(t, "")
	const query = "id=a1&mccmnc=20409&ported=0&reference=r1&status=delivered&price[amount]=0.0400&price%5Bcurrency%5D=EUR&statusDatetime="
	when := time.Date(2026, 11, 25, 11, 59, 58, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-11-25T11%3A59%3A58%2B00%3A00": when,
		"2026-11-25T12:59:58+01:00":         when,
		"2026-11-25T11:59:58Z":              when,
		"yesterday":                         {},
		"":                                  {},
	} {
		got, err := client.Receive(t.Context(), callback(query+text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		report := provider.Report{Reference: "r1", ID: "a1", Status: provider.Delivered, At: want, Price: "0.0400", Currency: "EUR", Network: "20409"}
		if diff := cmp.Diff(provider.Reception{Reports: []provider.Report{report}}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", text, diff)
		}
	}
}

func TestWhatIsBelieved(t *testing.T) {
	const query = "id=a1&status=delivered"
	signed := func(change func(jwt.MapClaims)) provider.Callback {
		return sign(t, callback(query), signingKey, change)
	}
	set := func(name string, value any) provider.Callback {
		return signed(func(claims jwt.MapClaims) { claims[name] = value })
	}
	without := func(name string) provider.Callback {
		return signed(func(claims jwt.MapClaims) { delete(claims, name) })
	}
	changed := func(c provider.Callback, change func(*provider.Callback)) provider.Callback { change(&c); return c }
	untrusted := func(c *provider.Callback) { c.Trusted = false }
	withBody := changed(callback(query), func(c *provider.Callback) { c.Body = []byte("{}") })
	for _, c := range []struct {
		name     string
		key      string
		callback provider.Callback
		want     provider.CallbackFault
	}{
		{"a signed report", signingKey, signed(nil), ""},
		{"a signed report at any address", signingKey, changed(signed(nil), untrusted), ""},
		{"a signed report with a body", signingKey, sign(t, withBody, signingKey, nil), ""},
		{"a report without a signature", signingKey, callback(query), provider.Forged},
		{"a report signed by another", signingKey, sign(t, callback(query), "a-strangers-key", nil), provider.Forged},
		{"a report signed twice", signingKey, changed(signed(nil), func(c *provider.Callback) {
			c.Header.Add("MessageBird-Signature-JWT", c.Header.Get("MessageBird-Signature-JWT"))
		}), provider.Forged},
		{"a signature that is none", signingKey, changed(callback(query), func(c *provider.Callback) { c.Header.Set("MessageBird-Signature-JWT", "a.b.c") }), provider.Forged},
		{"another status", signingKey, changed(signed(nil), func(c *provider.Callback) { c.URL = address + "?id=a1&status=expired" }), provider.Forged},
		{"no hash of the address", signingKey, without("url_hash"), provider.Forged},
		{"another issuer", signingKey, set("iss", "Vonage"), provider.Forged},
		{"no issuer", signingKey, without("iss"), provider.Forged},
		{"no id", signingKey, without("jti"), provider.Forged},
		{"no end", signingKey, without("exp"), provider.Forged},
		{"a hash of a body that is not there", signingKey, set("payload_hash", hashOf("")), provider.Forged},
		{"no hash of a body", signingKey, sign(t, withBody, signingKey, func(claims jwt.MapClaims) { delete(claims, "payload_hash") }), provider.Forged},
		{"a hash of another body", signingKey, changed(sign(t, withBody, signingKey, nil), func(c *provider.Callback) { c.Body = []byte("[]") }), provider.Forged},
		{"a clock that is half a minute behind", signingKey, set("nbf", at.Unix()+30), ""},
		{"of the future", signingKey, set("nbf", at.Unix()+120), provider.Stale},
		{"expired", signingKey, changed(signed(nil), func(c *provider.Callback) { c.At = at.Add(3 * time.Minute) }), provider.Stale},
		{"expired long ago and made by another", signingKey, changed(sign(t, callback(query), "a-strangers-key", nil), func(c *provider.Callback) { c.At = at.Add(time.Hour) }), provider.Forged},
		{"made long ago and good for long", signingKey, signed(func(claims jwt.MapClaims) { claims["iat"], claims["exp"] = at.Unix()-360, at.Unix()+3600 }), provider.Stale},
		{"made just now", signingKey, set("iat", at.Unix()-1), ""},

		{"a report where there is no key", "", callback(query), ""},
		{"a signed report where there is no key", "", signed(nil), ""},
		{"a report where there is no key, at any address", "", changed(signed(nil), untrusted), provider.Forged},
		{"no id of a message", "", callback("status=delivered"), provider.Malformed},
		{"no status", "", callback("id=a1"), provider.Malformed},
		{"no parameters", "", callback(""), provider.Malformed},
		{"parameters that can't be read", "", callback("id=%zz&status=delivered"), provider.Malformed},
	} {
		got, err := receiver(t, c.key).Receive(t.Context(), c.callback)
		if faultOf(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: got %v; want the fault %q", c.name, err, c.want)
		}
		if err == nil && got.Signed != (c.key != "") {
			t.Errorf("%s: the reception says %v of the signature", c.name, got.Signed)
		}
	}
}

// TestTheVectorOfASignature has a token that was made by another program, Python's hmac.
func TestTheVectorOfASignature(t *testing.T) {
	c := callback("id=a1&mccmnc=23430&reference=r1&status=delivered")
	c.At = time.Unix(1_732_536_010, 0)
	c.Header.Set("MessageBird-Signature-JWT", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."+
		"eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTczMjUzNjAwMCwiZXhwIjoxNzMyNTM2MDYwLCJqdGkiOiI1ZDJmMWY5YyIsInVybF9oYXNoIjoi"+
		"OGVkMjYxODJjZjY0NTIxZTljZmI0OWRmYTcxY2NiMTAwZTQzYzY2ZGNiNDg2MjMxNjQ3ZTQwMWUyNzU1NWI2ZSJ9."+
		"RWIFS-c2RarPsc_1KQP5aZCfEpjJiatni6rXOt6LIsc")
	if got, err := receiver(t, signingKey).Receive(t.Context(), c); err != nil || !got.Signed {
		t.Errorf("got %+v, %v; want it to be signed", got, err)
	}
}

// TestTheVendorsOwnVectors has tokens of the vendor's reference for its SDKs
// (messagebird/go-rest-api, signature_jwt/testdata/reference.json), all of noon in Amsterdam.
func TestTheVendorsOwnVectors(t *testing.T) {
	const (
		shared = "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb"
		start  = "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiI"
		home   = "1OWEyNDRkYy1lOWFkLTRlMjMtOTc3OC0zNzFmYWEyMzhmNzIiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzljNzc4M2U5ZDcifQ"
		hs256  = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
	)
	for _, c := range []struct {
		name, url, body, token string
		want                   provider.CallbackFault
	}{
		{"no parameters and no body", "https://example.com/", "", hs256 + start + home + ".6Fp0rVOsRr1fj9S2GidXAfkmPVofKr8_RTffC6G6r2E", ""},
		{"a body that was added", "https://example.com/", "Hello, World!", hs256 + start + home + ".6Fp0rVOsRr1fj9S2GidXAfkmPVofKr8_RTffC6G6r2E", provider.Forged},
		{"HS512", "https://example.com/", "", "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9." + start + home +
			".rd6r0iMyNGnVPCwurETphE3Y8rpAyvvnUK0S8WvGUkt2E1QSRAZ7NZJZBHw1Y_Wb5W-sK9HJr_PRL2vz4jRT3Q", ""},
		{"parameters and a body", "https://example.com/path?bar=1&foo=2", "Hello, World!", hs256 + start +
			"5M2U1NTAwNi1hMGU4LTQ1MjYtYTE5MC1mYTVmZjAwZWExMTYiLCJ1cmxfaGFzaCI6IjQxZjA1ZjBkZGQwYTIyYWIyMDlhYzQ2ZjQ3YzQ1NzJkOWNlZmEyNTdlZDc0YjI0MDA0YmFlNzUzZWNlNmMyNjAi" +
			"LCJwYXlsb2FkX2hhc2giOiJkZmZkNjAyMWJiMmJkNWIwYWY2NzYyOTA4MDllYzNhNTMxOTFkZDgxYzdmNzBhNGIyODY4OGEzNjIxODI5ODZmIn0" +
			"._H--TOuYFLpeEH39-rg5E3IHVkjHozBcaKVWPRC5m9I", ""},
		{"signs in the parameters", "https://example.com/?obj%5Bfield1%5D=val1&obj%5Bfield2%5D=val2&param=value+with+spaces", "", hs256 + start +
			"1OWEyNDRkYy1lOWFkLTRlMjMtOTc3OC0zNzFmYWEyMzhmNzIiLCJ1cmxfaGFzaCI6IjhhZmYzNzQ4ZDc4OWM0MzMzNTczZTFjMzFmZTViMDA0OTQwY2I1ZmM0NzQ2MGVkM2QwZTY1NGY3ZmM0ZTVmYWUifQ" +
			".mJBCMfEjKmN3IMuzqPXPHktWETrcu0iNdF3agE8PDyI", ""},
		{"parameters in another order", "https://example.com/path?foo=1&bar=2", "", hs256 + start +
			"hNzVjOTA5Ni1lODIzLTQ0MmItODVmMi03ZDNjOWQ5YjcyNmIiLCJ1cmxfaGFzaCI6IjZhMDIyZDgzNGMxODMzMGJhYWQ4YTJiZDYxMzUxNzNlZDIxNjEwYTQ1NDUxNmJlMGRmM2YxY2MwMTUxNjEwZWEifQ" +
			".z6Sw1XQIM0wuEQGBhXBdawDIIrtMg2XnmA_bpDq53pE", provider.Forged},
		{"another key", "https://example.com/", "", hs256 + start +
			"yNDNjMjdhZS0yZjAyLTQ2YTAtODg1Mi1jNjZmMzdlYTlmNDYiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzljNzc4M2U5ZDcifQ" +
			".JgSeYyOtlEKAXk8bz30iJI4tXgf4lxknoiezawuVhb4", provider.Forged},
		{"no signature", "https://example.com/", "", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + start + home + ".", provider.Forged},
	} {
		header := http.Header{}
		header.Set("MessageBird-Signature-JWT", c.token)
		err := receiver(t, shared).Verify(provider.Callback{
			Method: http.MethodGet, URL: c.url, Header: header, Body: []byte(c.body), At: time.Date(2021, 7, 5, 10, 0, 0, 0, time.UTC),
		})
		if faultOf(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: got %v; want the fault %q", c.name, err, c.want)
		}
	}
}
