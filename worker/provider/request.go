package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// userAgent tells a vendor's support whose request it is.
const userAgent = "phonehook"

// JSONRequest makes a POST of body as JSON.
func JSONRequest(ctx context.Context, address string, body any) (*http.Request, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // so that a text counts as many bytes as it has
	if err := encoder.Encode(body); err != nil {
		return nil, unmakeable()
	}
	return post(ctx, address, "application/json", bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}

// FormRequest makes a POST of form as application/x-www-form-urlencoded.
func FormRequest(ctx context.Context, address string, form url.Values) (*http.Request, error) {
	return post(ctx, address, "application/x-www-form-urlencoded", []byte(form.Encode()))
}

func post(ctx context.Context, address, media string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, unmakeable()
	}
	request.Header.Set("Content-Type", media)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", userAgent)
	return request, nil
}

// unmakeable is an error without a cause: net/http's own names the address.
func unmakeable() *Error { return Fail(Misconfigured, "", "the request could not be made") }

// Fail returns an error as Send must return it, with a detail in our words.
func Fail(kind Kind, code, detail string) *Error {
	return &Error{Kind: kind, Code: code, Detail: detail}
}

// Unreadable is the error for an answer of 2xx that can't be understood: the vendor may have
// taken the message.
func Unreadable() *Error { return Fail(Unknown, "", "the answer can't be understood") }

// Decode reads an answer's JSON into value and says whether that was possible.
func (a *Answer) Decode(value any) bool {
	return !a.Cut && json.Unmarshal(a.Body, value) == nil
}

// Left returns how long the message still lives, or noEnd where it has no end; and an error
// where its life is over.
func (m Message) Left(noEnd time.Duration) (time.Duration, *Error) {
	if m.Expires.IsZero() {
		return noEnd, nil
	}
	left := time.Until(m.Expires)
	if left <= 0 {
		return 0, Fail(Unavailable, "", "the message's life ended before the attempt")
	}
	return left, nil
}

// PlainText returns the text as valid UTF-8: what is not becomes U+FFFD.
func (m Message) PlainText() string { return strings.ToValidUTF8(m.Text, "\uFFFD") }

// Whole returns a duration in whole units, at least low and at most high of them, for a
// vendor's validity period. It is rounded down, so that nothing lives longer than it should.
func Whole(d, unit time.Duration, low, high int) int {
	return int(min(max(d/unit, time.Duration(low)), time.Duration(high)))
}
