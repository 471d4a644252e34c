package webhook

import (
	"context"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// maxReports bounds the reports of one request.
const maxReports = 1000

// reports says how a vendor's reports are read.
type reports struct {
	cfg Receipts

	each, status, id, reference, code, at *expression
}

// Receive implements provider.Receiver. Where a signature is configured, every report must have
// it; where none is, a report is believed at an address that was given out alone.
func (c *Client) Receive(_ context.Context, callback provider.Callback) (provider.Reception, error) {
	if c.reports == nil {
		return provider.Reception{}, provider.Forgery("the vendor was not asked for reports")
	}
	signed := false
	if signature := c.reports.cfg.HMAC; signature != nil {
		if !signature.verify(c.signing, callback) {
			return provider.Reception{}, provider.Forgery("the signature is missing or wrong")
		}
		signed = true
	} else if !callback.Trusted {
		return provider.Reception{}, provider.Forgery("the vendor signs nothing, and the address is not one that was given out")
	}
	read, err := c.reports.read(callback)
	if err != nil {
		return provider.Reception{}, err
	}
	return provider.Reception{Reports: read, Signed: signed}, nil
}

// read reads the reports in a request.
func (r *reports) read(callback provider.Callback) ([]provider.Report, error) {
	env := &reported{
		Method: callback.Method, Headers: flat(callback.Header), Body: readJSON(callback.Body),
		Text: strings.ToValidUTF8(string(callback.Body), "\uFFFD"), Query: map[string]string{}, Form: map[string]string{},
	}
	if u, err := url.Parse(callback.URL); err == nil {
		env.Query = firsts(u.RawQuery)
	}
	if media, _, err := mime.ParseMediaType(callback.Header.Get("Content-Type")); err == nil && media == "application/x-www-form-urlencoded" {
		env.Form = firsts(string(callback.Body))
	}
	items := []any{nil}
	if r.each != nil {
		var ok bool
		if items, ok = r.each.list(env.fresh()); !ok || len(items) > maxReports {
			return nil, provider.Malformation("it has no list of reports")
		}
	}
	found := make([]provider.Report, 0, len(items))
	for _, item := range items {
		env.Item = item
		word := r.status.text(env.fresh())
		if word == "" {
			return nil, provider.Malformation("it has no status")
		}
		found = append(found, r.report(env, word))
	}
	return found, nil
}

func (r *reports) report(env *reported, word string) provider.Report {
	status, known := r.cfg.Statuses[word]
	if !known {
		status = provider.Unconfirmed
	}
	report := provider.Report{
		Reference: r.reference.text(env.fresh()), ID: r.id.text(env.fresh()), Status: status,
		Code: r.code.text(env.fresh()), At: instant(r.at.text(env.fresh())),
	}
	if len(report.ID) > maxID {
		report.ID = ""
	}
	if len(report.Code) > maxCode || strings.Trim(report.Code, codeCharacters) != "" {
		report.Code = ""
	}
	return report
}

// fresh has the steps of the next expression counted from the beginning.
func (e *reported) fresh() *reported {
	e.Step = new(steps).step
	return e
}

// firsts returns the first value of each parameter; nothing where it is no form.
func firsts(query string) map[string]string {
	flat := make(map[string]string)
	form, err := url.ParseQuery(query)
	if err != nil {
		return flat
	}
	for name, values := range form {
		flat[name] = values[0]
	}
	return flat
}

// milliseconds is a number of seconds that no report has before the year 5138, so that a larger
// one counts milliseconds.
const milliseconds = 100_000_000_000

// instant reads a time: RFC 3339, or seconds or milliseconds since 1970. Any other is no time.
func instant(text string) time.Time {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || seconds <= 0:
		return time.Time{}
	case seconds >= milliseconds:
		return time.UnixMilli(seconds)
	}
	return time.Unix(seconds, 0)
}
