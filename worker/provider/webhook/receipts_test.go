package webhook_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // one of the algorithms that are tested
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
)

func receive(t *testing.T, section string, c provider.Callback) (provider.Reception, error) {
	t.Helper()
	client, err := create("url: https://example.com/\n"+section+ok, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	return client.Receive(t.Context(), c)
}

const words = "statuses: {'0': delivered, 'OK': sent, '-1': undelivered}"

func TestReportsInEveryForm(t *testing.T) {
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
	at := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, section string
		callback      provider.Callback
		want          []provider.Report
	}{
		{
			"JSON", "receipts: {status: body.s, id: body.i, reference: body.r, code: body.c, at: body.t, " + words + "}",
			provider.Callback{Body: []byte(`{"s":0,"i":"a-1","r":"ref","c":17,"t":"2026-01-01T11:00:00+01:00"}`)},
			[]provider.Report{{Status: provider.Delivered, ID: "a-1", Reference: "ref", Code: "17", At: at}},
		},
		{
			"a list", "receipts: {each: body.results, status: item.s, id: item.i, at: item.t, " + words + "}",
			provider.Callback{Body: []byte(`{"results":[{"s":"OK","i":1,"t":1767261600},{"s":"-1","i":2,"t":1767261600000},{"s":"odd","t":"yesterday"}]}`)},
			[]provider.Report{{Status: provider.Sent, ID: "1", At: at}, {Status: provider.Undelivered, ID: "2", At: at}, {Status: provider.Unconfirmed}},
		},
		{"a list of none", "receipts: {each: body, status: item.s, " + words + "}", provider.Callback{Body: []byte(`[]`)}, []provider.Report{}},
		{
			"a form", "receipts: {status: form.s, id: form.i, code: form.c, " + words + "}",
			provider.Callback{Header: form, Body: []byte("s=OK&i=a+b&c=no+such%21")},
			[]provider.Report{{Status: provider.Sent, ID: "a b"}},
		},
		{
			"a query", "receipts: {status: query.s, id: query.i, code: method, " + words + "}",
			provider.Callback{Method: "GET", URL: "https://example.com/receipts/x?s=0&i=" + strings.Repeat("x", 200)},
			[]provider.Report{{Status: provider.Delivered, Code: "GET"}},
		},
		{
			"XML and a header", `receipts: {status: 'capture(text, "<s>(.*?)</s>")', id: 'headers["x-id"]', ` + words + "}",
			provider.Callback{Header: http.Header{"X-Id": {"a-1"}}, Body: []byte("<r><s> OK </s></r>")},
			[]provider.Report{{Status: provider.Sent, ID: "a-1"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.callback.Trusted = true
			got, err := receive(t, c.section, c.callback)
			if diff := cmp.Diff(provider.Reception{Reports: c.want}, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
			c.callback.Trusted = false
			_, err = receive(t, c.section, c.callback)
			wantFault(t, err, provider.Forged)
		})
	}
}

func wantFault(t *testing.T, err error, want provider.CallbackFault) {
	t.Helper()
	if failure, ok := errors.AsType[*provider.CallbackError](err); !ok || failure.Fault != want {
		t.Errorf("got %v; want %s", err, want)
	}
}

func TestReportsThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct{ section, body string }{
		"no status":            {"receipts: {status: body.s, " + words + "}", `{"t":1}`},
		"a status of no word":  {"receipts: {status: body.s, " + words + "}", `{"s":{}}`},
		"no list":              {"receipts: {each: body.s, status: item, " + words + "}", `{"s":1}`},
		"an item of no status": {"receipts: {each: body, status: item.s, " + words + "}", `[{"s":1},{}]`},
		"a form of no type":    {"receipts: {status: form.s, " + words + "}", `s=OK`},
		"a broken form":        {"receipts: {status: form.s, " + words + "}", `s=OK&%zz`},
		"too many":             {"receipts: {each: body, status: item, " + words + "}", "[0" + strings.Repeat(",0", 1000) + "]"},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			if name == "a broken form" {
				header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			_, err := receive(t, c.section, provider.Callback{Trusted: true, Header: header, Body: []byte(c.body)})
			wantFault(t, err, provider.Malformed)
		})
	}
	_, err := receive(t, "", provider.Callback{Trusted: true, Body: []byte(`{}`)})
	wantFault(t, err, provider.Forged)
}

func TestSignatures(t *testing.T) {
	const body = `{"s":0}`
	mac := hmac.New(sha1.New, []byte("k3y"))
	_, _ = mac.Write([]byte(body))
	sha1Base64 := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	const common = "receipts: {status: body.s, " + words + ", hmac: {header: x-signature, secret: "
	const sha1Section = common + "k3y, encoding: base64, over: body, algorithm: sha1}}"
	// The second test case of RFC 4231, section 4.3.
	const rfc = "receipts: {status: '\"0\"', " + words + ", hmac: {header: X-Signature, secret: Jefe, encoding: hex}}"
	const rfcBody, rfcSignature = "what do ya want for nothing?", "5BDCC146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	for _, c := range []struct {
		name, section, body string
		signatures          []string
		genuine             bool
	}{
		{"SHA-256 in hex", rfc, rfcBody, []string{rfcSignature}, true},
		{"another body", rfc, rfcBody + " ", []string{rfcSignature}, false},
		{"half of it", rfc, rfcBody, []string{rfcSignature[:32]}, false},
		{"nothing", rfc, rfcBody, []string{""}, false},
		{"no header", rfc, rfcBody, nil, false},
		{"twice", rfc, rfcBody, []string{rfcSignature, rfcSignature}, false},
		{"no hex", rfc, rfcBody, []string{"Jefe"}, false},
		{"SHA-1 in base64", sha1Section, body, []string{" " + sha1Base64 + " "}, true},
		{"a prefix that is not configured", sha1Section, body, []string{"sha1=" + sha1Base64}, false},
		{"another key", strings.Replace(sha1Section, "k3y", "k3z", 1), body, []string{sha1Base64}, false},
		{"a prefix", strings.Replace(sha1Section, "over:", "prefix: sha1=, over:", 1), body, []string{"sha1=" + sha1Base64}, true},
		{"no prefix", strings.Replace(sha1Section, "over:", "prefix: sha1=, over:", 1), body, []string{sha1Base64}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, trusted := range []bool{true, false} {
				callback := provider.Callback{Trusted: trusted, Body: []byte(c.body), Header: http.Header{"X-Signature": c.signatures}}
				got, err := receive(t, c.section, callback)
				if c.genuine {
					if err != nil || !got.Signed || got.Reports[0].Status != provider.Delivered {
						t.Errorf("got %+v, %v", got, err)
					}
					continue
				}
				wantFault(t, err, provider.Forged)
			}
		})
	}
}
