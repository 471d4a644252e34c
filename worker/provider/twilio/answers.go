package twilio

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// exchange posts form and returns the answer of 2xx; any other is an error, of type *provider.Error.
func (c *Client) exchange(ctx context.Context, address string, form url.Values) (*provider.Answer, error) {
	request, err := provider.FormRequest(ctx, address, form)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", c.authorization)
	answer, err := provider.Do(c.http, request)
	if err != nil {
		return nil, err
	}
	if refusal := judge(answer); refusal != nil {
		return nil, refusal
	}
	return answer, nil
}

// code is a code of the vendor's dictionary: a number in answers, and a string in reports.
type code string

// UnmarshalJSON implements json.Unmarshaler. What is no code is none, and no reason to leave the
// rest of an answer unread.
func (c *code) UnmarshalJSON(data []byte) error {
	*c = readCode(string(bytes.Trim(data, `"`)))
	return nil
}

// readCode returns text where it is a code: five digits, six in the newest ones, and less in a few
// that are HTTP's.
func readCode(text string) code {
	if len(text) < 3 || len(text) > 6 || strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return code(text)
}

// judge returns an error for an answer that is not of 2xx. The vendor's code says more than the
// status. It divides its codes into finer ones from time to time
// (twilio.com/en-us/changelog, 10 July 2024), so that the status decides where there is none that is
// in the list.
func judge(a *provider.Answer) *provider.Error {
	refusal := provider.StatusError(a)
	if refusal == nil {
		return nil
	}
	var answer struct {
		Code code `json:"code"`
	}
	if !a.Decode(&answer) {
		return refusal
	}
	class, ok := codes[answer.Code]
	if !ok {
		return refusal
	}
	refusal = provider.Fail(class.kind, string(answer.Code), class.reason)
	if class.kind == provider.Throttled || class.kind == provider.Unavailable {
		refusal.RetryAfter = provider.RetryAfter(a.Header, time.Now())
	}
	return refusal
}
