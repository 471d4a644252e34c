package telesign_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/telesign"
)

// callback is a notification, signed with a key in base64.
func callback(t *testing.T, body, key string) provider.Callback {
	t.Helper()
	secret, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(body))
	signature := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return provider.Callback{
		Method: http.MethodPost, URL: "https://phonehook.example.com/receipts/telesign/telesign", Body: []byte(body),
		Header: http.Header{"Authorization": {"TSA " + customer + ":" + signature}, "X-Ts-Authorization": {signature}},
	}
}

func receive(t *testing.T, c provider.Callback) (provider.Reception, error) {
	t.Helper()
	client, err := telesign.New(config("http://127.0.0.1:1"), provider.Account{})
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

// notification is the vendor's example of SMS, with more of what its schema has.
const notification = `{"reference_id":"B56259E45884010488343BAA15FB0002","status":{"code":200,"description":"Delivered to handset",` +
	`"updated_on":"2016-10-21T14:05:36.181346Z"},"submit_timestamp":"2016-01-01T01:01:01.010101Z","errors":[],"sub_resource":"sms",` +
	`"additional_info":{"mcc":"310","mnc":"004","price":"0.01","currency":"USD","message_parts_count":2,` +
	`"message_parts_reference_ids":"35E63E88CB000E049196AD1CFCFFB89C,35E63E88CC7C050491613443467F3F12"},"external_id":"CustomExternalID7349"}`

var at = time.Date(2016, 10, 21, 14, 5, 36, 181_346_000, time.UTC)

func TestANotification(t *testing.T) {
	got, err := receive(t, callback(t, notification, apiKey))
	want := provider.Reception{Signed: true, Reports: []provider.Report{{
		Reference: "CustomExternalID7349", ID: "B56259E45884010488343BAA15FB0002", Status: provider.Delivered, At: at, Price: "0.01", Currency: "USD", Network: "310004",
	}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestStatuses(t *testing.T) {
	all := meanings()
	all["298"] = telesign.Meaning{Status: provider.Unconfirmed} // which is in no list
	for code, meaning := range all {
		for _, form := range []string{
			`{"reference_id":"1","external_id":null,"status":{"code":%s,"description":"secret words"}}`,
			`{"reference_id":"1","status":{"code":500},"errors":[{"code":%s,"description":"secret words"}]}`,
		} {
			if strings.Contains(form, "500") && (meaning.Kind == taken || code == "500") {
				continue // an error says why something failed
			}
			want := provider.Report{ID: "1", Status: meaning.Status, Reason: telesign.Reason(code)}
			if want.Reason != "" || code == "298" {
				want.Code = code
			}
			got, err := receive(t, callback(t, fmt.Sprintf(form, code), apiKey))
			if diff := cmp.Diff(provider.Reception{Signed: true, Reports: []provider.Report{want}}, got); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", code, err, diff)
			}
		}
	}
}

func TestWhatANotificationCanHave(t *testing.T) {
	for name, c := range map[string]struct {
		old, with string
		change    func(*provider.Report)
	}{
		"a month 31":            {"2016-10-21T14:05:36.181346Z", "2022-31-03T14:51:28.709526Z", func(r *provider.Report) { r.At = time.Time{} }},
		"a price as a number":   {`"0.01"`, `0.01`, func(*provider.Report) {}},
		"a price in words":      {`"0.01"`, `"secret words"`, func(r *provider.Report) { r.Price = "" }},
		"no price":              {`"0.01"`, `null`, func(r *provider.Report) { r.Price = "" }},
		"a price that is a map": {`"0.01"`, `{"a":"b"}`, func(r *provider.Report) { r.Price = "" }},
		"no network":            {`"mcc":"310","mnc":"004",`, ``, func(r *provider.Report) { r.Network = "" }},
		"a network in words":    {`"310"`, `"secret words"`, func(r *provider.Report) { r.Network = "004" }},
		"no reference":          {`"CustomExternalID7349"`, `null`, func(r *provider.Report) { r.Reference = "" }},
		"a currency in words":   {`"USD"`, `"secret words"`, func(r *provider.Report) { r.Currency = "" }},
	} {
		want, err := receive(t, callback(t, notification, apiKey))
		if err != nil {
			t.Fatal(err)
		}
		c.change(&want.Reports[0])
		if !strings.Contains(notification, c.old) {
			t.Fatalf("%s: %s is not in the notification", name, c.old)
		}
		got, err := receive(t, callback(t, strings.Replace(notification, c.old, c.with, 1), apiKey))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestWhatIsNobodysReport(t *testing.T) {
	incoming := `{"reference_id":"1","status":{"code":1500,"description":"Delivered"},"sub_resource":"mo_sms","content":{"text_1":"secret words"}}`
	got, err := receive(t, callback(t, incoming, apiKey))
	if diff := cmp.Diff(provider.Reception{Signed: true}, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	for name, body := range map[string]string{
		"no message":        `{"status":{"code":200}}`,
		"no status":         `{"reference_id":"1"}`,
		"no code":           `{"reference_id":"1","status":{"code":null}}`,
		"a code in words":   `{"reference_id":"1","status":{"code":"secret words"}}`,
		"a status in words": `{"reference_id":"1","status":"delivered"}`,
		"a list":            `[` + notification + `]`,
		"null":              `null`,
		"nothing":           ``,
		"no JSON":           `{'test': 123}`,
		"half of it":        notification[:100],
		"a deep one":        strings.Repeat("[", 50_000),
	} {
		if got, err := receive(t, callback(t, body, apiKey)); faultOf(err) != provider.Malformed {
			t.Errorf("%s: got %+v, %v; want it malformed", name, got, err)
		}
	}
}

func TestWhatIsBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*provider.Callback)
		fault  provider.CallbackFault
	}{
		"as it came":                    {func(*provider.Callback) {}, ""},
		"without the first header":      {func(c *provider.Callback) { c.Header.Del("Authorization") }, ""},
		"without the second header":     {func(c *provider.Callback) { c.Header.Del("X-Ts-Authorization") }, ""},
		"the second like the first":     {func(c *provider.Callback) { c.Header["X-Ts-Authorization"] = c.Header["Authorization"] }, ""},
		"long after":                    {func(c *provider.Callback) { c.At = time.Now().Add(24 * time.Hour) }, ""},
		"without both, at our address":  {func(c *provider.Callback) { c.Header, c.Trusted = http.Header{}, true }, provider.Forged},
		"with another first header":     {func(c *provider.Callback) { c.Header.Set("Authorization", "TSA "+customer+":AAAA") }, provider.Forged},
		"with another second header":    {func(c *provider.Callback) { c.Header.Set("X-Ts-Authorization", "AAAA") }, provider.Forged},
		"with a second first header":    {func(c *provider.Callback) { c.Header.Add("Authorization", "Basic YTpi") }, provider.Forged},
		"with a header that is no text": {func(c *provider.Callback) { c.Header.Set("Authorization", "\x00") }, provider.Forged},
		"with an empty header":          {func(c *provider.Callback) { c.Header.Set("Authorization", "") }, provider.Forged},
		"with another body":             {func(c *provider.Callback) { c.Body = append(c.Body, ' ') }, provider.Forged},
	} {
		came := callback(t, notification, apiKey)
		c.change(&came)
		if _, err := receive(t, came); faultOf(err) != c.fault || (err == nil) != (c.fault == "") {
			t.Errorf("%s: got %v; want the fault %q", name, err, c.fault)
		}
	}
	if _, err := receive(t, callback(t, notification, anotherKey)); faultOf(err) != provider.Forged {
		t.Errorf("signed by another: got %v", err)
	}
}

// TestTheVendorsVectorOfACallback is that of github.com/TeleSign/python_telesign, tests/test_util.py.
// Its body is no JSON, which is said only of what is signed rightly.
func TestTheVendorsVectorOfACallback(t *testing.T) {
	const signature = "B97g3N9lPdVaptvifxRau7bzVAC5hhRBZ6HKXABN744="
	c := provider.Callback{Body: []byte("{'test': 123}"), Header: http.Header{"X-Ts-Authorization": {signature}}}
	if _, err := receive(t, c); faultOf(err) != provider.Malformed {
		t.Errorf("got %v; want it to be signed and malformed", err)
	}
	c.Header = http.Header{"X-Ts-Authorization": {"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="}}
	if _, err := receive(t, c); faultOf(err) != provider.Forged {
		t.Errorf("got %v; want it forged", err)
	}
}
