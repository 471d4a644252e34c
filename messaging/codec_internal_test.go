package messaging

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The codec of our own must not be told from encoding/json's: what it writes are the
// same bytes, and what it reads is the same value, or it leaves the reading to
// encoding/json.

func FuzzMessageIsWrittenAsEncodingJSONDoes(f *testing.F) {
	f.Add("id", "text", "en", "name", []byte(`{"a": [1, "<&>"]}`), int64(1_700_000_000_123_456_789), true, 1500)
	f.Add("", "línea\u2028 \" \\ \x00 \xff <b>", "", "", []byte(`{}`), int64(0), false, 0)
	f.Add("\x7f", "", "", "", []byte(nil), int64(-62_135_596_800_000_000), false, -1)
	f.Fuzz(func(t *testing.T, id, text, language, name string, metadata []byte, at int64, accept bool, ms int) {
		m := Message{
			ID: id, Tenant: name, Channel: Channel(language), Action: Action(name), To: id, ToHash: text, Country: name,
			From: text, Text: text, Code: id, Language: language,
			ReceivedAt: time.Unix(0, at).UTC(), Expires: time.Unix(at/1e6, at%1e9), Accept: accept, IP: name, UserAgent: text,
			Client: &Client{ID: id, Name: name}, User: &User{ID: id, Name: name, Email: text},
		}
		if json.Valid(metadata) {
			m.Client.Metadata, m.User.AppMetadata = metadata, metadata
		}
		attempt := Attempt{Provider: name, Code: Code(len(id) % len(codes)), ProviderCode: text, ProviderMessageID: id, Duration: time.Duration(ms) * time.Millisecond}
		if accept {
			m.Earlier = []Attempt{attempt, attempt}
		}
		type plain Message
		same(t, func() ([]byte, error) { return EncodeMessage(m) }, plain(m))

		r := Receipt{Code: CodeSent, Provider: name, ProviderMessageID: id, Worker: text, Attempts: []Attempt{attempt}}
		same(t, func() ([]byte, error) { return EncodeOutcome(r, nil) }, outcomeJSON{
			Code: CodeSent, Provider: name, ProviderMessageID: id, Worker: text, Attempts: r.Attempts,
		})
		e := EventOf(m, r, nil)
		same(t, func() ([]byte, error) { return EncodeEvent(e) }, e)
	})
}

// same compares what encode returns with what encoding/json makes of value.
func same(t *testing.T, encode func() ([]byte, error), value any) {
	t.Helper()
	got, gotErr := encode()
	want, wantErr := json.Marshal(value)
	if (gotErr == nil) != (wantErr == nil) {
		t.Fatalf("the error is %v, encoding/json's %v", gotErr, wantErr)
	}
	if wantErr == nil && !bytes.Equal(got, want) {
		t.Fatalf("wrote\n%s\nencoding/json\n%s", got, want)
	}
}

func FuzzWhatIsReadIsWhatEncodingJSONReads(f *testing.F) {
	m := Message{ID: "1", Text: "\u00e9 <", Client: &Client{Metadata: []byte(`{"a":[{}]}`)}, User: &User{}, Accept: true}
	if data, err := EncodeMessage(m); err == nil {
		f.Add(data)
	}
	if data, err := EncodeOutcome(Receipt{Attempts: []Attempt{{Provider: "a", Code: CodeUnknown}}}, &Error{Code: CodeUnavailable, RetryAfter: time.Second}); err == nil {
		f.Add(data)
	}
	for _, odd := range []string{
		``, `{`, `{}`, `{}x`, `{"id":"1"`, `{"id":"1"}}`, `{"id":"1",}`, `{,"id":"1"}`, `{"id":"1""to":"2"}`, `{"id" :"1"}`, `{"id":null}`,
		`{"ID":"1"}`, `{"id":"\u0031"}`, "{\"id\":\"\x01\"}", `{"new":{"a":[1,2]},"id":"1"}`, `{"accept":1}`, `{"accept":tru}`, `{"earlier":[]}`,
		`{"client":[]}`, `{"client":{"client_metadata":{x}}}`, `{"client":{}}`, `{"received_at":"yesterday"}`, `{"id":"1","id":"2"}`,
		`{"code":"sent","attempts":[]}`, `{"code":"sent","attempts":[{}]}`, `{"code":"sent","attempts":[{},{}]}`, `{"code":"sent","attempts":{}}`,
		`{"code":"sent","attempts":[{"provider":"a"}`, `{"code":"newer"}`, `{"code":"sent","retry_after_ms":007}`, `{"retry_after_ms":+1}`, `{"retry_after_ms":1.5}`,
		`["id","1"]`, `"id"`, `{"id":"a]}","to":"{["}`, `{"attempts":[{"duration_ms":99999999999999999999}]}`, `{"attempts":]}`, `{"attempts":[}`,
	} {
		f.Add([]byte(odd))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, ok := readMessage(data); ok {
			type plain Message
			var want plain
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatalf("read %q, which encoding/json refuses: %v", data, err)
			}
			if diff := cmp.Diff(want, plain(got)); diff != "" {
				t.Fatalf("%q was read otherwise (-encoding/json +ours):\n%s", data, diff)
			}
		}
		if got, ok := readOutcome(data); ok {
			var want outcomeJSON
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatalf("read %q, which encoding/json refuses: %v", data, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%q was read otherwise (-encoding/json +ours):\n%s", data, diff)
			}
		}
	})
}

// What this version writes must not need encoding/json, or nothing is won.
func TestOwnWritingIsReadWithoutHelp(t *testing.T) {
	now := time.Now().UTC()
	m := Message{
		ID: "1", Tenant: "t", Channel: SMS, To: "+18085555555", Text: "código \"1\"", ReceivedAt: now, Expires: now, Accept: true,
		Earlier: []Attempt{{Provider: "a"}}, Client: &Client{ID: "c", Metadata: []byte(`{"a":"}"}`)}, User: &User{ID: "u", UserMetadata: []byte(`{}`)},
	}
	data, err := EncodeMessage(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := readMessage(data); !ok {
		t.Errorf("%s was left to encoding/json", data)
	}
	data, err = EncodeOutcome(Receipt{Code: CodeSent, Attempts: make([]Attempt, 3)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := readOutcome(data); !ok {
		t.Errorf("%s was left to encoding/json", data)
	}
}
