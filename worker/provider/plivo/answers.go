package plivo

import (
	"net/http"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// statuses are the HTTP statuses that mean something else here than with most vendors
// (docs.plivo.com/docs/messaging/api/response). An answer has no code, only a text, so the rest is
// as provider.StatusError has it.
var statuses = map[int]struct {
	kind   provider.Kind
	detail string
}{
	// The number, the sender or its country can be at fault, and only the text says which. So
	// another vendor is tried.
	http.StatusBadRequest: {provider.Unroutable, "the vendor does not take this message; the recipient, the sender or its country may be at fault"},
	http.StatusForbidden:  {provider.Misconfigured, "the account may not do this, or has all the calls that it may have at once"},
}

// noCredit is in the text of answers for two minutes after a message that the account had no credit
// for (support.plivo.com/support/solutions/articles/17000088423). Their status is not said there.
const noCredit = "insufficient credit"

// judge returns an error for an answer that is not of 2xx.
func judge(a *provider.Answer) *provider.Error {
	refusal := provider.StatusError(a)
	if refusal == nil {
		return nil
	}
	if own, ok := statuses[a.Status]; ok {
		refusal.Kind, refusal.Detail = own.kind, own.detail
	}
	var answer struct {
		Error string `json:"error"`
	}
	if a.Status < http.StatusInternalServerError && a.Decode(&answer) && strings.Contains(strings.ToLower(answer.Error), noCredit) {
		refusal.Kind, refusal.Detail = provider.Misconfigured, "the account has no credit"
	}
	return refusal
}
