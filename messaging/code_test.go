package messaging_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/phonehook/phonehook/messaging"
)

// TestTheTableOfCodes pins labels and statuses: both are what callers and
// dashboards rely on.
func TestTheTableOfCodes(t *testing.T) {
	want := []struct {
		label     string
		status    int
		retryable bool
	}{
		{"sent", 200, false},
		{"pending", 202, false},
		{"invalid_request", 400, false},
		{"invalid_number", 422, false},
		{"blocked", 403, false},
		{"rate_limited", 429, true},
		{"rejected", 422, false},
		{"expired", 504, true},
		{"unavailable", 503, true},
		{"unknown", 504, false},
		{"misconfigured", 500, false},
		{"internal", 500, false},
		{"unauthorized", 401, false},
		{"too_large", 413, false},
		{"not_found", 404, false},
		{"method_not_allowed", 405, false},
		{"key_reused", 422, false},
		{"cancelled", 409, false},
		{"conflict", 409, false},
	}
	codes := messaging.Codes()
	if len(codes) != len(want) {
		t.Fatalf("there are %d codes, want %d: a new code needs its row here", len(codes), len(want))
	}
	for i, code := range codes {
		if code.String() != want[i].label || code.Status() != want[i].status || code.Retryable() != want[i].retryable {
			t.Errorf("code %d is %s, %d, %t; want %+v", code, code, code.Status(), code.Retryable(), want[i])
		}
		if code.Title() == "" || http.StatusText(code.Status()) == "" {
			t.Errorf("%s has no title or no status", code)
		}
	}
}

func TestCodesInJSON(t *testing.T) {
	for _, code := range messaging.Codes() {
		text, err := json.Marshal(code)
		if err != nil {
			t.Fatal(err)
		}
		var back messaging.Code
		if err := json.Unmarshal(text, &back); err != nil || back != code {
			t.Errorf("%s came back as %s, %v", code, back, err)
		}
	}
	var unheardOf messaging.Code
	if err := json.Unmarshal([]byte(`"teleported"`), &unheardOf); err != nil || unheardOf != messaging.CodeUnknown {
		t.Errorf("an unheard-of label was read as %s, %v", unheardOf, err)
	}
	if label := messaging.Code(200).String(); label != "internal" {
		t.Errorf("a code without a row is called %s", label)
	}
}

func TestErrors(t *testing.T) {
	inner := errors.New("inner")
	err := fmt.Errorf("outer: %w", &messaging.Error{Code: messaging.CodeBlocked, Field: "recipient", Detail: "is blocked", Cause: inner})
	if !errors.Is(err, messaging.CodeBlocked) || !errors.Is(err, inner) || errors.Is(err, messaging.CodeSent) {
		t.Error("errors.Is does not see through the error")
	}
	if got, want := err.Error(), "outer: blocked: recipient: is blocked: inner"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	for name, test := range map[string]struct {
		err  error
		want messaging.Code
	}{
		"an *Error":           {err, messaging.CodeBlocked},
		"a bare code":         {fmt.Errorf("x: %w", messaging.CodeExpired), messaging.CodeExpired},
		"an error of no kind": {inner, messaging.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			if got := messaging.CodeOf(messaging.Receipt{}, test.err); got != test.want {
				t.Errorf("CodeOf = %s, want %s", got, test.want)
			}
		})
	}
	if messaging.AsError(nil) != nil {
		t.Error("AsError(nil) is an error")
	}
	if got := messaging.CodeOf(messaging.Receipt{Code: messaging.CodePending}, nil); got != messaging.CodePending {
		t.Errorf("CodeOf a receipt = %s", got)
	}
}
