package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
)

func TestTheDocumentIsServedToAnybody(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	got := g.do(t, http.MethodGet, "/v1/openapi.json", "", "")
	var served struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(got.body), &served); err != nil || got.status != http.StatusOK {
		t.Fatalf("%v in %+v", err, got)
	}
	if !strings.HasPrefix(served.OpenAPI, "3.1.") || len(served.Paths) != 5 || strings.Contains(got.body, "\n") {
		t.Errorf("it is version %s with %d paths", served.OpenAPI, len(served.Paths))
	}
	if g.logs.Len() > 0 {
		t.Errorf("it is logged: %v", g.logs.All())
	}
}

// TestEveryDocumentedAnswerIsGiven makes the gateway give every answer that the document
// has, each of which the transport compares with it.
func TestEveryDocumentedAnswerIsGiven(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	id := as[message](t, g.send(t, nativeBody)).ID
	queued := as[message](t, g.send(t, nativeBody, "Prefer", "respond-async")).ID
	for _, code := range messaging.Codes() {
		if code.Status() >= 300 {
			e.work = func(context.Context, messaging.Message) (messaging.Receipt, error) {
				return messaging.Receipt{Worker: "w1"}, &messaging.Error{Code: code, Detail: "why"}
			}
			if documentedForSending(code) {
				g.send(t, nativeBody)
			}
		}
	}
	g.send(t, "{}")
	g.send(t, sized(300_000))
	g.do(t, http.MethodPost, messagesPath, "wrong", nativeBody)
	const unknown = messagesPath + "/019389b8-7c00-7000-8000-0123456789ab"
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, messagesPath + "/" + id},
		{http.MethodGet, messagesPath + "/x"},
		{http.MethodGet, unknown},
		{http.MethodGet, messagesPath + "?to=8085555555"},
		{http.MethodGet, messagesPath},
		{http.MethodGet, messagesPath + "?to=1"},
		{http.MethodPost, messagesPath + "/" + queued + "/cancel"},
		{http.MethodPost, messagesPath + "/" + id + "/cancel"},
		{http.MethodPost, messagesPath + "/x/cancel"},
		{http.MethodPost, unknown + "/cancel"},
		{http.MethodGet, "/v1/openapi.json"},
	} {
		g.native(t, c.method, c.path, "")
	}
	const worked = `{"worked":true}`
	for _, code := range []messaging.Code{0, messaging.CodeConflict, messaging.CodeRejected, messaging.CodeUnavailable} {
		e.learn = func(messaging.Feedback) error {
			if code == 0 {
				return nil
			}
			return &messaging.Error{Code: code, Detail: "why"}
		}
		g.native(t, http.MethodPost, messagesPath+"/"+id+"/feedback", worked)
	}
	g.native(t, http.MethodPost, messagesPath+"/"+id+"/feedback", "{}")
	g.native(t, http.MethodPost, messagesPath+"/"+id+"/feedback", sized(300_000))
	g.native(t, http.MethodPost, unknown+"/feedback", worked)
	g.do(t, http.MethodPost, unknown+"/feedback", "", worked)
	e.history.Break(true)
	for _, path := range []string{messagesPath + "/" + id, messagesPath + "?to=8085555555"} {
		g.native(t, http.MethodGet, path, "")
		g.do(t, http.MethodGet, path, "wrong", "")
	}
	g.native(t, http.MethodPost, unknown+"/cancel", "")
	g.do(t, http.MethodPost, unknown+"/cancel", "", "")

	document, _ := openAPI()
	var want []string
	for _, item := range document.Paths.Map() {
		for _, operation := range item.Operations() {
			for status := range operation.Responses.Map() {
				want = append(want, operation.OperationID+" "+status)
			}
		}
	}
	var got []string
	for answer := range g.client.Transport.(*documented).seen {
		got = append(got, answer)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-documented +given):\n%s", diff)
	}
}

// documentedForSending says whether a message can end with the code. The others are
// answers to something else.
func documentedForSending(code messaging.Code) bool {
	return !slices.Contains([]messaging.Code{
		messaging.CodeUnauthorized, messaging.CodeNotFound, messaging.CodeMethodNotAllowed,
		messaging.CodeKeyReused, messaging.CodeCancelled, messaging.CodeConflict,
	}, code)
}

// TestTheDocumentHasEveryCode compares its lists with the one table.
func TestTheDocumentHasEveryCode(t *testing.T) {
	document, _ := openAPI()
	listed := func(schema, member string) []string {
		var all []string
		for _, value := range document.Components.Schemas[schema].Value.Properties[member].Value.Enum {
			all = append(all, value.(string))
		}
		return all
	}
	var problems, statuses []string
	for _, code := range messaging.Codes() {
		if code != messaging.CodeSent && code != messaging.CodePending {
			problems = append(problems, code.String())
		}
		if code == messaging.CodeCancelled || documentedForSending(code) {
			statuses = append(statuses, code.String())
		}
	}
	if diff := cmp.Diff(problems, listed("Problem", "code")); diff != "" {
		t.Errorf("codes of problems (-have +documented):\n%s", diff)
	}
	if diff := cmp.Diff(statuses, listed("Message", "status")); diff != "" {
		t.Errorf("statuses of messages (-have +documented):\n%s", diff)
	}
}
