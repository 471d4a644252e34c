package mitto_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/mitto"
)

const address = "https://phonehook.example.com/receipts/mitto/mitto/m.acme.1.s"

func receive(t *testing.T, c provider.Callback) (provider.Reception, error) {
	t.Helper()
	client, err := mitto.New(config("http://127.0.0.1:1"), provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	return client.Receive(t.Context(), c)
}

// inEveryWay returns a report by GET, by POST of a form and by POST of JSON.
func inEveryWay(status, code string) map[string]provider.Callback {
	form := "msgid=715118ef&status=" + status + "&errorcode=" + code + "&reference=r1&to=447400123456"
	return map[string]provider.Callback{
		"GET":  {Method: http.MethodGet, URL: address + "?" + form, Trusted: true},
		"POST": {Method: http.MethodPost, URL: address, Body: []byte(form), Trusted: true},
		"JSON": {
			Method: http.MethodPost, URL: address, Trusted: true,
			Body: []byte(`{"MsgId":"715118ef","Status":"` + status + `","ErrorCode":` + code + `,"Reference":"r1","To":"447400123456","Test":false}`),
		},
	}
}

func TestStatuses(t *testing.T) {
	want := map[string]provider.Status{
		"BUFFERED": provider.Accepted, "ACCEPTED": provider.Accepted, "SENT": provider.Sent, "DELIVERED": provider.Delivered,
		"UNDELIVERED": provider.Undelivered, "UNDELIVERABLE": provider.Undelivered, "FAILED": provider.Failed, "REJECTED": provider.Failed,
		"DELETED": provider.Failed, "EXPIRED": provider.Expired, "UNKNOWN": provider.Unconfirmed,
	}
	if diff := cmp.Diff(want, mitto.Statuses()); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
	want["something-new"] = provider.Unconfirmed
	want["Delivered"] = provider.Delivered
	for status, meaning := range want {
		for way, callback := range inEveryWay(status, "438") {
			report := provider.Report{ID: "715118ef", Reference: "r1", Status: meaning, Code: "438"}
			if meaning == provider.Delivered {
				report.Code = ""
			}
			got, err := receive(t, callback)
			if diff := cmp.Diff(provider.Reception{Reports: []provider.Report{report}}, got); err != nil || diff != "" {
				t.Errorf("%s by %s: %v\n%s", status, way, err, diff)
			}
			callback.Trusted = false
			if _, err := receive(t, callback); faultOf(err) != provider.Forged {
				t.Errorf("%s by %s at any address: got %v", status, way, err)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	for given, want := range map[string]string{"0": "", "438": "438", "123456": "", "secret": "", "": ""} {
		got, err := receive(t, provider.Callback{URL: address + "?msgid=1&status=FAILED&errorcode=" + given, Trusted: true})
		if err != nil || got.Reports[0].Code != want {
			t.Errorf("%q: got %+v, %v; want the code %q", given, got, err, want)
		}
	}
}

func TestWhatIsNoReport(t *testing.T) {
	for name, c := range map[string]provider.Callback{
		"nothing":         {URL: address},
		"no message":      {URL: address + "?status=DELIVERED"},
		"an empty one":    {URL: address + "?msgid=&status=DELIVERED"},
		"no status":       {URL: address + "?msgid=1"},
		"no query":        {URL: address + "?%zz"},
		"no form":         {URL: address, Body: []byte("msgid=1&status=%zz")},
		"a list":          {URL: address, Body: []byte(`[{"msgid":"1","status":"SENT"}]`)},
		"null":            {URL: address, Body: []byte(`null`)},
		"objects in it":   {URL: address, Body: []byte(`{"msgid":{},"status":["SENT"]}`)},
		"a deep one":      {URL: address, Body: []byte(strings.Repeat("[", 50_000))},
		"something else":  {URL: address, Body: []byte("\x00\xff")},
		"half of a query": {URL: address + "?msgid=1&stat"},
	} {
		c.Trusted = true
		if got, err := receive(t, c); faultOf(err) != provider.Malformed {
			t.Errorf("%s: got %+v, %v; want it malformed", name, got, err)
		}
	}
}

func faultOf(err error) provider.CallbackFault {
	if failure, ok := errors.AsType[*provider.CallbackError](err); ok {
		return failure.Fault
	}
	return ""
}
