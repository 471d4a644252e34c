package e2e_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// The marks are what calls have in them that no process may ever write.
const (
	markedCode = "73919317"
	markedWord = "quokka"
	// markedNumber is the part of the number that is its owner's alone, as it
	// stands in every way of writing it.
	markedNumber = "8085550147"
)

// marked is a call with all marks in it, and with a code of its own.
func marked(kind string) string {
	code := fmt.Sprintf("%s%03d", markedCode, codes.Add(1))
	return `{"recipient":"+1` + markedNumber + `","text":"Your ` + markedWord + ` code: ` + code + `",
		"context":{"message_type":"` + kind + `","action":"enrollment","language":"en","code":"` + code + `"}}`
}

func TestNoProcessWritesWhatIsSecret(t *testing.T) {
	s, workers := startSystem(t, 2)
	type calling struct{ tenant, body, fault string }
	for name, c := range map[string]calling{
		"sent":               {"solo", marked("sms"), ""},
		"spoken":             {"solo", marked("voice"), ""},
		"refused":            {"solo", marked("sms"), `{"kind":"refuse","code":"7"}`},
		"number refused":     {"solo", marked("sms"), `{"kind":"refuse","code":"3"}`},
		"call refused":       {"solo", marked("voice"), `{"kind":"refuse","code":"400:to"}`},
		"throttled":          {"solo", marked("sms"), `{"kind":"throttle"}`},
		"failed over":        {"pair", marked("sms"), `{"kind":"status","status":500}`},
		"cut off":            {"solo", marked("sms"), `{"kind":"reset"}`},
		"garbage":            {"solo", marked("sms"), `{"kind":"garbage"}`},
		"truncated":          {"solo", marked("voice"), `{"kind":"truncate"}`},
		"hanging":            {"short", marked("sms"), `{"kind":"hang"}`},
		"account refused":    {"solo", marked("sms"), `{"kind":"refuse","code":"4"}`},
		"wrong token":        {"nobody-" + markedWord, marked("sms"), ""},
		"unknown channel":    {"solo", marked("fax-" + markedWord), ""},
		"cut JSON":           {"solo", strings.TrimSuffix(marked("sms"), "}}"), ""},
		"array":              {"solo", "[" + marked("sms") + "]", ""},
		"no JSON":            {"solo", markedWord + markedCode + markedNumber, ""},
		"number of letters":  {"solo", strings.Replace(marked("sms"), "+1"+markedNumber, markedWord+markedNumber, 1), ""},
		"number too short":   {"solo", strings.Replace(marked("sms"), "+1"+markedNumber, "555", 1), ""},
		"text too long":      {"solo", strings.Replace(marked("sms"), markedWord, strings.Repeat(markedWord, 400), 1), ""},
		"wrong type of text": {"solo", strings.Replace(marked("sms"), `"text":`, `"text":[1],"`+markedWord+`":`, 1), ""},
	} {
		s.first.fault(c.fault)
		got := s.call(c.tenant, c.body)
		if got.status == 0 {
			t.Errorf("%s: %s", name, got.body)
		}
		if found := marks(got.body); found != "" {
			t.Errorf("%s: the answer has %s in it: %s", name, found, got.body)
		}
	}
	s.first.fault("")
	// A query is no place for a code, but somebody will put one there.
	do(t, http.MethodPost, s.hook+"?code="+markedCode+"&x="+markedWord, "token-of-solo", marked("sms"))
	do(t, http.MethodGet, s.hook+"/"+markedNumber, "token-of-solo", "")

	for _, p := range append(workers, s.gateway) {
		p.signal(syscall.SIGTERM)
		if status := p.ended(); status != 0 {
			t.Errorf("%s ended with %d", p.name, status)
		}
	}
	wrote := 0
	for _, p := range s.all {
		wrote += len(p.text())
		if found := marks(p.text()); found != "" {
			t.Errorf("%s wrote %s", p.name, found)
		}
	}
	// About one line for each call at each of the two sides.
	if lines := strings.Count(s.gateway.text(), `"msg":"call"`); lines < 20 || wrote < 10_000 {
		t.Errorf("only %d calls were logged, in %d bytes, so little was searched", lines, wrote)
	}
}

// TestNothingSecretIsKept looks at what the NATS server has on its disk, where what became
// of every message is kept for days.
func TestNothingSecretIsKept(t *testing.T) {
	s, _ := startSystem(t, 1)
	got := s.call("solo", marked("sms"))
	eventually(t, "the message's event is kept", func() bool {
		return do(t, http.MethodGet, s.api(got.ID), "token-of-solo", "").Status == "sent"
	})
	s.nats.signal(syscall.SIGTERM)
	s.nats.ended()
	searched, events := 0, false
	store := os.DirFS(s.store)
	err := fs.WalkDir(store, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(store, path)
		searched += len(data)
		events = events || strings.Contains(string(data), got.ID)
		if found := marks(string(data)); found != "" {
			t.Errorf("%s has %s in it", entry.Name(), found)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if !events {
		t.Errorf("no file has the message's id in it, in %d bytes, so nothing was searched", searched)
	}
}

// marks returns which mark is in text, or nothing.
func marks(text string) string {
	for _, mark := range []string{markedCode, markedWord, markedNumber, "token-of-", "marked-secret", "PRIVATE KEY"} {
		if strings.Contains(text, mark) {
			return mark
		}
	}
	return ""
}
