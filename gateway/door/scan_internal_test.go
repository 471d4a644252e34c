package door

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// FuzzScanAgreesWithEncodingJSON holds the scan against encoding/json: a body passes
// exactly if that package calls it valid, it is UTF-8, its token reader meets no key
// twice and it nests no deeper than the bound; and each kept string reads the same.
func FuzzScanAgreesWithEncodingJSON(f *testing.F) {
	files, err := filepath.Glob("testdata/shapes/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, seed := range []string{
		``, ` `, `{}`, `[]`, `[1,-0.5e+10,2E-3,0]`, `01`, `-`, `1.`, `1e`, `tru`, `nullx`, `"\ud83d\ude00\ud83d"`, `"\u00e9\/\b\f"`,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":{"a":{"a":{"a":1,"a":2}}}}`, `{"":0,"":0}`, "\"\xff\"", "\xef\xbb\xbf{}", `{"a":1}x`,
		`[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]`, `[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var r reader
		fault := r.scan(body)
		want := json.Valid(body) && utf8.Valid(body) && acceptable(body)
		if (fault == nil) != want {
			t.Fatalf("the scan says %+v; encoding/json says %v", fault, want)
		}
		if fault == nil && r.nodes[0].kind == mapping {
			compareStrings(t, &r, body)
		}
	})
}

// compareStrings compares the top level's strings with encoding/json's.
func compareStrings(t *testing.T, r *reader, body []byte) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatal(err)
	}
	found := 0
	for i := r.nodes[0].child; i != 0; i = r.nodes[i].next {
		found++
		n := r.nodes[i]
		raw, there := members[string(n.key)]
		if !there || !bytes.Equal(raw, body[n.start:n.end]) {
			t.Fatalf("the member %q is %q; encoding/json has %q", n.key, body[n.start:n.end], raw)
		}
		var want string
		if n.kind == text && (json.Unmarshal(raw, &want) != nil || unquote(raw) != want) {
			t.Fatalf("the string %s reads as %q; want %q", raw, unquote(raw), want)
		}
	}
	if found != len(members) {
		t.Fatalf("kept %d members of %d", found, len(members))
	}
}

// acceptable walks valid JSON with encoding/json's token reader.
func acceptable(body []byte) bool {
	tokens := json.NewDecoder(bytes.NewReader(body))
	tokens.UseNumber()
	type level struct {
		keys  map[string]bool // nil in an array
		value bool            // whether a value comes next, not a key
	}
	var open []level
	for {
		token, err := tokens.Token()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return false
		}
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			open = open[:len(open)-1]
			continue
		}
		if top := len(open) - 1; top >= 0 && open[top].keys != nil {
			if !open[top].value {
				key, ok := token.(string)
				if !ok || open[top].keys[key] {
					return false
				}
				open[top].keys[key] = true
			}
			open[top].value = !open[top].value
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{keys: map[string]bool{}})
		case json.Delim('['):
			open = append(open, level{})
		}
		if len(open) > maxDepth {
			return false
		}
	}
}
