package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

const (
	// maxID bounds a vendor's name for a message; what is kept of one has at most 128
	// characters.
	maxID = 128
	// maxCode bounds a vendor's code, so that it is no sentence.
	maxCode = 32
)

// codeCharacters are what a code can have. A vendor's sentence has more than that, and could
// quote the message.
const codeCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:/ "

// judge says what an answer means.
type judge struct {
	success, id *expression
	rules       []rule
}

type rule struct {
	when, code *expression
	kind       provider.Kind
	detail     string
}

// kinds are the kinds of failure by their names.
var kinds = map[string]provider.Kind{
	"refused": provider.Refused, "unroutable": provider.Unroutable, "throttled": provider.Throttled,
	"unavailable": provider.Unavailable, "unknown": provider.Unknown, "misconfigured": provider.Misconfigured,
}

func compileJudge(cfg *Config) (*judge, error) {
	var complaints []error
	compile := func(key, source string, truth bool) *expression {
		e, err := compileExpression(key, source, answered{}, truth)
		complaints = append(complaints, err)
		return e
	}
	j := &judge{success: compile("success", cfg.Success, true), id: compile("id", cfg.ID, false)}
	if cfg.Success == "" && cfg.ID == "" {
		complaints = append(complaints, configs.Complain("success", "is missing, and so is id; one of them has to tell an answer of the vendor from a page of a proxy"))
	}
	for i, r := range cfg.Errors {
		place := fmt.Sprintf("errors[%d].", i)
		kind, ok := kinds[r.Kind]
		if !ok {
			complaints = append(complaints, configs.Complain(place+"kind", "%q is not refused, unroutable, throttled, unavailable, unknown or misconfigured", r.Kind))
		}
		if r.When == "" {
			complaints = append(complaints, configs.Complain(place+"when", "is missing"))
		}
		detail := r.Detail
		if detail == "" {
			detail = fmt.Sprintf("errors[%d] of the worker's file is about this answer", i)
		}
		j.rules = append(j.rules, rule{when: compile(place+"when", r.When, true), code: compile(place+"code", r.Code, false), kind: kind, detail: detail})
	}
	return j, errors.Join(complaints...)
}

// verdict says what an answer means: by the first rule that holds, then by its HTTP status, then
// by success and id. An answer of 2xx that is none of these may be one to a message that was
// taken.
func (j *judge) verdict(a *provider.Answer, v *values) (provider.Receipt, error) {
	answer := look(a)
	for i := range j.rules {
		r := &j.rules[i]
		if a.Cut || !answer.is(r.when) {
			continue
		}
		failure := provider.Fail(r.kind, codeOf(answer.text(r.code), a, v), r.detail)
		if r.kind == provider.Throttled || r.kind == provider.Unavailable {
			failure.RetryAfter = provider.RetryAfter(a.Header, time.Now())
		}
		return provider.Receipt{}, failure
	}
	if failure := provider.StatusError(a); failure != nil {
		return provider.Receipt{}, failure
	}
	success := !a.Cut && (j.success == nil || answer.is(j.success))
	id := answer.text(j.id)
	if !success || answer.steps.over || j.id != nil && (id == "" || len(id) > maxID) {
		return provider.Receipt{}, provider.Unreadable()
	}
	return provider.Receipt{ID: id}, nil
}

// view is an answer as expressions look at it.
type view struct {
	env   *answered
	steps *steps
}

func look(a *provider.Answer) *view {
	counted := new(steps)
	env := &answered{Status: a.Status, Headers: flat(a.Header), Step: counted.step}
	if !a.Cut {
		env.Body, env.Text = readJSON(a.Body), strings.ToValidUTF8(string(a.Body), "\uFFFD")
	}
	return &view{env, counted}
}

func (w *view) is(e *expression) bool {
	w.steps.taken = 0
	return e.is(w.env)
}

func (w *view) text(e *expression) string {
	w.steps.taken = 0
	return e.text(w.env)
}

// flat returns the first value of each header by its name in lower case.
func flat(header http.Header) map[string]string {
	headers := make(map[string]string, len(header))
	for name := range header {
		headers[strings.ToLower(name)] = header.Get(name)
	}
	return headers
}

// codeOf returns a vendor's code where it is one, and else the HTTP status. It must be nothing
// that could quote the message.
func codeOf(code string, a *provider.Answer, v *values) string {
	if code == "" || len(code) > maxCode || strings.Trim(code, codeCharacters) != "" || quotes(code, v) {
		return "HTTP " + strconv.Itoa(a.Status)
	}
	return code
}

// quotes says whether a word of the vendor's has something of the message in it, or a secret.
func quotes(word string, v *values) bool {
	parts := []string{v.Digits, v.Code, v.Text}
	for _, secret := range v.Secrets {
		parts = append(parts, secret)
	}
	for _, part := range parts {
		if part != "" && strings.Contains(word, part) {
			return true
		}
	}
	return false
}
