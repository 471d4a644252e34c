package gateway

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEveryOperationIsDocumented compares the operations that are served with those of
// the OpenAPI document, both ways.
func TestEveryOperationIsDocumented(t *testing.T) {
	var served, written []string
	for path, operations := range nativeAPI {
		for method, op := range operations {
			path := strings.ReplaceAll(path, ":id", "{id}")
			served = append(served, strings.ToLower(method)+" "+path+" "+op.name)
			if !strings.HasPrefix(path, "/v1/") || op.run == nil {
				t.Errorf("%s is no operation of the native API", path)
			}
		}
	}
	text, err := openAPI()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for path, item := range document.Paths {
		for method, raw := range item {
			if method == "parameters" {
				continue
			}
			var op struct {
				OperationID string `json:"operationId"`
			}
			if err := json.Unmarshal(raw, &op); err != nil {
				t.Fatal(err)
			}
			written = append(written, method+" "+path+" "+op.OperationID)
		}
	}
	slices.Sort(served)
	slices.Sort(written)
	if diff := cmp.Diff(served, written); diff != "" {
		t.Errorf("(-served +documented):\n%s", diff)
	}
}

func TestPreferences(t *testing.T) {
	for header, want := range map[string]preference{
		"":                              {},
		"respond-async":                 {async: true},
		"RESPOND-ASYNC ; foo":           {async: true},
		`respond-async=""`:              {async: true},
		"wait=5":                        {waits: true, wait: 5 * time.Second},
		`WAIT = "05"`:                   {waits: true, wait: 5 * time.Second},
		"wait=21":                       {waits: true, wait: MaxDeadline},
		"wait=0":                        {waits: true},
		"wait=5;x=\"a,b\", wait=7":      {waits: true, wait: 5 * time.Second},
		"respond-async, wait=5":         {async: true, waits: true, wait: 5 * time.Second},
		`a="\", wait=9", b, wait=3`:     {waits: true, wait: 3 * time.Second},
		`return=representation; wait=5`: {},
	} {
		if got, err := parsePrefer([]string{header}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", header, got, err)
		}
	}
	if got, err := parsePrefer([]string{"respond-async", "wait=2"}); err != nil || got != (preference{async: true, waits: true, wait: 2 * time.Second}) {
		t.Errorf("two lines: %+v, %v", got, err)
	}
}

func FuzzParsePrefer(f *testing.F) {
	f.Add(`a="\", wait=9", b; c, wait=3, respond-async`)
	f.Fuzz(func(t *testing.T, header string) {
		p, err := parsePrefer([]string{header})
		if err == nil && (p.wait < 0 || p.wait > MaxDeadline || p.wait > 0 && !p.waits) {
			t.Errorf("%q: %+v", header, p)
		}
	})
}
