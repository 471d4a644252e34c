package mitto_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/mitto"
)

// wantFailure checks a failure, or a success where the kind is 0.
func wantFailure(t *testing.T, err error, kind provider.Kind, code string) {
	t.Helper()
	if kind == 0 {
		if err != nil {
			t.Errorf("got %v; want success", err)
		}
		return
	}
	failure, ok := errors.AsType[*provider.Error](err)
	if !ok || failure.Kind != kind || failure.Code != code || failure.Detail == "" {
		t.Errorf("got %v; want kind %v and code %q", err, kind, code)
	}
	if err != nil && strings.Contains(err.Error(), "secret words") {
		t.Error("the error has the vendor's words")
	}
}

func TestCodes(t *testing.T) {
	want := map[string]provider.Kind{
		"1": provider.Unknown, "2": provider.Misconfigured, "3": provider.Refused, "4": provider.Unroutable, "5": provider.Misconfigured,
		"6": provider.Unroutable, "7": provider.Misconfigured, "8": provider.Refused,
	}
	if diff := cmp.Diff(want, mitto.Codes()); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
	for code, kind := range want {
		for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
			for _, form := range []string{`{"responseCode":%s,"responseText":"secret words","textLength":0}`, `{"responseCode":"%s"}`} {
				_, _, err := capture(t, message(), nil, status, fmt.Sprintf(form, code))
				wantFailure(t, err, kind, "code "+code)
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		answer string
		kind   provider.Kind // 0 is a success
		code   string
	}{
		{"taken", 200, taken, 0, ""},
		{"taken, the code as a string", 200, `{"id":"1","responseCode":"0"}`, 0, ""},
		{"taken, with more in it", 201, `{"id":"1","responseCode":0,"new":[{}]}`, 0, ""},
		{"no id", 200, `{"responseCode":0}`, provider.Unknown, ""},
		{"no code", 200, `{"id":"1"}`, provider.Unknown, ""},
		{"a code that is a word", 200, `{"id":"1","responseCode":"secret words"}`, provider.Unknown, ""},
		{"a code in no list", 200, `{"responseCode":42,"responseText":"secret words"}`, provider.Unroutable, "code 42"},
		{"a code below nothing", 200, `{"responseCode":-1}`, provider.Unroutable, "code -1"},
		{"a code that is a number of a phone", 200, `{"responseCode":447400123456}`, provider.Unroutable, ""},
		{"a code in no list and a status", 400, `{"responseCode":42}`, provider.Refused, "HTTP 400"},
		{"0 and a status", 500, `{"id":"1","responseCode":0}`, provider.Unknown, "HTTP 500"},
		{"an empty object", 200, `{}`, provider.Unknown, ""},
		{"nothing", 200, ``, provider.Unknown, ""},
		{"not JSON", 200, `secret words`, provider.Unknown, ""},
		{"XML", 200, `<SmsResponse><responseCode>0</responseCode></SmsResponse>`, provider.Unknown, ""},
		{"half of it", 200, taken[:60], provider.Unknown, ""},
		{"endless blanks after it", 200, taken + strings.Repeat(" ", provider.MaxAnswer), provider.Unknown, ""},
		{"credentials", 401, `{"message":"secret words"}`, provider.Misconfigured, "HTTP 401"},
		{"an address that is not allowed", 403, ``, provider.Misconfigured, "HTTP 403"},
		{"rate", 429, `secret words`, provider.Throttled, "HTTP 429"},
		{"server", 500, `<html>secret words`, provider.Unknown, "HTTP 500"},
		{"down", 503, ``, provider.Unavailable, "HTTP 503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, receipt, err := capture(t, message(), nil, c.status, c.answer)
			wantFailure(t, err, c.kind, c.code)
			if (receipt.ID != "") != (c.kind == 0) {
				t.Errorf("got the id %q", receipt.ID)
			}
		})
	}
}
