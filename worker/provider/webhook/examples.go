package webhook

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// taken is what an example wants of an answer that says that the message was taken.
const taken = "taken"

// tryExamples judges the examples of answers and complains where the verdict is another.
func (j *judge) tryExamples(examples []Example) error {
	var complaints []error
	for i, e := range examples {
		place := fmt.Sprintf("examples[%d]", i)
		if _, ok := kinds[e.Want]; !ok && e.Want != taken {
			complaints = append(complaints, configs.Complain(place+".want", "%q is neither taken nor the kind of a failure, such as refused", e.Want))
			continue
		}
		answer := &provider.Answer{Status: e.Status, Header: headersOf(e.Headers), Body: []byte(e.Body)}
		receipt, err := j.verdict(answer, new(values))
		got, code := taken, ""
		if failure, ok := errors.AsType[*provider.Error](err); ok {
			got, code = failure.Kind.String(), failure.Code
		}
		switch {
		case got != e.Want:
			complaints = append(complaints, configs.Complain(place, "is judged as %s; it should be %s", got, e.Want))
		case e.ID != "" && e.ID != receipt.ID:
			complaints = append(complaints, configs.Complain(place, "has the id %q; it should be %q", receipt.ID, e.ID))
		case e.Code != "" && e.Code != code:
			complaints = append(complaints, configs.Complain(place, "has the code %q; it should be %q", code, e.Code))
		}
	}
	return errors.Join(complaints...)
}

func headersOf(given map[string]string) http.Header {
	header := make(http.Header, len(given))
	for name, value := range given {
		header.Set(name, value)
	}
	return header
}

// statuses are those that Receipts.Statuses can name.
var statuses = []provider.Status{
	provider.Accepted, provider.Sent, provider.Delivered, provider.Undelivered, provider.Failed, provider.Expired, provider.Unconfirmed,
}

// compileReports compiles what a file says of reports; nil where it says nothing.
func compileReports(cfg *Receipts) (*reports, error) {
	if cfg == nil {
		return nil, nil //nolint:nilnil // reports that are not asked for are nil
	}
	r := &reports{cfg: *cfg}
	var complaints []error
	compile := func(key, source string) *expression {
		e, err := compileExpression(key, source, reported{}, false)
		complaints = append(complaints, err)
		return e
	}
	r.each, r.status, r.id = compile("each", cfg.Each), compile("status", cfg.Status), compile("id", cfg.ID)
	r.reference, r.code, r.at = compile("reference", cfg.Reference), compile("code", cfg.Code), compile("at", cfg.At)
	if cfg.Status == "" {
		complaints = append(complaints, configs.Complain("status", "is missing"))
	}
	if len(cfg.Statuses) == 0 {
		complaints = append(complaints, configs.Complain("statuses", "is missing; it says what the vendor's words mean"))
	}
	for _, word := range slices.Sorted(maps.Keys(cfg.Statuses)) {
		if !slices.Contains(statuses, cfg.Statuses[word]) {
			complaints = append(complaints, configs.Complain("statuses."+word, "%q is not accepted, sent, delivered, undelivered, failed, expired or unknown", cfg.Statuses[word]))
		}
	}
	if cfg.HMAC != nil {
		complaints = append(complaints, configs.Within("hmac", cfg.HMAC.validate()))
	}
	if err := errors.Join(complaints...); err != nil {
		return nil, err
	}
	return r, r.tryExamples(cfg.Examples)
}

// tryExamples reads the examples of reports and complains where they say something else.
func (r *reports) tryExamples(examples []ReportExample) error {
	var complaints []error
	for i, e := range examples {
		callback := provider.Callback{Method: e.Method, URL: "https://example.com/?" + e.Query, Header: headersOf(e.Headers), Body: []byte(e.Body)}
		found, err := r.read(callback)
		if err != nil || len(found) == 0 {
			complaints = append(complaints, configs.Complain(fmt.Sprintf("examples[%d]", i), "can't be read: there is no status"))
			continue
		}
		complaints = append(complaints, configs.Within(fmt.Sprintf("examples[%d]", i), e.compare(found[0])))
	}
	return errors.Join(complaints...)
}

func (e *ReportExample) compare(got provider.Report) error {
	var wrong []string
	for _, c := range []struct{ name, got, want string }{
		{"status", string(got.Status), string(e.Want)}, {"id", got.ID, e.ID}, {"reference", got.Reference, e.Reference}, {"code", got.Code, e.Code},
	} {
		if c.want != "" && c.got != c.want {
			wrong = append(wrong, fmt.Sprintf("the %s %q, which should be %q", c.name, c.got, c.want))
		}
	}
	if len(wrong) > 0 {
		return configs.Complain("", "has %s", strings.Join(wrong, ", and "))
	}
	return nil
}
