package telesign

import (
	"strconv"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// transaction is what is read of an answer, and of a report
// (developer.telesign.com/enterprise/docs/understand-telesign-status-and-error-codes).
type transaction struct {
	ID     string `json:"reference_id"`
	Status struct {
		Code    code   `json:"code"`
		Updated string `json:"updated_on"`
	} `json:"status"`
	Errors []struct {
		Code code `json:"code"`
	} `json:"errors"`
}

// code is a status or an error; 0 is none.
type code int

// UnmarshalJSON implements json.Unmarshaler. A number in quotes is taken as well, and what is no
// code is none, and no reason to leave the rest of an answer unread.
func (c *code) UnmarshalJSON(data []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(data), `"`))
	if err != nil || n < -maxCode || n > maxCode {
		n = 0
	}
	*c = code(n)
	return nil
}

// maxCode bounds a code: they have up to five digits.
const maxCode = 99_999

// verdict returns the code that says most, and what it means. A status that the message was taken
// with is the last word; the others are often no more than "not attempted", which the errors
// explain.
func (t *transaction) verdict() (code, class, bool) {
	status, listed := codes[t.Status.Code]
	if listed && status.kind == 0 {
		return t.Status.Code, status, true
	}
	for _, e := range t.Errors {
		if found, ok := codes[e.Code]; ok && found.kind != 0 {
			return e.Code, found, true
		}
	}
	return t.Status.Code, status, listed
}

// judge reads an answer. The vendor asks to heed its codes and not the HTTP status, which decides
// where there is no code that is in the list.
func judge(a *provider.Answer) (provider.Receipt, error) {
	refusal := provider.StatusError(a)
	var answer transaction
	if !a.Decode(&answer) {
		answer = transaction{}
	}
	found, class, listed := answer.verdict()
	switch {
	case listed && class.kind != 0:
		failure := provider.Fail(class.kind, strconv.Itoa(int(found)), class.reason)
		if refusal != nil && class.kind == provider.Throttled {
			failure.RetryAfter = refusal.RetryAfter
		}
		return provider.Receipt{}, failure
	case refusal != nil:
		return provider.Receipt{}, refusal
	case !listed && found != 0:
		return provider.Receipt{}, provider.Fail(provider.Unknown, strconv.Itoa(int(found)), "the vendor answers with a status that is in no list")
	case !listed || answer.ID == "":
		return provider.Receipt{}, provider.Unreadable()
	}
	return provider.Receipt{ID: answer.ID}, nil
}
