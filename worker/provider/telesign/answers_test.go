package telesign_test

import (
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

// taken marks the codes with which a message was taken.
const taken = provider.Kind(0)

// kinds and statuses are the vendor's codes once more, by what they mean as an answer and in a report.
var (
	kinds = map[provider.Kind]string{
		taken:            "100 103 105 200 201 203 250 251 290 292 295",
		provider.Refused: "104 129 211 222 229 233 507 510 511 516 518 11000 11001 11009",
		provider.Unroutable: "130 220 230 231 237 238 502 504 506 508 513 515 517 519 520 521 10032 10034 11013 " +
			"-10001 -20004 -40009",
		provider.Throttled:   "10019 -40007",
		provider.Unavailable: "101 106 107 108 207 210 221 500 503 505 512 514 10000 -90001",
		provider.Unknown:     "599 10002 -30012",
		provider.Misconfigured: "501 509 3203 10003 10004 10005 10006 10007 10008 10009 10010 10011 10012 10013 10014 10015 10020 10022 10028 10030 " +
			"10031 10033 10035 11003 11004 11010 11016 11017 11027 11034 11035 12000 12009 12017 -10009 -10030 -20001 -20002 -20003 -30000 " +
			"-30001 -30002 -30003 -30004 -30005 -30006 -30007 -30008 -30009 -30010 -30011 -30015 -40002 -40004 -40005 -40006 -40008 -50054 -50055",
	}
	statuses = map[provider.Status]string{
		provider.Accepted:    "105 290 292 295",
		provider.Sent:        "103 201 203",
		provider.Delivered:   "100 200",
		provider.Undelivered: "101 107 207 210 211 220 222 503 504 510 511 512 513 514 515 516",
		provider.Expired:     "221",
		provider.Unconfirmed: "250 251 599",
	}
)

// meanings returns both lists as one. What is in no list of statuses failed at the vendor.
func meanings() map[string]telesign.Meaning {
	all := make(map[string]telesign.Meaning)
	for kind, list := range kinds {
		for code := range strings.FieldsSeq(list) {
			all[code] = telesign.Meaning{Kind: kind, Status: provider.Failed}
		}
	}
	for status, list := range statuses {
		for code := range strings.FieldsSeq(list) {
			all[code] = telesign.Meaning{Kind: all[code].Kind, Status: status}
		}
	}
	return all
}

// wantFailure checks a failure, or a success where the kind is that of taken.
func wantFailure(t *testing.T, err error, kind provider.Kind, code string) {
	t.Helper()
	if kind == taken {
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
	if diff := cmp.Diff(meanings(), telesign.Codes()); diff != "" {
		t.Fatalf("the test's lists and the table: -test +table:\n%s", diff)
	}
	for code, meaning := range meanings() {
		if meaning.Kind != taken && telesign.Reason(code) == "" {
			t.Errorf("the code %s has no words", code)
		}
		answer := fmt.Sprintf(`{"reference_id":"A1","status":{"code":%s,"description":"secret words"}}`, code)
		if strings.HasPrefix(code, "-") {
			answer = fmt.Sprintf(`{"reference_id":"A1","status":{"code":500,"description":"secret words"},"errors":[{"code":%s,"description":"secret words"}]}`, code)
		}
		_, _, err := capture(t, message(provider.SMS), nil, http.StatusOK, answer)
		wantFailure(t, err, meaning.Kind, code)
		if meaning.Kind != taken {
			_, _, err = capture(t, message(provider.Voice), nil, http.StatusBadRequest, answer)
			wantFailure(t, err, meaning.Kind, code)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		answer string
		kind   provider.Kind
		code   string
	}{
		{"SMS", 200, smsTaken, taken, ""},
		{"call", 200, callTaken, taken, ""},
		{"201", 201, smsTaken, taken, ""},
		{"a code in quotes", 200, `{"reference_id":"1","status":{"code":"290"}}`, taken, ""},
		{"taken, with an error", 200, `{"reference_id":"1","status":{"code":290},"errors":[{"code":-40007}]}`, taken, ""},
		{"the second error is known", 400, `{"status":{"code":500},"errors":[{"code":-77},{"code":-20004}]}`, provider.Unroutable, "-20004"},
		{"no error is known", 400, `{"status":{"code":500},"errors":[{"code":-77}]}`, provider.Unavailable, "500"},
		{"errors are null", 400, `{"status":{"code":11000},"errors":null}`, provider.Refused, "11000"},
		{"taken and a status", 500, smsTaken, provider.Unknown, "HTTP 500"},
		{"no reference", 200, `{"status":{"code":290}}`, provider.Unknown, ""},
		{"no code", 200, `{"reference_id":"1","status":{}}`, provider.Unknown, ""},
		{"a code that is a sentence", 200, `{"reference_id":"1","status":{"code":"secret words"}}`, provider.Unknown, ""},
		{"a code that is a phone number", 200, `{"reference_id":"1","status":{"code":447400123456}}`, provider.Unknown, ""},
		{"a status in no list", 200, `{"reference_id":"1","status":{"code":298}}`, provider.Unknown, "298"},
		{"an error in no list", 400, `{"status":{"code":11999}}`, provider.Refused, "HTTP 400"},
		{"an error in no list, and the key", 401, `{"status":{"code":10999}}`, provider.Misconfigured, "HTTP 401"},
		{"a code that is a list", 400, `{"status":{"code":[]}}`, provider.Refused, "HTTP 400"},
		{"a list", 200, `[]`, provider.Unknown, ""},
		{"an empty object", 200, `{}`, provider.Unknown, ""},
		{"nothing", 200, ``, provider.Unknown, ""},
		{"not JSON", 200, `secret words`, provider.Unknown, ""},
		{"half of it", 200, smsTaken[:60], provider.Unknown, ""},
		{"endless blanks after it", 200, smsTaken + strings.Repeat(" ", provider.MaxAnswer), provider.Unknown, ""},
		{"a page", 502, `<html>secret words`, provider.Unknown, "HTTP 502"},
		{"down", 503, ``, provider.Unavailable, "HTTP 503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, receipt, err := capture(t, message(provider.SMS), nil, c.status, c.answer)
			wantFailure(t, err, c.kind, c.code)
			if (receipt.ID != "") != (c.kind == taken) {
				t.Errorf("got the id %q", receipt.ID)
			}
		})
	}
}

func TestHowLongToWait(t *testing.T) {
	for answer, want := range map[string]time.Duration{
		`{"status":{"code":10019}}`: 7 * time.Second, `{"status":{"code":10020}}`: 0, `secret words`: 7 * time.Second,
	} {
		_, _, err := capture(t, message(provider.SMS), nil, http.StatusTooManyRequests, answer)
		if failure, ok := errors.AsType[*provider.Error](err); !ok || failure.RetryAfter != want {
			t.Errorf("%s: got %v; want to wait %v", answer, err, want)
		}
	}
}
